#ifndef CH8_STORAGE_LEDGER_MEM_ROWS_H_
#define CH8_STORAGE_LEDGER_MEM_ROWS_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "storage/ledger/ledger.h"

namespace ch8 {

// The rows of a MemLedger, with as much of their past as any snapshot still reads. Each commit has
// a version, and a read names the version it wants to see.
//
// Thread safety: none; MemLedger locks.
class MemRows {
 public:
  // Applies one commit's writes in order. Versions must rise. Past values that no version from
  // `oldest_read` on can see are dropped.
  void Apply(uint64_t version, uint64_t oldest_read, const std::vector<RowWrite>& writes);

  std::optional<std::string> Get(Table table, absl::string_view key, uint64_t version) const;

  // The first row with key >= `begin`, or nothing.
  std::optional<std::pair<std::string, std::string>> First(Table table, absl::string_view begin,
                                                           uint64_t version) const;

  // A copy that holds what `version` sees and nothing newer.
  MemRows AsOf(uint64_t version) const;

 private:
  struct Value {
    uint64_t since = 0;  // The version that wrote it.
    std::optional<std::string> bytes;
  };
  using History = std::vector<Value>;  // Oldest first.

  static const std::optional<std::string>* Seen(const History& history, uint64_t version);

  std::array<std::map<std::string, History>, 4> tables_;
};

}  // namespace ch8

#endif  // CH8_STORAGE_LEDGER_MEM_ROWS_H_
