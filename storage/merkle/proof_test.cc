#include "storage/merkle/proof.h"

#include <gtest/gtest.h>

#include <bit>

#include "storage/merkle/test_tree.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using testing::IsOk;
using testing::StatusIs;
using testing::TestTree;

constexpr uint64_t kSize = 70;

// Calls `visit` with every proof that differs from `proof` by one flipped bit of one byte, or by
// two swapped nodes, or by one node more or fewer.
template <typename F>
void ForEachDamage(const std::vector<Hash>& proof, F visit) {
  for (size_t node = 0; node < proof.size(); ++node) {
    for (size_t byte = 0; byte < Hash::kSize; ++byte) {
      std::vector<Hash> flipped = proof;
      flipped[node].bytes[byte] ^= static_cast<uint8_t>(1u << (byte + node) % 8);
      visit(flipped);
    }
    for (size_t other = node + 1; other < proof.size(); ++other) {
      std::vector<Hash> swapped = proof;
      std::swap(swapped[node], swapped[other]);
      visit(swapped);
    }
    std::vector<Hash> shorter = proof;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(node));
    visit(shorter);
  }
  for (size_t place = 0; place <= proof.size(); ++place) {
    std::vector<Hash> longer = proof;
    longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(place), Hash{});
    visit(longer);
  }
}

TEST(RootAtTest, EqualsTheDefinitionAtEverySize) {
  const TestTree tree = TestTree::OfSize(600);
  for (uint64_t size = 0; size <= tree.size(); ++size) {
    const absl::StatusOr<Hash> root = RootAt(size, tree);
    ASSERT_THAT(root, IsOk());
    ASSERT_EQ(*root, tree.Root(size)) << "size " << size;
  }
}

TEST(FrontierNodesTest, AreTheBitsOfTheSize) {
  EXPECT_TRUE(FrontierNodes(0).empty());
  EXPECT_EQ(FrontierNodes(7), (std::vector<NodeId>{{2, 0}, {1, 2}, {0, 6}}));
  EXPECT_EQ(FrontierNodes(uint64_t{1} << 63), (std::vector<NodeId>{{63, 0}}));
  EXPECT_EQ(FrontierNodes(~uint64_t{0}).size(), 64u);
}

TEST(InclusionTest, EveryProofVerifiesAndEveryDamageIsRefused) {
  const TestTree tree = TestTree::OfSize(kSize);
  for (uint64_t size = 1; size <= kSize; ++size) {
    const Hash root = tree.Root(size);
    for (uint64_t index = 0; index < size; ++index) {
      const Hash& leaf = tree.leaf_hash(index);
      const absl::StatusOr<std::vector<Hash>> proof = InclusionProof(index, size, tree);
      ASSERT_THAT(proof, IsOk());
      ASSERT_THAT(VerifyInclusion(leaf, index, size, *proof, root), IsOk());
      ForEachDamage(*proof, [&](const std::vector<Hash>& damaged) {
        ASSERT_THAT(VerifyInclusion(leaf, index, size, damaged, root),
                    StatusIs(absl::StatusCode::kInvalidArgument))
            << index << " of " << size;
      });
    }
  }
}

TEST(InclusionTest, RefusesAnotherLeafIndexOrRoot) {
  const TestTree tree = TestTree::OfSize(kSize);
  for (uint64_t size = 2; size <= kSize; ++size) {
    for (uint64_t index = 0; index < size; ++index) {
      const std::vector<Hash> proof = InclusionProof(index, size, tree).value();
      for (uint64_t other = 0; other <= size; ++other) {
        if (other == index) continue;
        ASSERT_FALSE(
            VerifyInclusion(tree.leaf_hash(index), other, size, proof, tree.Root(size)).ok());
      }
      ASSERT_FALSE(
          VerifyInclusion(tree.leaf_hash((index + 1) % size), index, size, proof, tree.Root(size))
              .ok());
      ASSERT_FALSE(
          VerifyInclusion(tree.leaf_hash(index), index, size, proof, tree.Root(size - 1)).ok());
    }
  }
}

