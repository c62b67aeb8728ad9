#include "services/witness/core/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "chapter8/witness/v1/witness_service.pb.h"
#include "services/kernel/entry_form.h"
#include "services/witness/core/heads.h"
#include "storage/base/ed25519.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/leaf.h"

namespace ch8::witness {
namespace {

using chapter8::ledger::v1::Delivery;
using chapter8::witness::v1::ListWitnessedHeadsRequest;
using chapter8::witness::v1::ListWitnessedHeadsResponse;
using chapter8::witness::v1::WitnessedHead;
using ::testing::ElementsAre;

// No rows but those written over it.
class NoRows final : public kernel::RowReader {
 public:
  std::optional<std::string> Get(Table, absl::string_view) const override { return std::nullopt; }
  void Scan(Table, absl::string_view, absl::string_view, const Visitor&) const override {}
  const absl::Status& status() const override { return status_; }

 private:
  absl::Status status_;
};

class WitnessMachineTest : public ::testing::Test {
 protected:
  void Cosigned(const std::string& origin, uint64_t size) {
    WitnessedHead head;
    head.set_origin(origin);
    head.set_size(size);
    head.set_note(
        SignCheckpoint({.origin = origin, .size = size, .root = Sha256("root")}, key_).value());
    const RowWrite row = HeadRow(head);
    rows_.Put(row.table, row.key, *row.value);
  }

  // The heads logged at `minute`.
  std::vector<std::string> LogDue(int minute) {
    kernel::Context context;
    context.trust_domain = "un.example";
    context.time = absl::UnixEpoch() + absl::Minutes(minute);
    std::vector<std::string> logged;
    for (const kernel::Event& event : machine_.DecideDue(context, {rows_, accounts_})) {
      EXPECT_EQ(kernel::ClassOf(event.entry), EntryClass::kWitness);
      EXPECT_TRUE(event.recipients.empty());
      chapter8::ledger::v1::Request request;
      request.set_time_us(absl::ToUnixMicros(context.time));
      machine_.Apply({.entry = event.entry, .request = request, .index = 1, .leaf_hash = Hash()},
                     rows_);
      const Checkpoint head =
          ParseCheckpoint(ParseNote(event.entry.peer_head().note())->text).value();
      logged.push_back(absl::StrCat(head.origin, " ", head.size));
    }
    return logged;
  }

  const SigningKey key_ = SigningKey::Generate();
  const WitnessMachine machine_;
  const NoRows none_;
  kernel::Rows rows_{none_};
  kernel::NoAccounts accounts_;
};

TEST_F(WitnessMachineTest, LogsEachLedgersHeadOnceAnInterval) {
  Cosigned("au.example/ch8/finance", 7);
  Cosigned("au.example/ch8/directory", 3);
  EXPECT_THAT(LogDue(0), ElementsAre("au.example/ch8/directory 3", "au.example/ch8/finance 7"));
  EXPECT_THAT(LogDue(30), ElementsAre());
  Cosigned("au.example/ch8/finance", 8);
  EXPECT_THAT(LogDue(31), ElementsAre("au.example/ch8/finance 8"));
  Cosigned("au.example/ch8/finance", 9);
  EXPECT_THAT(LogDue(40), ElementsAre());
  EXPECT_THAT(LogDue(41), ElementsAre("au.example/ch8/finance 9"));
}

// Else two witnesses would log each other's logging for ever.
TEST_F(WitnessMachineTest, HeadsOfWitnessesMakeNoHeadsGrow) {
  Cosigned("au.example/ch8/witness", 7);
  EXPECT_THAT(LogDue(0), ElementsAre());
}

TEST_F(WitnessMachineTest, TakesFactsOfTheOwnDirectoryAlone) {
  kernel::Context context;
  context.trust_domain = "un.example";
  kernel::Delivered delivered;
  delivered.origin = "au.example/ch8/directory";
  delivered.entry.set_domain_event("");
  const kernel::State state{rows_, accounts_};
  EXPECT_EQ(machine_.DecideDelivery(context, delivered, state).verdict, Delivery::REFUSE);
  delivered.origin = "un.example/ch8/directory";
  EXPECT_EQ(machine_.DecideDelivery(context, delivered, state).verdict, Delivery::ACCEPT);
}

TEST_F(WitnessMachineTest, ListsByPages) {
  Cosigned("au.example/ch8/finance", 7);
  Cosigned("ecowas.example/ch8/finance", 9);
  const auto* route =
      machine_.routes().FindRead("/chapter8.witness.v1.WitnessService/ListWitnessedHeads");
  ASSERT_NE(route, nullptr);
  ListWitnessedHeadsRequest request;
  request.set_page_size(1);
  std::vector<std::string> origins;
  for (int page = 0; page < 2; ++page) {
    ListWitnessedHeadsResponse response;
    ASSERT_TRUE(response.ParseFromString(
        route->read({}, request.SerializeAsString(), {rows_, accounts_}).value()));
    ASSERT_EQ(response.heads_size(), 1);
    origins.push_back(response.heads(0).origin());
    request.set_page_token(response.next_page_token());
  }
  EXPECT_THAT(origins, ElementsAre("au.example/ch8/finance", "ecowas.example/ch8/finance"));
  EXPECT_TRUE(request.page_token().empty());
}

}  // namespace
}  // namespace ch8::witness
