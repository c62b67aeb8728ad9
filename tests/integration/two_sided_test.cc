// Two real nodes and the whole path of an offer, asserted on what both ledgers answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "tests/support/node_two.h"
#include "tests/support/node_wait.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

using chapter8::finance::v1::Offer;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kReceived = 100'000'000;  // USD 1,000,000.00

std::vector<std::string> StepsOf(const Offer& offer) {
  std::vector<std::string> steps;
  for (const chapter8::books::v1::StepPlace& step : offer.steps()) steps.push_back(step.step());
  return steps;
}

// One pair of nodes for all tests of this file; each brings its own request and offers.
class TwoSidedTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { nodes_ = new TwoNodes({.received_minor = kReceived}); }
  static void TearDownTestSuite() {
    delete nodes_;
    nodes_ = nullptr;
  }

  // Both halves, once the giver's has reached `giver` and the receiver's `receiver`.
  struct Halves {
    Offer giver;
    Offer receiver;
  };
  static Halves AwaitHalves(const std::string& offer, Offer::State giver, Offer::State receiver) {
    EXPECT_TRUE(TwoNodes::Await(nodes_->un(), offer, giver)) << Offer::State_Name(giver);
    EXPECT_TRUE(TwoNodes::Await(nodes_->au(), offer, receiver)) << Offer::State_Name(receiver);
    return {TwoNodes::Read(nodes_->un(), offer).value_or(Offer()),
            TwoNodes::Read(nodes_->au(), offer).value_or(Offer())};
  }

  // What the ledgers say of money, so that a test can see what it moved.
  struct Sums {
    int64_t available, held, given, received, receivable;
  };
  static Sums Now() {
    const auto fund = nodes_->Fund();
    const auto line = nodes_->BudgetLine();
    return {fund.available_minor(), fund.held_minor(), fund.given_minor(), line.received_minor(),
            line.receivable_minor()};
  }
  // Giver and receiver agree, and nothing came from nowhere.
  static void ExpectBalanced() {
    const Sums now = Now();
    EXPECT_EQ(now.given, now.received);
    EXPECT_EQ(now.available + now.held + now.given, kReceived);
  }

  static TwoNodes* nodes_;
};
TwoNodes* TwoSidedTest::nodes_ = nullptr;

TEST_F(TwoSidedTest, AcceptedMoneyIsPostedAndSettledInBothLedgers) {
  const std::string request = nodes_->MakeRequest(200'000'00);
  const Sums before = Now();
  const absl::StatusOr<Offer> draft = nodes_->MakeOffer(request, {.amount_minor = 150'000'00});
  ASSERT_THAT(draft, IsOk());
  EXPECT_EQ(draft->state(), Offer::DRAFT);
  EXPECT_EQ(Now().held, before.held + 150'000'00);
  ASSERT_THAT(nodes_->Approve(draft->name()), IsOk());
  ASSERT_TRUE(TwoNodes::Await(nodes_->au(), draft->name(), Offer::RESERVED));
  ASSERT_THAT(nodes_->Accept(draft->name()), IsOk());
  const Halves halves = AwaitHalves(draft->name(), Offer::SETTLED, Offer::POSTED);
  EXPECT_THAT(StepsOf(halves.giver), ElementsAre("RESERVE", "ACCEPT", "POST", "MIRROR", "SETTLED"));
  EXPECT_THAT(StepsOf(halves.receiver), ElementsAre("RESERVE", "ACCEPT", "POST", "MIRROR"));
  EXPECT_THAT(Differences(halves.giver, halves.receiver), IsEmpty());
  EXPECT_EQ(halves.giver.posted_minor(), 150'000'00);
  EXPECT_EQ(halves.receiver.posted_minor(), 150'000'00);
  const Sums after = Now();
  EXPECT_EQ(after.given, before.given + 150'000'00);
  EXPECT_EQ(after.received, before.received + 150'000'00);
  EXPECT_EQ(after.held, before.held);
  ExpectBalanced();
}

