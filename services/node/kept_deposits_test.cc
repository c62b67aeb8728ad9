#include "services/node/kept_deposits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "storage/base/ed25519.h"
#include "storage/base/sealed_box.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::node {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using chapter8::federation::v1::Deposit;
using chapter8::federation::v1::FetchDepositsResponse;
using chapter8::federation::v1::GetDepositRequest;

constexpr char kFinance[] = "au.example/ch8/finance";
constexpr char kLogistics[] = "au.example/ch8/logistics";
enum class Ends { kACommit, kInTheMiddle };

Deposit Piece(uint64_t begin, uint64_t end, Ends ends = Ends::kACommit, size_t size_bytes = 10) {
  Deposit deposit;
  deposit.set_begin(begin);
  deposit.set_end(end);
  deposit.set_root(std::string(32, static_cast<char>('a' + end % 26)));
  deposit.set_complete(ends == Ends::kACommit);
  deposit.set_sealed(std::string(std::max(size_bytes, kSealedBoxOverhead), 's'));
  deposit.set_signature(std::string(Signature::kSize, 'i'));
  return deposit;
}

class KeptDepositsTest : public ::testing::Test {
 protected:
  KeptDepositsTest() { Reopen(); }
  void Reopen(uint64_t bytes_max = 64 << 20) {
    kept_.reset();
    kept_ = std::make_unique<KeptDeposits>(
        KeptDeposits::Options{.path = dir_.path().string() + "/deposits", .bytes_max = bytes_max});
  }
  GetDepositRequest Next(const std::string& origin) {
    const auto next = kept_->Next(origin);
    EXPECT_THAT(next, IsOk());
    return next.ok() ? *next : GetDepositRequest();
  }

  const ch8::testing::TempDir dir_;
  std::unique_ptr<KeptDeposits> kept_;
};

