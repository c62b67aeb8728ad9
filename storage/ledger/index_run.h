#ifndef CH8_STORAGE_LEDGER_INDEX_RUN_H_
#define CH8_STORAGE_LEDGER_INDEX_RUN_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace ch8 {

// Rows of one of a ledger's indexes (ledger.h), sorted by key, on their way to disk. They lie in
// one buffer, because there may be millions.
//
// Thread safety: none; const methods may be called together.
class IndexRun {
 public:
  // `through_size`: every entry below it is in this run or an earlier one.
  explicit IndexRun(uint64_t through_size, size_t reserve_bytes = 0);
  IndexRun(uint64_t through_size,
           std::initializer_list<std::pair<absl::string_view, absl::string_view>> rows);

  // Adds a row, whose key must be greater than all before it.
  void Add(absl::string_view key, absl::string_view value);

  // Visits the rows in order, until `visit` returns false. Views are valid only during the call.
  using Visitor = absl::FunctionRef<bool(absl::string_view key, absl::string_view value)>;
  void Visit(Visitor visit) const;

  uint64_t through_size() const { return through_size_; }
  size_t size() const { return size_; }
  // Whether every Add() was in order. A run that is not is refused.
  bool sorted() const { return sorted_; }

  // What a row takes of the buffer beside its key and value.
  static constexpr size_t kRowOverhead = 2 * sizeof(uint32_t);

 private:
  std::string bytes_;  // Size of the key, size of the value, key, value; again and again.
  size_t newest_ = 0;  // Where the newest row lies.
  size_t size_ = 0;
  uint64_t through_size_ = 0;
  bool sorted_ = true;
};

}  // namespace ch8

#endif  // CH8_STORAGE_LEDGER_INDEX_RUN_H_
