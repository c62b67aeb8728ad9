#include "services/books/slices.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "chapter8/mandate/v1/mandate.pb.h"
#include "services/kernel/rows.h"
#include "storage/ledger/mem_ledger.h"

namespace ch8::books {
namespace {

// Every account has 50 left.
class FiftyLeft final : public kernel::Accounts {
 public:
  uint32_t next_account() const override { return 4; }
  absl::StatusOr<kernel::Balance> Find(uint32_t) const override {
    return kernel::Balance{.unit = "USD", .credits_posted = 50};
  }
  absl::Status Check(const std::vector<Change>&) const override { return absl::OkStatus(); }
  void Apply(const Change&, uint64_t) override {}
};

// What is left under two ended delegations, as a ledger returns it.
std::vector<kernel::Event> ReturnsWith(const std::string& random) {
  const auto ledger =
      MemLedger::Create({.origin = "un.example/ch8/finance", .payload = "genesis", .salt = Hash()});
  const auto snapshot = (*ledger)->TakeSnapshot();
  const kernel::SnapshotRows stored(*snapshot);
  kernel::Rows rows(stored);
  for (const std::string& id : {std::string("DEL-UN-26-0001"), std::string("DEL-UN-26-0002")}) {
    chapter8::mandate::v1::Delegation ended;
    ended.set_name("delegations/" + id);
    ended.set_state(chapter8::mandate::v1::Delegation::REVOKED);
    kernel::PutRow(rows, ended);
    chapter8::mandate::v1::SliceAccounts slice;
    slice.set_name("sliceAccounts/" + id + "/USD");
    slice.set_delegation(ended.name());
    slice.set_unit("USD");
    slice.set_account(1);
    slice.set_source_account(2);
    slice.set_used_account(3);
    kernel::PutRow(rows, slice);
  }
  kernel::Context context;
  context.origin = "un.example/ch8/finance";
  context.trust_domain = "un.example";
  context.random = random;
  const FiftyLeft accounts;
  return DecideSliceReturns(context, {rows, accounts});
}

// An id is used once in each of two ledgers. The mandate ledger takes returns from several, in the
// same state at the same size; and whoever guesses an id could use it first.
TEST(SlicesTest, ReturnsHaveIdsOfTheirOwn) {
  std::set<std::string> ids;
  for (const std::string& random : {std::string(16, 'a'), std::string(16, 'b')}) {
    for (const kernel::Event& event : ReturnsWith(random)) {
      EXPECT_EQ(event.entry.step().reserve().quantity(), 50u);
      EXPECT_EQ(event.entry.step().transfer_id().size(), 16u);
      ids.insert(event.entry.step().transfer_id());
    }
  }
  EXPECT_EQ(ids.size(), 4u);
}

}  // namespace
}  // namespace ch8::books
