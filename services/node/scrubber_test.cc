#include "services/node/scrubber.h"

#include <gmock/gmock.h>

#include <atomic>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/federation/v1/peer_state.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/federation/core/peer_log.h"
#include "storage/ledger/mem_ledger.h"
#include "storage/ledger/test_commits.h"
#include "storage/merkle/checkpoint.h"
#include "storage/rocks/rocks_ledger.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::node {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::TempDir;
using ::ch8::testing::TestGenesis;
using ::testing::HasSubstr;

constexpr double kAtOnce = 1e9;

// A stored log in which a test alters an entry while it is read.
class AlterableLog final : public StoredLog {
 public:
  explicit AlterableLog(const StoredLog& log) : log_(log) {}

  absl::Status VisitChunks(uint64_t begin, const ChunkVisitor& visit) const override {
    return log_.VisitChunks(begin, [&](uint64_t first_index, absl::string_view chunk) {
      std::string copy(chunk);
      if (first_index == altered) copy.back() ^= 1;
      return visit(first_index, copy);
    });
  }
  absl::StatusOr<std::optional<std::string>> ReadTile(const TileId& tile) const override {
    return log_.ReadTile(tile);
  }
  absl::Status VisitNotes(uint64_t size_min, const NoteVisitor& visit) const override {
    return log_.VisitNotes(size_min, visit);
  }

  std::atomic<uint64_t> altered{UINT64_MAX};  // The key of a chunk.

 private:
  const StoredLog& log_;
};

// A request with `events` events.
bool Append(Ledger& ledger, uint32_t events) {
  RequestEntries request;
  request.request_salt = Sha256(absl::StrCat("salt ", ledger.durable_size()));
  std::deque<std::string> payloads;
  for (uint32_t row = 0; row <= events; ++row) {
    chapter8::ledger::v1::Entry entry;
    if (row == 0) {
      entry.mutable_request()->set_rows(events);
    } else {
      entry.set_domain_event(absl::StrCat("event ", row));
    }
    payloads.push_back(entry.SerializeAsString());
    request.entries.push_back(MakeEntry(
        ledger.log_id(), request.request_salt,
        {.entry_class = EntryClass::kDomain, .tag = {}, .row = row, .payload = payloads.back()}));
  }
  Ledger::CommitRequest commit;
  commit.requests.push_back(std::move(request));
  return ledger.Commit(commit).ok() && ledger.Sync().ok();
}

bool Await(const std::function<bool()>& condition) {
  const absl::Time start = absl::Now();
  while (!condition()) {
    if (absl::Now() - start > absl::Seconds(20)) return false;
    std::this_thread::yield();
  }
  return true;
}

class ScrubberTest : public ::testing::Test {
 protected:
  ScrubberTest() {
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(Append(*ledger_, 399));
      const uint64_t size = ledger_->durable_size();
      EXPECT_THAT(ledger_->KeepNote(size, *SignCheckpoint({.origin = ledger_->origin(),
                                                           .size = size,
                                                           .root = *ledger_->RootAt(size),
                                                           .extension_lines = {}},
                                                          SigningKey::Generate())),
                  IsOk());
    }
  }

  Scrubber::Target Target() {
    return {.ledger = ledger_.get(),
            .log = &log_,
            .verify_files = [](const auto&) { return absl::OkStatus(); },
            .on_altered =
                [this](const std::string& what) {
                  std::lock_guard<std::mutex> lock(mutex_);
                  found_ = absl::StrCat(found_, what, ";");
                }};
  }

  std::string found() {
    std::lock_guard<std::mutex> lock(mutex_);
    return found_;
  }

  const std::unique_ptr<MemLedger> ledger_ = *MemLedger::Create(TestGenesis());
  AlterableLog log_{ledger_->stored_log()};
  std::mutex mutex_;
  std::string found_;
};

TEST_F(ScrubberTest, FindsWhatIsAlteredWhileTheLedgerServesAndSaysSoOnce) {
  const auto other = *MemLedger::Create(
      {.origin = "un.example/ch8/logistics", .payload = "genesis", .salt = Sha256("salt")});
  Scrubber::Target sound = Target();
  sound.ledger = other.get();
  sound.log = &other->stored_log();
  const Scrubber scrubber({.targets = {Target(), sound},
                           .pass_time = absl::Milliseconds(1),
                           .entries_per_second_min = kAtOnce});
  ASSERT_TRUE(Await([&] { return scrubber.progress(*ledger_).passes > 2; }));
  EXPECT_EQ(found(), "");
  log_.altered = 1201;
  ASSERT_TRUE(Await([&] { return found() != ""; }));
  const uint64_t read = scrubber.progress(*ledger_).entries;
  EXPECT_EQ(found(), "entries 1201 to 1600: altered: the kept note of size 1601 has another hash;");
  const uint64_t passes = scrubber.progress(*other).passes;
  ASSERT_TRUE(Await([&] { return scrubber.progress(*other).passes > passes + 2; }));
  EXPECT_EQ(scrubber.progress(*ledger_).entries, read) << "it is read on";
}

