#include "storage/ledger/fsck.h"

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "storage/ledger/chunk.h"
#include "storage/ledger/mem_ledger.h"
#include "storage/ledger/test_commits.h"
#include "storage/merkle/checkpoint.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using testing::IsOk;
using testing::MakeTestCommit;
using ::testing::StartsWith;
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
    EXPECT_THAT(log.VisitNotes(0,
                               [this](uint64_t size, absl::string_view note) {
                                 notes[size] = std::string(note);
                                 return true;
                               }),
                IsOk());
  }

  absl::Status VisitChunks(uint64_t begin, const ChunkVisitor& visit) const override {
    auto chunk = chunks.upper_bound(begin);
    if (chunk != chunks.begin()) --chunk;
    for (; chunk != chunks.end(); ++chunk) {
      if (unreadable.contains(chunk->first)) return absl::DataLossError("block checksum mismatch");
      if (!visit(chunk->first, chunk->second)) break;
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::optional<std::string>> ReadTile(const TileId&) const override { return tile; }
  absl::Status VisitNotes(uint64_t size_min, const NoteVisitor& visit) const override {
    if (before_notes) before_notes();
    for (auto note = notes.lower_bound(size_min); note != notes.end(); ++note) {
      if (!visit(note->first, note->second)) break;
    }
    return absl::OkStatus();
  }

  std::map<uint64_t, std::string> chunks;
  std::optional<std::string> tile;
  std::map<uint64_t, std::string> notes;
  std::set<uint64_t> unreadable;  // Keys of chunks.
  std::function<void()> before_notes;
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

  // As it is described; empty when there is none.
  std::string FirstDifference() {
    const absl::StatusOr<FsckReport> report = Fsck(*ledger_, *log_);
    EXPECT_THAT(report, IsOk());
    return report->difference.has_value() ? Describe(*report->difference) : "";
  }

  // Another payload in the last entry of a chunk; the chunk is as whole as before.
  void Alter(uint64_t chunk) { log_->chunks.at(chunk).back() ^= 1; }

  std::string NoteOf(uint64_t size, absl::string_view root) {
    return *SignCheckpoint(
        {.origin = ledger_->origin(), .size = size, .root = Sha256(root), .extension_lines = {}},
        key_);
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
  EXPECT_EQ(FirstDifference(), "entries 193 to 256: missing");
}

TEST_F(FsckTest, AMissingTailIsNamed) {
  const uint64_t last = log_->chunks.rbegin()->first;
  log_->chunks.erase(last);
  EXPECT_THAT(FirstDifference(), StartsWith(absl::StrCat("entries ", last, " to 73710: missing")));
}

TEST_F(FsckTest, ATornChunkIsNamed) {
  log_->chunks[65].pop_back();
  EXPECT_EQ(FirstDifference(), "entries 65 to 128: malformed chunk: cut short");
}

TEST_F(FsckTest, ATornLastChunkIsNamed) {
  const auto last = log_->chunks.rbegin();
  last->second.pop_back();
  EXPECT_THAT(FirstDifference(), StartsWith(absl::StrCat("entries ", last->first, " to 73710: ")));
}

TEST_F(FsckTest, AChunkInsideAnotherIsNamed) {
  log_->chunks[70] = log_->chunks[65];
  EXPECT_THAT(FirstDifference(), StartsWith("entry 70: stored a second time"));
}

TEST_F(FsckTest, ChunksThatCannotBeReadAreNamed) {
  log_->unreadable = {129, 193, 257};
  EXPECT_EQ(FirstDifference(), "entries 129 to 320: block checksum mismatch");
  log_->unreadable = {log_->chunks.rbegin()->first};
  EXPECT_THAT(FirstDifference(),
              StartsWith(absl::StrCat("entries ", log_->chunks.rbegin()->first, " to 73710: ")));
}

TEST_F(FsckTest, AnAlteredEntryIsFoundAmongThoseOfOneHashOfATile) {
  Alter(65);
  EXPECT_THAT(FirstDifference(), StartsWith("entries 0 to 255: altered: "));
  Alter(65);
  Alter(8191 + 64);
  EXPECT_THAT(FirstDifference(), StartsWith("entries 8192 to 8447: altered: "));
}

TEST_F(FsckTest, AnAlteredEntryIsFoundBetweenTwoKeptNotes) {
  Keep(100, *ledger_->RootAt(100));
  Keep(130, *ledger_->RootAt(130));
  log_ = std::make_unique<DamagedLog>(ledger_->stored_log());
  Alter(65);
  EXPECT_EQ(FirstDifference(),
            "entries 100 to 129: altered: the kept note of size 130 has another hash");
}

// Nothing is stored above it: no tile is full, and the notes before it do not cover it.
TEST_F(FsckTest, AnAlteredEntryOfTheTailIsFoundAfterTheLastNoteThatFits) {
  Alter(log_->chunks.rbegin()->first);
  EXPECT_THAT(FirstDifference(), StartsWith("entries 65521 to 73710: altered: "));
}

TEST_F(FsckTest, AnAlteredNoteIsNotTakenForAnAlteredEntry) {
  log_->notes[8191] = NoteOf(8191, "altered");
  EXPECT_THAT(FirstDifference(), StartsWith("size 8191: the kept note of size 8191 is altered"));
}

TEST_F(FsckTest, AnAlteredTileIsNotTakenForAnAlteredEntry) {
  log_->tile->back() ^= 1;
  EXPECT_THAT(FirstDifference(), StartsWith("size 65536: tile 1/0 is altered"));
  log_->tile->back() ^= 1;
  log_->tile->front() ^= 1;
  EXPECT_THAT(FirstDifference(), StartsWith("size 256: tile 1/0 is altered"));
  log_->tile.reset();
  EXPECT_EQ(FirstDifference(), "size 65536: tile 1/0 is missing");
}

TEST_F(FsckTest, WhereNothingElseSaysWhichBothAreNamed) {
  log_->notes.erase(log_->notes.begin(), std::prev(log_->notes.end()));
  log_->notes.rbegin()->second = NoteOf(73'711, "altered");
  EXPECT_EQ(FirstDifference(),
            "entries 0 to 73710: altered, or the kept note of size 73711 is: nothing else says "
            "which");
}

TEST_F(FsckTest, ANoteBeyondTheLogIsNamed) {
  log_->notes[70'000'000] = NoteOf(70'000'000, "elsewhere");
  EXPECT_EQ(FirstDifference(),
            "entries 73711 to 69999999: missing: a head of size 70000000 was signed");
}

TEST_F(FsckTest, ANoteThatIsNoneIsNamed) {
  log_->notes[300] = "not a note";
  EXPECT_EQ(FirstDifference(), "size 300: the kept note of size 300 does not parse");
}

TEST_F(FsckTest, ALedgerThatGrowsMeanwhileHasNoDifference) {
  log_->before_notes = [this] {
    const testing::OwnedCommit commit =
        MakeTestCommit(ledger_->log_id(), ledger_->durable_size(), 10);
    ASSERT_THAT(ledger_->Commit(commit.request), IsOk());
    ASSERT_THAT(ledger_->Sync(), IsOk());
    const uint64_t size = ledger_->durable_size();
    log_->notes[size] = NoteOf(size, "of entries that the check does not read");
  };
  EXPECT_EQ(FirstDifference(), "");
}

TEST_F(FsckTest, StepByStepItFindsTheSame) {
  Alter(65);
  LogCheck check(*ledger_, *log_);
  int steps = 0;
  while (true) {
    const absl::StatusOr<bool> more = check.Step(100);
    ASSERT_THAT(more, IsOk());
    if (!*more) break;
    EXPECT_LE(check.report().size, 1 + 128u * ++steps);
  }
  EXPECT_EQ(Describe(check.report().difference.value_or(Difference())), FirstDifference());
  EXPECT_GT(steps, 500);
}

}  // namespace
}  // namespace ch8
