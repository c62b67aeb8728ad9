#include "services/books/books.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/books/books_test_model.h"
#include "services/books/recovery.h"
#include "services/books/rows.h"
#include "services/kernel/refusal.h"
#include "tests/support/status_matchers.h"

namespace ch8::books {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using Change = kernel::Accounts::Change;
using Response = v1::PostTransfersResponse;

const std::string kHoldId = Id{7, 9}.ToBytes();

v1::AccountOpened Opened(uint32_t account, v1::AccountOpened::Floor floor) {
  v1::AccountOpened opened;
  opened.set_account(account);
  opened.set_unit("USD");
  opened.set_floor(floor);
  return opened;
}

struct PostingParts {
  uint32_t debit = 0;
  uint32_t credit = 0;
  uint64_t amount = 0;
  uint64_t hold = 0;
  uint64_t release = 0;
};
v1::Posting PostingOf(const PostingParts& parts) {
  v1::Posting posting;
  posting.set_debit_account(parts.debit);
  posting.set_credit_account(parts.credit);
  posting.set_amount(parts.amount);
  posting.set_hold(parts.hold);
  posting.set_release(parts.release);
  if (parts.hold + parts.release > 0) posting.set_hold_id(kHoldId);
  return posting;
}
Change Moving(const PostingParts& parts) { return {{}, {PostingOf(parts)}}; }

// 1 is the outside world, 2 and 3 have floors; 100 stand on 2.
class BooksTest : public ::testing::Test {
 protected:
  BooksTest() {
    using Floor = v1::AccountOpened;
    Must({{Opened(1, Floor::NONE), Opened(2, Floor::CREDIT_BALANCE),
           Opened(3, Floor::CREDIT_BALANCE)},
          {PostingOf({.debit = 1, .credit = 2, .amount = 100})}});
  }

  void Must(const Change& change) {
    ASSERT_THAT(books_.Check({change}), IsOk());
    books_.Apply(change, next_index_++);
  }

