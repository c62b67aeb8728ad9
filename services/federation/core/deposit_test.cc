#include "services/federation/core/deposit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "services/kernel/execute.h"
#include "services/kernel/refusal.h"
#include "services/kernel/toy_ledger.h"
#include "storage/ledger/chunk.h"
#include "tests/support/status_matchers.h"

namespace ch8::federation {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using chapter8::federation::v1::Deposit;
using chapter8::federation::v1::DepositRow;
using chapter8::federation::v1::GetDepositRequest;
using chapter8::federation::v1::OpenedDeposit;

GetDepositRequest After(const DepositDraft& draft) {
  GetDepositRequest request;
  request.set_after_size(draft.end);
  request.set_after_root(std::string(draft.root.view()));
  request.set_after_complete(draft.complete);
  return request;
}

class DepositTest : public ::testing::Test {
 protected:
  DepositSource source() {
    return {.ledger = ledger_.ledger(),
            .log = ledger_.ledger().stored_log(),
            .trust_domain = "un.example"};
  }
  std::optional<DepositDraft> Draft(const GetDepositRequest& request) {
    auto draft = DraftDeposit(source(), request);
    EXPECT_THAT(draft, IsOk());
    return draft.ok() ? *std::move(draft) : std::nullopt;
  }

  void CreatePost(const std::string& id) {
    chapter8::directory::v1::CreatePostRequest request;
    request.set_post_id(id);
    request.mutable_resource()->set_title("a post");
    request.set_request_id(absl::StrCat("make-", id));
    EXPECT_THAT(ledger_
                    .Run(kernel::toy::SignedCommand("ada", kernel::toy::kCreatePost, request,
                                                    ledger_.now + absl::Hours(2)))
                    .status,
                IsOk());
  }
  void KeepPeerRow(const std::string& key, const std::string& value) {
    Ledger::CommitRequest commit;
    commit.rows.push_back({.table = Table::kPeer, .key = key, .value = value});
    ASSERT_THAT(ledger_.ledger().Commit(commit), IsOk());
    ASSERT_THAT(ledger_.ledger().Sync(), IsOk());
  }
  // A commit of one request with `count` entries of 400 bytes.
  void CommitMuch(uint32_t count) {
    const std::string payload(400, 'p');
    Ledger::CommitRequest commit;
    commit.requests.push_back({.request_salt = Sha256("much")});
    for (uint32_t row = 0; row < count; ++row) {
      commit.requests[0].entries.push_back(
          MakeEntry(ledger_.ledger().log_id(), Sha256("much"), {.row = row, .payload = payload}));
    }
    ASSERT_THAT(ledger_.ledger().Commit(commit), IsOk());
    ASSERT_THAT(ledger_.ledger().Sync(), IsOk());
  }

  kernel::toy::ToyLedger ledger_;
};

std::map<std::string, std::string> MapOf(
    const google::protobuf::RepeatedPtrField<DepositRow>& rows) {
  std::map<std::string, std::string> map;
  for (const DepositRow& row : rows) map[row.key()] = row.value();
  return map;
}

// The leaf hashes of a deposit's entries, by position.
std::map<uint64_t, Hash> LeavesOf(const Hash& log_id, const DepositDraft& draft) {
  std::map<uint64_t, Hash> leaves;
  std::vector<Entry> entries;
  for (const std::string& chunk : draft.content.chunks()) {
    EXPECT_THAT(DecodeChunk(chunk, entries), IsOk());
    for (const Entry& entry : entries) leaves[entry.index] = EntryLeafHash(log_id, entry);
  }
  return leaves;
}

TEST_F(DepositTest, HasAllThatTheLogDoesNotGive) {
  CreatePost("one");
  CreatePost("two");
  KeepPeerRow("cursor/au.example/ch8/toy", "seven");
  const std::optional<DepositDraft> first = Draft({});
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->begin, 0u);
  EXPECT_EQ(first->end, ledger_.size());
  EXPECT_TRUE(first->complete);
  EXPECT_EQ(first->root, *ledger_.ledger().RootAt(ledger_.size()));
  const auto leaves = LeavesOf(ledger_.ledger().log_id(), *first);
  ASSERT_EQ(leaves.size(), ledger_.size());
  for (const auto& [index, leaf] : leaves) EXPECT_EQ(leaf, ledger_.LeafHash(index)) << index;
  EXPECT_EQ(MapOf(first->content.peer_rows()), ledger_.Rows(Table::kPeer));
  auto answers = ledger_.Rows(Table::kAnswers);
  std::erase_if(answers, [](const auto& row) { return row.first[0] != 'a'; });
  EXPECT_EQ(MapOf(first->content.answers()), answers);
  EXPECT_EQ(answers.size(), 2u);
}

