#include <functional>

#include "chapter8/directory/v1/directory.pb.h"
#include "google/protobuf/descriptor.h"
#include "services/directory/core/directory_test_fixture.h"
#include "services/kernel/addresses.h"
#include "services/kernel/authority.h"
#include "services/kernel/entry_form.h"
#include "tests/support/status_matchers.h"

namespace ch8::directory {
namespace {

using ::ch8::testing::StatusIs;
using chapter8::directory::v1::Officer;
using chapter8::directory::v1::Organization;
using chapter8::directory::v1::Post;
using chapter8::ledger::v1::Genesis;

// Rows of a ledger that has none yet.
class NoRows final : public kernel::RowReader {
 public:
  std::optional<std::string> Get(Table, absl::string_view) const override { return std::nullopt; }
  void Scan(Table, absl::string_view, absl::string_view, const Visitor&) const override {}
  const absl::Status& status() const override { return status_; }

 private:
  absl::Status status_;
};

class GenesisTest : public DirectoryTest {};

TEST_F(GenesisTest, PutsOrganizationPostAndAdministratorsInForce) {
  const std::unique_ptr<Snapshot> snapshot = ledger_->TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  const auto own = kernel::FindTrustDomain(rows, "un.example");
  ASSERT_TRUE(own.has_value());
  EXPECT_EQ(own->name(), "organizations/un");
  EXPECT_TRUE(own->own());
  EXPECT_EQ(own->signed_record(), own_.Signed());
  EXPECT_EQ(own->fingerprint(), own_.Fingerprint());
  const auto post = kernel::FindPost(rows, "posts/administrator");
  ASSERT_TRUE(post.has_value());
  EXPECT_EQ(post->state(), Post::ACTIVE);
  const auto officer = kernel::FindOfficer(rows, "officers/admin-2");
  ASSERT_TRUE(officer.has_value());
  EXPECT_EQ(officer->state(), Officer::ACTIVE);
  EXPECT_EQ(officer->person(), 2U);
  EXPECT_EQ(officer->act_public_key(), TestKey("admin-2"));
}

TEST_F(GenesisTest, AGenesisThatNobodyCouldActOnIsRefused) {
  const struct {
    const char* what;
    std::function<void(Genesis&)> spoil;
  } rows[] = {
      {"no record", [](auto& g) { g.clear_organization_record(); }},
      {"damaged record", [](auto& g) { g.mutable_organization_record()->back() ^= 1; }},
      {"origin of another", [](auto& g) { g.set_origin("au.example/ch8/directory"); }},
      {"not a directory", [](auto& g) { g.set_origin("un.example/ch8/finance"); }},
      {"one administrator", [](auto& g) { g.mutable_administrators()->RemoveLast(); }},
      {"one person", [](auto& g) { g.mutable_administrators(1)->set_person(1); }},
      {"no person", [](auto& g) { g.mutable_administrators(1)->set_person(0); }},
      {"one id", [](auto& g) { g.mutable_administrators(1)->set_officer("admin-1"); }},
      {"bad id", [](auto& g) { g.mutable_administrators(1)->set_officer("a/b"); }},
      {"one key",
       [](auto& g) { g.mutable_administrators(1)->set_act_public_key(TestKey("admin-1")); }},
      {"short key", [](auto& g) { g.mutable_administrators(1)->set_act_public_key("k"); }},
  };
  for (const auto& row : rows) {
    Genesis genesis = TestGenesis(own_);
    row.spoil(genesis);
    EXPECT_FALSE(GenesisEvents(genesis).ok()) << row.what;
  }
}

TEST_F(GenesisTest, EveryRpcOfTheServiceHasARoute) {
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      "chapter8.directory.v1.DirectoryService");
  ASSERT_NE(service, nullptr);
  for (int i = 0; i < service->method_count(); ++i) {
    const std::string method =
        "/chapter8.directory.v1.DirectoryService/" + service->method(i)->name();
    const auto rule = kernel::RuleOf(method);
    ASSERT_TRUE(rule.has_value()) << method;
    EXPECT_EQ(machine_.routes().FindCommand(method) != nullptr, rule->signed_act()) << method;
    EXPECT_EQ(machine_.routes().FindRead(method) != nullptr, !rule->signed_act()) << method;
  }
}

TEST_F(GenesisTest, EveryEventIsAddressedToTheOwnOrganizationAndReplaysAsAFactElsewhere) {
  AddPost("audit", {chapter8::authz::v1::AUDITOR});
  AddOfficer("auditor", {.person = 5, .posts = {"posts/audit"}});
  ReplyOf<Officer>(Run("admin-1", "SuspendOfficer", Suspend("auditor")));

  const NoRows none;
  kernel::Rows finance(none);
  uint64_t numbers = 0;
  ASSERT_TRUE(ledger_
                  ->ReadEntries(0, ledger_->durable_size(),
                                [&](const Entry& stored) {
                                  kernel::Delivered delivered;
                                  delivered.entry.ParseFromString(std::string(stored.payload));
                                  if (!delivered.entry.has_domain_event()) return true;
                                  EXPECT_EQ(delivered.entry.addresses_size(), 1);
                                  EXPECT_EQ(delivered.entry.addresses(0).recipient(), "un.example");
                                  EXPECT_EQ(delivered.entry.addresses(0).number(), ++numbers);
                                  const kernel::Verdict verdict = kernel::FactVerdict(delivered);
                                  EXPECT_EQ(verdict.events.size(), 1U);
                                  const chapter8::ledger::v1::Request request;
                                  kernel::ApplyEntry(machine_,
                                                     {.entry = verdict.events[0].entry,
                                                      .request = request,
                                                      .index = 0,
                                                      .leaf_hash = Hash()},
                                                     finance);
                                  return true;
                                })
                  .ok());
  EXPECT_EQ(numbers, 4U + 2 + 2 + 1);
  size_t facts = 0;
  for (const auto& [key, value] : StoredRows()) {
    if (key.rfind("address", 0) == 0) continue;
    EXPECT_EQ(finance.Get(Table::kRows, key), value) << key;
    ++facts;
  }
  EXPECT_EQ(facts, 1U + 1 + 2 + 3);  // Organization, its trust domain, posts, officers.
}

TEST_F(GenesisTest, ReplayingTheLogGivesTheSameRows) {
  AddPost("audit", {chapter8::authz::v1::AUDITOR});
  AddOfficer("auditor", {.person = 5, .posts = {"posts/audit"}});
  const NoRows none;
  kernel::Rows replayed(none);
  ASSERT_TRUE(kernel::Replay(*ledger_, machine_, replayed).ok());
  std::vector<std::pair<std::string, std::string>> rows;
  replayed.Scan(Table::kRows, "", "", [&](absl::string_view key, absl::string_view value) {
    rows.emplace_back(key, value);
    return true;
  });
  EXPECT_EQ(rows, StoredRows());
  EXPECT_GT(rows.size(), 6U);
}

TEST_F(GenesisTest, DeliveriesAreRefusedAndNothingFallsDue) {
  executor_->Begin(now_);
  const std::unique_ptr<Snapshot> snapshot = ledger_->TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  const kernel::State state{rows, accounts_};
  const kernel::Verdict verdict =
      machine_.DecideDelivery(kernel::Context(), kernel::Delivered(), state);
  EXPECT_EQ(verdict.verdict, chapter8::ledger::v1::Delivery::REFUSE);
  EXPECT_EQ(verdict.reason, "DIRECTORY_TAKES_NO_ENTRIES");
  EXPECT_TRUE(machine_.DecideDue(kernel::Context(), state).empty());
}

}  // namespace
}  // namespace ch8::directory
