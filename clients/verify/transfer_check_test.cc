#include "clients/verify/transfer_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include "clients/verify/refusal.h"
#include "storage/base/hash.h"
#include "tests/support/status_matchers.h"

namespace ch8::verify {
namespace {

using ::ch8::testing::IsOk;
using chapter8::books::v1::AccountOpened;
using chapter8::books::v1::Posting;
using chapter8::books::v1::StepReference;
using chapter8::books::v1::TransferStep;
using chapter8::books::v1::Void;
using chapter8::ledger::v1::Delivery;
using chapter8::ledger::v1::Request;
using ::testing::HasSubstr;

constexpr char kUn[] = "un.example/ch8/finance";
constexpr char kAu[] = "au.example/ch8/finance";
constexpr char kId[] = "sixteen bytes id";
constexpr char kTerms[] = "the terms";
constexpr int64_t kHour = 3'600;

TransferStep StepOf(const std::function<void(TransferStep&)>& fill) {
  TransferStep step;
  step.set_transfer_id(kId);
  step.set_giver_origin(kUn);
  step.set_receiver_origin(kAu);
  step.set_terms_hash(std::string(Sha256(kTerms).view()));
  fill(step);
  return step;
}

StepReference ReferenceTo(uint64_t index) {
  StepReference reference;
  reference.set_index(index);
  reference.set_leaf_hash(std::string(Hash::kSize, static_cast<char>(index)));
  return reference;
}

TransferStep Reserve(uint64_t quantity, uint64_t quantity_min) {
  return StepOf([&](TransferStep& step) {
    step.mutable_reserve()->set_terms(kTerms);
    step.mutable_reserve()->set_quantity(quantity);
    step.mutable_reserve()->set_quantity_min(quantity_min);
    step.mutable_reserve()->mutable_hold_duration()->set_seconds(kHour);
  });
}
TransferStep Accept(uint64_t quantity, const StepReference& reserve) {
  return StepOf([&](TransferStep& step) {
    step.mutable_accept()->set_quantity(quantity);
    *step.mutable_accept()->mutable_reserve() = reserve;
  });
}
TransferStep Post(uint64_t quantity, const StepReference& accept) {
  return StepOf([&](TransferStep& step) {
    step.mutable_post()->set_quantity(quantity);
    *step.mutable_post()->mutable_accept() = accept;
  });
}
TransferStep VoidFor(Void::Reason reason) {
  return StepOf([&](TransferStep& step) { step.mutable_void_()->set_reason(reason); });
}
TransferStep Mirror(uint64_t quantity, const StepReference& terminal) {
  return StepOf([&](TransferStep& step) {
    step.mutable_mirror()->set_quantity(quantity);
    *step.mutable_mirror()->mutable_terminal() = terminal;
  });
}
TransferStep Settled(const StepReference& mirror) {
  return StepOf([&](TransferStep& step) { *step.mutable_settled()->mutable_mirror() = mirror; });
}

Posting Hold(uint64_t quantity) {
  Posting posting;
  posting.set_debit_account(1);
  posting.set_credit_account(2);
  posting.set_hold(quantity);
  posting.set_hold_id(kId);
  return posting;
}
Posting End(uint64_t held, uint64_t moved) {
  Posting posting = Hold(0);
  posting.set_release(held);
  posting.set_amount(moved);
  return posting;
}

// One side's log and books: accounts 1 and 2 without floors.
class Side {
 public:
  explicit Side(const std::string& origin) : books_(origin), transfers_(origin) {
    LogEntry entry;
    for (const uint32_t number : {1, 2}) {
      AccountOpened& opened = *entry.entry.add_accounts();
      opened.set_account(number);
      opened.set_unit("USD");
      opened.set_floor(AccountOpened::NONE);
    }
    EXPECT_THAT(books_.Take(entry), IsOk());
  }

  // Our own step, and where it stands.
  absl::Status Take(const TransferStep& step, std::optional<Posting> posting = std::nullopt) {
    LogEntry entry;
    *entry.entry.mutable_step() = step;
    if (posting.has_value()) *entry.entry.add_postings() = *posting;
    Request request;
    request.set_time_us(time_us);
    return Log(entry, request);
  }
  // The other side's, which stands at `reference` there.
  absl::Status Deliver(const TransferStep& step, const StepReference& reference,
                       Delivery::Verdict verdict = Delivery::ACCEPT) {
    LogEntry entry;
    *entry.entry.mutable_peer_step() = step;
    Request request;
    request.set_time_us(time_us);
    Delivery& delivery = *request.mutable_delivery();
    const bool of_receiver = step.has_accept() || step.has_reject() || step.has_mirror();
    delivery.set_origin(of_receiver ? kAu : kUn);
    delivery.set_index(reference.index());
    delivery.set_leaf_hash(reference.leaf_hash());
    delivery.set_verdict(verdict);
    return Log(entry, request);
  }
  const StepReference& last() const { return last_; }
  uint64_t posted() const { return transfers_.posted(); }

