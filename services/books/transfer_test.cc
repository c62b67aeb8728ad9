#include "services/books/transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <utility>

#include "services/kernel/refusal.h"
#include "storage/base/hash.h"
#include "tests/support/status_matchers.h"

namespace ch8::books {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Record = v1::TransferRecord;
using Evidence = v1::TransferEvidence;

constexpr absl::string_view kGiver = "giver.example/ch8/finance";
constexpr absl::string_view kReceiver = "receiver.example/ch8/finance";
constexpr int64_t kSecond = 1'000'000;

ReserveParts Offer() {
  return {.transfer_id = "0123456789abcdef",
          .giver_origin = std::string(kGiver),
          .receiver_origin = std::string(kReceiver),
          .terms = "tents for the camp",
          .quantity = 100,
          .quantity_min = 40,
          .hold_duration_s = 60,
          .accounts = {.debit = 1, .credit = 2}};
}

// One side's record with the log it comes from.
class Party {
 public:
  Party(absl::string_view own, absl::string_view other) : own_(own), other_(other) {}

  // Logs an own step; returns it as the other side will see it.
  PlacedStep Log(const OwnStep& own) {
    steps_.push_back(own.step);
    const PlacedStep placed{steps_.back(), own_, Reference(own.step)};
    ApplyStep({placed, own_, time_us, own.postings}, record);
    return placed;
  }
  // Decides on a step of the other side and logs what follows.
  PeerDecision Take(const PlacedStep& placed) {
    PeerDecision decision = OnPeerStep(record.has_reserve() ? &record : nullptr, placed, own_);
    if (decision.log_peer_step) ApplyStep({placed, own_, time_us, {}}, record);
    for (const OwnStep& own : decision.own_steps) Log(own);
    return decision;
  }
  // A step of the other side that it would never have been allowed to log.
  PlacedStep Forged(const v1::TransferStep& step) {
    steps_.push_back(step);
    index_ += 1000;
    return {steps_.back(), other_, Reference(step)};
  }
  PlacedStep LastStep() { return {steps_.back(), own_, last_}; }

  Record record;
  int64_t time_us = 1000 * kSecond;

 private:
  v1::StepReference Reference(const v1::TransferStep& step) {
    last_.set_index(++index_);
    last_.set_leaf_hash(std::string(Sha256(step.SerializeAsString()).view()));
    return last_;
  }

  std::string own_;
  std::string other_;
  std::list<v1::TransferStep> steps_;
  v1::StepReference last_;
  uint64_t index_ = 100;
};

std::vector<Evidence::Kind> Kinds(const Record& record) {
  std::vector<Evidence::Kind> kinds;
  for (const Evidence& evidence : record.evidence()) kinds.push_back(evidence.kind());
  return kinds;
}

class TransferTest : public ::testing::Test {
 protected:
  PlacedStep Reserve() { return giver_.Log(*DecideReserve(Offer())); }
  void Reserved() { receiver_.Take(Reserve()); }
  PlacedStep Accept(uint64_t quantity) {
    return receiver_.Log(*DecideAccept(receiver_.record, quantity, {.debit = 7, .credit = 8}));
  }
  void Accepted(uint64_t quantity) {
    Reserved();
    giver_.Take(Accept(quantity));
  }
  PlacedStep Post(uint64_t quantity) { return giver_.Log(*DecidePost(giver_.record, quantity)); }
  PlacedStep Cancel() {
    return giver_.Log(*DecideVoid(giver_.record, {.reason = v1::Void::CANCELLED}));
  }
  // The giver's POST that never passed its own machine.
  PlacedStep ForgedPost(uint64_t quantity) {
    v1::TransferStep step = Common();
    step.mutable_post()->set_quantity(quantity);
    *step.mutable_post()->mutable_accept() = receiver_.record.answer().reference();
    return receiver_.Forged(step);
  }
  v1::TransferStep Common() const {
    const Record& known = giver_.record;
    v1::TransferStep step;
    step.set_transfer_id(known.transfer_id());
    step.set_giver_origin(known.giver_origin());
    step.set_receiver_origin(known.receiver_origin());
    step.set_terms_hash(known.terms_hash());
    return step;
  }

