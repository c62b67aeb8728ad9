#include "storage/merkle/tree.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "storage/merkle/proof.h"
#include "storage/merkle/test_tree.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using testing::IsOk;
using testing::StatusIs;
using testing::TestTree;

constexpr uint64_t kSize = 600;

TEST(FrontierTest, HasTheRootOfEverySize) {
  const TestTree tree = TestTree::OfSize(kSize);
  Frontier frontier;
  EXPECT_EQ(frontier.Root(), EmptyRoot());
  for (uint64_t size = 1; size <= kSize; ++size) {
    frontier.Append(tree.leaf_hash(size - 1));
    ASSERT_EQ(frontier.size(), size);
    ASSERT_EQ(frontier.Root(), tree.Root(size)) << "size " << size;
  }
}

TEST(FrontierTest, TellsOfEachNodeOnceWhenItIsComplete) {
  const TestTree tree = TestTree::OfSize(kSize);
  std::map<std::pair<int, uint64_t>, Hash> nodes;
  Frontier frontier;
  for (uint64_t i = 0; i < kSize; ++i) {
    int previous_level = 0;
    frontier.Append(tree.leaf_hash(i), [&](int level, uint64_t index, const Hash& hash) {
      EXPECT_EQ(level, ++previous_level);
      EXPECT_EQ((index + 1) << level, i + 1) << "completed by another leaf";
      EXPECT_TRUE(nodes.emplace(std::pair(level, index), hash).second);
    });
  }
  size_t node_count = 0;
  for (int level = 1; kSize >> level > 0; ++level) node_count += kSize >> level;
  EXPECT_EQ(nodes.size(), node_count);
  for (const auto& [id, hash] : nodes) {
    EXPECT_EQ(hash, tree.ReadNode(id.first, id.second).value());
  }
}

TEST(FrontierTest, GrowsOnFromItsNodes) {
  const TestTree tree = TestTree::OfSize(300);
  for (uint64_t size = 0; size < tree.size(); ++size) {
    absl::StatusOr<Frontier> frontier = ReadFrontier(size, tree);
    ASSERT_THAT(frontier, IsOk());
    ASSERT_EQ(frontier->size(), size);
    ASSERT_EQ(frontier->nodes().size(), FrontierNodes(size).size());
    frontier->Append(tree.leaf_hash(size));
    ASSERT_EQ(frontier->Root(), tree.Root(size + 1));
  }
}

TEST(FrontierTest, RefusesTheWrongNumberOfNodes) {
  EXPECT_THAT(Frontier::FromNodes(0, {}), IsOk());
  EXPECT_THAT(Frontier::FromNodes(0, {Hash{}}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Frontier::FromNodes(5, {Hash{}}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Frontier::FromNodes(4, {Hash{}}), IsOk());
}

}  // namespace
}  // namespace ch8