  int64_t time_us = 1;

 private:
  absl::Status Log(LogEntry& entry, const Request& request) {
    entry.index = ++index_;
    last_ = ReferenceTo(entry.index);
    entry.leaf_hash = *Hash::FromBytes(last_.leaf_hash());
    EXPECT_THAT(books_.Take(entry), IsOk());
    return transfers_.Take(entry, request, books_);
  }

  uint64_t index_ = 0;
  StepReference last_;
  BooksModel books_;
  TransferCheck transfers_;
};

std::string Wrong(const absl::Status& status) {
  const std::optional<Refusal> refusal = RefusalOf(status);
  return refusal.has_value() ? refusal->what : "nothing";
}

// A giver that has reserved 100 (50 at least) and taken an ACCEPT of 80.
class GiverTest : public ::testing::Test {
 protected:
  GiverTest() {
    EXPECT_THAT(un_.Take(Reserve(100, 50), Hold(100)), IsOk());
    reserve_ = un_.last();
    EXPECT_THAT(un_.Deliver(Accept(80, reserve_), accept_), IsOk());
  }
  Side un_{kUn};
  StepReference reserve_;
  const StepReference accept_ = ReferenceTo(40);
};

TEST_F(GiverTest, PostsWhatWasAcceptedAndSettlesOnTheMirror) {
  EXPECT_THAT(un_.Take(Post(80, accept_), End(100, 80)), IsOk());
  EXPECT_EQ(un_.posted(), 1U);
  EXPECT_THAT(Wrong(un_.Take(Settled(ReferenceTo(41)))),
              HasSubstr("MIRROR that was not delivered"));
  EXPECT_THAT(un_.Deliver(Mirror(80, un_.last()), ReferenceTo(41)), IsOk());
  EXPECT_THAT(un_.Take(Settled(ReferenceTo(41))), IsOk());
}

TEST_F(GiverTest, PostsNothingElse) {
  EXPECT_THAT(Wrong(un_.Take(Post(80, ReferenceTo(39)), End(100, 80))),
              HasSubstr("without the ACCEPT"));
}
TEST_F(GiverTest, PostsNoMore) {
  EXPECT_THAT(Wrong(un_.Take(Post(81, accept_), End(100, 81))), HasSubstr("was not accepted"));
}
TEST_F(GiverTest, PostsNoLess) {
  EXPECT_THAT(Wrong(un_.Take(Post(49, accept_), End(100, 49))), HasSubstr("was not accepted"));
}
TEST_F(GiverTest, MovesWhatItPosts) {
  EXPECT_THAT(Wrong(un_.Take(Post(80, accept_), End(100, 79))), HasSubstr("do not move"));
}
TEST_F(GiverTest, MovesInTheSameEntry) {
  EXPECT_THAT(Wrong(un_.Take(Post(80, accept_))), HasSubstr("do not move"));
}
TEST_F(GiverTest, VoidsForAReason) {
  EXPECT_THAT(Wrong(un_.Take(VoidFor(Void::REJECTED), End(100, 0))),
              HasSubstr("REJECT that was not delivered"));
}
TEST_F(GiverTest, ExpiresWhenItsTimeIsOver) {
  un_.time_us = 1 + kHour * 1'000'000 - 1;
  Side early = un_;
  EXPECT_THAT(Wrong(early.Take(VoidFor(Void::EXPIRED), End(100, 0))), HasSubstr("before its time"));
  un_.time_us += 1;
  EXPECT_THAT(un_.Take(VoidFor(Void::EXPIRED), End(100, 0)), IsOk());
}
TEST_F(GiverTest, SettlesAfterItsOwnEnd) {
  EXPECT_THAT(un_.Deliver(Mirror(80, ReferenceTo(9)), ReferenceTo(41)), IsOk());
  EXPECT_THAT(Wrong(un_.Take(Settled(ReferenceTo(41)))), HasSubstr("neither posted nor voided"));
}
TEST_F(GiverTest, RestsNothingOnWhatItRefused) {
  EXPECT_THAT(un_.Deliver(Accept(100, reserve_), ReferenceTo(44), Delivery::REFUSE), IsOk());
  EXPECT_THAT(Wrong(un_.Take(Post(100, ReferenceTo(44)), End(100, 100))),
              HasSubstr("without the ACCEPT"));
}
TEST_F(GiverTest, PostsOnAnAnswerToItsOwnReserve) {
  EXPECT_THAT(un_.Deliver(Accept(100, ReferenceTo(77)), ReferenceTo(45)), IsOk());
  EXPECT_THAT(Wrong(un_.Take(Post(100, ReferenceTo(45)), End(100, 100))),
              HasSubstr("ACCEPT of something else"));
}
TEST_F(GiverTest, KeepsTheTerms) {
  TransferStep other = Post(80, accept_);
  other.set_terms_hash(std::string(Sha256("other terms").view()));
  EXPECT_THAT(Wrong(un_.Take(other, End(100, 80))), HasSubstr("other terms"));
}

TEST(Reserves, HoldWhatTheySayOnTermsTheyState) {
  Side un(kUn);
  EXPECT_THAT(Wrong(un.Take(Reserve(100, 50))), HasSubstr("do not hold"));
  Side less(kUn);
  EXPECT_THAT(Wrong(less.Take(Reserve(100, 50), Hold(99))), HasSubstr("do not hold"));
  Side none(kUn);
  EXPECT_THAT(Wrong(none.Take(Reserve(100, 101), Hold(100))), HasSubstr("no sensible quantity"));
  Side terms(kUn);
  TransferStep step = Reserve(100, 50);
  step.mutable_reserve()->set_terms("others");
  EXPECT_THAT(Wrong(terms.Take(step, Hold(100))), HasSubstr("another hash"));
  Side never(kUn);
  EXPECT_THAT(Wrong(never.Take(Post(80, ReferenceTo(1)))), HasSubstr("never reserved"));
}

// A receiver that was offered 100, 50 at least.
class ReceiverTest : public ::testing::Test {
 protected:
  ReceiverTest() { EXPECT_THAT(au_.Deliver(Reserve(100, 50), reserve_), IsOk()); }
  Side au_{kAu};
  const StepReference reserve_ = ReferenceTo(30);
};

TEST_F(ReceiverTest, AcceptsHoldsAndMirrors) {
  EXPECT_THAT(au_.Take(Accept(80, reserve_), Hold(80)), IsOk());
  EXPECT_THAT(au_.Deliver(Post(70, au_.last()), ReferenceTo(31)), IsOk());
  EXPECT_THAT(au_.Take(Mirror(70, ReferenceTo(31)), End(80, 70)), IsOk());
  EXPECT_EQ(au_.posted(), 1U);
}
TEST_F(ReceiverTest, AnswersTheReserveThatCame) {
  EXPECT_THAT(Wrong(au_.Take(Accept(80, ReferenceTo(29)), Hold(80))), HasSubstr("another RESERVE"));
}
TEST_F(ReceiverTest, AcceptsWhatWasOffered) {
  EXPECT_THAT(Wrong(au_.Take(Accept(101, reserve_), Hold(101))), HasSubstr("was not offered"));
}
TEST_F(ReceiverTest, HoldsWhatItAccepts) {
  EXPECT_THAT(Wrong(au_.Take(Accept(80, reserve_), Hold(81))), HasSubstr("do not hold"));
}
TEST_F(ReceiverTest, BooksNothingThatWasNotPosted) {
  EXPECT_THAT(au_.Take(Accept(80, reserve_), Hold(80)), IsOk());
  EXPECT_THAT(Wrong(au_.Take(Mirror(80, ReferenceTo(31)), End(80, 80))),
              HasSubstr("POST or VOID that was not delivered"));
}
TEST_F(ReceiverTest, BooksWhatWasPosted) {
  EXPECT_THAT(au_.Take(Accept(80, reserve_), Hold(80)), IsOk());
  EXPECT_THAT(au_.Deliver(Post(70, au_.last()), ReferenceTo(31)), IsOk());
  EXPECT_THAT(Wrong(au_.Take(Mirror(80, ReferenceTo(31)), End(80, 80))),
              HasSubstr("another quantity"));
}
TEST_F(ReceiverTest, BooksNoMoreThanItAccepted) {
  EXPECT_THAT(au_.Take(Accept(80, reserve_), Hold(80)), IsOk());
  EXPECT_THAT(au_.Deliver(Post(90, au_.last()), ReferenceTo(31)), IsOk());
  EXPECT_THAT(au_.Take(Mirror(80, ReferenceTo(31)), End(80, 80)), IsOk());
}
TEST_F(ReceiverTest, TakesStepsFromTheirAuthorOnly) {
  Side ecowas("ecowas.example/ch8/finance");
  EXPECT_THAT(Wrong(ecowas.Deliver(Reserve(100, 50), reserve_)), HasSubstr("neither side"));
}

}  // namespace
}  // namespace ch8::verify
