#ifndef CH8_STORAGE_ROCKS_VIEW_H_
#define CH8_STORAGE_ROCKS_VIEW_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "storage/ledger/ledger.h"
#include "storage/rocks/database.h"
#include "storage/rocks/rocks_ledger.h"
#include "storage/rocks/slice.h"
#include "storage/rocks/status.h"

namespace ch8 {

// The rows as of one RocksDB snapshot, or the newest written ones when it has none.
class RocksLedger::View final : public Snapshot {
 public:
  View(const Database& database, uint64_t size, std::shared_ptr<const rocksdb::Snapshot> snapshot)
      : database_(database), size_(size), snapshot_(std::move(snapshot)) {}

  uint64_t size() const override { return size_; }
  // For the written view, whose size moves with each commit.
  void set_size(uint64_t size) { size_ = size; }

  absl::StatusOr<std::optional<std::string>> Get(Table table,
                                                 absl::string_view key) const override {
    return database_.Get(FamilyOf(table), key, snapshot_.get());
  }

  absl::Status Scan(Table table, absl::string_view begin, absl::string_view end,
                    const RowVisitor& visit) const override {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_.get();
    const rocksdb::Slice bound = ToSlice(end);
    if (!end.empty()) options.iterate_upper_bound = &bound;
    const std::unique_ptr<rocksdb::Iterator> rows = database_.NewIterator(FamilyOf(table), options);
    for (rows->Seek(ToSlice(begin)); rows->Valid(); rows->Next()) {
      if (!visit(ToView(rows->key()), ToView(rows->value()))) return absl::OkStatus();
    }
    return FromRocks(rows->status(), "scan rows");
  }

 private:
  const Database& database_;
  uint64_t size_;
  const std::shared_ptr<const rocksdb::Snapshot> snapshot_;
};

}  // namespace ch8

#endif  // CH8_STORAGE_ROCKS_VIEW_H_
