#include "storage/merkle/tile.h"

#include <limits>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/text_fields.h"

namespace ch8 {
namespace {

constexpr absl::string_view kTileFolder = "tile/";
constexpr absl::string_view kEntriesFolder = "entries/";
constexpr uint64_t kIndexGroup = 1000;

std::string IndexPath(uint64_t index) {
  std::string path = absl::StrFormat("%03d", index % kIndexGroup);
  for (uint64_t rest = index / kIndexGroup; rest > 0; rest /= kIndexGroup) {
    path = absl::StrFormat("x%03d/%s", rest % kIndexGroup, path);
  }
  return path;
}

absl::Status PathError(absl::string_view path) {
  return absl::InvalidArgumentError(absl::StrCat("no tile is named ", absl::CHexEscape(path)));
}

// The number that the groups of an index path spell; leading zero groups are the caller's to
// refuse.
std::optional<uint64_t> ParseIndexPath(absl::string_view path) {
  uint64_t index = 0;
  for (absl::string_view group : absl::StrSplit(path, '/')) {
    absl::ConsumePrefix(&group, "x");
    for (const char digit : group) {
      if (digit < '0' || digit > '9') return std::nullopt;
      if (index > (std::numeric_limits<uint64_t>::max() - 9) / 10) return std::nullopt;
      index = index * 10 + static_cast<uint64_t>(digit - '0');
    }
  }
  return index;
}

// MTH of a power of two of hashes, each 32 bytes of `bytes`.
Hash SubtreeRoot(absl::string_view bytes) {
  if (bytes.size() == Hash::kSize) {
    absl::StatusOr<Hash> hash = Hash::FromBytes(bytes);
    return *std::move(hash);
  }
  const size_t half = bytes.size() / 2;
  return NodeHash(SubtreeRoot(bytes.substr(0, half)), SubtreeRoot(bytes.substr(half)));
}

}  // namespace

std::string TilePath(const Tile& tile) {
  Check(tile.width >= 1 && tile.width <= kTileWidth, "a tile has 1 to 256 hashes");
  const std::string level =
      tile.kind == TileKind::kEntries ? std::string(kEntriesFolder) : absl::StrCat(tile.level, "/");
  const std::string partial = tile.width == kTileWidth ? "" : absl::StrCat(".p/", tile.width);
  return absl::StrCat(kTileFolder, level, IndexPath(tile.index), partial);
}

absl::StatusOr<Tile> ParseTilePath(absl::string_view path) {
  absl::string_view rest = path;
  if (!absl::ConsumePrefix(&rest, kTileFolder)) return PathError(path);
  Tile tile;
  if (absl::ConsumePrefix(&rest, kEntriesFolder)) {
    tile.kind = TileKind::kEntries;
  } else {
    const size_t slash = rest.find('/');
    const absl::StatusOr<uint64_t> level = ParseDecimal(rest.substr(0, slash));
    if (slash == absl::string_view::npos || !level.ok() || *level > kTileLevelMax) {
      return PathError(path);
    }
    tile.level = static_cast<int>(*level);
    rest.remove_prefix(slash + 1);
  }
  if (const size_t partial = rest.find(".p/"); partial != absl::string_view::npos) {
    const absl::StatusOr<uint64_t> width = ParseDecimal(rest.substr(partial + 3));
    if (!width.ok() || *width < 1 || *width >= kTileWidth) return PathError(path);
    tile.width = static_cast<int>(*width);
    rest = rest.substr(0, partial);
  }
  const std::optional<uint64_t> index = ParseIndexPath(rest);
  if (!index.has_value()) return PathError(path);
  tile.index = *index;
  // One tile has one path: this refuses missing groups, zero groups and misplaced x.
  if (TilePath(tile) != path) return PathError(path);
  return tile;
}

std::vector<Tile> TilesOfSize(uint64_t size) {
  std::vector<Tile> tiles;
  int level = 0;
  for (uint64_t count = size; count > 0; count >>= kTileHeight, ++level) {
    const uint64_t full_count = count / kTileWidth;
    const int rest = static_cast<int>(count % kTileWidth);
    for (uint64_t index = 0; index < full_count; ++index) {
      tiles.push_back({.level = level, .index = index});
    }
    if (rest > 0) tiles.push_back({.level = level, .index = full_count, .width = rest});
  }
  return tiles;
}

absl::StatusOr<Hash> TileNodeReader::ReadNode(int level, uint64_t index) const {
  if (level < 0 || level > 63 || index >= size_ >> level) {
    return absl::OutOfRangeError(absl::StrCat("a tree of ", size_, " leaves has no complete node ",
                                              index, " of level ", level));
  }
  const int height = level % kTileHeight;
  const int tile_level = level / kTileHeight;
  const uint64_t first = index << height;  // Among the hashes of the tile level.
  const uint64_t count = size_ >> (tile_level * kTileHeight);
  Tile tile{.level = tile_level, .index = first / kTileWidth};
  if (tile.index == count / kTileWidth) tile.width = static_cast<int>(count % kTileWidth);
  ASSIGN_OR_RETURN(const std::string bytes, fetch_(tile));
  if (bytes.size() != static_cast<size_t>(tile.width) * Hash::kSize) {
    return absl::DataLossError(
        absl::StrCat(TilePath(tile), " has ", bytes.size(), " bytes, not its width's"));
  }
  return SubtreeRoot(
      absl::string_view(bytes).substr(first % kTileWidth * Hash::kSize, Hash::kSize << height));
}

absl::StatusOr<std::string> FormatEntryBundle(absl::Span<const absl::string_view> entries) {
  std::string bytes;
  for (const absl::string_view entry : entries) {
    if (entry.size() > std::numeric_limits<uint16_t>::max()) {
      return absl::InvalidArgumentError(
          absl::StrCat("an entry of ", entry.size(), " bytes fits in no bundle"));
    }
    AppendU16(bytes, static_cast<uint16_t>(entry.size()));
    absl::StrAppend(&bytes, entry);
  }
  return bytes;
}

absl::StatusOr<std::vector<absl::string_view>> ParseEntryBundle(absl::string_view bytes) {
  std::vector<absl::string_view> entries;
  ByteReader reader(bytes);
  while (!reader.rest().empty()) {
    const uint16_t size_bytes = reader.ReadU16();
    const absl::string_view entry = reader.ReadBytes(size_bytes);
    if (!reader.ok()) return absl::InvalidArgumentError("an entry bundle ends inside an entry");
    entries.push_back(entry);
  }
  return entries;
}

}  // namespace ch8
