#ifndef CH8_STORAGE_MERKLE_TEST_TREE_H_
#define CH8_STORAGE_MERKLE_TEST_TREE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/base/hash.h"
#include "storage/merkle/proof.h"

namespace ch8::testing {

// A tree by the definition of RFC 6962 §2.1, recursively and over all its leaves: what tests
// compare the fast code with.
class TestTree final : public NodeReader {
 public:
  // Leaves "0", "1", … as decimal text.
  static TestTree OfSize(uint64_t size);
  explicit TestTree(std::vector<Hash> leaf_hashes) : leaf_hashes_(std::move(leaf_hashes)) {}

  uint64_t size() const { return leaf_hashes_.size(); }
  const Hash& leaf_hash(uint64_t index) const { return leaf_hashes_.at(index); }

  // MTH of the leaves [begin, end).
  Hash RangeRoot(uint64_t begin, uint64_t end) const;
  Hash Root(uint64_t size) const { return RangeRoot(0, size); }

  // Errors: kOutOfRange when the node is not complete.
  absl::StatusOr<Hash> ReadNode(int level, uint64_t index) const override;

 private:
  std::vector<Hash> leaf_hashes_;
};

}  // namespace ch8::testing

#endif  // CH8_STORAGE_MERKLE_TEST_TREE_H_
