#include "storage/rocks/rocks_ledger.h"

#include <gmock/gmock.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "storage/base/bytes.h"
#include "storage/ledger/fsck.h"
#include "storage/ledger/ledger_contract.h"
#include "storage/ledger/test_commits.h"
#include "storage/merkle/checkpoint.h"
#include "storage/rocks/database.h"
#include "storage/rocks/fault_file_system.h"
#include "storage/rocks/ledger_keys.h"
#include "storage/rocks/recovery_contract.h"
#include "storage/rocks/slice.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A ledger on a disk that the test commands.
class RocksHarness final : public LedgerHarness {
 public:
  RocksHarness() : ledger_(*RocksLedger::Create(Options(), TestGenesis())) {}

  Ledger& ledger() override { return *ledger_; }
  const StoredLog& stored_log() override { return ledger_->stored_log(); }
  void Crash() override {
    disk_->Die();
    ledger_.reset();
    disk_->DropUnsynced(++crashes_);
    disk_->Heal();
    absl::StatusOr<std::unique_ptr<RocksLedger>> reopened = RocksLedger::Open(Options());
    ASSERT_THAT(reopened, IsOk());
    ledger_ = std::move(*reopened);
  }

 private:
  RocksLedgerOptions Options() {
    return {.path = directory_ / "db", .memtable_bytes = 8u << 20, .env = env_.get()};
  }

  const TempDir directory_;
  const std::shared_ptr<FaultFileSystem> disk_ = std::make_shared<FaultFileSystem>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
  uint64_t crashes_ = 0;
  std::unique_ptr<RocksLedger> ledger_;
};

std::unique_ptr<LedgerHarness> MakeRocksHarness() { return std::make_unique<RocksHarness>(); }

INSTANTIATE_TEST_SUITE_P(Rocks, LedgerContract, ::testing::Values(&MakeRocksHarness));

class RocksLedgerTest : public ::testing::Test {
 protected:
  RocksLedgerOptions Options() {
    return {.path = directory_ / "db", .memtable_bytes = 8u << 20, .env = env_.get()};
  }
  void Create() { ledger_ = *RocksLedger::Create(Options(), TestGenesis()); }
  absl::Status Open() {
    ledger_.reset();
    absl::StatusOr<std::unique_ptr<RocksLedger>> opened = RocksLedger::Open(Options());
    if (opened.ok()) ledger_ = std::move(*opened);
    return opened.status();
  }
  void Append(size_t count) { ASSERT_TRUE(AppendTestCommit(*ledger_, count)); }

  // The database below a closed ledger, to do damage in.
  std::unique_ptr<Database> OpenDatabase() {
    ledger_.reset();
    return *Database::Open({.path = directory_ / "db", .memtable_bytes = 8u << 20},
                           Database::IfMissing::kFail);
  }

  const TempDir directory_;
  const std::shared_ptr<FaultFileSystem> disk_ = std::make_shared<FaultFileSystem>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
  std::unique_ptr<RocksLedger> ledger_;
};

TEST_F(RocksLedgerTest, CreatesOnceAndOpensWhatWasCreated) {
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kNotFound));
  Create();
  EXPECT_THAT(RocksLedger::Open(Options()), StatusIs(absl::StatusCode::kUnavailable));
  ledger_.reset();
  EXPECT_THAT(RocksLedger::Create(Options(), TestGenesis()),
              StatusIs(absl::StatusCode::kAlreadyExists));
  ASSERT_THAT(Open(), IsOk());
  EXPECT_EQ(ledger_->origin(), TestGenesis().origin);
}

TEST_F(RocksLedgerTest, FinishesACreationThatWasCutShort) {
  {
    const auto database = Database::Open({.path = directory_ / "db", .memtable_bytes = 8u << 20},
                                         Database::IfMissing::kCreate);
  }
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kNotFound));
  Create();
  EXPECT_EQ(ledger_->durable_size(), 1u);
}

// The table of ledger.md §3.
TEST_F(RocksLedgerTest, OpensTheDatabaseAsTheDesignDemands) {
  Create();
  const std::unique_ptr<Database> database = OpenDatabase();
  const rocksdb::DBOptions db = database->db().GetDBOptions();
  EXPECT_EQ(db.wal_recovery_mode, rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords);
  EXPECT_FALSE(db.track_and_verify_wals_in_manifest);
  EXPECT_FALSE(db.manual_wal_flush);
  EXPECT_FALSE(db.unordered_write);
  EXPECT_FALSE(db.two_write_queues);
  EXPECT_EQ(db.recycle_log_file_num, 0u);
  EXPECT_EQ(db.wal_compression, rocksdb::kNoCompression);
  EXPECT_EQ(db.max_total_wal_size, 256u << 20);
  EXPECT_EQ(db.max_bgerror_resume_count, 0);
  EXPECT_FALSE(db.allow_concurrent_memtable_write);
  ASSERT_NE(db.file_checksum_gen_factory, nullptr);
  EXPECT_THAT(db.file_checksum_gen_factory->Name(), HasSubstr("Crc32c"));
  const rocksdb::Options log = database->FamilyOptions(Family::kLog);
  EXPECT_EQ(log.compression, rocksdb::kNoCompression);
  EXPECT_EQ(log.memtable_protection_bytes_per_key, 8u);
  EXPECT_TRUE(log.paranoid_file_checks);
}

