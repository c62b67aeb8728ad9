#include "services/node/key_change.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/federation/v1/peer_state.pb.h"
#include "services/kernel/authority.h"
#include "services/kernel/entry_form.h"
#include "services/trust/key_file.h"
#include "services/trust/log_rekey.h"
#include "services/trust/organization_home.h"
#include "services/trust/organization_record.h"
#include "storage/ledger/mem_ledger.h"
#include "storage/merkle/checkpoint.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::node {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using ::ch8::testing::TempDir;
using chapter8::directory::v1::DirectoryEvent;
using chapter8::directory::v1::Organization;
using chapter8::directory::v1::SignedOrganizationRecord;
using ::testing::HasSubstr;

constexpr char kFinance[] = "un.example/ch8/finance";

// A home whose finance ledger has its genesis alone. The au's witness holds a head of 9 entries of
// it, by the first key: what the ledger has heard, and no verifier looks at here.
class KeyChangeTest : public ::testing::Test {
 protected:
  KeyChangeTest() {
    EXPECT_THAT(trust::InitOrganizationHome({.directory = home_,
                                             .organization = "un",
                                             .trust_domain = "un.example",
                                             .display_name = "United Nations (exercise)",
                                             .services = {"directory", "finance"},
                                             .administrators = {{"okoye", 1001}, {"larsen", 1002}},
                                             .now = absl::Now()}),
                IsOk());
    finance_ = MakeLedger(kFinance);
    directory_ = MakeLedger("un.example/ch8/directory");
    const SigningKey key =
        trust::ReadSigningKey(trust::LogKeyFilesOf(home_ + "/node", "finance").key).value();
    chapter8::federation::v1::Cosigned held;
    held.set_witness("au.example/witness");
    held.set_size(9);
    held.set_note(*SignCheckpoint({.origin = kFinance, .size = 9, .root = Sha256("a root")}, key));
    Put(*finance_, {{Table::kPeer, "cosigned/au.example/witness", held.SerializeAsString()}});
    std::filesystem::copy_file(home_ + "/org.record", before_);
  }

  static std::unique_ptr<MemLedger> MakeLedger(const std::string& origin) {
    chapter8::ledger::v1::Entry genesis;
    genesis.mutable_genesis()->set_origin(origin);
    return *MemLedger::Create(
        {.origin = origin, .payload = genesis.SerializeAsString(), .salt = Sha256(origin)});
  }
  static void Put(MemLedger& ledger, std::vector<RowWrite> rows) {
    EXPECT_THAT(ledger.Commit({.rows = std::move(rows)}), IsOk());
    EXPECT_THAT(ledger.Sync(), IsOk());
  }
  // The ledger hears from the directory which record is in force.
  static void Hear(MemLedger& ledger, const SignedOrganizationRecord& record) {
    DirectoryEvent event;
    Organization& own = *event.mutable_organization_recorded();
    own.set_name("organizations/un");
    own.set_trust_domain("un.example");
    own.set_signed_record(record.SerializeAsString());
    own.set_own(true);
    own.set_state(Organization::PINNED);
    const std::unique_ptr<Snapshot> snapshot = ledger.TakeSnapshot();
    const kernel::SnapshotRows base(*snapshot);
    kernel::Rows rows(base);
    kernel::ApplyFact(event, rows);
    Put(ledger, rows.TakeWrites());
  }

  SignedOrganizationRecord Rekey(const std::string& service, uint64_t until_size,
                                 const std::string& follows = "") {
    const auto rekeyed = trust::RekeyLog({.home = home_,
                                          .service = service,
                                          .until_size = until_size,
                                          .old_key = trust::RekeyOptions::OldKey::kLost,
                                          .follows = follows,
                                          .now = absl::Now()});
    EXPECT_THAT(rekeyed, IsOk());
    return rekeyed.ok() ? rekeyed->record : SignedOrganizationRecord();
  }
  NodeFolder Folder() const { return NodeFolder::Read(home_ + "/node").value(); }
  absl::StatusOr<KeyPlan> Plan() const { return PlanKey(Folder(), "finance", *finance_); }

  const TempDir dir_;
  const std::string home_ = dir_ / "un";
  const std::string before_ = dir_ / "before";
  std::unique_ptr<MemLedger> finance_;
  std::unique_ptr<MemLedger> directory_;
};

// The directory, which another daemon hosts, took the record before this ledger refused it. Going
// back is refused, for it may have been in force; so is another record of the same number.
TEST_F(KeyChangeTest, ARecordThatTheLedgerRefusedIsTakenBackByALaterOne) {
  Hear(*finance_, Rekey("finance", 1));
  EXPECT_THAT(Plan(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               HasSubstr("au.example/witness holds un.example/ch8/finance to 9")));
  std::filesystem::copy_file(before_, home_ + "/node/org.record",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(Plan(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               HasSubstr("record 1 does not follow record 2")));
  std::filesystem::copy_file(before_, home_ + "/org.record",
                             std::filesystem::copy_options::overwrite_existing);
  Rekey("finance", 9);
  EXPECT_THAT(Plan(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               HasSubstr("the root key signed two of one number")));

  Rekey("finance", 9, before_);
  // The log has one entry; a partner that holds nine is another matter, and said so.
  EXPECT_THAT(Plan(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("9 entries, but")));
  Put(*finance_, {{Table::kPeer, "cosigned/au.example/witness", std::nullopt}});
  Rekey("finance", 1, before_);
  const auto plan = Plan();
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->signs_above, 1u);
  EXPECT_TRUE(plan->change.has_value());
}

// What the log has said stays said.
TEST_F(KeyChangeTest, ARecordThatTheLedgerHasLoggedIsNeverTakenBack) {
  Put(*finance_, {{Table::kPeer, "cosigned/au.example/witness", std::nullopt}});
  const SignedOrganizationRecord logged = Rekey("finance", 1);
  Put(*finance_, {{Table::kRows, std::string(kernel::kLogKeyRow), logged.SerializeAsString()}});
  ASSERT_THAT(Plan(), IsOk());
  Rekey("finance", 1, before_);
  EXPECT_THAT(Plan(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               HasSubstr("record 3 does not follow record 2")));
}

// The others go on; none logs a record that one of them refuses.
TEST_F(KeyChangeTest, ALedgerThatRefusesIsSilentAlone) {
  const std::vector<KeyPlanOf> ledgers = {{"directory", directory_.get()},
                                          {"finance", finance_.get()}};
  Rekey("finance", 1);
  auto plans = PlanKeys(Folder(), ledgers);
  ASSERT_THAT(plans, IsOk());
  EXPECT_EQ(plans->at(0).refused, "");
  EXPECT_EQ(plans->at(0).record, KeyPlan::Record::kLeft);
  EXPECT_THAT(plans->at(1).refused, HasSubstr("takes back what is signed"));
  EXPECT_FALSE(plans->at(1).change.has_value());

  Rekey("directory", 1);  // Its change is in the same record.
  plans = PlanKeys(Folder(), ledgers);
  ASSERT_THAT(plans, IsOk());
  EXPECT_THAT(plans->at(0).refused, HasSubstr("un.example/ch8/finance refuses the record"));

  Put(*finance_, {{Table::kPeer, "cosigned/au.example/witness", std::nullopt}});
  plans = PlanKeys(Folder(), ledgers);
  ASSERT_THAT(plans, IsOk());
  for (const KeyPlan& plan : *plans) {
    EXPECT_EQ(plan.refused, "");
    EXPECT_EQ(plan.record, KeyPlan::Record::kTaken);
    EXPECT_TRUE(plan.change.has_value());
  }
}

}  // namespace
}  // namespace ch8::node
