#include "storage/ledger/chunk.h"

#include <gmock/gmock.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "storage/base/limits.h"
#include "storage/ledger/test_commits.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using testing::IsOk;
using testing::MakeTestCommit;
using testing::OwnedCommit;
using testing::StatusIs;

const Hash kLogId = Sha256("log");

std::vector<std::string> Pack(uint64_t first_index, const std::vector<RequestEntries>& requests) {
  std::vector<std::string> chunks;
  ChunkPacker packer;
  packer.Pack(first_index, requests, [&](uint64_t index, absl::string_view chunk) {
    std::vector<Entry> entries;
    EXPECT_THAT(DecodeChunk(chunk, entries), IsOk());
    EXPECT_EQ(entries.front().index, index);
    chunks.emplace_back(chunk);
  });
  return chunks;
}

// The requests that a chunk's entries came from, as far as the chunk tells.
std::vector<RequestEntries> Requests(const std::vector<Entry>& entries) {
  std::vector<RequestEntries> requests;
  for (const Entry& entry : entries) {
    if (requests.empty() || requests.back().request_salt != entry.request_salt) {
      requests.push_back({.request_salt = entry.request_salt, .entries = {}});
    }
    requests.back().entries.push_back({.entry_class = entry.entry_class,
                                       .tag = entry.tag,
                                       .row = entry.row,
                                       .payload = entry.payload,
                                       .leaf_hash = {}});
  }
  return requests;
}

TEST(ChunkTest, GivesBackEveryEntry) {
  const OwnedCommit commit = MakeTestCommit(kLogId, 5, 777);
  std::vector<Entry> entries;
  uint64_t next = 5;
  for (const std::string& chunk : Pack(5, commit.request.requests)) {
    ASSERT_THAT(DecodeChunk(chunk, entries), IsOk());
    EXPECT_LE(entries.size(), kChunkEntriesMax);
    EXPECT_LE(chunk.size(), kChunkBytesMax);
    for (const Entry& entry : entries) {
      const RequestEntries& request = commit.request.requests[(next - 5) / 100];
      const NewEntry& written = request.entries[(next - 5) % 100];
      EXPECT_EQ(entry.index, next);
      EXPECT_EQ(entry.payload, written.payload);
      EXPECT_EQ(entry.row, written.row);
      EXPECT_EQ(entry.tag, written.tag);
      EXPECT_EQ(entry.entry_class, written.entry_class);
      EXPECT_EQ(entry.request_salt, request.request_salt);
      EXPECT_EQ(EntryLeafHash(kLogId, entry), written.leaf_hash);
      ++next;
    }
  }
  EXPECT_EQ(next, 782u);
}

TEST(ChunkTest, SplitsAtEntryAndByteLimits) {
  const std::string largest(kPayloadSizeMax, 'x');
  RequestEntries request{.request_salt = Sha256("salt"), .entries = {}};
  request.entries.assign(3, NewEntry{.payload = largest});
  EXPECT_EQ(Pack(0, {request}).size(), 3u);
  request.entries.assign(65, NewEntry{.payload = "small"});
  EXPECT_EQ(Pack(0, {request}).size(), 2u);
  EXPECT_EQ(Pack(0, {}).size(), 0u);
}

TEST(ChunkTest, ABulkRowCostsLessThanTenBytes) {
  RequestEntries request{.request_salt = Sha256("salt"), .entries = {}};
  const std::string payload(100, 'x');
  request.entries.assign(kBatchRowsMax, NewEntry{.payload = payload});
  size_t bytes = 0;
  for (const std::string& chunk : Pack(0, {request})) bytes += chunk.size();
  EXPECT_LT(bytes, kBatchRowsMax * (100 + 10));
}

TEST(ChunkTest, ManyRequestsInOneChunk) {
  std::vector<RequestEntries> requests(64);
  for (size_t i = 0; i < requests.size(); ++i) {
    requests[i].request_salt = Sha256(absl::StrCat("salt ", i));
    requests[i].entries.push_back({.payload = "one"});
  }
  const std::vector<std::string> chunks = Pack(9, requests);
  ASSERT_EQ(chunks.size(), 1u);
  std::vector<Entry> entries;
  ASSERT_THAT(DecodeChunk(chunks[0], entries), IsOk());
  EXPECT_EQ(entries[63].request_salt, requests[63].request_salt);
}

TEST(ChunkTest, EveryTruncationAndExtensionIsRefused) {
  const OwnedCommit commit = MakeTestCommit(kLogId, 1, 40);
  const std::string chunk = Pack(1, commit.request.requests).front();
  std::vector<Entry> entries;
  for (size_t size = 0; size < chunk.size(); ++size) {
    EXPECT_THAT(DecodeChunk(absl::string_view(chunk).substr(0, size), entries),
                StatusIs(absl::StatusCode::kDataLoss))
        << size;
  }
  EXPECT_THAT(DecodeChunk(chunk + "x", entries), StatusIs(absl::StatusCode::kDataLoss));
}

TEST(ChunkTest, MutationsAreRefusedOrAreTheEncodingOfWhatTheyDecodeTo) {
  std::mt19937_64 random(8);
  std::vector<RequestEntries> requests;
  const OwnedCommit commit = MakeTestCommit(kLogId, 1, 240);
  for (const RequestEntries& request : commit.request.requests) {
    requests.push_back({.request_salt = request.request_salt,
                        .entries = {request.entries.begin(), request.entries.begin() + 12}});
  }
  const std::string original = Pack(1, requests).front();
  std::vector<Entry> entries;
  int accepted = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::string chunk = original;
    for (uint64_t edits = 1 + random() % 3; edits > 0; --edits) {
      // Half of them in the header and the first entries, where the structure is.
      const size_t at = random() % (random() % 2 == 0 ? 160 : chunk.size());
      switch (random() % 3) {
        case 0:
          chunk[at] = static_cast<char>(random());
          break;
        case 1:
          chunk.erase(at, 1 + random() % 4);
          break;
        default:
          chunk.insert(at, 1, static_cast<char>(random()));
      }
    }
    if (!DecodeChunk(chunk, entries).ok()) continue;
    ++accepted;
    const std::vector<std::string> again = Pack(entries.front().index, Requests(entries));
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(again.front(), chunk);
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace ch8
