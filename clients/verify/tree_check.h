#ifndef CH8_CLIENTS_VERIFY_TREE_CHECK_H_
#define CH8_CLIENTS_VERIFY_TREE_CHECK_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "clients/verify/log_files.h"
#include "storage/merkle/leaf.h"
#include "storage/merkle/tree.h"

namespace ch8::verify {

// Builds the tree anew from the leaves that the payloads give, and compares every tile of the
// export with it.
//
// Thread safety: none.
class TreeCheck {
 public:
  // `log` outlives this object.
  explicit TreeCheck(LogFiles& log) : log_(log) {}

  // Has the root at `size` remembered.
  void Watch(uint64_t size) { roots_[size] = EmptyRoot(); }

  // The next leaf. Errors: a refusal naming the entry whose leaf is another in the export's tiles,
  // or the tile.
  absl::Status Take(uint64_t index, const Leaf& leaf);

  // After the last one. Errors: as Take().
  absl::Status Finish();

  Hash Root() const { return tree_.Root(); }
  // At a size watched and reached.
  const Hash& RootAt(uint64_t size) const { return roots_.at(size); }

 private:
  struct PendingTile {
    uint64_t index = 0;
    std::string hashes;
  };

  absl::Status LoadLowest(uint64_t index);
  absl::Status CheckTile(int level);

  LogFiles& log_;
  Frontier tree_;
  std::map<uint64_t, Hash> roots_;
  std::vector<PendingTile> tiles_;  // By level; what was computed.
  std::string exported_hashes_;     // The tile and the bundle of leaves around the last leaf.
  std::string exported_leaves_;
};

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_TREE_CHECK_H_