TEST_F(TwoSidedTest, RejectedMoneyIsFreeAgain) {
  const std::string request = nodes_->MakeRequest(50'000'00);
  const Sums before = Now();
  const std::string offer = nodes_->Reserve(request, {.amount_minor = 10'000'00});
  ASSERT_TRUE(TwoNodes::Await(nodes_->au(), offer, Offer::RESERVED));
  ASSERT_THAT(nodes_->Reject(offer), IsOk());
  const Halves halves = AwaitHalves(offer, Offer::REJECTED, Offer::REJECTED);
  EXPECT_TRUE(WaitUntil([&] { return Now().held == before.held; }));
  EXPECT_EQ(halves.giver.end_reason(), "TERMS");
  EXPECT_EQ(halves.receiver.end_reason(), "TERMS");
  EXPECT_EQ(Now().available, before.available);
  ExpectBalanced();
}

TEST_F(TwoSidedTest, AHoldEndsByTheGiversLoggedVoid) {
  const std::string request = nodes_->MakeRequest(50'000'00);
  const Sums before = Now();
  const std::string offer =
      nodes_->Reserve(request, {.amount_minor = 10'000'00, .hold = absl::Seconds(1)});
  const Halves halves = AwaitHalves(offer, Offer::EXPIRED, Offer::EXPIRED);
  EXPECT_TRUE(WaitUntil([&] {
    return StepsOf(TwoNodes::Read(nodes_->un(), offer).value_or(Offer())) ==
           std::vector<std::string>{"RESERVE", "VOID", "MIRROR", "SETTLED"};
  })) << ::testing::PrintToString(StepsOf(halves.giver));
  EXPECT_THAT(StepsOf(halves.receiver), ElementsAre("RESERVE", "VOID", "MIRROR"));
  EXPECT_EQ(ReasonOf(nodes_->Accept(offer).status()), "NOT_RESERVED");
  EXPECT_EQ(Now().available, before.available);
  ExpectBalanced();
}

TEST_F(TwoSidedTest, ACancelledOfferCannotBeAccepted) {
  const std::string request = nodes_->MakeRequest(50'000'00);
  const Sums before = Now();
  const std::string offer = nodes_->Reserve(request, {.amount_minor = 10'000'00});
  ASSERT_TRUE(TwoNodes::Await(nodes_->au(), offer, Offer::RESERVED));
  ASSERT_THAT(nodes_->Cancel(offer), IsOk());
  AwaitHalves(offer, Offer::CANCELLED, Offer::CANCELLED);
  EXPECT_EQ(ReasonOf(nodes_->Accept(offer).status()), "NOT_RESERVED");
  EXPECT_EQ(ReasonOf(nodes_->Cancel(offer).status()), "NOT_CANCELLABLE");
  EXPECT_EQ(Now().available, before.available);
  ExpectBalanced();
}

TEST_F(TwoSidedTest, PartOfAnOfferMayBeAcceptedDownToItsLeast) {
  const std::string request = nodes_->MakeRequest(50'000'00);
  const Sums before = Now();
  const std::string offer =
      nodes_->Reserve(request, {.amount_minor = 10'000'00, .amount_min_minor = 4'000'00});
  ASSERT_TRUE(TwoNodes::Await(nodes_->au(), offer, Offer::RESERVED));
  EXPECT_EQ(ReasonOf(nodes_->Accept(offer, 4'000'00 - 1).status()), "BAD_AMOUNT");
  EXPECT_EQ(ReasonOf(nodes_->Accept(offer, 10'000'00 + 1).status()), "BAD_AMOUNT");
  ASSERT_THAT(nodes_->Accept(offer, 4'000'00), IsOk());
  const Halves halves = AwaitHalves(offer, Offer::SETTLED, Offer::POSTED);
  EXPECT_EQ(halves.giver.posted_minor(), 4'000'00);
  EXPECT_EQ(halves.receiver.posted_minor(), 4'000'00);
  EXPECT_THAT(Differences(halves.giver, halves.receiver), IsEmpty());
  const Sums after = Now();
  EXPECT_EQ(after.given, before.given + 4'000'00);
  EXPECT_EQ(after.available, before.available - 4'000'00);
  EXPECT_EQ(after.held, before.held);
  ExpectBalanced();
}

