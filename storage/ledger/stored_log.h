#ifndef CH8_STORAGE_LEDGER_STORED_LOG_H_
#define CH8_STORAGE_LEDGER_STORED_LOG_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/ledger/ledger.h"

namespace ch8 {

// One full tile of the tree: the 256 hashes of the nodes (8 * level, 256 * index …).
struct TileId {
  int level = 0;  // 1 and up are stored; level 0 is recomputed from entries.
  uint64_t index = 0;

  friend auto operator<=>(const TileId&, const TileId&) = default;
};

// A ledger's log as it lies in storage: what entries, proofs and fsck are read from. It may hold
// more than is durable; callers stop at the size they ask about.
//
// Thread safety: all methods may be called from any thread, also while the ledger commits.
class StoredLog {
 public:
  virtual ~StoredLog() = default;

  // Visits chunks in key order from the one that holds entry `begin`, or that precedes it if none
  // does, until `visit` returns false. A key is the chunk's first index. Errors: kDataLoss.
  using ChunkVisitor = std::function<bool(uint64_t first_index, absl::string_view chunk)>;
  virtual absl::Status VisitChunks(uint64_t begin, const ChunkVisitor& visit) const = 0;

  // The tile's 8192 bytes, or nothing when it is not stored. Errors: kDataLoss.
  virtual absl::StatusOr<std::optional<std::string>> ReadTile(const TileId& tile) const = 0;

  // Visits the kept notes of size `size_min` and more by rising size, until `visit` returns false.
  // Errors: kDataLoss.
  using NoteVisitor = std::function<bool(uint64_t size, absl::string_view note)>;
  virtual absl::Status VisitNotes(uint64_t size_min, const NoteVisitor& visit) const = 0;
};

// Visits entries begin <= index < end in order until `visit` returns false; all of them must be
// there. Errors: kDataLoss when a chunk is missing, torn or misplaced, naming the index.
absl::Status ReadStoredEntries(const StoredLog& log, uint64_t begin, uint64_t end,
                               const Ledger::EntryVisitor& visit);

}  // namespace ch8

#endif  // CH8_STORAGE_LEDGER_STORED_LOG_H_
