#include "storage/ledger/fsck.h"

#include <gmock/gmock.h>

#include <map>

#include "storage/ledger/chunk.h"
#include "storage/ledger/mem_ledger.h"
#include "storage/ledger/test_commits.h"
#include "storage/merkle/checkpoint.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using testing::IsOk;
using testing::MakeTestCommit;
using testing::TestGenesis;

// A copy of a stored log that a test can damage.
class DamagedLog final : public StoredLog {
 public:
  explicit DamagedLog(const StoredLog& log) {
    EXPECT_THAT(log.VisitChunks(0,
                                [this](uint64_t first_index, absl::string_view chunk) {
                                  chunks[first_index] = std::string(chunk);
                                  return true;
                                }),
                IsOk());
    tile = *log.ReadTile({.level = 1, .index = 0});
    EXPECT_THAT(log.VisitNotes([this](uint64_t size, absl::string_view note) {
      notes[size] = std::string(note);
    }),
                IsOk());
  }

  absl::Status VisitChunks(uint64_t begin, const ChunkVisitor& visit) const override {
    for (auto chunk = chunks.lower_bound(begin); chunk != chunks.end(); ++chunk) {
      if (!visit(chunk->first, chunk->second)) break;
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::optional<std::string>> ReadTile(const TileId&) const override { return tile; }
  absl::Status VisitNotes(const NoteVisitor& visit) const override {
    for (const auto& [size, note] : notes) visit(size, note);
    return absl::OkStatus();
  }

  std::map<uint64_t, std::string> chunks;
  std::optional<std::string> tile;
  std::map<uint64_t, std::string> notes;
};

class FsckTest : public ::testing::Test {
 protected:
  void SetUp() override {
    while (ledger_->durable_size() < 66'000) {
      const testing::OwnedCommit commit =
          MakeTestCommit(ledger_->log_id(), ledger_->durable_size(), 8190);
      ASSERT_THAT(ledger_->Commit(commit.request), IsOk());
      ASSERT_THAT(ledger_->Sync(), IsOk());
      Keep(ledger_->durable_size(), *ledger_->RootAt(ledger_->durable_size()));
    }
    log_ = std::make_unique<DamagedLog>(ledger_->stored_log());
  }

  void Keep(uint64_t size, const Hash& root) {
    const auto note = SignCheckpoint(
        {.origin = ledger_->origin(), .size = size, .root = root, .extension_lines = {}}, key_);
    ASSERT_THAT(ledger_->KeepNote(size, *note), IsOk());
  }

  std::optional<Difference> FirstDifference() {
    const absl::StatusOr<FsckReport> report = Fsck(*ledger_, *log_);
    EXPECT_THAT(report, IsOk());
    return report->difference;
  }

  const SigningKey key_ = SigningKey::Generate();
  std::unique_ptr<MemLedger> ledger_ = *MemLedger::Create(TestGenesis());
  std::unique_ptr<DamagedLog> log_;
};

TEST_F(FsckTest, ASoundLogHasNoDifference) {
  const absl::StatusOr<FsckReport> report = Fsck(*ledger_, *log_);
  ASSERT_THAT(report, IsOk());
  EXPECT_FALSE(report->difference.has_value()) << report->difference->what;
  EXPECT_EQ(report->size, ledger_->durable_size());
  EXPECT_EQ(report->root, *ledger_->RootAt(report->size));
  EXPECT_EQ(report->tiles, 1u);
  EXPECT_EQ(report->notes, 9u);
}

TEST_F(FsckTest, AMissingChunkIsNamed) {
  log_->chunks.erase(1 + 64 * 3);
  ASSERT_TRUE(FirstDifference().has_value());
  EXPECT_EQ(FirstDifference()->index, 193u);
}

TEST_F(FsckTest, AMissingTailIsNamed) {
  const uint64_t last = log_->chunks.rbegin()->first;
  log_->chunks.erase(last);
  ASSERT_TRUE(FirstDifference().has_value());
  EXPECT_EQ(FirstDifference()->index, last);
}

TEST_F(FsckTest, ATornChunkIsNamed) {
  log_->chunks[65].pop_back();
  ASSERT_TRUE(FirstDifference().has_value());
  EXPECT_EQ(FirstDifference()->index, 65u);
}

TEST_F(FsckTest, AnAlteredPayloadShowsAtTheNextNote) {
  log_->chunks[65].back() ^= 1;
  ASSERT_TRUE(FirstDifference().has_value());
  EXPECT_EQ(FirstDifference()->index, 8191u);
}

TEST_F(FsckTest, AnAlteredTileIsNamed) {
  log_->tile->back() ^= 1;
  ASSERT_TRUE(FirstDifference().has_value());
  EXPECT_EQ(FirstDifference()->index, 0u);
  EXPECT_THAT(FirstDifference()->what, ::testing::HasSubstr("tile 1/0 differs"));
  log_->tile.reset();
  EXPECT_THAT(FirstDifference()->what, ::testing::HasSubstr("tile 1/0 is missing"));
}

TEST_F(FsckTest, ANoteBeyondTheLogIsNamed) {
  log_->notes[70'000'000] = *SignCheckpoint({.origin = ledger_->origin(),
                                             .size = 70'000'000,
                                             .root = Sha256("elsewhere"),
                                             .extension_lines = {}},
                                            key_);
  ASSERT_TRUE(FirstDifference().has_value());
  EXPECT_EQ(FirstDifference()->index, ledger_->durable_size());
}

}  // namespace
}  // namespace ch8
