// Lets every single change to the disk fail in turn, and after each failure reopens and compares.
#include <gmock/gmock.h>
#include <rocksdb/env.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "storage/base/bytes.h"
#include "storage/ledger/test_commits.h"
#include "storage/merkle/checkpoint.h"
#include "storage/rocks/fault_file_system.h"
#include "storage/rocks/recovery_contract.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::testing {
namespace {

#ifdef CH8_SLOW_TESTS
constexpr uint64_t kFirst = 1;
constexpr uint64_t kStride = 1;
#else
constexpr uint64_t kFirst = 100;  // Past the creation.
constexpr uint64_t kStride = 19;
#endif

constexpr uint64_t kSmallMemtables = 256u << 10;  // So that flushes fail, too.

enum class After {
  kProcessCrash,  // What was written is there.
  kPowerLoss,     // What was not synced is lost, in part.
};
enum class Lasts { kOnce, kForEver };

struct Fault {
  FaultKind kind;
  Lasts lasts;
  After after;
};

// Works until the ledger refuses; notes what it acknowledged.
class Workload {
 public:
  void Run(Ledger& ledger) {
    Acknowledge(ledger);
    for (size_t step = 0; step < 30; ++step) {
      const size_t count = step % 6 == 0 ? 400 : 1 + step;
      const OwnedCommit commit =
          MakeTestCommit(ledger.log_id(), ledger.WrittenView().size(), count);
      if (!ledger.Commit(commit.request).ok()) return;
      if (step % 4 == 1) continue;  // Two commits with one sync.
      if (!ledger.Sync().ok()) return;
      Acknowledge(ledger);
      if (step % 4 == 2 && !Extras(ledger, step).ok()) return;
    }
    completed_ = true;
  }

  const Acknowledged& acknowledged() const { return acknowledged_; }
  uint64_t ids_through_size() const { return ids_through_size_; }
  const std::string& flushed_page() const { return flushed_page_; }
  bool completed() const { return completed_; }

 private:
  void Acknowledge(const Ledger& ledger) {
    acknowledged_ = {.size = ledger.durable_size(), .root = *ledger.RootAt(ledger.durable_size())};
  }

  absl::Status Extras(Ledger& ledger, size_t step) {
    const std::string page = absl::StrCat("page of step ", step);
    absl::Status status = ledger.WritePages({{"page", page}});
    if (status.ok()) status = ledger.FlushPages();
    if (!status.ok()) return status;
    flushed_page_ = page;
    status = ledger.KeepNote(acknowledged_.size, *SignCheckpoint({.origin = ledger.origin(),
                                                                  .size = acknowledged_.size,
                                                                  .root = acknowledged_.root,
                                                                  .extension_lines = {}},
                                                                 key_));
    if (!status.ok()) return status;
    status =
        ledger.IngestRun(SearchIndex::kIds,
                         IndexRun(acknowledged_.size, {{absl::StrCat("id ", step), KeyU64(step)}}));
    if (status.ok()) ids_through_size_ = acknowledged_.size;
    return status;
  }

  const SigningKey key_ = SigningKey::Generate();
  Acknowledged acknowledged_;
  uint64_t ids_through_size_ = 0;
  std::string flushed_page_;
  bool completed_ = false;
};

// One run whose n-th change fails. Returns false once n is beyond all changes.
bool RunWithFault(uint64_t n, const Fault& fault) {
  const TempDir directory;
  const auto disk = std::make_shared<FaultFileSystem>();
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(disk);
  const RocksLedgerOptions options{
      .path = directory / "db", .memtable_bytes = kSmallMemtables, .env = env.get()};

  Workload work;
  bool created = false;
  if (fault.lasts == Lasts::kOnce) {
    disk->FailOnceAt(n, fault.kind);
  } else {
    disk->FailAt(n, fault.kind);
  }
  if (auto ledger = RocksLedger::Create(options, TestGenesis()); ledger.ok()) {
    created = true;
    work.Run(**ledger);
    EXPECT_TRUE(disk->failed() || work.completed());
    const bool failed = disk->failed();
    disk->Die();
    ledger->reset();
    if (!failed) return false;
  }
  if (fault.after == After::kPowerLoss) disk->DropUnsynced(n);
  disk->Heal();

  absl::StatusOr<std::unique_ptr<RocksLedger>> reopened = RocksLedger::Open(options);
  if (!created && absl::IsNotFound(reopened.status())) {
    reopened = RocksLedger::Create(options, TestGenesis());
  }
  EXPECT_THAT(reopened, IsOk());
  if (!reopened.ok()) return true;
  EXPECT_GE((*reopened)->indexed_size(SearchIndex::kIds), work.ids_through_size());
  std::string page;
  EXPECT_THAT((*reopened)->ReadPages([&](const Page& found) { page = found.value; }), IsOk());
  EXPECT_TRUE(work.flushed_page().empty() || !page.empty()) << "a flushed page is gone";
  ExpectSound(**reopened, work.acknowledged());
  return true;
}

void FailEveryChange(const Fault& fault) {
  uint64_t n = kFirst;
  while (RunWithFault(n, fault)) {
    ASSERT_FALSE(::testing::Test::HasFailure()) << "change " << n << " failed";
    n += kStride;
  }
  EXPECT_GT(n, 200u) << "the workload hardly touched the disk";
}

TEST(FaultTest, TornWriteThenPowerLoss) {
  FailEveryChange({FaultKind::kTorn, Lasts::kForEver, After::kPowerLoss});
}

TEST(FaultTest, OneErrorThenProcessCrash) {
  FailEveryChange({FaultKind::kError, Lasts::kOnce, After::kProcessCrash});
}

TEST(FaultTest, OneErrorThenPowerLoss) {
  FailEveryChange({FaultKind::kError, Lasts::kOnce, After::kPowerLoss});
}

TEST(FaultTest, FullDiskThenProcessCrash) {
  FailEveryChange({FaultKind::kNoSpace, Lasts::kForEver, After::kProcessCrash});
}

}  // namespace
}  // namespace ch8::testing