TEST_F(DepositTest, GoesOnWhereTheKeeperStands) {
  CreatePost("one");
  const std::optional<DepositDraft> first = Draft({});
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(Draft(After(*first)), std::nullopt) << "it holds all there is";
  CreatePost("two");
  const std::optional<DepositDraft> second = Draft(After(*first));
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->begin, first->end);
  EXPECT_EQ(second->end, ledger_.size());
  EXPECT_EQ(second->content.answers_size(), 1) << "of the second request alone";
}

TEST_F(DepositTest, ACommitThatIsLargerThanADepositIsCompleteOnlyAtItsEnd) {
  CommitMuch(9'000);
  std::map<uint64_t, Hash> leaves;
  GetDepositRequest request;
  int incomplete = 0;
  while (true) {
    const std::optional<DepositDraft> draft = Draft(request);
    ASSERT_TRUE(draft.has_value());
    for (const auto& leaf : LeavesOf(ledger_.ledger().log_id(), *draft)) {
      EXPECT_TRUE(leaves.insert(leaf).second) << leaf.first;
    }
    size_t bytes = 0;
    for (const std::string& chunk : draft->content.chunks()) bytes += chunk.size();
    EXPECT_LE(bytes, kDepositChunkBytesMax);
    request = After(*draft);
    if (draft->complete) break;
    ++incomplete;
    EXPECT_EQ(draft->content.peer_rows_size(), 0);
  }
  EXPECT_GE(incomplete, 1);
  EXPECT_EQ(leaves.size(), ledger_.size());
  EXPECT_EQ(request.after_size(), ledger_.size());
}

TEST_F(DepositTest, WhatIsOfAnotherHistoryIsRefused) {
  CreatePost("one");
  GetDepositRequest request = After(*Draft({}));
  GetDepositRequest other_root = request;
  other_root.mutable_after_root()->back() ^= 1;
  GetDepositRequest longer = request;
  longer.set_after_size(request.after_size() + 1);
  for (const GetDepositRequest& forked : {other_root, longer}) {
    const auto refused = DraftDeposit(source(), forked);
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_EQ(kernel::ReasonOf(refused.status()), "DEPOSIT_FORKED");
  }
}

TEST(DepositSignatureTest, CoversAllThatAKeeperCouldAlter) {
  const SigningKey key = SigningKey::Generate();
  OpenedDeposit opened;
  Deposit& deposit = *opened.mutable_deposit();
  deposit.set_begin(3);
  deposit.set_end(9);
  deposit.set_root(std::string(32, 'r'));
  deposit.set_complete(true);
  const Hash digest = Sha256("sealed");
  opened.set_sealed_digest(std::string(digest.view()));
  constexpr char kOrigin[] = "un.example/ch8/finance";
  deposit.set_signature(std::string(key.Sign(DepositStatement(kOrigin, deposit, digest)).view()));
  const LogSigners log{.origin = kOrigin,
                       .keys = {{SigningKey::Generate().public_key(), 2}, {key.public_key()}}};
  EXPECT_THAT(CheckDeposit(log, opened, DepositPlace::kLast), IsOk());

  const std::vector<std::function<void(OpenedDeposit&)>> alterations = {
      [](auto& altered) { altered.mutable_deposit()->set_begin(2); },
      [](auto& altered) { altered.mutable_deposit()->set_end(8); },
      [](auto& altered) { altered.mutable_deposit()->set_complete(false); },
      [](auto& altered) { altered.mutable_deposit()->mutable_root()->back() ^= 1; },
      [](auto& altered) { altered.mutable_sealed_digest()->back() ^= 1; },
      [](auto& altered) { altered.mutable_sealed_digest()->pop_back(); },
      [](auto& altered) { altered.mutable_deposit()->clear_signature(); }};
  for (size_t i = 0; i < alterations.size(); ++i) {
    OpenedDeposit altered = opened;
    alterations[i](altered);
    EXPECT_THAT(CheckDeposit(log, altered, DepositPlace::kEarlier),
                StatusIs(absl::StatusCode::kDataLoss))
        << i;
  }
  // A former key is believed for what came before, and never for where a copy ends.
  const LogSigners replaced{.origin = kOrigin,
                            .keys = {{key.public_key(), 5}, {SigningKey::Generate().public_key()}}};
  EXPECT_THAT(CheckDeposit(replaced, opened, DepositPlace::kEarlier), IsOk());
  EXPECT_THAT(CheckDeposit(replaced, opened, DepositPlace::kLast),
              StatusIs(absl::StatusCode::kDataLoss));
  const LogSigners other{.origin = "un.example/ch8/logistics", .keys = log.keys};
  EXPECT_THAT(CheckDeposit(other, opened, DepositPlace::kEarlier),
              StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace ch8::federation
