#include "clients/verify/tree_check.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/verify/refusal.h"
#include "storage/base/bytes.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/tile.h"

namespace ch8::verify {
namespace {

constexpr size_t kBundledLeafSize = 2 + kLeafSize;

std::string Bundled(const Leaf& leaf) {
  std::string bytes;
  AppendU16(bytes, kLeafSize);
  const auto encoded = EncodeLeaf(leaf);
  bytes.append(encoded.data(), encoded.size());
  return bytes;
}

}  // namespace

absl::Status TreeCheck::LoadLowest(uint64_t index) {
  const uint64_t width = std::min<uint64_t>(kTileWidth, log_.size() - index);
  Tile tile{.kind = TileKind::kHashes,
            .level = 0,
            .index = index / kTileWidth,
            .width = static_cast<int>(width)};
  const std::string hashes = log_.Name(TilePath(tile));
  ASSIGN_OR_RETURN(exported_hashes_, log_.files().Read(hashes));
  if (exported_hashes_.size() != width * Hash::kSize) {
    return RefuseFile(hashes, "has not the size of its hashes");
  }
  tile.kind = TileKind::kEntries;
  const std::string leaves = log_.Name(TilePath(tile));
  ASSIGN_OR_RETURN(exported_leaves_, log_.files().Read(leaves));
  if (exported_leaves_.size() != width * kBundledLeafSize) {
    return RefuseFile(leaves, "has not the size of its leaves");
  }
  return absl::OkStatus();
}

absl::Status TreeCheck::Take(uint64_t index, const Leaf& leaf) {
  const size_t at = index % kTileWidth;
  if (at == 0) RETURN_IF_ERROR(LoadLowest(index));
  const Hash hash = LeafHash(leaf);
  if (exported_leaves_.compare(at * kBundledLeafSize, kBundledLeafSize, Bundled(leaf)) != 0) {
    return RefuseEntry(log_.origin(), index,
                       "class, tag, salt and payload do not give the leaf in tile/entries");
  }
  if (exported_hashes_.compare(at * Hash::kSize, Hash::kSize, std::string(hash.view())) != 0) {
    return RefuseEntry(log_.origin(), index, "its leaf's hash is another than in tile/0");
  }
  std::vector<std::pair<int, Hash>> complete = {{0, hash}};
  tree_.Append(hash, [&](int level, uint64_t, const Hash& node) {
    if (level % kTileHeight == 0) complete.emplace_back(level / kTileHeight, node);
  });
  for (const auto& [level, node] : complete) {
    if (tiles_.size() <= static_cast<size_t>(level)) tiles_.resize(static_cast<size_t>(level) + 1);
    std::string& hashes = tiles_[static_cast<size_t>(level)].hashes;
    absl::StrAppend(&hashes, node.view());
    if (hashes.size() == kTileWidth * Hash::kSize) RETURN_IF_ERROR(CheckTile(level));
  }
  const auto watched = roots_.find(tree_.size());
  if (watched != roots_.end()) watched->second = tree_.Root();
  return absl::OkStatus();
}

absl::Status TreeCheck::CheckTile(int level) {
  PendingTile& tile = tiles_[static_cast<size_t>(level)];
  const std::string name = TilePath({.kind = TileKind::kHashes,
                                     .level = level,
                                     .index = tile.index,
                                     .width = static_cast<int>(tile.hashes.size() / Hash::kSize)});
  RETURN_IF_ERROR(log_.files().Expect(log_.Name(name), tile.hashes));
  ++tile.index;
  tile.hashes.clear();
  return absl::OkStatus();
}

absl::Status TreeCheck::Finish() {
  for (size_t level = 0; level < tiles_.size(); ++level) {
    if (!tiles_[level].hashes.empty()) RETURN_IF_ERROR(CheckTile(static_cast<int>(level)));
  }
  return absl::OkStatus();
}

}  // namespace ch8::verify