  NoOlderIds older_ids_;
  Books books_{older_ids_};
  uint64_t next_index_ = 10;
};

TEST_F(BooksTest, AFloorCountsWhatIsHeld) {
  Must(Moving({.debit = 2, .credit = 3, .hold = 60}));
  const absl::Status refused = books_.Check({Moving({.debit = 2, .credit = 3, .amount = 41})});
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  const google::rpc::ErrorInfo info = kernel::ErrorInfoOf(refused);
  EXPECT_EQ(info.reason(), "INSUFFICIENT");
  EXPECT_EQ(info.metadata().at("account"), "2");
  EXPECT_EQ(info.metadata().at("available"), "40");
  EXPECT_EQ(info.metadata().at("wanted"), "41");
  EXPECT_THAT(books_.Check({Moving({.debit = 2, .credit = 3, .amount = 40})}), IsOk());
}

TEST_F(BooksTest, WhatIsPendingCannotBeSpent) {
  Must(Moving({.debit = 2, .credit = 3, .hold = 60}));
  EXPECT_EQ(books_.Find(3)->credits_held, 60);
  EXPECT_EQ(kernel::ReasonOf(books_.Check({Moving({.debit = 3, .credit = 1, .amount = 1})})),
            "INSUFFICIENT");
}

TEST_F(BooksTest, EndingAHoldMovesAPartAndFreesTheRest) {
  Must(Moving({.debit = 2, .credit = 3, .hold = 60}));
  Must(Moving({.debit = 2, .credit = 3, .amount = 25, .release = 60}));
  EXPECT_EQ(books_.Find(2)->available(), 75);
  EXPECT_EQ(books_.Find(3)->available(), 25);
  EXPECT_EQ(books_.Find(2)->debits_held, 0);
}

TEST_F(BooksTest, AHoldEndsOnceAndItsIdIsNeverUsedAgain) {
  Must(Moving({.debit = 2, .credit = 3, .hold = 60}));
  Must(Moving({.debit = 2, .credit = 3, .release = 60}));
  books_.state().holds.ForgetEndedBelow(next_index_);  // As after a full round of pages.
  EXPECT_EQ(kernel::ReasonOf(books_.Check({Moving({.debit = 2, .credit = 3, .release = 60})})),
            "HOLD_ENDED");
  EXPECT_THAT(books_.Check({Moving({.debit = 2, .credit = 3, .hold = 1})}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(BooksTest, AnUnknownHoldIsNamedAsSuch) {
  EXPECT_EQ(kernel::ReasonOf(books_.Check({Moving({.debit = 2, .credit = 3, .release = 60})})),
            "UNKNOWN_HOLD");
}

TEST_F(BooksTest, LaterChangesSeeEarlierOnesAndNothingIsKept) {
  const Hash before = books_.StateDigest();
  const Change spend = Moving({.debit = 2, .credit = 3, .amount = 60});
  EXPECT_THAT(books_.Check({spend}), IsOk());
  EXPECT_EQ(kernel::ReasonOf(books_.Check({spend, spend})), "INSUFFICIENT");
  const Change hold = Moving({.debit = 2, .credit = 3, .hold = 100});
  const Change end = Moving({.debit = 2, .credit = 3, .amount = 100, .release = 100});
  EXPECT_THAT(books_.Check({hold, end}), IsOk());
  EXPECT_EQ(kernel::ReasonOf(books_.Check({hold, end, end})), "HOLD_ENDED");
  EXPECT_THAT(books_.Check({hold, hold}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(books_.StateDigest(), before);
}

TEST_F(BooksTest, SumsStayBelowTwoToThe63) {
  constexpr uint64_t kMost = (uint64_t{1} << 63) - 1;
  EXPECT_THAT(books_.Check({Moving({.debit = 1, .credit = 3, .amount = kMost})}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  Must(Moving({.debit = 1, .credit = 3, .amount = kMost - 100}));
  EXPECT_THAT(books_.Check({Moving({.debit = 1, .credit = 3, .amount = 1})}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(books_.Find(1)->available(), -static_cast<int64_t>(kMost));
}

TEST(BooksDeathTest, ApplyingWhatCheckRefusesAborts) {
  NoOlderIds older_ids;
  Books books(older_ids);
  EXPECT_DEATH(books.Apply(Moving({.debit = 1, .credit = 2, .amount = 1}), 0), "does not exist");
}

// Compares everything visible.
void ExpectSame(const Books& books, const BooksModel& model) {
  ASSERT_EQ(books.next_account(), model.accounts.size() + 1);
  for (const auto& [number, account] : model.accounts) {
    const absl::StatusOr<kernel::Balance> found = books.Find(number);
    ASSERT_THAT(found, IsOk());
    ASSERT_EQ(found->unit, account.unit);
    ASSERT_TRUE(found->debits_posted == account.debits_posted &&
                found->credits_posted == account.credits_posted &&
                found->debits_held == account.debits_held &&
                found->credits_held == account.credits_held)
        << "account " << number;
  }
  ASSERT_EQ(books.state().holds.open_count(), model.open_holds.size());
  for (const auto& [id, hold] : model.open_holds) {
    const uint32_t slot = books.state().holds.Find(id);
    ASSERT_NE(slot, Holds::kNoSlot);
    ASSERT_EQ(books.state().holds.at(slot).amount, hold.amount);
  }
  for (const Id& id : model.used_ids) ASSERT_TRUE(*books.IdUsed(id));
}

std::string ReasonFor(const absl::Status& status) {
  if (status.ok()) return "";
  return absl::IsInvalidArgument(status) ? "INVALID" : kernel::ReasonOf(status);
}

TEST(BooksPropertyTest, AgreesWithANaiveModel) {
  NoOlderIds older_ids;
  int applied = 0;
  int refused = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    RandomWork work(seed);
    Books books(older_ids);
    BooksModel model;
    const Change opening = work.Opening(12);
    ASSERT_THAT(books.Check({opening}), IsOk());
    books.Apply(opening, 0);
    ASSERT_EQ(model.Apply(opening), "");
    uint64_t index = 1;
    for (int step = 0; step < 60; ++step) {
      if (work.OneIn(2)) {
        const Change change = work.Change(model);
        const absl::Status checked = books.Check({change});
        ASSERT_EQ(ReasonFor(checked), model.Apply(change)) << checked;
        if (checked.ok()) books.Apply(change, index++);
        ++(checked.ok() ? applied : refused);
        continue;
      }
      const std::vector<BooksModel::Row> rows = work.Rows(model, 12);
      const std::string request = RequestBytes(rows);
      absl::StatusOr<ParsedBatch> batch = ParseRows(request);
      ASSERT_THAT(batch, IsOk());
      const absl::StatusOr<BatchOutcome> outcome = ApplyBatch(books, *batch, index);
      ASSERT_THAT(outcome, IsOk());
      ASSERT_EQ(outcome->results, model.Apply(rows));
      index += outcome->applied;
    }
    ASSERT_NO_FATAL_FAILURE(ExpectSame(books, model));
    ASSERT_THAT(CheckState(books.state()), IsOk());
  }
  // The generator must keep both sides of each rule in play.
  EXPECT_GT(applied, 1000);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace ch8::books
