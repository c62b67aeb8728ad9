#include "storage/rocks/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/file_system.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"
#include "storage/rocks/slice.h"
#include "storage/rocks/status.h"

namespace ch8 {
namespace {

constexpr uint64_t kWalBytesMax = 256ull << 20;
constexpr size_t kBlockCacheBytes = 32u << 20;  // Filled only as blocks are read.
constexpr size_t kBlockBytes = 64u << 10;
constexpr size_t kProtectionBytes = 8;
constexpr size_t kArenaBlockBytes = 256u << 10;

constexpr std::array<const char*, kFamilyCount> kFamilyNames = {
    "log", "tile", "rows", "answers", "peer", "meta", "note", "pages", "ids", "history"};

// Each value's reason: ledger.md §3.
rocksdb::DBOptions DatabaseOptions(const Database::Options& options,
                                   Database::IfMissing if_missing) {
  rocksdb::DBOptions db;
  db.create_if_missing = if_missing == Database::IfMissing::kCreate;
  db.create_missing_column_families = true;
  db.paranoid_checks = true;
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.track_and_verify_wals_in_manifest = false;
  db.manual_wal_flush = false;
  db.unordered_write = false;
  db.two_write_queues = false;
  db.recycle_log_file_num = 0;
  db.wal_compression = rocksdb::kNoCompression;
  db.max_total_wal_size = kWalBytesMax;
  db.max_bgerror_resume_count = 0;
  db.avoid_flush_during_shutdown = true;  // Closing and crashing are one case, tested as one.
  db.avoid_flush_during_recovery = false;
  db.allow_concurrent_memtable_write = false;
  db.enable_pipelined_write = false;
  db.db_write_buffer_size = options.memtable_bytes;
  db.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  db.max_background_jobs = 2;
  db.max_file_opening_threads = 2;
  db.bytes_per_sync = 1u << 20;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.keep_log_file_num = 4;
  db.max_log_file_size = 4u << 20;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  return db;
}

rocksdb::ColumnFamilyOptions OptionsOf(Family family, uint64_t memtable_bytes,
                                       const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = kBlockBytes;
  table.format_version = 5;
  const bool is_index = family == Family::kIds || family == Family::kHistory;
  const bool looked_up_by_key = family == Family::kRows || family == Family::kAnswers ||
                                family == Family::kPeer || family == Family::kIds;
  if (looked_up_by_key) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.block_size = 16u << 10;
  }

  rocksdb::ColumnFamilyOptions cf;
  const bool bulk = family == Family::kLog;
  cf.write_buffer_size = memtable_bytes / (bulk ? 4 : 16);
  cf.max_write_buffer_number = bulk ? 4 : 2;
  cf.arena_block_size = std::min<size_t>(kArenaBlockBytes, cf.write_buffer_size / 8);
  cf.compression = bulk || family == Family::kTile || family == Family::kIds
                       ? rocksdb::kNoCompression
                       : rocksdb::kLZ4Compression;
  cf.memtable_protection_bytes_per_key = kProtectionBytes;
  cf.paranoid_file_checks = !is_index;
  if (is_index) {
    cf.compaction_style = rocksdb::kCompactionStyleUniversal;
    // Runs that wait to be merged hold nobody's commit back.
    cf.level0_slowdown_writes_trigger = std::numeric_limits<int>::max();
    cf.level0_stop_writes_trigger = std::numeric_limits<int>::max();
    cf.soft_pending_compaction_bytes_limit = 0;
    cf.hard_pending_compaction_bytes_limit = 0;
  }
  cf.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return cf;
}

}  // namespace

Family FamilyOf(Table table) {
  switch (table) {
    case Table::kRows:
      return Family::kRows;
    case Table::kAnswers:
      return Family::kAnswers;
    case Table::kPeer:
      return Family::kPeer;
    case Table::kMeta:
      return Family::kMeta;
  }
  Unreachable("unknown table");
}