TEST_F(KeptDepositsTest, GoesOnAfterARestart) {
  EXPECT_EQ(Next(kFinance).after_size(), 0u);
  ASSERT_THAT(kept_->Keep(kFinance, Piece(0, 5)), IsOk());
  ASSERT_THAT(kept_->Keep(kFinance, Piece(5, 9)), IsOk());
  ASSERT_THAT(kept_->Keep(kLogistics, Piece(0, 2, Ends::kInTheMiddle)), IsOk());
  Reopen();
  const GetDepositRequest next = Next(kFinance);
  EXPECT_EQ(next.origin(), kFinance);
  EXPECT_EQ(next.after_size(), 9u);
  EXPECT_EQ(next.after_root(), Piece(5, 9).root());
  EXPECT_TRUE(next.after_complete());
  EXPECT_FALSE(Next(kLogistics).after_complete());
  const auto held = kept_->Read(kFinance, 1);
  ASSERT_THAT(held, IsOk());
  EXPECT_EQ(held->count(), 2u);
  ASSERT_EQ(held->deposits_size(), 1);
  EXPECT_EQ(held->deposits(0).SerializeAsString(), Piece(5, 9).SerializeAsString());
  EXPECT_THAT(kept_->Read("au.example/ch8/training", 0), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(KeptDepositsTest, WhatDoesNotFollowIsNotKept) {
  ASSERT_THAT(kept_->Keep(kFinance, Piece(0, 5)), IsOk());
  Deposit unsigned_one = Piece(5, 9);
  unsigned_one.clear_signature();
  for (const Deposit& wrong : {Piece(0, 5), Piece(4, 9), Piece(6, 9), Piece(5, 4), Piece(5, 5),
                               Piece(5, 5, Ends::kInTheMiddle), unsigned_one, Deposit()}) {
    EXPECT_THAT(kept_->Keep(kFinance, wrong), StatusIs(absl::StatusCode::kInvalidArgument));
  }
  EXPECT_EQ(Next(kFinance).after_size(), 5u);
}

TEST_F(KeptDepositsTest, ADepositMayCompleteWhatIsThere) {
  EXPECT_THAT(kept_->Keep(kFinance, Deposit()), StatusIs(absl::StatusCode::kInvalidArgument));
  ASSERT_THAT(kept_->Keep(kFinance, Piece(0, 5, Ends::kInTheMiddle)), IsOk());
  EXPECT_FALSE(*kept_->WasComplete(kFinance));
  EXPECT_THAT(kept_->Keep(kFinance, Piece(5, 5)), IsOk());
  EXPECT_TRUE(Next(kFinance).after_complete());
  ASSERT_THAT(kept_->Keep(kFinance, Piece(5, 7, Ends::kInTheMiddle)), IsOk());
  Reopen();
  EXPECT_TRUE(*kept_->WasComplete(kFinance)) << "and so are heads held back until it is again";
  EXPECT_FALSE(*kept_->WasComplete(kLogistics));
}

TEST_F(KeptDepositsTest, AskingMakesNothing) {
  EXPECT_EQ(Next(kFinance).after_size(), 0u);
  EXPECT_THAT(kept_->Read(kFinance, 0), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_FALSE(*kept_->DropIncomplete(kFinance));
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / "deposits"));
}

TEST_F(KeptDepositsTest, ADiskThatIsNearlyFullIsForTheNodesOwnLedgers) {
  kept_ = std::make_unique<KeptDeposits>(KeptDeposits::Options{
      .path = dir_.path().string() + "/deposits", .bytes_max = 64 << 20, .admit_writes = [] {
        return absl::ResourceExhaustedError("full");
      }});
  EXPECT_THAT(kept_->Keep(kFinance, Piece(0, 5)), StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST_F(KeptDepositsTest, OnlyAnUnfinishedEndIsDropped) {
  ASSERT_THAT(kept_->Keep(kFinance, Piece(0, 5)), IsOk());
  EXPECT_FALSE(*kept_->DropIncomplete(kFinance));
  ASSERT_THAT(kept_->Keep(kFinance, Piece(5, 7, Ends::kInTheMiddle)), IsOk());
  ASSERT_THAT(kept_->Keep(kFinance, Piece(7, 8, Ends::kInTheMiddle)), IsOk());
  EXPECT_TRUE(*kept_->DropIncomplete(kFinance));
  EXPECT_EQ(Next(kFinance).after_size(), 5u);
  EXPECT_EQ(kept_->Read(kFinance, 0)->deposits_size(), 1);
  EXPECT_FALSE(*kept_->DropIncomplete(kLogistics)) << "of which there is nothing";
}

TEST_F(KeptDepositsTest, OneOrganizationTakesItsShareAndNoMore) {
  Reopen(5'000);
  ASSERT_THAT(kept_->Keep(kFinance, Piece(0, 5, Ends::kACommit, 3'000)), IsOk());
  EXPECT_THAT(kept_->Keep(kLogistics, Piece(0, 5, Ends::kACommit, 3'000)),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(kept_->Keep("ecowas.example/ch8/finance", Piece(0, 5, Ends::kACommit, 3'000)),
              IsOk());
  ASSERT_THAT(kept_->Keep(kLogistics, Piece(0, 5, Ends::kInTheMiddle, 1'000)), IsOk());
  Reopen(5'000);
  EXPECT_THAT(kept_->Keep(kFinance, Piece(5, 6, Ends::kACommit, 1'500)),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(*kept_->DropIncomplete(kLogistics));
  EXPECT_THAT(kept_->Keep(kFinance, Piece(5, 6, Ends::kACommit, 1'500)), IsOk());
}

TEST_F(KeptDepositsTest, AnswersFitIntoMessages) {
  constexpr size_t kMiB = 1 << 20;
  for (uint64_t i = 0; i < 8; ++i) {
    ASSERT_THAT(kept_->Keep(kFinance, Piece(i, i + 1, Ends::kACommit, kMiB)), IsOk());
  }
  uint64_t count = 0;
  int answers = 0;
  while (count < 8) {
    const auto held = kept_->Read(kFinance, count);
    ASSERT_THAT(held, IsOk());
    ASSERT_GT(held->deposits_size(), 0);
    EXPECT_LT(held->ByteSizeLong(), 4 * kMiB);
    EXPECT_EQ(held->deposits(0).begin(), count);
    count += static_cast<uint64_t>(held->deposits_size());
    ++answers;
  }
  EXPECT_EQ(count, 8u);
  EXPECT_GT(answers, 2);
  EXPECT_EQ(kept_->Read(kFinance, 8)->deposits_size(), 0);
}

}  // namespace
}  // namespace ch8::node