TEST_F(TwoSidedTest, NobodyApprovesHisOwnOfferAndNobodyActsTwice) {
  const std::string request = nodes_->MakeRequest(50'000'00);
  const std::string offer = nodes_->Reserve(request, {.amount_minor = 1'000'00});
  EXPECT_EQ(ReasonOf(nodes_->Approve(offer).status()), "NOT_DRAFT");
  ASSERT_TRUE(TwoNodes::Await(nodes_->au(), offer, Offer::RESERVED));
  ASSERT_THAT(nodes_->Accept(offer), IsOk());
  EXPECT_EQ(ReasonOf(nodes_->Accept(offer).status()), "NOT_RESERVED");
  EXPECT_EQ(ReasonOf(nodes_->Reject(offer).status()), "NOT_RESERVED");
  AwaitHalves(offer, Offer::SETTLED, Offer::POSTED);
  ExpectBalanced();
}

// 50 callers accept one offer, each by a request of his own: one of them does.
TEST_F(TwoSidedTest, FiftyCallersAcceptAnOfferOnce) {
  constexpr int kCallers = 50;
  const std::string request = nodes_->MakeRequest(50'000'00);
  const Sums before = Now();
  const std::string offer = nodes_->Reserve(request, {.amount_minor = 1'000'00});
  ASSERT_TRUE(TwoNodes::Await(nodes_->au(), offer, Offer::RESERVED));
  std::atomic<int> accepted{0};
  std::atomic<int> too_late{0};
  std::vector<std::unique_ptr<OfficerClient>> clients;
  for (int i = 0; i < kCallers; ++i) clients.push_back(nodes_->au().NewClient("accepter"));
  std::vector<std::thread> callers;
  for (const auto& client : clients) {
    callers.emplace_back([&] {
      chapter8::finance::v1::AcceptOfferRequest accept;
      accept.set_name(offer);
      accept.set_request_id(client::NewRequestId());
      const auto reply = client->Call<Offer>("finance.v1.OfferService.AcceptOffer", accept);
      if (reply.ok()) ++accepted;
      if (ReasonOf(reply.status()) == "NOT_RESERVED") ++too_late;
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(too_late, kCallers - 1);
  const Halves halves = AwaitHalves(offer, Offer::SETTLED, Offer::POSTED);
  EXPECT_THAT(Differences(halves.giver, halves.receiver), IsEmpty());
  EXPECT_EQ(Now().received, before.received + 1'000'00);
  ExpectBalanced();
}

// 50 callers want 50 equal parts of a fund that has money for 20 of them.
TEST_F(TwoSidedTest, FiftyCallersGetExactlyWhatIsThere) {
  constexpr int kCallers = 50;
  constexpr int kGranted = 20;
  const std::string request = nodes_->MakeRequest(kReceived);
  const Sums before = Now();
  const int64_t part = before.available / kGranted;
  std::atomic<int> granted{0};
  std::map<std::string, int> refusals;
  std::mutex mutex;
  std::vector<std::unique_ptr<OfficerClient>> clients;
  for (int i = 0; i < kCallers; ++i) clients.push_back(nodes_->un().NewClient("funds"));
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] {
      chapter8::finance::v1::MakeOfferRequest make;
      make.mutable_resource()->set_request(request);
      make.mutable_resource()->set_fund(kFund);
      make.mutable_resource()->mutable_amount()->set_currency_code("USD");
      make.mutable_resource()->mutable_amount()->set_amount_minor(part);
      make.mutable_resource()->mutable_hold_duration()->set_seconds(3600);
      make.set_request_id(client::NewRequestId());
      const auto made = clients[i]->Call<Offer>("finance.v1.OfferService.MakeOffer", make);
      if (made.ok()) {
        ++granted;
        return;
      }
      std::lock_guard<std::mutex> lock(mutex);
      ++refusals[ReasonOf(made.status())];
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(granted, kGranted);
  EXPECT_EQ(refusals["INSUFFICIENT"], kCallers - kGranted);
  EXPECT_EQ(Now().available, before.available - part * kGranted);
  EXPECT_EQ(Now().held, before.held + part * kGranted);
  ExpectBalanced();
}

}  // namespace
}  // namespace ch8::testing
