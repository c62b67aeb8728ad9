#include "storage/merkle/leaf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "storage/merkle/test_tree.h"
#include "tests/support/data.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using testing::IsOk;
using testing::StatusIs;

// The inputs and result of one line of testdata/leaf_vectors.txt.
using Vector = std::vector<std::string>;

std::string Bytes(const std::string& field) {
  return field == "-" ? "" : absl::HexStringToBytes(field);
}

Hash HashOf(const std::string& field) { return Hash::FromHex(field).value(); }

std::array<uint8_t, 16> SixteenOf(const std::string& field) {
  const std::string bytes = Bytes(field);
  std::array<uint8_t, 16> sixteen{};
  std::copy(bytes.begin(), bytes.end(), sixteen.begin());
  return sixteen;
}

// The vectors of one kind; fails when there are none.
std::vector<Vector> VectorsOf(const std::string& kind) {
  const std::string text = testing::ReadFile(std::string(std::getenv("CH8_SOURCE_DIR")) +
                                             "/storage/merkle/testdata/leaf_vectors.txt");
  std::vector<Vector> vectors;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    Vector fields = absl::StrSplit(line, ' ');
    if (fields[0] == kind) vectors.emplace_back(fields.begin() + 1, fields.end());
  }
  EXPECT_FALSE(vectors.empty()) << "no vectors of kind " << kind;
  return vectors;
}

TEST(LeafGoldenTest, LogIdsMatch) {
  for (const Vector& v : VectorsOf("log_id")) EXPECT_EQ(LogId(v[0], Bytes(v[1])).ToHex(), v[2]);
}

TEST(LeafGoldenTest, SaltsMatch) {
  for (const Vector& v : VectorsOf("salt")) {
    EXPECT_EQ(EntrySalt(HashOf(v[0]), static_cast<uint32_t>(std::stoul(v[1]))).ToHex(), v[2]);
  }
}

TEST(LeafGoldenTest, PayloadCommitmentsMatch) {
  for (const Vector& v : VectorsOf("commit")) {
    EXPECT_EQ(PayloadCommit(HashOf(v[0]), HashOf(v[1]), Bytes(v[2])).ToHex(), v[3]);
  }
}

TEST(LeafGoldenTest, LeavesAndTheirHashesMatch) {
  for (const Vector& v : VectorsOf("leaf")) {
    const Leaf leaf{.entry_class = static_cast<EntryClass>(std::stoi(v[0])),
                    .tag = SixteenOf(v[1]),
                    .payload_commit = HashOf(v[2])};
    const std::array<char, kLeafSize> bytes = EncodeLeaf(leaf);
    const absl::string_view view(bytes.data(), bytes.size());

    EXPECT_EQ(absl::BytesToHexString(view), v[3]);
    EXPECT_EQ(LeafHash(leaf).ToHex(), v[4]);
    EXPECT_EQ(LeafHash(view), LeafHash(leaf));
    const absl::StatusOr<Leaf> decoded = DecodeLeaf(view);
    ASSERT_THAT(decoded, IsOk());
    EXPECT_EQ(*decoded, leaf);
  }
}

TEST(LeafGoldenTest, HashesOfOtherLogsLeavesMatch) {
  for (const Vector& v : VectorsOf("raw")) EXPECT_EQ(LeafHash(Bytes(v[0])).ToHex(), v[1]);
}

TEST(LeafGoldenTest, TransferTagsMatch) {
  const std::map<std::string, TransferStep> steps = {{"reserve", TransferStep::kReserve},
                                                     {"answer", TransferStep::kAnswer},
                                                     {"terminal", TransferStep::kTerminal},
                                                     {"mirror", TransferStep::kMirror},
                                                     {"settled", TransferStep::kSettled}};
  for (const Vector& v : VectorsOf("tag")) {
    EXPECT_EQ(TransferTag(SixteenOf(v[0]), v[1], v[2], steps.at(v[3])), SixteenOf(v[4]));
  }
}

TEST(LeafGoldenTest, RootsMatch) {
  for (const Vector& v : VectorsOf("root")) {
    const uint64_t size = std::stoull(v[0]);
    const testing::TestTree tree = testing::TestTree::OfSize(size);
    Frontier frontier;
    for (uint64_t i = 0; i < size; ++i) frontier.Append(tree.leaf_hash(i));
    EXPECT_EQ(frontier.Root().ToHex(), v[1]) << "size " << size;
    EXPECT_EQ(tree.Root(size).ToHex(), v[1]) << "size " << size;
  }
}

TEST(LeafTest, RefusesWhatIsNoLeaf) {
  const std::array<char, kLeafSize> bytes = EncodeLeaf(Leaf{});
  const std::string good(bytes.data(), bytes.size());
  ASSERT_THAT(DecodeLeaf(good), IsOk());
  std::string class_zero = good;
  class_zero[5] = 0;
  std::string class_six = good;
  class_six[5] = 6;
  std::string class_high = good;
  class_high[4] = 1;
  std::string magic = good;
  magic[3] = '2';

  for (const std::string& bad : {std::string(), good.substr(1), good.substr(0, kLeafSize - 1),
                                 good + "x", class_zero, class_six, class_high, magic}) {
    EXPECT_THAT(DecodeLeaf(bad), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace ch8