TEST(InclusionTest, RefusesPositionsOutsideTheTree) {
  const TestTree tree = TestTree::OfSize(3);
  EXPECT_THAT(InclusionProof(3, 3, tree), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(InclusionProof(0, 0, tree), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(InclusionProof(1, 9, tree), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(VerifyInclusion(Hash{}, 0, 0, {}, EmptyRoot()),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(InclusionTest, HugeSizesEndTheWalk) {
  const uint64_t huge = ~uint64_t{0};
  const std::vector<Hash> proof(64);
  EXPECT_THAT(VerifyInclusion(Hash{}, huge - 1, huge, proof, Hash{}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(VerifyConsistency(huge - 1, Hash{}, huge, Hash{}, proof),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ConsistencyTest, EveryPairVerifiesAndEveryDamageIsRefused) {
  const TestTree tree = TestTree::OfSize(kSize);
  for (uint64_t new_size = 1; new_size <= kSize; ++new_size) {
    const Hash new_root = tree.Root(new_size);
    for (uint64_t old_size = 1; old_size <= new_size; ++old_size) {
      const Hash old_root = tree.Root(old_size);
      const absl::StatusOr<std::vector<Hash>> proof = ConsistencyProof(old_size, new_size, tree);
      ASSERT_THAT(proof, IsOk());
      ASSERT_THAT(VerifyConsistency(old_size, old_root, new_size, new_root, *proof), IsOk());
      ASSERT_THAT(VerifyExtension(old_size, old_root, new_size, new_root, *proof), IsOk());
      ForEachDamage(*proof, [&](const std::vector<Hash>& damaged) {
        ASSERT_THAT(VerifyConsistency(old_size, old_root, new_size, new_root, damaged),
                    StatusIs(absl::StatusCode::kInvalidArgument))
            << old_size << " to " << new_size;
      });
    }
  }
}

TEST(ConsistencyTest, RefusesAnotherHistory) {
  const TestTree tree = TestTree::OfSize(kSize);
  for (uint64_t old_size = 1; old_size < kSize; ++old_size) {
    const std::vector<Hash> proof = ConsistencyProof(old_size, kSize, tree).value();
    const Hash old_root = tree.Root(old_size);
    const Hash new_root = tree.Root(kSize);
    EXPECT_FALSE(VerifyConsistency(old_size, Hash{}, kSize, new_root, proof).ok());
    EXPECT_FALSE(VerifyConsistency(old_size, old_root, kSize, Hash{}, proof).ok());
    EXPECT_FALSE(VerifyConsistency(old_size, new_root, kSize, old_root, proof).ok());
    EXPECT_FALSE(VerifyConsistency(old_size + 1, old_root, kSize, new_root, proof).ok());
    EXPECT_FALSE(VerifyConsistency(kSize, new_root, old_size, old_root, proof).ok());
  }
}

TEST(ConsistencyTest, AnEmptyTreeProvesNothingButMayBeExtended) {
  const TestTree tree = TestTree::OfSize(5);
  const Hash root = tree.Root(5);
  ASSERT_THAT(ConsistencyProof(0, 5, tree), IsOk());
  EXPECT_TRUE(ConsistencyProof(0, 5, tree)->empty());
  EXPECT_THAT(ConsistencyProof(5, 4, tree), StatusIs(absl::StatusCode::kInvalidArgument));

  EXPECT_FALSE(VerifyConsistency(0, EmptyRoot(), 5, root, {}).ok());
  EXPECT_FALSE(VerifyConsistency(0, EmptyRoot(), 0, EmptyRoot(), {}).ok());

  EXPECT_THAT(VerifyExtension(0, EmptyRoot(), 5, root, {}), IsOk());
  EXPECT_THAT(VerifyExtension(0, EmptyRoot(), 0, EmptyRoot(), {}), IsOk());
  EXPECT_FALSE(VerifyExtension(0, EmptyRoot(), 5, root, {Hash{}}).ok());
  EXPECT_FALSE(VerifyExtension(0, root, 5, root, {}).ok());
  EXPECT_FALSE(VerifyExtension(0, EmptyRoot(), 0, root, {}).ok());
  EXPECT_FALSE(VerifyExtension(5, root, 0, EmptyRoot(), {}).ok());
}

}  // namespace
}  // namespace ch8
