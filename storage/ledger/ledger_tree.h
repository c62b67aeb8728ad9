#ifndef CH8_STORAGE_LEDGER_LEDGER_TREE_H_
#define CH8_STORAGE_LEDGER_LEDGER_TREE_H_

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/base/hash.h"
#include "storage/ledger/entry.h"
#include "storage/ledger/stored_log.h"
#include "storage/merkle/proof.h"
#include "storage/merkle/tree.h"

namespace ch8 {

// The Merkle tree over a ledger's log, shared by all Ledger implementations. Three places hold it:
// full tiles of level >= 1 are stored; the tiles not yet full are in RAM; levels 0 to 7 are
// recomputed from at most 256 entries whenever a proof needs them. Recently used tiles are kept,
// with their inner nodes, in a small cache.
//
// Thread safety: Append(), TilesStored(), Root() and size() belong to the sequencer; Load() comes
// before any other use. ReadNode() may be called from any thread meanwhile, for any node that was
// complete when the caller learned the size it asks about.
class LedgerTree final : public NodeReader {
 public:
  // `log` must outlive the tree.
  LedgerTree(const StoredLog& log, const Hash& log_id) : log_(log), log_id_(log_id) {}

  // Takes the tree up at `size` from stored tiles and the log's last entries: at most 65,535 of
  // them are hashed again, and 255 tiles read per level. Errors: kDataLoss.
  absl::Status Load(uint64_t size);

  // A tile that became full and has to be stored with the commit that filled it.
  struct FullTile {
    TileId id;
    std::string hashes;
  };
  // Appends the leaf hashes of all entries.
  std::vector<FullTile> Append(const std::vector<RequestEntries>& requests);

  // Says that all tiles returned so far can now be read from the log, and so may leave RAM.
  void TilesStored();

  uint64_t size() const { return frontier_.size(); }
  Hash Root() const { return frontier_.Root(); }

  // Errors: kDataLoss when a tile or entry that should be stored is not.
  absl::StatusOr<Hash> ReadNode(int level, uint64_t index) const override;

 private:
  // A tile with its inner nodes: heights[h] are the complete nodes of h levels above its hashes.
  struct Expanded {
    std::vector<Hash> heights[9];
  };
  // The right edge of one tile level: nodes from `first`, a multiple of the tile width.
  struct Edge {
    uint64_t first = 0;
    std::vector<Hash> hashes;
  };

  absl::StatusOr<std::shared_ptr<const Expanded>> FindTile(const TileId& id,
                                                           size_t width_min) const;
  absl::StatusOr<std::vector<Hash>> LoadHashes(const TileId& id) const;
  absl::StatusOr<std::vector<Hash>> RehashEntries(uint64_t block) const;
  static std::shared_ptr<const Expanded> Expand(std::vector<Hash> hashes);

  const StoredLog& log_;
  const Hash log_id_;
  Frontier frontier_;                            // The sequencer's.
  std::vector<std::pair<size_t, Hash>> staged_;  // The sequencer's: (tile level, node).

  mutable std::mutex edge_mutex_;
  std::vector<Edge> edges_;  // By tile level; [0] stays empty. Guarded by edge_mutex_.

  mutable std::mutex cache_mutex_;
  using CacheList = std::list<std::pair<TileId, std::shared_ptr<const Expanded>>>;
  mutable CacheList cache_;  // Most recently used first. Guarded by cache_mutex_, as is the map.
  mutable std::map<TileId, CacheList::iterator> cached_;
};

}  // namespace ch8

#endif  // CH8_STORAGE_LEDGER_LEDGER_TREE_H_
