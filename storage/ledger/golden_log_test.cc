#include <gmock/gmock.h>

#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "storage/ledger/mem_ledger.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using testing::IsOk;

// The values that testdata/make_golden.py computed without us.
std::map<std::string, std::string> ReadGolden() {
  const char* source = std::getenv("CH8_SOURCE_DIR");
  std::ifstream file(
      absl::StrCat(source == nullptr ? "." : source, "/storage/ledger/testdata/golden_log.txt"));
  std::map<std::string, std::string> golden;
  std::string name;
  std::string value;
  while (file >> name >> value) golden[name] = value;
  return golden;
}

// The log that the script describes, built through the ledger.
class GoldenLogTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kCount = 600;

  void SetUp() override {
    ASSERT_FALSE(golden_.empty());
    Genesis genesis{
        .origin = "un.example/ch8/finance", .payload = "genesis of the golden log", .salt = {}};
    genesis.salt.bytes.fill(0x11);
    ledger_ = *MemLedger::Create(genesis);
    Ledger::CommitRequest commit;
    for (uint64_t i = 1; i < kCount; ++i) {
      if (i % 3 == 1) {
        commit.requests.push_back(
            {.request_salt = Sha256(absl::StrCat("golden salt ", (i - 1) / 3)), .entries = {}});
      }
      RequestEntries& request = commit.requests.back();
      request.entries.push_back(MakeEntry(ledger_->log_id(), request.request_salt, GoldenEntry(i)));
    }
    ASSERT_THAT(ledger_->Commit(commit), IsOk());
    ASSERT_THAT(ledger_->Sync(), IsOk());
  }

  EntryParts GoldenEntry(uint64_t i) {
    static constexpr EntryClass kClasses[] = {EntryClass::kDomain, EntryClass::kTransfer,
                                              EntryClass::kWitness, EntryClass::kSeal,
                                              EntryClass::kAdministration};
    payloads_.push_back(
        absl::StrCat("golden entry ", i, " ", std::string(i % 97 == 0 ? 30'000 : i % 50, 'x')));
    EntryParts parts{.entry_class = kClasses[i % 5],
                     .row = static_cast<uint32_t>((i - 1) % 3),
                     .payload = payloads_.back()};
    if (parts.entry_class == EntryClass::kTransfer) {
      const Hash digest = Sha256(absl::StrCat("golden tag ", i));
      std::copy_n(digest.bytes.begin(), parts.tag.size(), parts.tag.begin());
    }
    return parts;
  }

  const std::map<std::string, std::string> golden_ = ReadGolden();
  std::deque<std::string> payloads_;
  std::unique_ptr<MemLedger> ledger_;
};

TEST_F(GoldenLogTest, LeavesAndRootsAreThoseOfTheScript) {
  EXPECT_EQ(ledger_->log_id().ToHex(), golden_.at("log_id"));
  ASSERT_THAT(ledger_->ReadEntries(
                  3, 4,
                  [&](const Entry& entry) {
                    const auto leaf = EncodeLeaf(
                        EntryLeaf(ledger_->log_id(), entry.entry_class, entry.tag,
                                  EntrySalt(entry.request_salt, entry.row), entry.payload));
                    EXPECT_EQ(absl::BytesToHexString(absl::string_view(leaf.data(), leaf.size())),
                              golden_.at("leaf_3"));
                    return true;
                  }),
              IsOk());
  for (const uint64_t size : {1, 2, 257, 511, 512, 600}) {
    EXPECT_EQ(ledger_->RootAt(size)->ToHex(), golden_.at(absl::StrCat("root_", size)));
  }
}

TEST_F(GoldenLogTest, ChunksAreThoseOfTheScript) {
  std::vector<std::string> chunks;
  ASSERT_THAT(ledger_->stored_log().VisitChunks(0,
                                                [&](uint64_t, absl::string_view chunk) {
                                                  chunks.emplace_back(chunk);
                                                  return true;
                                                }),
              IsOk());
  EXPECT_EQ(absl::StrCat(chunks.size()), golden_.at("chunk_count"));
  ASSERT_GE(chunks.size(), 2u);
  EXPECT_EQ(absl::BytesToHexString(chunks[0]), golden_.at("chunk_0"));
  EXPECT_EQ(absl::BytesToHexString(chunks[1]), golden_.at("chunk_1"));
  std::string all;
  for (const std::string& chunk : chunks) all += chunk;
  EXPECT_EQ(Sha256(all).ToHex(), golden_.at("chunks_sha256"));
}

}  // namespace
}  // namespace ch8
