#include "services/books/slices.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chapter8/books/v1/transfer.pb.h"
#include "chapter8/mandate/v1/mandate.pb.h"
#include "services/kernel/rows.h"
#include "storage/ledger/mem_ledger.h"

namespace ch8::books {
namespace {

using chapter8::books::v1::TransferStep;

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

// What is left under an ended delegation, as `origin` returns it when its log has 90 entries.
TransferStep ReturnOf(const std::string& origin) {
  const auto ledger = MemLedger::Create({.origin = origin, .payload = "genesis", .salt = Hash()});
  const auto snapshot = (*ledger)->TakeSnapshot();
  const kernel::SnapshotRows stored(*snapshot);
  kernel::Rows rows(stored);
  chapter8::mandate::v1::Delegation ended;
  ended.set_name("delegations/DEL-UN-26-0001");
  ended.set_state(chapter8::mandate::v1::Delegation::REVOKED);
  kernel::PutRow(rows, ended);
  chapter8::mandate::v1::SliceAccounts slice;
  slice.set_name("sliceAccounts/DEL-UN-26-0001/USD");
  slice.set_delegation(ended.name());
  slice.set_unit("USD");
  slice.set_account(1);
  slice.set_source_account(2);
  slice.set_used_account(3);
  kernel::PutRow(rows, slice);
  kernel::Context context;
  context.origin = origin;
  context.trust_domain = "un.example";
  context.log_size = 90;
  const FiftyLeft accounts;
  const std::vector<kernel::Event> returns = DecideSliceReturns(context, {rows, accounts});
  return returns.empty() ? TransferStep() : returns.front().entry.step();
}

// The mandate ledger takes both, and an id is used once in a ledger.
TEST(SlicesTest, TwoLedgersReturnUnderTwoIds) {
  const TransferStep money = ReturnOf("un.example/ch8/finance");
  const TransferStep goods = ReturnOf("un.example/ch8/logistics");
  EXPECT_EQ(money.reserve().quantity(), 50u);
  EXPECT_EQ(money.receiver_origin(), goods.receiver_origin());
  EXPECT_EQ(money.transfer_id().size(), 16u);
  EXPECT_NE(money.transfer_id(), goods.transfer_id());
}

}  // namespace
}  // namespace ch8::books
