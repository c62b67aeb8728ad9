#ifndef CH8_STORAGE_MERKLE_TREE_H_
#define CH8_STORAGE_MERKLE_TREE_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/base/hash.h"

// The Merkle tree of RFC 6962 §2.1 (= RFC 9162 §2.1), SHA-256. A *node* (level, index) is a
// complete subtree: it covers the leaves [index << level, (index + 1) << level), so level 0 is the
// leaf hashes themselves. A node once complete never changes.
namespace ch8 {

// The root of a tree without leaves: SHA-256("").
const Hash& EmptyRoot();

// SHA-256(0x01 ‖ left ‖ right).
Hash NodeHash(const Hash& left, const Hash& right);

// The right edge of a growing tree: the roots of the complete subtrees that its leaves split into,
// one per bit set in its size. It is all that appending needs, and it gives the root.
//
// Thread safety: none of its own; const methods may be called together.
class Frontier {
 public:
  // The empty tree.
  Frontier() = default;

  // The frontier of a tree of `size` leaves from its nodes, largest subtree (lowest index) first,
  // as nodes() gives them. Errors: kInvalidArgument unless there is one node per bit set in `size`.
  static absl::StatusOr<Frontier> FromNodes(uint64_t size, std::vector<Hash> nodes);

  // Appends one leaf hash. Calls `on_node(int level, uint64_t index, const Hash& hash)` for every
  // node of level >= 1 that this leaf completes, lowest level first: one per append on average.
  template <typename F>
  void Append(const Hash& leaf, F&& on_node) {
    Hash hash = leaf;
    int level = 0;
    for (uint64_t index = size_; (index & 1) != 0; index >>= 1) {
      hash = NodeHash(nodes_.back(), hash);
      nodes_.pop_back();
      ++level;
      on_node(level, index >> 1, std::as_const(hash));
    }
    nodes_.push_back(hash);
    ++size_;
  }
  void Append(const Hash& leaf) {
    Append(leaf, [](int, uint64_t, const Hash&) {});
  }

  // The number of leaves.
  uint64_t size() const { return size_; }

  // One node per bit set in size(), largest subtree first. FrontierNodes() in proof.h names them.
  const std::vector<Hash>& nodes() const { return nodes_; }

  // The root over all leaves; EmptyRoot() when there are none. Costs one hash per node but one.
  Hash Root() const;

 private:
  uint64_t size_ = 0;
  std::vector<Hash> nodes_;
};

}  // namespace ch8

#endif  // CH8_STORAGE_MERKLE_TREE_H_
