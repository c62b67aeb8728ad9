#include "clients/export/log_folder.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "storage/merkle/leaf.h"
#include "storage/merkle/proof.h"
#include "storage/merkle/tile.h"
#include "tests/support/data.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::audit {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::ReadFile;
using ::ch8::testing::StatusIs;
using ::ch8::testing::TempDir;
using chapter8::ledger::v1::LoggedEntry;

constexpr char kOrigin[] = "un.example/ch8/finance";

LoggedEntry EntryOf(uint64_t index) {
  LoggedEntry entry;
  entry.set_entry_class(static_cast<uint32_t>(EntryClass::kDomain));
  entry.set_salt(std::string(Sha256(absl::StrCat("salt ", index)).view()));
  entry.set_payload(absl::StrCat("payload ", index));
  return entry;
}

// A log of `size` such entries below `path`; its root.
Hash WriteLog(const std::string& path, uint64_t size) {
  auto out = ExportFolder::Begin(path);
  EXPECT_THAT(out, IsOk());
  LogFolder log(**out, "finance", kOrigin, LogFolder::Form::kWhole);
  for (uint64_t index = 0; index < size; ++index) EXPECT_THAT(log.Append(EntryOf(index)), IsOk());
  EXPECT_THAT(log.Finish(), IsOk());
  EXPECT_THAT((*out)->Finish(), IsOk());
  return log.Root();
}

// The tiles are read by the reader of C2SP tiles, which shares nothing with the writer.
TEST(LogFolder, TilesGiveEveryLeafAndTheRoot) {
  for (const uint64_t size : {1, 255, 256, 257, 513, 65'537}) {
    const TempDir dir;
    const Hash root = WriteLog(dir / "out", size);
    const TileNodeReader reader(size, [&](const Tile& tile) -> absl::StatusOr<std::string> {
      return ReadFile(dir / ("out/finance/" + TilePath(tile)));
    });
    const auto read = RootAt(size, reader);
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(*read, root) << size;
    // One file of each bundle beside each tile of the lowest level.
    for (const Tile& tile : TilesOfSize(size)) {
      if (tile.level > 0) continue;
      Tile leaves = tile;
      leaves.kind = TileKind::kEntries;
      EXPECT_TRUE(std::filesystem::exists(dir / ("out/finance/" + TilePath(leaves))));
    }
  }
}

TEST(LogFolder, BundlesHoldWhatTheLeavesCommitTo) {
  const TempDir dir;
  const Hash root = WriteLog(dir / "out", 2);
  const std::string salt0(Sha256("salt 0").view());
  const std::string salt1(Sha256("salt 1").view());
  const std::string tag(16, '\0');
  EXPECT_EQ(ReadFile(dir / "out/finance/payloads/000.p/2"),
            absl::StrCat("ch8-payloads/v1\n", std::string("\0\2", 2), tag, salt0,
                         std::string("\0\0\0\x9", 4), "payload 0", std::string("\0\2", 2), tag,
                         salt1, std::string("\0\0\0\x9", 4), "payload 1"));
  const Hash log_id = LogId(kOrigin, "payload 0");
  const auto leaf = [&](const std::string& salt, const char* payload) {
    return LeafHash({.entry_class = EntryClass::kDomain,
                     .tag = {},
                     .payload_commit = PayloadCommit(log_id, *Hash::FromBytes(salt), payload)});
  };
  EXPECT_EQ(NodeHash(leaf(salt0, "payload 0"), leaf(salt1, "payload 1")), root);
}

TEST(LogFolder, ASampleHasAllLeavesAndOnlyThePayloadsDisclosed) {
  const TempDir dir;
  auto out = ExportFolder::Begin(dir / "out");
  ASSERT_THAT(out, IsOk());
  LogFolder log(**out, "finance", kOrigin, LogFolder::Form::kSample);
  using Payload = LogFolder::Payload;
  constexpr uint64_t kSize = 2 * kTileWidth + 1;
  for (uint64_t index = 0; index < kSize; ++index) {
    const bool shown = index == 0 || index == 2 || index == kSize - 1;
    ASSERT_THAT(log.Append(EntryOf(index), shown ? Payload::kDisclosed : Payload::kWithheld),
                IsOk());
  }
  ASSERT_THAT(log.Finish(), IsOk());
  ASSERT_THAT((*out)->Finish(), IsOk());
  EXPECT_EQ(log.Root(), WriteLog(dir / "whole", kSize));
  const auto item = [](char index, const std::string& number) {
    return absl::StrCat(std::string(7, '\0'), std::string(1, index),
                        Sha256("salt " + number).view(), std::string("\0\0\0\x9", 4), "payload ",
                        number);
  };
  EXPECT_EQ(ReadFile(dir / "out/finance/disclosed/000"),
            absl::StrCat("ch8-disclosed/v1\n", item(0, "0"), item(2, "2")));
  EXPECT_FALSE(std::filesystem::exists(dir / "out/finance/disclosed/001"));
  EXPECT_TRUE(std::filesystem::exists(dir / "out/finance/disclosed/002.p/1"));
  EXPECT_FALSE(std::filesystem::exists(dir / "out/finance/payloads"));
}

TEST(LogFolder, AnEntryWithoutASaltIsABrokenAnswer) {
  const TempDir dir;
  auto out = ExportFolder::Begin(dir / "out");
  ASSERT_THAT(out, IsOk());
  LogFolder log(**out, "finance", kOrigin, LogFolder::Form::kWhole);
  LoggedEntry entry = EntryOf(0);
  entry.clear_salt();
  EXPECT_THAT(log.Append(entry), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace ch8::audit
