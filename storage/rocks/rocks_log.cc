#include "storage/rocks/rocks_log.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/base/bytes.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/chunk.h"
#include "storage/rocks/slice.h"
#include "storage/rocks/status.h"

namespace ch8 {
namespace {

constexpr uint64_t kTailBytesMax = 256ull << 20;  // As much as WALs hold.
constexpr size_t kScanReadahead = 1u << 20;

// The position in a stored key; keys are written by us, so another length is damage.
absl::StatusOr<uint64_t> PositionIn(absl::string_view key, size_t key_size) {
  ByteReader reader(key);
  const uint64_t position = reader.ReadU64();
  if (key.size() != key_size) return absl::DataLossError("malformed key in the log");
  return position;
}

}  // namespace

std::string TileKey(const TileId& tile) {
  std::string key(1, static_cast<char>(tile.level));
  AppendU64(key, tile.index);
  return key;
}

std::string NoteKey(uint64_t size, absl::string_view note) {
  std::string key = KeyU64(size);
  const Hash digest = Sha256(note);
  key.append(digest.view().data(), sizeof(uint64_t));
  return key;
}

absl::Status RocksLog::VisitChunks(uint64_t begin, const ChunkVisitor& visit) const {
  rocksdb::ReadOptions options;
  options.adaptive_readahead = true;
  const std::unique_ptr<rocksdb::Iterator> chunks = database_.NewIterator(Family::kLog, options);
  const std::string key = KeyU64(begin);
  chunks->SeekForPrev(ToSlice(key));
  if (!chunks->Valid() && chunks->status().ok()) chunks->SeekToFirst();
  for (; chunks->Valid(); chunks->Next()) {
    ASSIGN_OR_RETURN(const uint64_t first_index,
                     PositionIn(ToView(chunks->key()), sizeof(uint64_t)));
    if (!visit(first_index, ToView(chunks->value()))) return absl::OkStatus();
  }
  return FromRocks(chunks->status(), "read the log");
}

absl::StatusOr<std::optional<std::string>> RocksLog::ReadTile(const TileId& tile) const {
  return database_.Get(Family::kTile, TileKey(tile));
}

absl::Status RocksLog::VisitNotes(uint64_t size_min, const NoteVisitor& visit) const {
  const std::unique_ptr<rocksdb::Iterator> notes = database_.NewIterator(Family::kNote);
  const std::string first = KeyU64(size_min);
  for (notes->Seek(ToSlice(first)); notes->Valid(); notes->Next()) {
    ASSIGN_OR_RETURN(const uint64_t size, PositionIn(ToView(notes->key()), 2 * sizeof(uint64_t)));
    if (!visit(size, ToView(notes->value()))) return absl::OkStatus();
  }
  return FromRocks(notes->status(), "read notes");
}

absl::StatusOr<std::optional<std::string>> RocksLog::NoteAtMost(uint64_t size) const {
  const std::unique_ptr<rocksdb::Iterator> notes = database_.NewIterator(Family::kNote);
  const std::string key = KeyU64(size) + std::string(sizeof(uint64_t), '\xff');
  notes->SeekForPrev(ToSlice(key));
  RETURN_IF_ERROR(FromRocks(notes->status(), "read notes"));
  if (!notes->Valid()) return std::nullopt;
  return notes->value().ToString();
}

absl::StatusOr<uint64_t> RocksLog::FindEnd(uint64_t checked_size) const {
  rocksdb::ReadOptions options;
  options.readahead_size = kScanReadahead;
  const std::unique_ptr<rocksdb::Iterator> chunks = database_.NewIterator(Family::kLog, options);
  std::vector<Entry> entries;
  std::optional<uint64_t> end;
  uint64_t expected_end = 0;  // Of the next chunk on the way back.
  uint64_t scanned_bytes = 0;
  for (chunks->SeekToLast(); chunks->Valid(); chunks->Prev()) {
    ASSIGN_OR_RETURN(const uint64_t first_index,
                     PositionIn(ToView(chunks->key()), sizeof(uint64_t)));
    const absl::Status decoded = DecodeChunk(ToView(chunks->value()), entries);
    if (!decoded.ok() || entries.front().index != first_index) {
      return absl::DataLossError(absl::StrCat("chunk at entry ", first_index, ": ",
                                              decoded.ok() ? "wrong key" : decoded.message()));
    }
    const uint64_t chunk_end = first_index + entries.size();
    if (!end.has_value()) {
      end = chunk_end;
    } else if (chunk_end != expected_end) {
      return absl::DataLossError(absl::StrCat("entry ", chunk_end, " is missing from the log, ",
                                              "which goes on at ", expected_end));
    }
    expected_end = first_index;
    scanned_bytes += chunks->value().size();
    if (expected_end <= checked_size || scanned_bytes >= kTailBytesMax) return *end;
  }
  RETURN_IF_ERROR(FromRocks(chunks->status(), "read the log"));
  if (expected_end != 0) {
    return absl::DataLossError(
        absl::StrCat("entry 0 is missing from the log, which goes on at ", expected_end));
  }
  return end.value_or(0);
}

}  // namespace ch8
