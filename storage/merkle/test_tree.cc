#include "storage/merkle/test_tree.h"

#include <string>

#include "absl/status/status.h"
#include "storage/merkle/leaf.h"

namespace ch8::testing {

TestTree TestTree::OfSize(uint64_t size) {
  std::vector<Hash> leaf_hashes;
  for (uint64_t i = 0; i < size; ++i) leaf_hashes.push_back(LeafHash(std::to_string(i)));
  return TestTree(std::move(leaf_hashes));
}

Hash TestTree::RangeRoot(uint64_t begin, uint64_t end) const {
  const uint64_t size = end - begin;
  if (size == 0) return Sha256("");
  if (size == 1) return leaf_hashes_.at(begin);
  uint64_t split = 1;
  while (2 * split < size) split *= 2;
  const Hash left = RangeRoot(begin, begin + split);
  const Hash right = RangeRoot(begin + split, end);
  return Sha256({"\x01", left.view(), right.view()});
}

absl::StatusOr<Hash> TestTree::ReadNode(int level, uint64_t index) const {
  const uint64_t begin = index << level;
  const uint64_t end = (index + 1) << level;
  if (end > size()) return absl::OutOfRangeError("the node is not complete");
  return RangeRoot(begin, end);
}

}  // namespace ch8::testing
