#include "storage/rocks/row_store.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/write_batch.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "storage/rocks/fail_stop_file_system.h"
#include "storage/rocks/slice.h"
#include "storage/rocks/status.h"

namespace ch8 {
namespace {

constexpr size_t kMemtableBytes = 16u << 20;

rocksdb::Options StoreOptions() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.paranoid_file_checks = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.max_bgerror_resume_count = 0;
  options.write_buffer_size = kMemtableBytes;
  options.arena_block_size = 256u << 10;
  options.compression = rocksdb::kNoCompression;
  options.max_background_jobs = 2;
  options.max_file_opening_threads = 2;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.keep_log_file_num = 4;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RowStore>> RowStore::Open(const std::string& path) {
  std::unique_ptr<RowStore> store(new RowStore());
  store->file_system_ =
      std::make_shared<FailStopFileSystem>(rocksdb::Env::Default()->GetFileSystem());
  store->env_ = rocksdb::NewCompositeEnv(store->file_system_);
  rocksdb::Options options = StoreOptions();
  options.env = store->env_.get();
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(options, path, &db);
  if (opened.IsIOError() && absl::StrContains(opened.ToString(), "lock ")) {
    return absl::UnavailableError(absl::StrCat(path, " is in use: ", opened.ToString()));
  }
  RETURN_IF_ERROR(FromRocks(opened, absl::StrCat("open ", path)));
  store->db_.reset(db);
  return store;
}

RowStore::~RowStore() = default;

absl::StatusOr<std::optional<std::string>> RowStore::Get(absl::string_view key) const {
  std::string value;
  const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), ToSlice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  RETURN_IF_ERROR(FromRocks(status, "read a row"));
  return value;
}

absl::StatusOr<std::optional<RowStore::Row>> RowStore::Last(absl::string_view prefix) const {
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(rocksdb::ReadOptions()));
  // No key is as long as this one.
  rows->SeekForPrev(std::string(prefix) + std::string(64, '\xff'));
  RETURN_IF_ERROR(FromRocks(rows->status(), "read a row"));
  if (!rows->Valid() || !rows->key().starts_with(ToSlice(prefix))) return std::nullopt;
  return Row(rows->key().ToString(), rows->value().ToString());
}

absl::Status RowStore::Scan(
    absl::string_view prefix, absl::string_view begin,
    const std::function<bool(absl::string_view key, absl::string_view value)>& visit) const {
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(rocksdb::ReadOptions()));
  for (rows->Seek(ToSlice(begin)); rows->Valid() && rows->key().starts_with(ToSlice(prefix));
       rows->Next()) {
    const rocksdb::Slice key = rows->key();
    const rocksdb::Slice value = rows->value();
    if (!visit({key.data(), key.size()}, {value.data(), value.size()})) break;
  }
  return FromRocks(rows->status(), "read rows");
}

absl::Status RowStore::Write(const std::vector<Change>& changes) {
  RETURN_IF_ERROR(FromRocks(file_system_->health(), "write"));
  rocksdb::WriteBatch batch;
  for (const auto& [key, value] : changes) {
    RETURN_IF_ERROR(FromRocks(value.has_value() ? batch.Put(key, *value) : batch.Delete(key),
                              "prepare a write"));
  }
  rocksdb::WriteOptions options;
  options.sync = true;
  return FromRocks(db_->Write(options, &batch), "write rows");
}

}  // namespace ch8
