#ifndef CH8_STORAGE_MERKLE_TILE_H_
#define CH8_STORAGE_MERKLE_TILE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storage/base/hash.h"
#include "storage/merkle/proof.h"

// Tiles (C2SP tlog-tiles): a tree cut into files of up to 256 hashes, from which anyone computes
// any root and proof without a server. A tile of level L holds nodes of level 8·L; those in between
// are hashed from it.
//
//   tile/<L>/<N>[.p/<W>]         N in three-digit groups: 1234067 is x001/x234/067
//   tile/entries/<N>[.p/<W>]     the leaves of the level-0 tile N: (length u16 ‖ bytes) each
//
// A partial tile (.p/<W>, 1 <= W <= 255) is the right edge at some size.
//
// Thread safety: all functions here are pure and may be called from any thread.
namespace ch8 {

inline constexpr int kTileHeight = 8;
inline constexpr int kTileWidth = 1 << kTileHeight;
// A tree of less than 2^63 leaves has no tile above.
inline constexpr int kTileLevelMax = 7;

// What a path names.
enum class TileKind {
  kHashes,   // 32 bytes each.
  kEntries,  // The leaves themselves; level 0.
};

struct Tile {
  TileKind kind = TileKind::kHashes;
  int level = 0;
  uint64_t index = 0;
  int width = kTileWidth;  // 1..256.

  friend bool operator==(const Tile&, const Tile&) = default;
};

// The tile's path below a log's folder.
std::string TilePath(const Tile& tile);

// Parses a path, strictly: TilePath() gives it back. Errors: kInvalidArgument.
absl::StatusOr<Tile> ParseTilePath(absl::string_view path);

// All hash tiles of a tree of `size` leaves, lowest level first, each level from the left; the last
// of a level may be partial.
std::vector<Tile> TilesOfSize(uint64_t size);

// Reads a tree's nodes from the bytes of its hash tiles. `fetch` gives the bytes of one tile; it is
// called anew for each node, so one that reads over a network keeps what it got. The hashes are not
// checked: compute a root and compare it with a signed one.
//
// Thread safety: as `fetch`.
class TileNodeReader final : public NodeReader {
 public:
  using Fetch = std::function<absl::StatusOr<std::string>(const Tile& tile)>;

  // `size`: the tree's size, which says which tiles are partial.
  TileNodeReader(uint64_t size, Fetch fetch) : size_(size), fetch_(std::move(fetch)) {}

  // Errors: kOutOfRange when the node is not complete at this size; kDataLoss when a tile does not
  // have the bytes of its width; those of `fetch`.
  absl::StatusOr<Hash> ReadNode(int level, uint64_t index) const override;

 private:
  uint64_t size_;
  Fetch fetch_;
};

// The bytes of an entry bundle. Errors: kInvalidArgument when an entry is longer than 65,535 bytes.
absl::StatusOr<std::string> FormatEntryBundle(absl::Span<const absl::string_view> entries);

// The entries of a bundle, as views into `bytes`. Errors: kInvalidArgument when it ends inside one.
absl::StatusOr<std::vector<absl::string_view>> ParseEntryBundle(absl::string_view bytes);

}  // namespace ch8

#endif  // CH8_STORAGE_MERKLE_TILE_H_
