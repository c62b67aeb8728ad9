#include "storage/ledger/ledger_tree.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/chunk.h"
#include "storage/merkle/tile.h"

namespace ch8 {
namespace {

constexpr size_t kTileBytes = kTileWidth * Hash::kSize;
constexpr size_t kCachedTilesMax = 128;  // About 16 KiB each.

absl::Status Damaged(const TileId& id, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("tile ", id.level, "/", id.index, " ", what));
}

}  // namespace

absl::Status LedgerTree::Load(uint64_t size) {
  {
    std::lock_guard<std::mutex> lock(edge_mutex_);
    edges_.assign(1, Edge{});
  }
  for (int level = 1; level * kTileHeight < 64 && (size >> (level * kTileHeight)) > 0; ++level) {
    const uint64_t count = size >> (level * kTileHeight);
    Edge edge{.first = count - count % kTileWidth, .hashes = {}};
    for (uint64_t node = edge.first; node < count; ++node) {
      ASSIGN_OR_RETURN(const std::shared_ptr<const Expanded> below,
                       FindTile({.level = level - 1, .index = node}, kTileWidth));
      edge.hashes.push_back(below->heights[kTileHeight].front());
    }
    std::lock_guard<std::mutex> lock(edge_mutex_);
    edges_.push_back(std::move(edge));
  }
  ASSIGN_OR_RETURN(frontier_, ReadFrontier(size, *this));
  return absl::OkStatus();
}

std::vector<LedgerTree::FullTile> LedgerTree::Append(const std::vector<RequestEntries>& requests) {
  staged_.clear();
  for (const RequestEntries& request : requests) {
    for (const NewEntry& entry : request.entries) {
      frontier_.Append(entry.leaf_hash, [&](int level, uint64_t, const Hash& hash) {
        if (level % kTileHeight == 0) staged_.emplace_back(level / kTileHeight, hash);
      });
    }
  }

  std::vector<FullTile> full;
  std::lock_guard<std::mutex> lock(edge_mutex_);
  for (const auto& [level, hash] : staged_) {
    if (edges_.size() <= level) edges_.resize(level + 1);
    Edge& edge = edges_[level];
    edge.hashes.push_back(hash);
    if (edge.hashes.size() % kTileWidth != 0) continue;
    const size_t begin = edge.hashes.size() - kTileWidth;
    FullTile& tile = full.emplace_back();
    tile.id = {.level = static_cast<int>(level), .index = (edge.first + begin) / kTileWidth};
    tile.hashes.reserve(kTileBytes);
    for (size_t i = begin; i < edge.hashes.size(); ++i) {
      tile.hashes.append(edge.hashes[i].view().data(), Hash::kSize);
    }
  }
  return full;
}

void LedgerTree::TilesStored() {
  std::lock_guard<std::mutex> lock(edge_mutex_);
  for (Edge& edge : edges_) {
    const size_t stored = edge.hashes.size() - edge.hashes.size() % kTileWidth;
    edge.hashes.erase(edge.hashes.begin(), edge.hashes.begin() + static_cast<ptrdiff_t>(stored));
    edge.first += stored;
  }
}

absl::StatusOr<Hash> LedgerTree::ReadNode(int level, uint64_t index) const {
  const int height = level % kTileHeight;
  const uint64_t per_tile = uint64_t{kTileWidth} >> height;
  const TileId id{.level = level / kTileHeight, .index = index / per_tile};
  const size_t slot = index % per_tile;
  ASSIGN_OR_RETURN(const std::shared_ptr<const Expanded> tile, FindTile(id, (slot + 1) << height));
  return tile->heights[height][slot];
}

