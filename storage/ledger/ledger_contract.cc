#include "storage/ledger/ledger_contract.h"

#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "storage/base/bytes.h"
#include "storage/base/limits.h"
#include "storage/ledger/fsck.h"
#include "storage/ledger/test_commits.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/proof.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

void LedgerContract::Write(size_t count) {
  const OwnedCommit commit =
      MakeTestCommit(ledger().log_id(), ledger().WrittenView().size(), count);
  const uint64_t before = ledger().WrittenView().size();
  const absl::StatusOr<Ledger::Committed> committed = ledger().Commit(commit.request);
  ASSERT_THAT(committed, IsOk());
  EXPECT_EQ(committed->first_index, before);
  EXPECT_EQ(committed->size, before + count);
}

void LedgerContract::Append(size_t count) {
  Write(count);
  ASSERT_THAT(ledger().Sync(), IsOk());
}

std::vector<Hash> LedgerContract::ReadLeafHashes() {
  std::vector<Hash> hashes;
  EXPECT_THAT(ledger().ReadEntries(0, UINT64_MAX,
                                   [&](const Entry& entry) {
                                     EXPECT_EQ(entry.index, hashes.size());
                                     hashes.push_back(EntryLeafHash(ledger().log_id(), entry));
                                     return true;
                                   }),
              IsOk());
  EXPECT_EQ(hashes.size(), ledger().durable_size());
  return hashes;
}

