#include "storage/merkle/proof.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace ch8 {
namespace {

// The leaves [begin, end). `begin` is a multiple of every subtree in it, as it is for each range
// that RFC 6962's recursion meets.
struct LeafRange {
  uint64_t begin = 0;
  uint64_t end = 0;

  uint64_t size() const { return end - begin; }
};

// Where RFC 6962 splits a range of more than one leaf: the largest power of two below its size.
uint64_t SplitOf(const LeafRange& range) { return range.begin + std::bit_floor(range.size() - 1); }

// The complete subtrees that a range splits into, largest first.
std::vector<NodeId> NodesOf(LeafRange range) {
  std::vector<NodeId> nodes;
  while (range.size() > 0) {
    const int level = std::bit_width(range.size()) - 1;
    nodes.push_back({level, range.begin >> level});
    range.begin += uint64_t{1} << level;
  }
  return nodes;
}

absl::StatusOr<std::vector<Hash>> ReadNodes(const std::vector<NodeId>& ids,
                                            const NodeReader& reader) {
  std::vector<Hash> hashes;
  hashes.reserve(ids.size());
  for (const NodeId& id : ids) {
    ASSIGN_OR_RETURN(Hash hash, reader.ReadNode(id.level, id.index));
    hashes.push_back(hash);
  }
  return hashes;
}

// RFC 6962's MTH(D[begin:end]) of a range that is not empty.
absl::StatusOr<Hash> RangeRoot(const LeafRange& range, const NodeReader& reader) {
  ASSIGN_OR_RETURN(const std::vector<Hash> hashes, ReadNodes(NodesOf(range), reader));
  Check(!hashes.empty(), "an empty range of leaves has no root");
  Hash root = hashes.back();
  for (size_t i = hashes.size() - 1; i > 0; --i) root = NodeHash(hashes[i - 1], root);
  return root;
}

absl::StatusOr<std::vector<Hash>> RangeRoots(const std::vector<LeafRange>& ranges,
                                             const NodeReader& reader) {
  std::vector<Hash> roots;
  roots.reserve(ranges.size());
  for (const LeafRange& range : ranges) {
    ASSIGN_OR_RETURN(Hash root, RangeRoot(range, reader));
    roots.push_back(root);
  }
  return roots;
}

// Walks a proof upwards from one leaf or node: RFC 9162's `fn` and `sn`.
class ProofPath {
 public:
  ProofPath(uint64_t index, uint64_t size) : index_(index), last_(size - 1) {}

  // Goes up while the node is a right child: where a consistency proof starts.
  void SkipRightChildren() {
    while ((index_ & 1) != 0) GoUp();
  }

  bool at_root() const { return last_ == 0; }
  // True when the next sibling stands to the left.
  bool sibling_is_left() const { return (index_ & 1) != 0 || index_ == last_; }

  // Goes past the next sibling.
  void Next() {
    if (sibling_is_left()) {
      while ((index_ & 1) == 0 && index_ != 0) GoUp();
    }
    GoUp();
  }

 private:
  void GoUp() {
    index_ >>= 1;
    last_ >>= 1;
  }

  uint64_t index_;
  uint64_t last_;
};

absl::Status ProofError(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("proof refused: ", what));
}

}  // namespace

std::vector<NodeId> FrontierNodes(uint64_t size) { return NodesOf({0, size}); }

absl::StatusOr<Frontier> ReadFrontier(uint64_t size, const NodeReader& reader) {
  ASSIGN_OR_RETURN(std::vector<Hash> nodes, ReadNodes(FrontierNodes(size), reader));
  return Frontier::FromNodes(size, std::move(nodes));
}

absl::StatusOr<Hash> RootAt(uint64_t size, const NodeReader& reader) {
  ASSIGN_OR_RETURN(const Frontier frontier, ReadFrontier(size, reader));
  return frontier.Root();
}

absl::StatusOr<std::vector<Hash>> InclusionProof(uint64_t index, uint64_t size,
                                                 const NodeReader& reader) {
  if (index >= size) {
    return absl::InvalidArgumentError(
        absl::StrCat("no leaf ", index, " in a tree of ", size, " leaves"));
  }
  std::vector<LeafRange> siblings;  // From the root down.
  for (LeafRange range{0, size}; range.size() > 1;) {
    const uint64_t split = SplitOf(range);
    const LeafRange left{range.begin, split};
    const LeafRange right{split, range.end};
    siblings.push_back(index < split ? right : left);
    range = index < split ? left : right;
  }
  std::reverse(siblings.begin(), siblings.end());
  return RangeRoots(siblings, reader);
}

