#include "storage/merkle/tile.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "storage/merkle/test_tree.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using testing::IsOk;
using testing::StatusIs;
using testing::TestTree;

// All hash tiles of `tree` at its size, by path.
std::map<std::string, std::string> MakeTiles(const TestTree& tree) {
  std::map<std::string, std::string> tiles;
  for (const Tile& tile : TilesOfSize(tree.size())) {
    std::string bytes;
    for (int i = 0; i < tile.width; ++i) {
      const uint64_t index = tile.index * kTileWidth + static_cast<uint64_t>(i);
      absl::StrAppend(&bytes, tree.ReadNode(tile.level * kTileHeight, index).value().view());
    }
    tiles[TilePath(tile)] = bytes;
  }
  return tiles;
}

TEST(TilePathTest, RoundTrips) {
  const std::map<std::string, Tile> paths = {
      {"tile/0/000", {.level = 0, .index = 0}},
      {"tile/0/999.p/1", {.level = 0, .index = 999, .width = 1}},
      {"tile/1/x001/000", {.level = 1, .index = 1000}},
      {"tile/7/x001/x234/067", {.level = 7, .index = 1'234'067}},
      {"tile/2/x001/x234/067.p/255", {.level = 2, .index = 1'234'067, .width = 255}},
      {"tile/entries/x273/000.p/112", {.kind = TileKind::kEntries, .index = 273'000, .width = 112}},
  };
  for (const auto& [path, tile] : paths) {
    EXPECT_EQ(TilePath(tile), path);
    const absl::StatusOr<Tile> parsed = ParseTilePath(path);
    ASSERT_THAT(parsed, IsOk());
    EXPECT_EQ(*parsed, tile);
  }
}

TEST(TilePathTest, RefusesEveryOtherSpelling) {
  for (const char* bad : {"",
                          "tile",
                          "tile/",
                          "tile/0",
                          "tile/0/",
                          "tile/0/0",
                          "tile/0/0000",
                          "tile/00/000",
                          "tile/8/000",
                          "tile/64/000",
                          "tile/-1/000",
                          "tile/0/x000",
                          "tile/0/x000/001",
                          "tile/0/001/000",
                          "tile/0/x001/x000",
                          "tile/0/000/",
                          "tile/0/000.p/0",
                          "tile/0/000.p/256",
                          "tile/0/000.p/01",
                          "tile/0/000.p/",
                          "tile/0/000.p",
                          "tile/0/000.p/1/",
                          "tile/0/../000",
                          "/tile/0/000",
                          "tile/entries",
                          "tile/entries/",
                          "tile/entries/0/000",
                          "tile/0/00a",
                          "tile/0/x999/x999/x999/x999/x999/x999/999",
                          "tile/0/000\n"}) {
    EXPECT_THAT(ParseTilePath(bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

TEST(TilesOfSizeTest, CountsAsTheSpecificationDoes) {
  EXPECT_TRUE(TilesOfSize(0).empty());
  EXPECT_EQ(TilesOfSize(256), (std::vector<Tile>{{.level = 0}, {.level = 1, .width = 1}}));
  const std::vector<Tile> tiles = TilesOfSize(70'000);
  ASSERT_EQ(tiles.size(), 273u + 1 + 1 + 1 + 1);
  EXPECT_EQ(tiles[273], (Tile{.level = 0, .index = 273, .width = 112}));
  EXPECT_EQ(tiles[274], (Tile{.level = 1, .index = 0}));
  EXPECT_EQ(tiles[275], (Tile{.level = 1, .index = 1, .width = 17}));
  EXPECT_EQ(tiles[276], (Tile{.level = 2, .index = 0, .width = 1}));
}

TEST(TileNodeReaderTest, GivesRootsAndProofsFromTilesAlone) {
  for (const uint64_t size : {1u, 5u, 255u, 256u, 257u, 600u}) {
    const TestTree tree = TestTree::OfSize(size);
    const std::map<std::string, std::string> tiles = MakeTiles(tree);
    const TileNodeReader reader(size, [&](const Tile& tile) -> absl::StatusOr<std::string> {
      const auto found = tiles.find(TilePath(tile));
      if (found == tiles.end()) return absl::NotFoundError(TilePath(tile));
      return found->second;
    });
    for (uint64_t part = 0; part <= size; part += 1 + part / 40) {
      ASSERT_EQ(RootAt(part, reader).value(), tree.Root(part)) << part << " of " << size;
    }
    const uint64_t index = size / 3;
    EXPECT_EQ(InclusionProof(index, size, reader).value(),
              InclusionProof(index, size, tree).value());
    EXPECT_EQ(ConsistencyProof(index, size, reader).value(),
              ConsistencyProof(index, size, tree).value());
  }
}

TEST(TileNodeReaderTest, RefusesIncompleteNodesAndCutTiles) {
  const TileNodeReader reader(5, [](const Tile&) { return std::string(4 * Hash::kSize, 'x'); });
  EXPECT_THAT(reader.ReadNode(0, 5), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(reader.ReadNode(2, 1), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(reader.ReadNode(64, 0), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(reader.ReadNode(-1, 0), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(reader.ReadNode(0, 0), StatusIs(absl::StatusCode::kDataLoss));
}

TEST(EntryBundleTest, RoundTrips) {
  const std::string largest(65'535, 'x');
  const std::vector<absl::string_view> entries = {"", "one", largest};
  const absl::StatusOr<std::string> bytes = FormatEntryBundle(entries);
  ASSERT_THAT(bytes, IsOk());
  EXPECT_EQ(ParseEntryBundle(*bytes).value(), entries);
  EXPECT_TRUE(ParseEntryBundle("").value().empty());
  EXPECT_THAT(ParseEntryBundle(absl::string_view(*bytes).substr(0, bytes->size() - 1)),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseEntryBundle("x"), StatusIs(absl::StatusCode::kInvalidArgument));
  const std::string larger(65'536, 'x');
  EXPECT_THAT(FormatEntryBundle({absl::string_view(larger)}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace ch8