Family FamilyOf(SearchIndex index) {
  switch (index) {
    case SearchIndex::kIds:
      return Family::kIds;
    case SearchIndex::kHistory:
      return Family::kHistory;
  }
  Unreachable("unknown index");
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const Options& options,
                                                         IfMissing if_missing) {
  rocksdb::DBOptions db_options = DatabaseOptions(options, if_missing);
  const rocksdb::Env& system = options.env != nullptr ? *options.env : *rocksdb::Env::Default();
  auto file_system = std::make_shared<FailStopFileSystem>(system.GetFileSystem());
  std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(file_system);
  db_options.env = env.get();
  if (if_missing == IfMissing::kFail &&
      db_options.env->FileExists(options.path + "/CURRENT").IsNotFound()) {
    return absl::NotFoundError(absl::StrCat("no ledger at ", options.path));
  }
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName,
                           OptionsOf(Family::kMeta, options.memtable_bytes, cache));
  for (size_t i = 0; i < kFamilyCount; ++i) {
    descriptors.emplace_back(kFamilyNames[i],
                             OptionsOf(static_cast<Family>(i), options.memtable_bytes, cache));
  }
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status opened =
      rocksdb::DB::Open(db_options, options.path, descriptors, &handles, &db);
  if (opened.IsIOError() && absl::StrContains(opened.ToString(), "lock ")) {
    return absl::UnavailableError(
        absl::StrCat("ledger ", options.path, " is in use: ", opened.ToString()));
  }
  RETURN_IF_ERROR(FromRocks(opened, absl::StrCat("open ledger ", options.path)));

  std::unique_ptr<Database> database(new Database());
  database->path_ = options.path;
  database->file_system_ = std::move(file_system);
  database->env_ = std::move(env);
  database->db_.reset(db);
  database->default_family_ = handles[0];
  std::copy(handles.begin() + 1, handles.end(), database->families_.begin());
  return database;
}

Database::~Database() {
  for (rocksdb::ColumnFamilyHandle* handle : families_) {
    if (handle != nullptr) db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
  if (default_family_ != nullptr) {
    db_->DestroyColumnFamilyHandle(default_family_).PermitUncheckedError();
  }
}

rocksdb::Options Database::FamilyOptions(Family of) const { return db_->GetOptions(family(of)); }

absl::StatusOr<std::optional<std::string>> Database::Get(Family of, absl::string_view key,
                                                         const rocksdb::Snapshot* snapshot) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::string value;
  const rocksdb::Status status = db_->Get(options, family(of), ToSlice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  RETURN_IF_ERROR(FromRocks(status, absl::StrCat("read ", kFamilyNames[static_cast<size_t>(of)])));
  return value;
}

std::unique_ptr<rocksdb::Iterator> Database::NewIterator(
    Family of, const rocksdb::ReadOptions& options) const {
  return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options, family(of)));
}

absl::Status Database::RecreateFamily(Family of) {
  rocksdb::ColumnFamilyHandle*& handle = families_[static_cast<size_t>(of)];
  const rocksdb::ColumnFamilyOptions options(db_->GetOptions(handle));
  RETURN_IF_ERROR(FromRocks(db_->DropColumnFamily(handle), "drop an index"));
  RETURN_IF_ERROR(FromRocks(db_->DestroyColumnFamilyHandle(handle), "drop an index"));
  handle = nullptr;
  return FromRocks(db_->CreateColumnFamily(options, kFamilyNames[static_cast<size_t>(of)], &handle),
                   "create an index");
}

absl::Status Database::health() const { return FromRocks(file_system_->health(), "write"); }

std::optional<uint64_t> Database::FreeSpace() const {
  uint64_t free_bytes = 0;
  const rocksdb::IOStatus status =
      db_->GetFileSystem()->GetFreeSpace(path_, rocksdb::IOOptions(), &free_bytes, /*dbg=*/nullptr);
  if (!status.ok()) return std::nullopt;
  return free_bytes;
}

}  // namespace ch8
