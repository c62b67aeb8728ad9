#ifndef CH8_STORAGE_ROCKS_ROCKS_LOG_H_
#define CH8_STORAGE_ROCKS_ROCKS_LOG_H_

#include <optional>
#include <string>

#include "storage/ledger/stored_log.h"
#include "storage/rocks/database.h"

namespace ch8 {

// The key of a tile: level u8 · index u64, so that levels lie together.
std::string TileKey(const TileId& tile);

// The key of a note: size u64 · first eight bytes of its SHA-256, so that two notes of one size,
// signed with two keys, are both kept.
std::string NoteKey(uint64_t size, absl::string_view note);

// Reads the log, tiles and notes of a database.
class RocksLog final : public StoredLog {
 public:
  // `database` must outlive the log.
  explicit RocksLog(const Database& database) : database_(database) {}

  absl::Status VisitChunks(uint64_t begin, const ChunkVisitor& visit) const override;
  absl::StatusOr<std::optional<std::string>> ReadTile(const TileId& tile) const override;
  absl::Status VisitNotes(uint64_t size_min, const NoteVisitor& visit) const override;

  // The newest note with size at most `size`, or nothing. Errors: kDataLoss.
  absl::StatusOr<std::optional<std::string>> NoteAtMost(uint64_t size) const;

  // Finds the end of the log, and checks that the last entries follow each other without a gap:
  // those from `checked_size` on, or the last 256 MiB of them if that is less, which is all that a
  // recovery of the WAL can have touched. Errors: kDataLoss, naming the missing entry.
  absl::StatusOr<uint64_t> FindEnd(uint64_t checked_size) const;

 private:
  const Database& database_;
};

}  // namespace ch8

#endif  // CH8_STORAGE_ROCKS_ROCKS_LOG_H_