TEST_F(RocksLedgerTest, AFullDiskIsRefusedCleanlyAndLater) {
  Create();
  disk_->set_free_space(1000);
  const OwnedCommit commit = MakeTestCommit(ledger_->log_id(), 1, 10);
  EXPECT_THAT(ledger_->Commit(commit.request),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("is full")));
  EXPECT_EQ(ledger_->WrittenView().size(), 1u);
  disk_->set_free_space(std::nullopt);
  EXPECT_TRUE(AppendTestCommit(*ledger_, 10));
}

TEST_F(RocksLedgerTest, AFailedSyncStopsTheLedgerForGood) {
  Create();
  Append(10);
  const OwnedCommit commit = MakeTestCommit(ledger_->log_id(), 11, 10);
  ASSERT_THAT(ledger_->Commit(commit.request), IsOk());
  disk_->FailOnceAt(1, FaultKind::kError);
  const auto stopped = StatusIs(absl::StatusCode::kDataLoss, HasSubstr("has stopped"));
  EXPECT_THAT(ledger_->Sync(), stopped);
  ASSERT_TRUE(disk_->failed());
  EXPECT_EQ(ledger_->durable_size(), 11u);
  EXPECT_THAT(ledger_->Sync(), stopped);
  EXPECT_THAT(ledger_->Commit({}), stopped);
  EXPECT_THAT(ledger_->KeepNote(1, "note"), stopped);
  EXPECT_THAT(ledger_->WritePages({}), stopped);
  EXPECT_THAT(ledger_->IngestRun(SearchIndex::kIds, IndexRun(0)), stopped);
  EXPECT_THAT(ledger_->InclusionProof(3, 11), IsOk()) << "what is durable can still be read";
  ASSERT_THAT(Open(), IsOk());
  ExpectSound(*ledger_, {.size = 11, .root = *ledger_->RootAt(11)});
}

TEST_F(RocksLedgerTest, AWriteOnAFullDiskSaysSo) {
  Create();
  disk_->FailAt(1, FaultKind::kNoSpace);
  const OwnedCommit commit = MakeTestCommit(ledger_->log_id(), 1, 10);
  EXPECT_THAT(ledger_->Commit(commit.request),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("the disk is full")));
  disk_->Heal();
  EXPECT_THAT(ledger_->Commit({}), StatusIs(absl::StatusCode::kDataLoss));
  ASSERT_THAT(Open(), IsOk());
  ExpectSound(*ledger_, {});
}

TEST_F(RocksLedgerTest, AMissingChunkInTheTailIsReportedAtOpen) {
  Create();
  for (int i = 0; i < 10; ++i) Append(100);
  {
    const std::unique_ptr<Database> database = OpenDatabase();
    ASSERT_TRUE(database->db()
                    .Delete(rocksdb::WriteOptions(), database->family(Family::kLog), KeyU64(301))
                    .ok());
  }
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("entry 301 is missing")));
}

TEST_F(RocksLedgerTest, AMissingTailIsReportedAtOpen) {
  Create();
  for (int i = 0; i < 10; ++i) Append(50);
  {
    const std::unique_ptr<Database> database = OpenDatabase();
    ASSERT_TRUE(database->db()
                    .Delete(rocksdb::WriteOptions(), database->family(Family::kLog), KeyU64(451))
                    .ok());
  }
  EXPECT_THAT(Open(),
              StatusIs(absl::StatusCode::kDataLoss, AllOf(HasSubstr("501"), HasSubstr("451"))));
}

TEST_F(RocksLedgerTest, AnAlteredEntryInTheTailIsReportedAtOpen) {
  Create();
  Append(50);
  {
    const std::unique_ptr<Database> database = OpenDatabase();
    std::string chunk = **database->Get(Family::kLog, KeyU64(1));
    chunk.back() ^= 1;
    ASSERT_TRUE(database->db()
                    .Put(rocksdb::WriteOptions(), database->family(Family::kLog), KeyU64(1), chunk)
                    .ok());
  }
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("size 51")));
}