// The tile with at least its first `width_min` hashes, from the cache if it is there that wide.
absl::StatusOr<std::shared_ptr<const LedgerTree::Expanded>> LedgerTree::FindTile(
    const TileId& id, size_t width_min) const {
  {
    std::lock_guard<std::mutex> lock(cache_mutex_);
    const auto found = cached_.find(id);
    if (found != cached_.end() && found->second->second->heights[0].size() >= width_min) {
      cache_.splice(cache_.begin(), cache_, found->second);
      return cache_.front().second;
    }
  }
  ASSIGN_OR_RETURN(std::vector<Hash> hashes, LoadHashes(id));
  if (hashes.size() < width_min) return Damaged(id, "is cut short");
  const std::shared_ptr<const Expanded> tile = Expand(std::move(hashes));

  std::lock_guard<std::mutex> lock(cache_mutex_);
  const auto found = cached_.find(id);
  if (found != cached_.end()) {
    cache_.erase(found->second);
    cached_.erase(found);
  }
  cache_.emplace_front(id, tile);
  cached_[id] = cache_.begin();
  if (cache_.size() > kCachedTilesMax) {
    cached_.erase(cache_.back().first);
    cache_.pop_back();
  }
  return tile;
}

// All hashes of the tile that exist, in RAM if it is on the right edge, else in storage.
absl::StatusOr<std::vector<Hash>> LedgerTree::LoadHashes(const TileId& id) const {
  if (id.level == 0) return RehashEntries(id.index);
  {
    std::lock_guard<std::mutex> lock(edge_mutex_);
    const size_t level = static_cast<size_t>(id.level);
    if (level < edges_.size() && id.index * kTileWidth >= edges_[level].first) {
      const std::vector<Hash>& hashes = edges_[level].hashes;
      const size_t begin =
          std::min<size_t>(id.index * kTileWidth - edges_[level].first, hashes.size());
      const size_t end = std::min<size_t>(begin + kTileWidth, hashes.size());
      return std::vector<Hash>(hashes.begin() + static_cast<ptrdiff_t>(begin),
                               hashes.begin() + static_cast<ptrdiff_t>(end));
    }
  }
  ASSIGN_OR_RETURN(const std::optional<std::string> bytes, log_.ReadTile(id));
  if (!bytes.has_value()) return Damaged(id, "is missing");
  if (bytes->size() != kTileBytes) return Damaged(id, "has the wrong length");
  std::vector<Hash> hashes(kTileWidth);
  for (size_t i = 0; i < kTileWidth; ++i) {
    std::copy_n(bytes->data() + i * Hash::kSize, Hash::kSize,
                reinterpret_cast<char*>(hashes[i].data()));
  }
  return hashes;
}

// The leaf hashes of the block's entries, as far as the log goes.
absl::StatusOr<std::vector<Hash>> LedgerTree::RehashEntries(uint64_t block) const {
  const uint64_t begin = block * kTileWidth;
  const uint64_t end = begin + kTileWidth;
  std::vector<Hash> hashes;
  hashes.reserve(kTileWidth);
  absl::Status damage;
  std::vector<Entry> entries;
  RETURN_IF_ERROR(log_.VisitChunks(begin, [&](uint64_t first_index, absl::string_view chunk) {
    if (first_index >= end) return false;
    damage = DecodeChunk(chunk, entries);
    if (!damage.ok()) return false;
    for (const Entry& entry : entries) {
      if (entry.index != begin + hashes.size() || entry.index >= end) continue;
      hashes.push_back(EntryLeafHash(log_id_, entry));
    }
    return hashes.size() < kTileWidth;
  }));
  RETURN_IF_ERROR(damage);
  return hashes;
}

std::shared_ptr<const LedgerTree::Expanded> LedgerTree::Expand(std::vector<Hash> hashes) {
  auto tile = std::make_shared<Expanded>();
  tile->heights[0] = std::move(hashes);
  for (int height = 1; height <= kTileHeight; ++height) {
    const std::vector<Hash>& below = tile->heights[height - 1];
    std::vector<Hash>& nodes = tile->heights[height];
    nodes.reserve(below.size() / 2);
    for (size_t i = 0; i + 1 < below.size(); i += 2) {
      nodes.push_back(NodeHash(below[i], below[i + 1]));
    }
  }
  return tile;
}

}  // namespace ch8
