#include "storage/rocks/recovery_contract.h"

#include <gmock/gmock.h>

#include "storage/ledger/fsck.h"
#include "storage/ledger/test_commits.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {

bool AppendTestCommit(Ledger& ledger, size_t count) {
  const OwnedCommit commit = MakeTestCommit(ledger.log_id(), ledger.WrittenView().size(), count);
  return ledger.Commit(commit.request).ok() && ledger.Sync().ok();
}

void ExpectSound(RocksLedger& ledger, const Acknowledged& acknowledged) {
  const uint64_t size = ledger.durable_size();
  ASSERT_GE(size, acknowledged.size) << "an acknowledged entry is gone";
  if (acknowledged.size > 0) {
    EXPECT_EQ(*ledger.RootAt(acknowledged.size), acknowledged.root);
  }

  uint64_t wrong = 0;
  ASSERT_THAT(ledger.ReadEntries(1, size,
                                 [&](const Entry& entry) {
                                   if (entry.payload != TestPayload(entry.index)) ++wrong;
                                   return true;
                                 }),
              IsOk());
  EXPECT_EQ(wrong, 0u);
  if (size > 1) {
    const std::unique_ptr<Snapshot> snapshot = ledger.TakeSnapshot();
    EXPECT_EQ(**snapshot->Get(Table::kRows, "size"), SizeRow(size));
    EXPECT_EQ(**snapshot->Get(Table::kAnswers, "last"), SizeRow(size));
  }
  EXPECT_LE(ledger.indexed_size(SearchIndex::kIds), size);
  EXPECT_LE(ledger.indexed_size(SearchIndex::kHistory), size);

  const absl::StatusOr<FsckReport> report = Fsck(ledger, ledger.stored_log());
  ASSERT_THAT(report, IsOk());
  EXPECT_FALSE(report->difference.has_value()) << Describe(*report->difference);

  EXPECT_TRUE(AppendTestCommit(ledger, 3));
  EXPECT_EQ(ledger.durable_size(), size + 3);
}

}  // namespace ch8::testing