TEST_F(ScrubberTest, ReadsNoFasterThanItMayAndEndsAtOnce) {
  const absl::Time start = absl::Now();
  {
    Scrubber scrubber({.targets = {Target()}, .entries_per_second_min = 2'000});
    ASSERT_TRUE(Await([&] { return scrubber.progress(*ledger_).entries >= 1'000; }));
    // All but the last step have been waited for.
    EXPECT_GE(absl::Now() - start, absl::Seconds((1'000 - 320) / 2'000.0));
    EXPECT_EQ(scrubber.progress(*ledger_).passes, 0u);
  }
  const absl::Time ending = absl::Now();
  {
    Scrubber scrubber({.targets = {Target()}, .entries_per_second_min = 0.001});
    ASSERT_TRUE(Await([&] { return scrubber.progress(*ledger_).entries > 0; }));
  }
  EXPECT_LT(absl::Now() - ending, absl::Seconds(10)) << "the step after would come in 3 days";
}

TEST_F(ScrubberTest, FindsThatAnotherLedgerHasVerifiedAnotherRoot) {
  const std::unique_ptr<MemLedger> reader = *MemLedger::Create(
      {.origin = "un.example/ch8/logistics", .payload = "genesis", .salt = Sha256("salt")});
  chapter8::federation::v1::PeerState state;
  state.set_origin(ledger_->origin());
  state.set_log_id(std::string(ledger_->log_id().view()));
  state.set_verified_size(801);
  state.set_verified_root(std::string(Sha256("another").view()));
  Ledger::CommitRequest commit;
  commit.rows.push_back(federation::PeerStateRow(state));
  ASSERT_THAT(reader->Commit(commit), IsOk());
  ASSERT_THAT(reader->Sync(), IsOk());
  Scrubber::Target other = Target();
  other.ledger = reader.get();
  other.log = &reader->stored_log();
  const Scrubber scrubber({.targets = {Target(), other},
                           .pass_time = absl::Milliseconds(1),
                           .entries_per_second_min = kAtOnce});
  ASSERT_TRUE(Await([&] { return found() != ""; }));
  EXPECT_EQ(found(), "size 801: un.example/ch8/logistics has verified another root;");
}

TEST_F(ScrubberTest, WhatCannotBeReadJustNowIsNoDamage) {
  Scrubber::Target target = Target();
  std::atomic<int> calls{0};
  target.verify_files = [&](const auto&) {
    return ++calls < 3 ? absl::UnavailableError("busy") : absl::DataLossError("000012.sst differs");
  };
  const Scrubber scrubber(
      {.targets = {target}, .pass_time = absl::Milliseconds(1), .entries_per_second_min = kAtOnce});
  ASSERT_TRUE(Await([&] { return found() != ""; }));
  EXPECT_EQ(found(), "000012.sst differs;");
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(scrubber.progress(*ledger_).passes, 0u);
}

// A byte of a file of the open database.
TEST(ScrubberOnDiskTest, FindsAFlippedByteUnderARunningLedger) {
  const TempDir dir;
  const std::string path = dir / "ledger";
  const auto ledger =
      *RocksLedger::Create({.path = path, .memtable_bytes = 1u << 20}, TestGenesis());
  while (ledger->durable_size() < 20'000) ASSERT_TRUE(Append(*ledger, 4'000));
  std::mutex mutex;
  std::string found;
  const auto what = [&] {
    std::lock_guard<std::mutex> lock(mutex);
    return found;
  };
  const Scrubber scrubber(
      {.targets = {{.ledger = ledger.get(),
                    .log = &ledger->stored_log(),
                    .verify_files =
                        [&](const auto& go_on) { return ledger->VerifyFileChecksums(go_on); },
                    .on_altered =
                        [&](const std::string& difference) {
                          std::lock_guard<std::mutex> lock(mutex);
                          found = difference;
                        }}},
       .pass_time = absl::Milliseconds(10),
       .entries_per_second_min = kAtOnce,
       .file_bytes_per_second = kAtOnce});
  ASSERT_TRUE(Await([&] { return scrubber.progress(*ledger).passes > 0; })) << what();
  std::filesystem::path largest;
  for (const auto& file : std::filesystem::directory_iterator(path)) {
    if (file.path().extension() != ".sst") continue;
    if (largest.empty() || file.file_size() > std::filesystem::file_size(largest)) {
      largest = file.path();
    }
  }
  ASSERT_FALSE(largest.empty());
  {
    std::fstream bytes(largest, std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(largest) / 2);
    bytes.seekg(middle);
    const char byte = static_cast<char>(bytes.get());
    bytes.seekp(middle);
    bytes.put(static_cast<char>(byte ^ 1));
  }
  ASSERT_TRUE(Await([&] { return what() != ""; }));
  EXPECT_THAT(what(), HasSubstr(largest.filename().string()));
  EXPECT_TRUE(Append(*ledger, 10)) << "what becomes of the ledger is its owner's matter";
}

}  // namespace
}  // namespace ch8::node
