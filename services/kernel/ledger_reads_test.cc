#include "services/kernel/ledger_reads.h"

#include <gtest/gtest.h>

#include <vector>

#include "services/kernel/refusal.h"
#include "services/kernel/toy_ledger.h"
#include "storage/base/limits.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/proof.h"
#include "tests/support/status_matchers.h"

namespace ch8::kernel {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
namespace v1 = chapter8::ledger::v1;

std::vector<Hash> HashesOf(const google::protobuf::RepeatedPtrField<std::string>& bytes) {
  std::vector<Hash> hashes;
  for (const std::string& one : bytes) hashes.push_back(*Hash::FromBytes(one));
  return hashes;
}

// A toy ledger, whose facts are some entries, and the note of its head.
class LedgerReadsTest : public ::testing::Test {
 protected:
  const Ledger& ledger() { return toy_.ledger(); }
  std::string Note() {
    return *SignCheckpoint(
        {.origin = ledger().origin(), .size = toy_.size(), .root = *ledger().RootAt(toy_.size())},
        key_);
  }

  toy::ToyLedger toy_;
  const SigningKey key_ = SigningKey::Generate();
};

TEST_F(LedgerReadsTest, EntriesHashToTheLeavesOfTheTree) {
  const auto page = ReadEntries(ledger(), v1::ReadEntriesRequest());
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->size(), toy_.size());
  ASSERT_EQ(static_cast<uint64_t>(page->entries_size()), toy_.size());
  for (uint64_t index = 0; index < toy_.size(); ++index) {
    const v1::LoggedEntry& entry = page->entries(static_cast<int>(index));
    EXPECT_EQ(LeafHash(EntryLeaf(ledger().log_id(), static_cast<EntryClass>(entry.entry_class()),
                                 Tag{}, *Hash::FromBytes(entry.salt()), entry.payload())),
              toy_.LeafHash(index));
  }
}

TEST_F(LedgerReadsTest, APageStaysUnderItsBytesAndTheNextGoesOn) {
  // 32 KiB each, so that 64 of them and their fields are above a page.
  auto big = MemLedger::Create(toy::ToyGenesis());
  ASSERT_THAT(big, IsOk());
  const std::string payload(kPayloadSizeMax, 'x');
  RequestEntries group;
  for (uint32_t row = 0; row < 100; ++row) {
    group.entries.push_back(
        MakeEntry((*big)->log_id(), Hash(),
                  {.entry_class = EntryClass::kDomain, .tag = {}, .row = row, .payload = payload}));
  }
  Ledger::CommitRequest commit;
  commit.requests.push_back(group);
  ASSERT_THAT((*big)->Commit(commit), IsOk());
  ASSERT_THAT((*big)->Sync(), IsOk());
  v1::ReadEntriesRequest request;
  uint64_t pages = 0;
  while (request.begin() < 101) {
    const auto page = ReadEntries(**big, request);
    ASSERT_THAT(page, IsOk());
    ASSERT_GT(page->entries_size(), 0);
    EXPECT_LT(page->ByteSizeLong(), kReadBytesMax + 64);
    request.set_begin(request.begin() + static_cast<uint64_t>(page->entries_size()));
    ++pages;
  }
  EXPECT_EQ(request.begin(), 101U);
  EXPECT_EQ(pages, 2U);
}

TEST_F(LedgerReadsTest, ReadsNothingAtTheEndAndRefusesWhatLiesBeyond) {
  v1::ReadEntriesRequest request;
  request.set_begin(toy_.size());
  const auto page = ReadEntries(ledger(), request);
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->entries_size(), 0);
  request.set_begin(toy_.size() + 1);
  const auto beyond = ReadEntries(ledger(), request);
  EXPECT_THAT(beyond, StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_EQ(ReasonOf(beyond.status()), "NO_SUCH_ENTRY");
}

TEST_F(LedgerReadsTest, ProofsLeadToTheNotesRoot) {
  for (uint64_t index = 0; index < toy_.size(); ++index) {
    v1::GetInclusionProofRequest request;
    request.set_index(index);
    const auto proof = ProveInclusion(ledger(), Note(), request);
    ASSERT_THAT(proof, IsOk());
    EXPECT_THAT(VerifyInclusion(*Hash::FromBytes(proof->leaf_hash()), index, toy_.size(),
                                HashesOf(proof->hashes()), *ledger().RootAt(toy_.size())),
                IsOk());
  }
  for (uint64_t size = 0; size <= toy_.size(); ++size) {
    v1::GetConsistencyProofRequest request;
    request.set_old_size(size);
    const auto proof = ProveConsistency(ledger(), Note(), request);
    ASSERT_THAT(proof, IsOk());
    EXPECT_THAT(VerifyExtension(size, *ledger().RootAt(size), toy_.size(),
                                *ledger().RootAt(toy_.size()), HashesOf(proof->hashes())),
                IsOk());
  }
}

TEST_F(LedgerReadsTest, NothingIsProvenBeyondTheNote) {
  const std::string note = Note();
  const uint64_t size = toy_.size();
  toy_.Group([](Executor& executor) { executor.LogInternal("/internal/Due", toy::FirstFacts()); });
  ASSERT_GT(toy_.size(), size);
  v1::GetInclusionProofRequest inclusion;
  inclusion.set_index(size);
  EXPECT_EQ(ReasonOf(ProveInclusion(ledger(), note, inclusion).status()), "NO_SUCH_ENTRY");
  v1::GetConsistencyProofRequest consistency;
  consistency.set_old_size(size + 1);
  EXPECT_EQ(ReasonOf(ProveConsistency(ledger(), note, consistency).status()), "NO_SUCH_SIZE");
  EXPECT_EQ(ReadCheckpoint(ledger(), note)->size(), size);
}

TEST_F(LedgerReadsTest, ANoteOfAnotherLedgerIsNoAnswer) {
  const std::string other =
      *SignCheckpoint({.origin = "au.example/ch8/toy", .size = 1, .root = Hash()}, key_);
  EXPECT_THAT(ReadCheckpoint(ledger(), other), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace ch8::kernel
