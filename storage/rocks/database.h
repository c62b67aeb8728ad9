#ifndef CH8_STORAGE_ROCKS_DATABASE_H_
#define CH8_STORAGE_ROCKS_DATABASE_H_

#include <rocksdb/db.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/ledger/ledger.h"
#include "storage/rocks/fail_stop_file_system.h"

namespace ch8 {

// The column families of a ledger's database. Their names are part of the format.
enum class Family {
  kLog,      // Chunks, by first index.
  kTile,     // Full tiles of level >= 1, by level and index.
  kRows,     // Table::kRows.
  kAnswers,  // Table::kAnswers.
  kPeer,     // Table::kPeer.
  kMeta,     // Table::kMeta; keys starting with "!" are RocksLedger's.
  kNote,     // Every checkpoint signed, by size.
  kPages,    // State pages; never in the WAL.
  kIds,      // SearchIndex::kIds; takes ingested runs and no other write.
  kHistory,  // SearchIndex::kHistory; the same.
};
inline constexpr size_t kFamilyCount = 10;

Family FamilyOf(Table table);
Family FamilyOf(SearchIndex index);

// A RocksDB database opened with the options that ledger.md §3 demands, and its column families.
//
// Thread safety: all methods but RecreateFamily() may be called from any thread.
class Database {
 public:
  enum class IfMissing { kFail, kCreate };
  struct Options {
    std::string path;
    uint64_t memtable_bytes = 0;  // In all families together.
    rocksdb::Env* env = nullptr;  // Null: the operating system. Must outlive the database.
  };

  // Errors: kNotFound when there is no database and none was to be created; kUnavailable when
  // another process has it open; kResourceExhausted; kDataLoss when it is damaged.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const Options& options,
                                                        IfMissing if_missing);
  // Closes without flushing: what was not synced may be lost, as in a crash.
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB& db() const { return *db_; }
  rocksdb::ColumnFamilyHandle* family(Family family) const {
    return families_[static_cast<size_t>(family)];
  }
  const std::string& path() const { return path_; }

  // Options for SST files that are ingested into `family`.
  rocksdb::Options FamilyOptions(Family family) const;

  // The value of `key`, or nothing; as of `snapshot`, or the newest when null. Errors: kDataLoss.
  absl::StatusOr<std::optional<std::string>> Get(Family family, absl::string_view key,
                                                 const rocksdb::Snapshot* snapshot = nullptr) const;

  std::unique_ptr<rocksdb::Iterator> NewIterator(
      Family family, const rocksdb::ReadOptions& options = rocksdb::ReadOptions()) const;

  // Drops all of the family's contents, while nobody else uses it. Errors: kDataLoss.
  absl::Status RecreateFamily(Family family);

  // OK until a change to the disk has failed; from then on nothing is changed any more.
  absl::Status health() const;

  // Bytes free on the database's disk; nothing when that cannot be told.
  std::optional<uint64_t> FreeSpace() const;

 private:
  Database() = default;

  std::string path_;
  std::shared_ptr<FailStopFileSystem> file_system_;
  std::unique_ptr<rocksdb::Env> env_;  // Outlives db_.
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* default_family_ = nullptr;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> families_{};
};

}  // namespace ch8

#endif  // CH8_STORAGE_ROCKS_DATABASE_H_
