#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "chapter8/witness/v1/witness_service.pb.h"
#include "clients/cli/audit_disclose.h"
#include "clients/cli/fake_node.h"
#include "tests/support/data.h"
#include "tests/support/temp_dir.h"

namespace ch8::cli {
namespace {

using ::ch8::testing::ReadFile;
using ::ch8::testing::TempDir;
using chapter8::directory::v1::ListOrganizationsResponse;
using chapter8::directory::v1::Organization;
using chapter8::ledger::v1::ListPeersRequest;
using chapter8::ledger::v1::ListPeersResponse;
using chapter8::ledger::v1::Peer;
using ::testing::HasSubstr;

// A pinned organization with two ledgers.
Organization Pinned(const std::string& id) {
  chapter8::directory::v1::OrganizationRecord record;
  for (const char* service : {"directory", "finance"}) {
    auto* key = record.add_log_keys();
    key->set_origin(id + ".example/ch8/" + service);
    key->set_public_key(std::string(32, id[0]));
  }
  chapter8::directory::v1::SignedOrganizationRecord envelope;
  envelope.set_record(record.SerializeAsString());
  Organization organization;
  organization.set_name("organizations/" + id);
  organization.set_trust_domain(id + ".example");
  organization.set_state(Organization::PINNED);
  organization.set_signed_record(envelope.SerializeAsString());
  organization.set_own(id == "un");
  return organization;
}

Peer PeerOf(const std::string& origin, uint64_t size, const std::string& note) {
  Peer peer;
  peer.set_origin(origin);
  peer.set_verified_size(size);
  peer.set_checkpoint_note(note);
  // Four seconds before the fake node's ledger time, 2 March 2026, 09:12 UTC.
  peer.set_verified_at_us(1'772'442'716'000'000);
  return peer;
}

// A node of the UN that has pinned the AU, and reads its finance ledger.
class AuditCommandsTest : public ::testing::Test {
 protected:
  AuditCommandsTest() {
    ListOrganizationsResponse all;
    *all.add_organizations() = Pinned("un");
    *all.add_organizations() = Pinned("au");
    cli_.node().Answer("ListOrganizations", all);
    cli_.node().Answer("GetOrganization", Pinned("au"));
    cli_.node().Answer("ListWitnessedHeads", chapter8::witness::v1::ListWitnessedHeadsResponse());
    cli_.node().Answer("ListRequests", chapter8::finance::v1::ListRequestsResponse());
    cli_.node().Answer("ListOffers", chapter8::finance::v1::ListOffersResponse());
    cli_.node().Handle("ListPeers", [](const client::WireCall& call) {
      ListPeersRequest request;
      client::WireReply reply;
      if (!request.ParseFromString(call.request)) return reply;
      ListPeersResponse peers;
      if (request.origin() == "un.example/ch8/finance") {
        *peers.add_peers() = PeerOf("au.example/ch8/finance", 40, "the AU's note\n");
        *peers.add_peers() = PeerOf("au.example.org/ch8/finance", 9, "another's\n");
        *peers.add_peers() = PeerOf("un.example/ch8/directory", 30, "our own\n");
      }
      reply.reply = peers.SerializeAsString();
      return reply;
    });
  }

  const TempDir dir_;
  CliHarness cli_{dir_.path().string()};
};

TEST(Selectors, AreWhatOfficersType) {
  using Kind = audit::Selector::Kind;
  const auto what = [](const char* typed) {
    const auto selector = ParseSelector(typed);
    return selector.ok() ? absl::StrCat(selector->text, " ", selector->what) : "refused";
  };
  EXPECT_EQ(what("transfer=off-un-26-0107"), "transfer=OFF-UN-26-0107 offers/OFF-UN-26-0107");
  EXPECT_EQ(what("transfer=offers/LOF-UN-26-0107"),
            "transfer=LOF-UN-26-0107 offers/LOF-UN-26-0107");
  EXPECT_EQ(what("transfer=BKG-UN-26-0003"), "transfer=BKG-UN-26-0003 bookings/BKG-UN-26-0003");
  EXPECT_EQ(what("transfer=SLC-UN-26-0003"), "transfer=SLC-UN-26-0003 slices/SLC-UN-26-0003");
  EXPECT_EQ(what("transfer=41414141414141414141414141414141"),
            "transfer=41414141414141414141414141414141 AAAAAAAAAAAAAAAA");
  EXPECT_EQ(what("mandate=UNSC-2809"), "mandate=unsc-2809 decisions/unsc-2809");
  EXPECT_EQ(what("mandate=del-un-26-0003"), "mandate=DEL-UN-26-0003 delegations/DEL-UN-26-0003");
  EXPECT_EQ(what("operation=AUSSOM"), "operation=aussom operations/aussom");
  EXPECT_EQ(what("counterparty=au.example"), "counterparty=au.example au.example");
  EXPECT_EQ(what("account=Finance/7"), "account=finance/7 accounts/7");
  EXPECT_EQ(ParseSelector("account=finance/7")->service, "finance");
  // Of which ledger?
  EXPECT_THAT(std::string(ParseSelector("account=7").status().message()),
              HasSubstr("write the ledger and the account's number in it, e.g. account=finance/7"));
  const auto march = ParseSelector("period=2026-03-01/2026-03-31");
  ASSERT_TRUE(march.ok());
  EXPECT_EQ(march->kind, Kind::kPeriod);
  EXPECT_EQ(march->from_us, 1'772'323'200'000'000);
  EXPECT_EQ(march->until_us - march->from_us, int64_t{31} * 86'400'000'000);
  for (const char* bad :
       {"", "transfer", "transfer=", "transfer=REQ-UN-26-0001", "fund=trust", "operation=a b",
        "operation=a\nb", "account=x", "account=7", "account=/7", "account=finance/",
        "account=finance/x", "account=un/finance/7", "period=2026-03-01",
        "period=2026-03-02/2026-03-01", "period=2026-02-30/2026-03-01"}) {
    EXPECT_EQ(ParseSelector(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

TEST_F(AuditCommandsTest, TrustIsOneKeyForEachLedgerOfThosePinned) {
  const Result result = cli_.Run({"audit", "trust", "--out", dir_ / "trust"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::string trust = ReadFile(dir_ / "trust");
  EXPECT_EQ(std::count(trust.begin(), trust.end(), '\n'), 4);
  EXPECT_THAT(trust, HasSubstr("au.example/ch8/finance+"));
  EXPECT_THAT(trust, HasSubstr("un.example/ch8/directory+"));
}

TEST_F(AuditCommandsTest, HeadIsTheNotesOfThatOrganizationAlone) {
  const Result result = cli_.Run({"audit", "head", "au", "--out", dir_ / "heads"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(ReadFile(dir_ / "heads"), "the AU's note\n");
  EXPECT_THAT(result.out, HasSubstr("au.example/ch8/finance       40"));
}

TEST_F(AuditCommandsTest, HeadSaysWhenThereIsNone) {
  cli_.node().Answer("ListPeers", ListPeersResponse());
  const Result result = cli_.Run({"audit", "head", "au", "--out", dir_ / "heads"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("no signed head of au yet"));
}

TEST_F(AuditCommandsTest, PeersSaysWhoWasSeenWhen) {
  const Result result = cli_.Run({"ledger", "peers", "finance"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("au.example/ch8/finance           40      0        0       0"));
  EXPECT_THAT(result.out, HasSubstr("4 s ago"));
}

TEST_F(AuditCommandsTest, TheInboxSaysHowOldTheNewestHeadOfOthersIs) {
  const Result result = cli_.Run({"inbox"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("newest head of au.example 4 s ago, au.example.org 4 s ago\n"));
}

}  // namespace
}  // namespace ch8::cli