absl::StatusOr<std::vector<Hash>> ConsistencyProof(uint64_t old_size, uint64_t new_size,
                                                   const NodeReader& reader) {
  if (old_size > new_size) {
    return absl::InvalidArgumentError(
        absl::StrCat("a tree of ", new_size, " leaves extends none of ", old_size));
  }
  if (old_size == 0 || old_size == new_size) return std::vector<Hash>{};
  std::vector<LeafRange> parts;  // From the root down.
  LeafRange range{0, new_size};
  while (range.end != old_size) {
    const uint64_t split = SplitOf(range);
    const LeafRange left{range.begin, split};
    const LeafRange right{split, range.end};
    parts.push_back(old_size <= split ? right : left);
    range = old_size <= split ? left : right;
  }
  // The old tree's last complete subtree; its verifier knows it when it is the whole old tree.
  if (range.begin != 0) parts.push_back(range);
  std::reverse(parts.begin(), parts.end());
  return RangeRoots(parts, reader);
}

absl::Status VerifyInclusion(const Hash& leaf_hash, uint64_t index, uint64_t size,
                             absl::Span<const Hash> proof, const Hash& root) {
  if (index >= size) return ProofError("the index is not below the size");
  ProofPath path(index, size);
  Hash hash = leaf_hash;
  for (const Hash& sibling : proof) {
    if (path.at_root()) return ProofError("it has too many hashes");
    hash = path.sibling_is_left() ? NodeHash(sibling, hash) : NodeHash(hash, sibling);
    path.Next();
  }
  if (!path.at_root()) return ProofError("it has too few hashes");
  if (hash != root) return ProofError("the leaf does not hash to the root");
  return absl::OkStatus();
}

absl::Status VerifyConsistency(uint64_t old_size, const Hash& old_root, uint64_t new_size,
                               const Hash& new_root, absl::Span<const Hash> proof) {
  if (old_size > new_size) return ProofError("the new tree is smaller than the old");
  if (old_size == 0) return ProofError("nothing is proven from an empty tree");
  if (old_size == new_size) {
    if (!proof.empty()) return ProofError("the sizes are equal but it is not empty");
    if (old_root != new_root) return ProofError("the sizes are equal but the roots are not");
    return absl::OkStatus();
  }
  if (proof.empty()) return ProofError("it has too few hashes");
  ProofPath path(old_size - 1, new_size);
  path.SkipRightChildren();
  Hash old_hash = old_root;  // When the old tree is itself a complete subtree of the new.
  if (!std::has_single_bit(old_size)) {
    old_hash = proof.front();
    proof.remove_prefix(1);
  }
  Hash new_hash = old_hash;
  for (const Hash& sibling : proof) {
    if (path.at_root()) return ProofError("it has too many hashes");
    if (path.sibling_is_left()) {
      old_hash = NodeHash(sibling, old_hash);
      new_hash = NodeHash(sibling, new_hash);
    } else {
      new_hash = NodeHash(new_hash, sibling);
    }
    path.Next();
  }
  if (!path.at_root()) return ProofError("it has too few hashes");
  if (old_hash != old_root) return ProofError("it does not lead to the old root");
  if (new_hash != new_root) return ProofError("it does not lead to the new root");
  return absl::OkStatus();
}

absl::Status VerifyExtension(uint64_t old_size, const Hash& old_root, uint64_t new_size,
                             const Hash& new_root, absl::Span<const Hash> proof) {
  if (old_size == 0 && old_root != EmptyRoot()) {
    return ProofError("the old tree is empty but its root is not that of the empty tree");
  }
  if (new_size == 0 && new_root != EmptyRoot()) {
    return ProofError("the new tree is empty but its root is not that of the empty tree");
  }
  if (old_size != 0) return VerifyConsistency(old_size, old_root, new_size, new_root, proof);
  if (!proof.empty()) return ProofError("the old tree is empty but it is not");
  return absl::OkStatus();
}

}  // namespace ch8
