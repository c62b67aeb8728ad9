#ifndef CH8_STORAGE_ROCKS_ROW_STORE_H_
#define CH8_STORAGE_ROCKS_ROW_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rocksdb {
class DB;
class Env;
}  // namespace rocksdb

namespace ch8 {

class FailStopFileSystem;

// Rows that belong to no ledger, in a RocksDB database of their own. Every write is synced before
// it returns, and none is half there after a crash. After a failed write every later one fails, as
// for a ledger: only opening it again tells what is there.
//
// Thread safety: any thread.
class RowStore {
 public:
  // Creates the database if there is none. Errors: kUnavailable when another process has it open;
  // kResourceExhausted when the disk is full; kDataLoss when it is damaged.
  static absl::StatusOr<std::unique_ptr<RowStore>> Open(const std::string& path);
  ~RowStore();

  // Errors of all reads: kDataLoss.
  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const;
  // The row with the largest key that starts with `prefix`.
  using Row = std::pair<std::string, std::string>;
  absl::StatusOr<std::optional<Row>> Last(absl::string_view prefix) const;
  // Visits the rows whose key starts with `prefix` and is not below `begin`, in key order, until
  // `visit` returns false.
  absl::Status Scan(
      absl::string_view prefix, absl::string_view begin,
      const std::function<bool(absl::string_view key, absl::string_view value)>& visit) const;

  // Sets rows, or deletes those without a value: all or none. Errors: kResourceExhausted when the
  // disk is full; kDataLoss when the write failed otherwise.
  using Change = std::pair<std::string, std::optional<std::string>>;
  absl::Status Write(const std::vector<Change>& changes);

 private:
  RowStore() = default;

  std::shared_ptr<FailStopFileSystem> file_system_;
  std::unique_ptr<rocksdb::Env> env_;  // Outlives db_.
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace ch8

#endif  // CH8_STORAGE_ROCKS_ROW_STORE_H_
