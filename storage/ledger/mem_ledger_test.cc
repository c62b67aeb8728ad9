#include "storage/ledger/mem_ledger.h"

#include <gmock/gmock.h>

#include "storage/ledger/ledger_contract.h"
#include "storage/ledger/test_commits.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

class MemHarness final : public LedgerHarness {
 public:
  MemHarness() : ledger_(*MemLedger::Create(TestGenesis())) {}
  Ledger& ledger() override { return *ledger_; }
  const StoredLog& stored_log() override { return ledger_->stored_log(); }
  void Crash() override { ledger_ = *ledger_->CrashCopy(); }

 private:
  std::unique_ptr<MemLedger> ledger_;
};

std::unique_ptr<LedgerHarness> MakeMemHarness() { return std::make_unique<MemHarness>(); }

INSTANTIATE_TEST_SUITE_P(Mem, LedgerContract, ::testing::Values(&MakeMemHarness));

TEST(MemLedgerTest, RefusesAnOriginThatCannotNameAKey) {
  Genesis genesis = TestGenesis();
  genesis.origin = "two words";
  EXPECT_THAT(MemLedger::Create(genesis), StatusIs(absl::StatusCode::kInvalidArgument));
  genesis.origin = "";
  EXPECT_THAT(MemLedger::Create(genesis), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(MemLedgerTest, ACrashCopyLeavesTheOriginalAsItIs) {
  const std::unique_ptr<MemLedger> ledger = *MemLedger::Create(TestGenesis());
  const OwnedCommit commit = MakeTestCommit(ledger->log_id(), 1, 10);
  ASSERT_THAT(ledger->Commit(commit.request), IsOk());
  const std::unique_ptr<MemLedger> copy = *ledger->CrashCopy();
  EXPECT_EQ(copy->durable_size(), 1u);
  EXPECT_EQ(*ledger->Sync(), 11u);
  EXPECT_EQ(copy->durable_size(), 1u);
}

}  // namespace
}  // namespace ch8::testing