TEST_F(RocksLedgerTest, DamageFarBackIsNeverSkipped) {
  Create();
  while (ledger_->durable_size() < 140'000) Append(8190);
  ASSERT_THAT(Open(), IsOk());
  {
    const std::unique_ptr<Database> database = OpenDatabase();
    ASSERT_TRUE(database->db()
                    .Delete(rocksdb::WriteOptions(), database->family(Family::kLog), KeyU64(65))
                    .ok());
  }
  const auto missing = StatusIs(absl::StatusCode::kDataLoss, HasSubstr("entry 65"));
  ASSERT_THAT(Open(), IsOk()) << "only the tail is read at open";
  EXPECT_THAT(ledger_->ReadEntries(0, 200, [](const Entry&) { return true; }), missing);
  EXPECT_THAT(ledger_->InclusionProof(70, 300), StatusIs(absl::StatusCode::kDataLoss));
  const absl::StatusOr<FsckReport> report = Fsck(*ledger_, ledger_->stored_log());
  ASSERT_THAT(report, IsOk());
  ASSERT_TRUE(report->difference.has_value());
  EXPECT_EQ(report->difference->begin, 65u);
}

TEST_F(RocksLedgerTest, AFlippedByteInAFileIsReported) {
  Create();
  while (ledger_->durable_size() < 140'000) Append(8190);
  ASSERT_THAT(Open(), IsOk());
  uint64_t read_bytes = 0;
  const auto count = [&](uint64_t bytes) {
    EXPECT_LE(bytes, 1u << 20);
    read_bytes += bytes;
    return true;
  };
  ASSERT_THAT(ledger_->VerifyFileChecksums(count), IsOk());
  EXPECT_GT(read_bytes, 140'000u);
  EXPECT_THAT(ledger_->VerifyFileChecksums([](uint64_t) { return false; }),
              StatusIs(absl::StatusCode::kCancelled));
  ledger_.reset();
  std::filesystem::path largest;
  for (const auto& file : std::filesystem::directory_iterator(directory_ / "db")) {
    if (file.path().extension() != ".sst") continue;
    if (largest.empty() || file.file_size() > std::filesystem::file_size(largest)) {
      largest = file.path();
    }
  }
  FlipByte(largest, std::filesystem::file_size(largest) / 3);
  const absl::Status opened = Open();
  if (!opened.ok()) {
    EXPECT_THAT(opened, StatusIs(absl::StatusCode::kDataLoss));
    return;
  }
  EXPECT_THAT(ledger_->ReadEntries(0, UINT64_MAX, [](const Entry&) { return true; }),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(ledger_->VerifyFileChecksums(count),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr(largest.filename().string())));
  const FsckReport report = *Fsck(*ledger_, ledger_->stored_log());
  ASSERT_TRUE(report.difference.has_value());
  // The chunks of one block of 64 KiB and those cut by its ends.
  const uint64_t unreadable = report.difference->end - report.difference->begin;
  EXPECT_GT(unreadable, 0u);
  EXPECT_LT(unreadable, 20'000u) << Describe(*report.difference);
  const auto readable = [&](uint64_t begin, uint64_t end) {
    return ledger_->ReadEntries(begin, end, [](const Entry&) { return true; });
  };
  EXPECT_THAT(readable(0, report.difference->begin), IsOk());
  EXPECT_THAT(readable(report.difference->end, UINT64_MAX), IsOk());
}

TEST_F(RocksLedgerTest, ASignedHeadThatTheLogContradictsIsReportedAtOpen) {
  Create();
  Append(50);
  const SigningKey key = SigningKey::Generate();
  const auto keep = [&](uint64_t size, const Hash& root) {
    return ledger_->KeepNote(
        size,
        *SignCheckpoint(
            {.origin = ledger_->origin(), .size = size, .root = root, .extension_lines = {}}, key));
  };
  ASSERT_THAT(keep(40, *ledger_->RootAt(40)), IsOk());
  ASSERT_THAT(Open(), IsOk());
  ASSERT_THAT(keep(45, Sha256("another history")), IsOk());
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("size 45")));
}

TEST_F(RocksLedgerTest, ASignedHeadBeyondTheLogIsReportedAtOpen) {
  Create();
  ASSERT_THAT(ledger_->KeepNote(9, *SignCheckpoint({.origin = ledger_->origin(),
                                                    .size = 9,
                                                    .root = Sha256("lost"),
                                                    .extension_lines = {}},
                                                   SigningKey::Generate())),
              IsOk());
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("a head of size 9")));
}

TEST_F(RocksLedgerTest, IdRunsBeyondTheLogAreDiscardedAtOpen) {
  Create();
  Append(10);
  ASSERT_THAT(ledger_->IngestRun(SearchIndex::kIds, IndexRun(11, {{"id", KeyU64(1)}})), IsOk());
  ASSERT_THAT(Open(), IsOk());
  EXPECT_EQ(ledger_->indexed_size(SearchIndex::kIds), 11u);
  {
    const std::unique_ptr<Database> database = OpenDatabase();
    ASSERT_TRUE(database->db()
                    .Put(rocksdb::WriteOptions(), database->family(Family::kIds),
                         ToSlice(kThroughKey), KeyU64(12))
                    .ok());
  }
  ASSERT_THAT(Open(), IsOk());
  EXPECT_EQ(ledger_->indexed_size(SearchIndex::kIds), 0u);
  EXPECT_EQ(ledger_->FindIds({"id"})->front(), std::nullopt);
  ASSERT_THAT(ledger_->IngestRun(SearchIndex::kIds, IndexRun(11, {{"id", KeyU64(1)}})), IsOk());
  ASSERT_THAT(Open(), IsOk());
  EXPECT_EQ(ledger_->FindIds({"id"})->front(), KeyU64(1));
}

}  // namespace
}  // namespace ch8::testing