  Party giver_{kGiver, kReceiver};
  Party receiver_{kReceiver, kGiver};
};

TEST_F(TransferTest, PostedInPartItSettles) {
  const OwnStep reserve = *DecideReserve(Offer());
  EXPECT_EQ(reserve.postings[0].hold(), 100);
  EXPECT_EQ(reserve.postings[0].debit_account(), 1);
  receiver_.Take(giver_.Log(reserve));
  const OwnStep accept = *DecideAccept(receiver_.record, 80, {.debit = 7, .credit = 8});
  EXPECT_EQ(accept.postings[0].hold(), 80);
  EXPECT_THAT(giver_.Take(receiver_.Log(accept)).own_steps, IsEmpty());
  const OwnStep post = *DecidePost(giver_.record, 50);
  EXPECT_EQ(post.postings[0].amount(), 50);
  EXPECT_EQ(post.postings[0].release(), 100);
  const PeerDecision mirrored = receiver_.Take(giver_.Log(post));
  ASSERT_THAT(mirrored.own_steps, SizeIs(1));
  EXPECT_EQ(mirrored.own_steps[0].step.mirror().quantity(), 50);
  EXPECT_EQ(mirrored.own_steps[0].postings[0].amount(), 50);
  EXPECT_EQ(mirrored.own_steps[0].postings[0].release(), 80);
  EXPECT_EQ(mirrored.own_steps[0].postings[0].credit_account(), 8);
  const PeerDecision settled = giver_.Take(receiver_.LastStep());
  ASSERT_THAT(settled.own_steps, SizeIs(1));
  EXPECT_EQ(giver_.record.state(), Record::SETTLED);
  EXPECT_EQ(giver_.record.quantity_posted(), 50);
  EXPECT_EQ(receiver_.record.state(), Record::POSTED);
  EXPECT_EQ(receiver_.record.quantity_posted(), 50);
  EXPECT_THAT(Kinds(giver_.record), IsEmpty());
  EXPECT_THAT(Kinds(receiver_.record), IsEmpty());
}

TEST_F(TransferTest, ARejectIsVoidedAndSettlesWithoutMoney) {
  Reserved();
  const PlacedStep reject = receiver_.Log(*DecideReject(receiver_.record, v1::Reject::NOT_NEEDED));
  const PeerDecision voided = giver_.Take(reject);
  ASSERT_THAT(voided.own_steps, SizeIs(1));
  EXPECT_EQ(voided.own_steps[0].step.void_().reason(), v1::Void::REJECTED);
  EXPECT_EQ(voided.own_steps[0].postings[0].release(), 100);
  EXPECT_EQ(voided.own_steps[0].postings[0].amount(), 0);
  const PeerDecision mirrored = receiver_.Take(giver_.LastStep());
  ASSERT_THAT(mirrored.own_steps, SizeIs(1));
  EXPECT_THAT(mirrored.own_steps[0].postings, IsEmpty());
  giver_.Take(receiver_.LastStep());
  EXPECT_EQ(giver_.record.state(), Record::SETTLED);
  EXPECT_EQ(receiver_.record.state(), Record::VOIDED);
}

TEST_F(TransferTest, OwnActsAreRefusedInOrderOfPrecedence) {
  const auto reason = [](const auto& result) {
    return absl::IsInvalidArgument(result.status()) ? "INVALID" : kernel::ReasonOf(result.status());
  };
  ReserveParts bad = Offer();
  bad.quantity_min = 101;
  EXPECT_EQ(reason(DecideReserve(bad)), "INVALID");
  bad = Offer();
  bad.quantity_min = 0;
  EXPECT_EQ(reason(DecideReserve(bad)), "INVALID");
  bad = Offer();
  bad.quantity = uint64_t{1} << 63;
  EXPECT_EQ(reason(DecideReserve(bad)), "INVALID");
  bad = Offer();
  bad.transfer_id = "short";
  EXPECT_EQ(reason(DecideReserve(bad)), "INVALID");
  bad = Offer();
  bad.receiver_origin = bad.giver_origin;
  EXPECT_EQ(reason(DecideReserve(bad)), "INVALID");
  bad = Offer();
  bad.hold_duration_s = 0;
  EXPECT_EQ(reason(DecideReserve(bad)), "INVALID");
  Reserved();
  EXPECT_EQ(reason(DecideAccept(giver_.record, 1, {})), "WRONG_SIDE");
  EXPECT_EQ(reason(DecideAccept(receiver_.record, 39, {})), "INVALID");
  EXPECT_EQ(reason(DecideAccept(receiver_.record, 101, {})), "INVALID");
  EXPECT_EQ(reason(DecidePost(receiver_.record, 50)), "WRONG_SIDE");
  EXPECT_EQ(reason(DecidePost(giver_.record, 50)), "TRANSFER_STATE");
  EXPECT_EQ(reason(DecideReject(receiver_.record, v1::Reject::REASON_UNSPECIFIED)), "INVALID");
  EXPECT_EQ(reason(DecideVoid(receiver_.record, {})), "WRONG_SIDE");
  EXPECT_EQ(reason(DecideVoid(giver_.record, {})), "INVALID");
  EXPECT_EQ(reason(DecideVoid(giver_.record, {.reason = v1::Void::REJECTED})), "NOT_REJECTED");
  EXPECT_EQ(reason(DecideVoid(giver_.record,
                              {.reason = v1::Void::EXPIRED, .ledger_time_us = giver_.time_us})),
            "NOT_EXPIRED");
  giver_.Take(Accept(80));
  EXPECT_EQ(reason(DecideAccept(receiver_.record, 80, {})), "TRANSFER_STATE");
  EXPECT_EQ(reason(DecideReject(receiver_.record, v1::Reject::TERMS)), "TRANSFER_STATE");
  EXPECT_EQ(reason(DecidePost(giver_.record, 39)), "INVALID");
  EXPECT_EQ(reason(DecidePost(giver_.record, 81)), "INVALID");
  Post(80);
  EXPECT_EQ(reason(DecidePost(giver_.record, 80)), "TRANSFER_STATE");
  EXPECT_EQ(reason(DecideVoid(giver_.record, {.reason = v1::Void::CANCELLED})), "TRANSFER_STATE");
}

TEST_F(TransferTest, OnlyTheGiversTimeEndsAHold) {
  Reserved();
  const int64_t end = giver_.time_us + 60 * kSecond;
  EXPECT_FALSE(IsExpired(giver_.record, end - 1));
  EXPECT_TRUE(IsExpired(giver_.record, end));
  EXPECT_FALSE(IsExpired(receiver_.record, INT64_MAX));
  giver_.Take(Accept(80));
  EXPECT_TRUE(IsExpired(giver_.record, end));          // An ACCEPT does not stop the clock,
  EXPECT_THAT(DecidePost(giver_.record, 80), IsOk());  // but only a logged VOID ends the hold.
  giver_.Log(*DecideVoid(giver_.record, {.reason = v1::Void::EXPIRED, .ledger_time_us = end}));
  EXPECT_FALSE(IsExpired(giver_.record, end));
}

TEST_F(TransferTest, ALateAcceptMeetsAVoid) {
  Reserved();
  const PlacedStep accept = Accept(80);
  const PlacedStep voided = Cancel();
  const PeerDecision late = giver_.Take(accept);
  EXPECT_EQ(late.verdict, Verdict::kAccept);
  EXPECT_THAT(late.own_steps, IsEmpty());
  EXPECT_EQ(giver_.record.state(), Record::VOIDED);
  EXPECT_THAT(DecidePost(giver_.record, 80), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(HeldQuantity(receiver_.record), 80);
  const PeerDecision mirrored = receiver_.Take(voided);
  ASSERT_THAT(mirrored.own_steps, SizeIs(1));
  EXPECT_EQ(mirrored.own_steps[0].postings[0].release(), 80);
  EXPECT_EQ(HeldQuantity(receiver_.record), 0);
  EXPECT_THAT(Kinds(giver_.record), IsEmpty());
}

TEST_F(TransferTest, AVoidBeforeTheAnswerEndsIt) {
  Reserved();
  receiver_.Take(Cancel());
  EXPECT_EQ(receiver_.record.state(), Record::VOIDED);
  EXPECT_THAT(DecideAccept(receiver_.record, 80, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(TransferTest, DuplicatesChangeNothing) {
  const PlacedStep reserve = Reserve();
  receiver_.Take(reserve);
  const PlacedStep accept = Accept(80);
  giver_.Take(accept);
  const PlacedStep post = Post(80);
  receiver_.Take(post);
  const PlacedStep mirror = receiver_.LastStep();
  giver_.Take(mirror);
  for (const PlacedStep& again : {reserve, post}) {
    const PeerDecision decision = receiver_.Take(again);
    EXPECT_EQ(decision.verdict, Verdict::kAccept);
    EXPECT_FALSE(decision.log_peer_step);
    EXPECT_THAT(decision.own_steps, IsEmpty());
  }
  for (const PlacedStep& again : {accept, mirror}) {
    const PeerDecision decision = giver_.Take(again);
    EXPECT_EQ(decision.verdict, Verdict::kAccept);
    EXPECT_FALSE(decision.log_peer_step);
    EXPECT_THAT(decision.own_steps, IsEmpty());
  }
}

TEST_F(TransferTest, WhatIsWrongByItsBytesIsRefused) {
  const PlacedStep good = Reserve();
  const auto refusal = [&](const auto& spoil) {
    v1::TransferStep step = good.step;
    spoil(step);
    return OnPeerStep(nullptr, receiver_.Forged(step), kReceiver).reason;
  };
  using Step = v1::TransferStep;
  EXPECT_EQ(refusal([](Step&) {}), "");
  EXPECT_EQ(refusal([](Step& s) { s.set_transfer_id("x"); }), "MALFORMED");
  EXPECT_EQ(refusal([](Step& s) { s.set_transfer_id(std::string(16, '\0')); }), "MALFORMED");
  EXPECT_EQ(refusal([](Step& s) { s.clear_terms_hash(); }), "MALFORMED");
  EXPECT_EQ(refusal([](Step& s) { s.clear_step(); }), "MALFORMED");
  EXPECT_EQ(refusal([](Step& s) { s.set_receiver_origin("third.example/x"); }), "WRONG_AUTHOR");
  EXPECT_EQ(refusal([](Step& s) { s.set_giver_origin("third.example/x"); }), "WRONG_AUTHOR");
  EXPECT_EQ(refusal([](Step& s) { s.mutable_accept(); }), "WRONG_AUTHOR");
  EXPECT_EQ(refusal([](Step& s) { s.mutable_reserve()->set_terms("other"); }), "TERMS_HASH");
  EXPECT_EQ(refusal([](Step& s) { s.mutable_reserve()->set_quantity(39); }), "BAD_QUANTITY");
  EXPECT_EQ(refusal([](Step& s) { s.mutable_reserve()->clear_hold_duration(); }), "BAD_QUANTITY");
  EXPECT_EQ(OnPeerStep(nullptr, good, kGiver).reason, "WRONG_AUTHOR");
}

TEST_F(TransferTest, ATerminalStepWaitsForItsReserve) {
  Reserve();
  const PeerDecision decision = receiver_.Take(Cancel());
  EXPECT_EQ(decision.verdict, Verdict::kDefer);
  EXPECT_EQ(decision.reason, "NEEDS_RESERVE");
  EXPECT_FALSE(decision.log_peer_step);
}

TEST_F(TransferTest, AnAnswerToNothingIsRefused) {
  Reserved();
  const PlacedStep accept = Accept(80);
  EXPECT_EQ(OnPeerStep(nullptr, accept, kGiver).reason, "UNKNOWN_TRANSFER");
}

TEST_F(TransferTest, TheSameKeyWithOtherTermsIsRefusedAndKept) {
  Reserved();
  v1::TransferStep other = Common();
  other.mutable_reserve()->set_terms("other terms");
  other.set_terms_hash(std::string(Sha256("other terms").view()));
  other.mutable_reserve()->set_quantity(5);
  other.mutable_reserve()->set_quantity_min(5);
  other.mutable_reserve()->mutable_hold_duration()->set_seconds(5);
  const PeerDecision decision = receiver_.Take(receiver_.Forged(other));
  EXPECT_EQ(decision.verdict, Verdict::kRefuse);
  EXPECT_EQ(decision.reason, "OTHER_TERMS");
  EXPECT_TRUE(decision.log_peer_step);
  EXPECT_THAT(Kinds(receiver_.record), ElementsAre(Evidence::OTHER_TERMS));
  EXPECT_EQ(receiver_.record.quantity(), 100);
}

TEST_F(TransferTest, ASecondReserveOfTheSameTermsIsKept) {
  const PlacedStep reserve = Reserve();
  receiver_.Take(reserve);
  EXPECT_EQ(receiver_.Take(receiver_.Forged(reserve.step)).reason, "SECOND_RESERVE");
  EXPECT_THAT(Kinds(receiver_.record), ElementsAre(Evidence::SECOND_RESERVE));
}

TEST_F(TransferTest, TheGiverTakesOnlyAnAcceptOfItsOwnOffer) {
  Reserved();
  v1::TransferStep step = Accept(80).step;
  step.mutable_accept()->set_quantity(101);
  EXPECT_EQ(giver_.Take(giver_.Forged(step)).reason, "WRONG_ANSWER");
  step.mutable_accept()->set_quantity(39);
  EXPECT_EQ(giver_.Take(giver_.Forged(step)).reason, "WRONG_ANSWER");
  step.mutable_accept()->set_quantity(80);
  step.mutable_accept()->mutable_reserve()->set_index(9);
  EXPECT_EQ(giver_.Take(giver_.Forged(step)).reason, "WRONG_ANSWER");
  step = Common();
  step.set_terms_hash(std::string(Sha256("other").view()));
  step.mutable_accept()->set_quantity(80);
  EXPECT_EQ(giver_.Take(giver_.Forged(step)).reason, "OTHER_TERMS");
  EXPECT_EQ(giver_.record.state(), Record::RESERVED);
  EXPECT_THAT(DecidePost(giver_.record, 80), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(TransferTest, AcceptAndRejectOfOneTransferIsEvidence) {
  Accepted(80);
  v1::TransferStep reject = Common();
  reject.mutable_reject()->set_reason(v1::Reject::TERMS);
  *reject.mutable_reject()->mutable_reserve() = giver_.record.reserve().reference();
  const PeerDecision decision = giver_.Take(giver_.Forged(reject));
  EXPECT_EQ(decision.reason, "SECOND_ANSWER");
  EXPECT_THAT(decision.own_steps, IsEmpty());
  EXPECT_EQ(giver_.record.state(), Record::ACCEPTED);
}

TEST_F(TransferTest, APostBeyondItsAcceptIsMirroredUpToIt) {
  Accepted(80);
  const PeerDecision decision = receiver_.Take(ForgedPost(95));
  EXPECT_EQ(decision.verdict, Verdict::kAccept);
  ASSERT_THAT(decision.own_steps, SizeIs(1));
  EXPECT_EQ(decision.own_steps[0].step.mirror().quantity(), 80);
  EXPECT_THAT(Kinds(receiver_.record), ElementsAre(Evidence::POST_OUTSIDE_ACCEPT));
  EXPECT_EQ(receiver_.record.evidence(0).quantity_excess(), 15);
  EXPECT_EQ(receiver_.record.state(), Record::POSTED);
}

TEST_F(TransferTest, APostBelowTheLeastOrOfAnotherAcceptIsMirroredWithEvidence) {
  Accepted(80);
  PlacedStep post = ForgedPost(39);
  v1::TransferStep step = post.step;
  step.mutable_post()->mutable_accept()->set_index(1);
  step.set_terms_hash(std::string(Sha256("other").view()));
  const PeerDecision decision = receiver_.Take(receiver_.Forged(step));
  ASSERT_THAT(decision.own_steps, SizeIs(1));
  EXPECT_EQ(decision.own_steps[0].step.mirror().quantity(), 39);
  EXPECT_THAT(Kinds(receiver_.record),
              ElementsAre(Evidence::OTHER_TERMS, Evidence::POST_OUTSIDE_ACCEPT,
                          Evidence::POST_OF_OTHER_ACCEPT));
}

TEST_F(TransferTest, APostWithoutOurAcceptIsEvidenceOnly) {
  Reserved();
  const PeerDecision decision = receiver_.Take(ForgedPost(80));
  EXPECT_EQ(decision.verdict, Verdict::kAccept);
  EXPECT_THAT(decision.own_steps, IsEmpty());
  EXPECT_THAT(Kinds(receiver_.record), ElementsAre(Evidence::POST_WITHOUT_ACCEPT));
  EXPECT_EQ(kernel::ReasonOf(DecideAccept(receiver_.record, 80, {}).status()), "TERMINAL_KNOWN");
}

TEST_F(TransferTest, PostAndVoidOfOneTransferIsEvidence) {
  Accepted(80);
  receiver_.Take(Post(60));
  v1::TransferStep voided = Common();
  voided.mutable_void_()->set_reason(v1::Void::CANCELLED);
  const PeerDecision decision = receiver_.Take(receiver_.Forged(voided));
  EXPECT_EQ(decision.verdict, Verdict::kAccept);
  EXPECT_TRUE(decision.log_peer_step);
  EXPECT_THAT(decision.own_steps, IsEmpty());
  EXPECT_THAT(Kinds(receiver_.record), ElementsAre(Evidence::SECOND_TERMINAL));
  EXPECT_EQ(receiver_.record.quantity_posted(), 60);
}

TEST_F(TransferTest, AMirrorOfAnotherQuantityDoesNotSettle) {
  Accepted(80);
  receiver_.Take(Post(60));
  v1::TransferStep mirror = receiver_.LastStep().step;
  mirror.mutable_mirror()->set_quantity(59);
  const PeerDecision decision = giver_.Take(giver_.Forged(mirror));
  EXPECT_EQ(decision.reason, "WRONG_MIRROR");
  EXPECT_EQ(giver_.record.state(), Record::POSTED);
  EXPECT_THAT(Kinds(giver_.record), ElementsAre(Evidence::WRONG_MIRROR));
}

TEST_F(TransferTest, EvidenceIsBoundedAndNotRepeated) {
  Reserved();
  v1::TransferStep step = Accept(80).step;
  step.mutable_accept()->set_quantity(101);
  const PlacedStep wrong = giver_.Forged(step);
  EXPECT_TRUE(giver_.Take(wrong).log_peer_step);
  const PeerDecision again = giver_.Take(wrong);
  EXPECT_EQ(again.reason, "WRONG_ANSWER");
  EXPECT_FALSE(again.log_peer_step);
  for (int i = 0; i < 100; ++i) giver_.Take(giver_.Forged(step));
  EXPECT_EQ(giver_.record.evidence_size(), 32);
}

TEST_F(TransferTest, EveryStepHasATagOfItsOwnInItsAuthorsLog) {
  Accepted(80);
  const PlacedStep post = Post(60);
  receiver_.Take(post);
  const PlacedStep mirror = receiver_.LastStep();
  giver_.Take(mirror);
  const v1::TransferStep reserve = DecideReserve(Offer())->step;
  TransferId id{};
  std::copy(reserve.transfer_id().begin(), reserve.transfer_id().end(), id.begin());
  EXPECT_EQ(TagFor(reserve), TransferTag(id, kGiver, kGiver, TransferStep::kReserve));
  EXPECT_EQ(TagFor(post.step), TransferTag(id, kGiver, kGiver, TransferStep::kTerminal));
  EXPECT_EQ(TagFor(mirror.step), TransferTag(id, kGiver, kReceiver, TransferStep::kMirror));
  v1::TransferStep step = Common();
  step.mutable_void_();
  EXPECT_EQ(TagFor(step), TagFor(post.step));
  step.mutable_accept();
  const auto answer = TagFor(step);
  EXPECT_EQ(answer, TransferTag(id, kGiver, kReceiver, TransferStep::kAnswer));
  step.mutable_reject();
  EXPECT_EQ(TagFor(step), answer);
  step.clear_step();
  EXPECT_FALSE(TagFor(step).has_value());
}

}  // namespace
}  // namespace ch8::books
