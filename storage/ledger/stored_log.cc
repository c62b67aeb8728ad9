#include "storage/ledger/stored_log.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/chunk.h"

namespace ch8 {

absl::Status ReadStoredEntries(const StoredLog& log, uint64_t begin, uint64_t end,
                               const Ledger::EntryVisitor& visit) {
  if (begin >= end) return absl::OkStatus();
  uint64_t next = begin;  // The next entry to visit.
  bool stopped = false;
  absl::Status damage;
  std::vector<Entry> entries;
  const auto visit_chunk = [&](uint64_t first_index, absl::string_view chunk) {
    if (first_index > next) return false;  // A hole; reported below.
    damage = DecodeChunk(chunk, entries);
    if (!damage.ok() || entries.front().index != first_index) {
      damage = absl::DataLossError(
          absl::StrCat("chunk at entry ", first_index, ": ",
                       damage.ok() ? "stored under another's key" : damage.message()));
      return false;
    }
    for (const Entry& entry : entries) {
      if (entry.index < next) continue;
      if (entry.index >= end) return false;
      next = entry.index + 1;
      if (!visit(entry)) {
        stopped = true;
        return false;
      }
    }
    return next < end;
  };
  RETURN_IF_ERROR(log.VisitChunks(begin, visit_chunk));
  RETURN_IF_ERROR(damage);
  if (!stopped && next < end) {
    return absl::DataLossError(absl::StrCat("entry ", next, " is missing from the log"));
  }
  return absl::OkStatus();
}

}  // namespace ch8