namespace {

std::optional<std::string> GetRow(const Snapshot& snapshot, absl::string_view key,
                                  Table table = Table::kRows) {
  const absl::StatusOr<std::optional<std::string>> row = snapshot.Get(table, key);
  EXPECT_THAT(row, IsOk());
  return row.ok() ? *row : std::nullopt;
}

std::vector<std::string> ScanKeys(const Snapshot& snapshot, absl::string_view begin,
                                  absl::string_view end) {
  std::vector<std::string> keys;
  EXPECT_THAT(snapshot.Scan(Table::kRows, begin, end,
                            [&](absl::string_view key, absl::string_view) {
                              keys.emplace_back(key);
                              return true;
                            }),
              IsOk());
  return keys;
}

Ledger::CommitRequest RowsOnly(std::vector<RowWrite> rows) {
  return {.requests = {}, .rows = std::move(rows)};
}

TEST_P(LedgerContract, StartsWithTheGenesisDurable) {
  const Genesis genesis = TestGenesis();
  EXPECT_EQ(ledger().durable_size(), 1u);
  EXPECT_EQ(ledger().origin(), genesis.origin);
  EXPECT_EQ(ledger().log_id(), LogId(genesis.origin, genesis.payload));
  int visited = 0;
  ASSERT_THAT(ledger().ReadEntries(0, 10,
                                   [&](const Entry& entry) {
                                     ++visited;
                                     EXPECT_EQ(entry.payload, genesis.payload);
                                     EXPECT_EQ(entry.entry_class, EntryClass::kAdministration);
                                     return true;
                                   }),
              IsOk());
  EXPECT_EQ(visited, 1);
  EXPECT_EQ(*ledger().RootAt(1), GenesisRequest(genesis).entries[0].leaf_hash);
}

TEST_P(LedgerContract, NothingIsVisibleBeforeSync) {
  Append(10);
  Write(5);
  EXPECT_EQ(ledger().durable_size(), 11u);
  EXPECT_EQ(ReadLeafHashes().size(), 11u);
  EXPECT_THAT(ledger().RootAt(12), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(ledger().InclusionProof(11, 12), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(ledger().ConsistencyProof(11, 16), StatusIs(absl::StatusCode::kOutOfRange));
  const std::unique_ptr<Snapshot> durable = ledger().TakeSnapshot();
  EXPECT_EQ(durable->size(), 11u);
  EXPECT_EQ(GetRow(*durable, "size"), SizeRow(11));
  EXPECT_EQ(GetRow(*durable, "last", Table::kAnswers), SizeRow(11));

  EXPECT_EQ(ledger().WrittenView().size(), 16u);
  EXPECT_EQ(GetRow(ledger().WrittenView(), "size"), SizeRow(16));

  EXPECT_EQ(*ledger().Sync(), 16u);
  EXPECT_EQ(ReadLeafHashes().size(), 16u);
  EXPECT_EQ(GetRow(*ledger().TakeSnapshot(), "last", Table::kAnswers), SizeRow(16));
  EXPECT_EQ(GetRow(*durable, "size"), SizeRow(11)) << "an older view does not move";
}

TEST_P(LedgerContract, SnapshotsAreIsolatedFromLaterCommits) {
  std::vector<std::unique_ptr<Snapshot>> snapshots;
  for (int i = 0; i < 20; ++i) {
    std::vector<RowWrite> rows = {
        {.key = "n", .value = std::to_string(i)},
        {.key = absl::StrCat("row ", i), .value = "present"},
        {.key = absl::StrCat("row ", i - 3), .value = std::nullopt},
    };
    ASSERT_THAT(ledger().Commit(RowsOnly(rows)), IsOk());
    ASSERT_THAT(ledger().Sync(), IsOk());
    snapshots.push_back(ledger().TakeSnapshot());
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(GetRow(*snapshots[i], "n"), std::to_string(i));
    EXPECT_EQ(GetRow(*snapshots[i], absl::StrCat("row ", i - 3)), std::nullopt);
    EXPECT_EQ(ScanKeys(*snapshots[i], "row ", "row z").size(), std::min(i + 1, 3) + 0u);
  }
}

TEST_P(LedgerContract, ScansInKeyOrderWithinBounds) {
  const std::string zero("a\0b", 3);
  ASSERT_THAT(ledger().Commit(RowsOnly({{.key = "b", .value = "1"},
                                        {.key = "a", .value = "2"},
                                        {.key = "\xff\xff", .value = "3"},
                                        {.key = zero, .value = "4"},
                                        {.key = "c", .value = "5"},
                                        {.key = "c", .value = std::nullopt},
                                        {.key = "d", .value = std::nullopt},
                                        {.key = "d", .value = ""}})),
              IsOk());
  ASSERT_THAT(ledger().Sync(), IsOk());
  const std::unique_ptr<Snapshot> snapshot = ledger().TakeSnapshot();
  EXPECT_THAT(ScanKeys(*snapshot, "", ""), ElementsAre("a", zero, "b", "d", "\xff\xff"));
  EXPECT_THAT(ScanKeys(*snapshot, "a", "b"), ElementsAre("a", zero));
  EXPECT_THAT(ScanKeys(*snapshot, "b", "d"), ElementsAre("b"));
  EXPECT_THAT(ScanKeys(*snapshot, "e", "f"), ElementsAre());
  EXPECT_THAT(GetRow(*snapshot, "d"), Optional(std::string()));
  int visited = 0;
  ASSERT_THAT(snapshot->Scan(Table::kRows, "", "",
                             [&](absl::string_view, absl::string_view) { return ++visited < 2; }),
              IsOk());
  EXPECT_EQ(visited, 2);
}

TEST_P(LedgerContract, RefusesWhatExceedsALimitAndStaysAsItWas) {
  const std::string longest(kPayloadSizeMax, 'x');
  const std::string too_long(kPayloadSizeMax + 1, 'x');
  const auto commit_of = [&](size_t count, absl::string_view payload) {
    Ledger::CommitRequest request;
    RequestEntries& entries = request.requests.emplace_back();
    entries.request_salt = Sha256("limit");
    entries.entries.assign(
        count, MakeEntry(ledger().log_id(), entries.request_salt, {.payload = payload}));
    request.rows.push_back({.key = "limit", .value = "written"});
    return request;
  };
  const auto exhausted = StatusIs(absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(ledger().Commit(commit_of(1, too_long)), exhausted);
  EXPECT_THAT(ledger().Commit(commit_of(kCommitEntriesMax + 1, "")), exhausted);
  EXPECT_THAT(ledger().Commit(commit_of(kCommitBytesMax / kPayloadSizeMax + 1, longest)),
              exhausted);
  EXPECT_THAT(ledger().Commit(RowsOnly({{.table = Table::kMeta, .key = "!head", .value = "x"}})),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(ledger().WrittenView().size(), 1u);
  EXPECT_EQ(GetRow(ledger().WrittenView(), "limit"), std::nullopt);

  EXPECT_THAT(ledger().Commit(commit_of(kCommitEntriesMax, "")), IsOk());
  EXPECT_THAT(ledger().Commit(commit_of(kCommitBytesMax / kPayloadSizeMax, longest)), IsOk());
  ASSERT_THAT(ledger().Sync(), IsOk());
  const std::vector<Hash> leaves = ReadLeafHashes();
  EXPECT_EQ(leaves.size(), 1 + kCommitEntriesMax + kCommitBytesMax / kPayloadSizeMax);
  EXPECT_EQ(*ledger().RootAt(leaves.size()), NaiveRoot(leaves, 0, leaves.size()));
}

TEST_P(LedgerContract, EverySmallSizeHasTheNaiveRoot) {
  for (size_t i = 0; i < 60; ++i) Append(i % 13);
  const std::vector<Hash> leaves = ReadLeafHashes();
  ASSERT_GT(leaves.size(), 300u);
  for (size_t size = 0; size <= leaves.size(); ++size) {
    EXPECT_EQ(*ledger().RootAt(size), NaiveRoot(leaves, 0, size)) << size;
  }
}

TEST_P(LedgerContract, ReadsBackWhatWasWritten) {
  Append(1000);
  uint64_t next = 37;
  ASSERT_THAT(ledger().ReadEntries(37, 801,
                                   [&](const Entry& entry) {
                                     EXPECT_EQ(entry.index, next);
                                     EXPECT_EQ(entry.payload, TestPayload(next));
                                     EXPECT_EQ(entry.row, (next - 1) % 100);
                                     EXPECT_EQ(entry.tag != Tag{}, next % 17 == 0);
                                     ++next;
                                     return true;
                                   }),
              IsOk());
  EXPECT_EQ(next, 801u);
  int visited = 0;
  ASSERT_THAT(ledger().ReadEntries(500, 900, [&](const Entry&) { return ++visited < 3; }), IsOk());
  EXPECT_EQ(visited, 3);
  EXPECT_THAT(ledger().ReadEntries(5000, 6000, [&](const Entry&) { return ++visited < 0; }),
              IsOk());
  EXPECT_EQ(visited, 3);
}

// Beyond 65,536 entries, so that tiles of level 1 are stored and read.
TEST_P(LedgerContract, ProofsVerifyBeforeAndAfterARestart) {
  std::mt19937_64 random(20);
  while (ledger().durable_size() < 66'000) Append(1 + random() % kBatchRowsMax);
  const std::vector<Hash> leaves = ReadLeafHashes();
  Frontier frontier;
  std::vector<Hash> roots = {EmptyRoot()};
  for (const Hash& leaf : leaves) {
    frontier.Append(leaf);
    roots.push_back(frontier.Root());
  }
  EXPECT_EQ(roots.back(), NaiveRoot(leaves, 0, leaves.size()));
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 150; ++i) {
      const uint64_t size = 1 + random() % leaves.size();
      const uint64_t index = random() % size;
      const auto inclusion = ledger().InclusionProof(index, size);
      ASSERT_THAT(inclusion, IsOk());
      EXPECT_THAT(VerifyInclusion(leaves[index], index, size, *inclusion, roots[size]), IsOk());
      const auto consistency = ledger().ConsistencyProof(index, size);
      ASSERT_THAT(consistency, IsOk());
      EXPECT_THAT(VerifyExtension(index, roots[index], size, roots[size], *consistency), IsOk());
      EXPECT_EQ(*ledger().RootAt(size), roots[size]);
    }
    harness_->Crash();
  }
  EXPECT_THAT(ledger().InclusionProof(7, 7), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(ledger().ConsistencyProof(8, 7), StatusIs(absl::StatusCode::kOutOfRange));
}

TEST_P(LedgerContract, GoesOnAfterARestartAtEveryKindOfSize) {
  std::vector<Hash> leaves;
  for (const uint64_t size : {255, 256, 257, 511, 512, 65'535, 65'536, 65'537, 65'792}) {
    while (ledger().durable_size() < size) {
      Append(std::min<uint64_t>(size - ledger().durable_size(), kCommitEntriesMax));
    }
    harness_->Crash();
    ASSERT_EQ(ledger().durable_size(), size);
    leaves = ReadLeafHashes();
    EXPECT_EQ(*ledger().RootAt(size), NaiveRoot(leaves, 0, leaves.size()));
  }
  const absl::StatusOr<FsckReport> report = Fsck(ledger(), harness_->stored_log());
  ASSERT_THAT(report, IsOk());
  EXPECT_FALSE(report->difference.has_value()) << report->difference->what;
  EXPECT_EQ(report->size, leaves.size());
  EXPECT_EQ(report->tiles, 1u);
}

TEST_P(LedgerContract, ACrashTakesWhatIsNotSyncedAndNothingElse) {
  Append(100);
  Append(200);
  const Hash root = *ledger().RootAt(301);
  Write(50);
  harness_->Crash();
  ASSERT_EQ(ledger().durable_size(), 301u);
  EXPECT_EQ(*ledger().RootAt(301), root);
  EXPECT_EQ(ledger().WrittenView().size(), 301u);
  EXPECT_EQ(GetRow(ledger().WrittenView(), "size"), SizeRow(301));
  EXPECT_EQ(GetRow(*ledger().TakeSnapshot(), "last", Table::kAnswers), SizeRow(301));
  Append(3);
  EXPECT_EQ(GetRow(*ledger().TakeSnapshot(), "size"), SizeRow(304));
}

TEST_P(LedgerContract, FlushedPagesSurviveACrash) {
  ASSERT_THAT(ledger().WritePages({{"b", "1"}, {"a", "1"}}), IsOk());
  ASSERT_THAT(ledger().FlushPages(), IsOk());
  ASSERT_THAT(ledger().WritePages({{"a", "2"}, {"c", "2"}}), IsOk());
  std::map<std::string, std::string> pages;
  const auto read = [&] {
    pages.clear();
    return ledger().ReadPages([&](const Page& page) { pages[page.key] = page.value; });
  };
  ASSERT_THAT(read(), IsOk());
  EXPECT_EQ(pages, (std::map<std::string, std::string>{{"a", "2"}, {"b", "1"}, {"c", "2"}}));
  harness_->Crash();
  ASSERT_THAT(read(), IsOk());
  EXPECT_EQ(pages, (std::map<std::string, std::string>{{"a", "1"}, {"b", "1"}}));
}

TEST_P(LedgerContract, IdRunsAreFoundAfterARestart) {
  Append(10);
  const auto ingest = [this](const IndexRun& run) {
    return ledger().IngestRun(SearchIndex::kIds, run);
  };
  EXPECT_EQ(ledger().indexed_size(SearchIndex::kIds), 0u);
  ASSERT_THAT(ingest(IndexRun(5, {{"", KeyU64(0)}, {"id 1", KeyU64(1)}})), IsOk());
  ASSERT_THAT(ingest(IndexRun(9, {{"!through", KeyU64(9)}, {"id 2", KeyU64(2)}})), IsOk());
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(ingest(IndexRun(12)), invalid);
  EXPECT_THAT(ingest(IndexRun(9, {{"b", ""}, {"a", ""}})), invalid);
  EXPECT_THAT(ingest(IndexRun(9, {{"a", ""}, {"a", ""}})), invalid);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(ledger().indexed_size(SearchIndex::kIds), 9u);
    EXPECT_EQ(ledger().indexed_size(SearchIndex::kHistory), 0u);
    const auto found = ledger().FindIds({"id 2", "absent", "id 1", "", "!through", "id 1"});
    ASSERT_THAT(found, IsOk());
    EXPECT_THAT(*found,
                ElementsAre(KeyU64(2), std::nullopt, KeyU64(1), KeyU64(0), KeyU64(9), KeyU64(1)));
    const auto in_order = ledger().FindIds({"", "absent", "id 1", "id 1", "id 2"});
    ASSERT_THAT(in_order, IsOk());
    EXPECT_THAT(*in_order, ElementsAre(KeyU64(0), std::nullopt, KeyU64(1), KeyU64(1), KeyU64(2)));
    harness_->Crash();
  }
}

TEST_P(LedgerContract, AnIndexIsReadFromAKeyDown) {
  Append(10);
  const auto from = [this](absl::string_view key, size_t count) {
    std::vector<std::string> rows;
    EXPECT_THAT(ledger().VisitIndexDown(SearchIndex::kHistory, key,
                                        [&](absl::string_view found, absl::string_view value) {
                                          rows.push_back(absl::StrCat(found, "=", value));
                                          return rows.size() < count;
                                        }),
                IsOk());
    return rows;
  };
  EXPECT_THAT(from("z", 9), IsEmpty());
  ASSERT_THAT(ledger().IngestRun(SearchIndex::kHistory, IndexRun(4, {{"a", "1"}, {"c", "1"}})),
              IsOk());
  ASSERT_THAT(ledger().IngestRun(SearchIndex::kHistory, IndexRun(9, {{"b", "2"}, {"c", "2"}})),
              IsOk());
  ASSERT_THAT(ledger().IngestRun(SearchIndex::kIds, IndexRun(10, {{"b", "of ids"}})), IsOk());
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(from("z", 9), ElementsAre("c=2", "b=2", "a=1"));
    EXPECT_THAT(from("b", 9), ElementsAre("b=2", "a=1"));
    EXPECT_THAT(from("bb", 1), ElementsAre("b=2"));
    EXPECT_THAT(from("", 9), IsEmpty());
    EXPECT_EQ(ledger().indexed_size(SearchIndex::kHistory), 9u);
    harness_->Crash();
  }
  for (int round = 0; round < 2; ++round) {
    ASSERT_THAT(ledger().ForgetIndex(SearchIndex::kHistory), IsOk());
    EXPECT_THAT(from("z", 9), IsEmpty());
    EXPECT_EQ(ledger().indexed_size(SearchIndex::kHistory), 0u);
    EXPECT_EQ(ledger().indexed_size(SearchIndex::kIds), 10u);
    harness_->Crash();
    ASSERT_THAT(ledger().IngestRun(SearchIndex::kHistory, IndexRun(4, {{"a", "3"}})), IsOk());
    EXPECT_THAT(from("z", 9), ElementsAre("a=3"));
  }
}

TEST_P(LedgerContract, KeepsEveryNote) {
  Append(10);
  const SigningKey key = SigningKey::Generate();
  const SigningKey next_key = SigningKey::Generate();
  const auto note = [&](uint64_t size, const SigningKey& signing_key) {
    return *SignCheckpoint({.origin = ledger().origin(),
                            .size = size,
                            .root = *ledger().RootAt(size),
                            .extension_lines = {}},
                           signing_key);
  };
  EXPECT_EQ(*ledger().NoteAtMost(100), std::nullopt);
  ASSERT_THAT(ledger().KeepNote(4, note(4, key)), IsOk());
  ASSERT_THAT(ledger().KeepNote(8, note(8, key)), IsOk());
  ASSERT_THAT(ledger().KeepNote(8, note(8, key)), IsOk());
  ASSERT_THAT(ledger().KeepNote(8, note(8, next_key)), IsOk());
  Append(1);
  harness_->Crash();
  EXPECT_EQ(*ledger().NoteAtMost(3), std::nullopt);
  EXPECT_EQ(*ledger().NoteAtMost(7), note(4, key));
  EXPECT_NE(*ledger().NoteAtMost(8), std::nullopt);
  std::vector<uint64_t> sizes;
  const auto visit = [&](uint64_t size, absl::string_view) {
    sizes.push_back(size);
    return sizes.size() % 3 != 0;
  };
  ASSERT_THAT(harness_->stored_log().VisitNotes(0, visit), IsOk());
  EXPECT_THAT(sizes, ElementsAre(4, 8, 8));
  ASSERT_THAT(harness_->stored_log().VisitNotes(5, visit), IsOk());
  EXPECT_THAT(sizes, ElementsAre(4, 8, 8, 8, 8));
  sizes = {1, 1};
  ASSERT_THAT(harness_->stored_log().VisitNotes(0, visit), IsOk());
  EXPECT_THAT(sizes, ElementsAre(1, 1, 4));
}

TEST_P(LedgerContract, ReadersAndProofsRunWhileTheSequencerCommits) {
  std::atomic<bool> done = false;
  std::thread syncer([&] {
    while (!done.load()) EXPECT_THAT(ledger().Sync(), IsOk());
  });
  std::vector<std::thread> readers;
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    readers.emplace_back([&, seed] {
      std::mt19937_64 random(seed);
      while (!done.load()) {
        const std::unique_ptr<Snapshot> snapshot = ledger().TakeSnapshot();
        const uint64_t size = snapshot->size();
        ASSERT_LE(size, ledger().durable_size());
        EXPECT_EQ(GetRow(*snapshot, "size"),
                  size > 1 ? std::optional(SizeRow(size)) : std::nullopt);
        const uint64_t index = random() % size;
        Hash leaf;
        ASSERT_THAT(ledger().ReadEntries(index, index + 1,
                                         [&](const Entry& entry) {
                                           leaf = EntryLeafHash(ledger().log_id(), entry);
                                           return true;
                                         }),
                    IsOk());
        const auto proof = ledger().InclusionProof(index, size);
        ASSERT_THAT(proof, IsOk());
        EXPECT_THAT(VerifyInclusion(leaf, index, size, *proof, *ledger().RootAt(size)), IsOk());
        ASSERT_THAT(ledger().KeepNote(0, "not a note"), IsOk());
      }
    });
  }
  std::mt19937_64 random(3);
  for (int i = 0; i < 60; ++i) {
    Write(1 + random() % 3000);
    ASSERT_THAT(ledger().WritePages({{"page", std::to_string(i)}}), IsOk());
  }
  done = true;
  syncer.join();
  for (std::thread& reader : readers) reader.join();
  ASSERT_THAT(ledger().Sync(), IsOk());
  EXPECT_EQ(ReadLeafHashes().size(), ledger().WrittenView().size());
}

}  // namespace
}  // namespace ch8::testing
