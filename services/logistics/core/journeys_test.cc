#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/kernel/refusal.h"
#include "services/logistics/core/test_scenario.h"
#include "tests/support/status_matchers.h"

namespace ch8::logistics {
namespace {

using ::ch8::testing::IsOk;
using ::testing::ElementsAre;
using v1::Consignment;
using v1::Discrepancy;
using v1::MaterielRequest;
using v1::SupplyOffer;

std::vector<std::string> StepsOf(const SupplyOffer& offer) {
  std::vector<std::string> steps;
  for (const auto& step : offer.steps()) steps.push_back(step.step());
  return steps;
}

// Acceptance story 6: the truck arrives short, and the discrepancy opens itself.
TEST(JourneysTest, TheTentsOfTheFirstTenMinutes) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 200);
  const std::string request = scenario.Request(120);
  EXPECT_EQ(request, "requests/LRQ-AU-26-0001");
  const std::string offer = scenario.Offer({.request = request, .quantity = 120});
  EXPECT_EQ(offer, "offers/LOF-UN-26-0001");
  EXPECT_EQ(scenario.au.PullFrom(scenario.un), 0);  // Nobody is told of a draft.
  EXPECT_EQ(scenario.OfferAt(scenario.un, offer).value().amount_minor(), 120 * 98'000);
  ASSERT_THAT(scenario.Approve(offer), IsOk());
  scenario.Settle();
  ASSERT_THAT(scenario.Accept(scenario.au, offer), IsOk());
  scenario.Settle();
  EXPECT_EQ(scenario.OfferAt(scenario.un, offer).state(), SupplyOffer::ACCEPTED);  // No POST yet.
  EXPECT_EQ(Goods(scenario.un, "tent-10p").staged, 120);
  EXPECT_EQ(scenario.RequestAt(scenario.un, request).state(), MaterielRequest::MET);

  ASSERT_THAT(scenario.Dispatch(scenario.un, offer, "WB-7781"), IsOk());
  EXPECT_EQ(Goods(scenario.un, "tent-10p").in_transit, 120);
  scenario.Settle();
  EXPECT_EQ(Goods(scenario.au, "tent-10p").in_lots, 0);  // A memorandum is no stock.
  EXPECT_EQ(Goods(scenario.au, "tent-10p").expected, 120);
  EXPECT_EQ(scenario.StatusAt(scenario.un, "kemba", "tent-10p").in_transit_from(), 120);
  EXPECT_EQ(scenario.StatusAt(scenario.au, "sokmu", "tent-10p").in_transit_to(), 120);

  const auto receipt = scenario.Receive(scenario.au, "consignments/un/WB-7781",
                                        {.good = 114, .damaged = 2, .short_of = 4});
  ASSERT_THAT(receipt, IsOk());
  EXPECT_EQ(receipt->name(), "receipts/RCP-AU-26-0001");
  EXPECT_EQ(receipt->discrepancy(), "discrepancies/DSC-AU-26-0001");
  scenario.Settle();

  const GoodsOf given = Goods(scenario.un, "tent-10p");
  EXPECT_EQ(given.in_lots, 80);
  EXPECT_EQ(given.in_transit, 0);
  EXPECT_EQ(given.issued, 116);
  EXPECT_EQ(given.claimed, 4);
  const GoodsOf received = Goods(scenario.au, "tent-10p");
  EXPECT_EQ(received.in_lots, 116);
  EXPECT_EQ(received.received, 116);
  EXPECT_EQ(received.expected, 0);
  EXPECT_EQ(scenario.StatusAt(scenario.au, "sokmu", "tent-10p").on_hand(), 114);
  EXPECT_EQ(scenario.StatusAt(scenario.au, "sokmu", "tent-10p").unfit(), 2);
  EXPECT_EQ(scenario.StatusAt(scenario.au, "sokmu", "tent-10p").on_order(), 6);

  const Discrepancy discrepancy = scenario.DiscrepancyAt(scenario.un, receipt->discrepancy());
  EXPECT_EQ(discrepancy.value().amount_minor(), 588'000);  // USD 5,880.00, as on the screen.
  EXPECT_EQ(discrepancy.owner(), "organizations/un");
  EXPECT_EQ(discrepancy.answer_due().month(), 3);
  EXPECT_EQ(discrepancy.answer_due().day(), 16);
  EXPECT_EQ(discrepancy.counted_by(), 0u);
  for (TestLedger* ledger : {&scenario.un, &scenario.au}) {
    EXPECT_EQ(scenario.OfferAt(*ledger, offer).state(), SupplyOffer::RECEIVED);
    EXPECT_EQ(scenario.ConsignmentAt(*ledger, "consignments/un/WB-7781").custodian(),
              "organizations/au");
    const MaterielRequest asked = scenario.RequestAt(*ledger, request);
    EXPECT_EQ(asked.state(), MaterielRequest::OPEN);  // Six are still lacking.
    EXPECT_EQ(asked.lines(0).received(), 114);
  }
  EXPECT_THAT(StepsOf(scenario.OfferAt(scenario.un, offer)),
              ElementsAre("RESERVE", "ACCEPT", "POST", "MIRROR", "SETTLED"));
  EXPECT_TRUE(scenario.Replays());
}

TEST(JourneysTest, FirstExpiredFirstOutAndNeverExpired) {
  Scenario scenario;
  const auto expiring = [](int month, int day) {
    return absl::StrCat("expires_on { year: 2026 month: ", month, " day: ", day,
                        " } lot_number: \"L", month, "-", day, "\"");
  };
  scenario.Stock(scenario.un, "ration", 50, expiring(9, 1));
  scenario.Stock(scenario.un, "ration", 30, expiring(3, 2));  // Today: may still be given.
  scenario.Stock(scenario.un, "ration", 40, expiring(3, 1));  // Yesterday.
  const std::string request = scenario.Request(100, "ration");
  const std::string offer = scenario.Offer({.request = request, .quantity = 60, .item = "ration"});
  const SupplyOffer made = scenario.OfferAt(scenario.un, offer);
  ASSERT_EQ(made.picks_size(), 2);
  EXPECT_EQ(made.picks(0).lot_number(), "L3-2");
  EXPECT_EQ(made.picks(0).quantity(), 30);
  EXPECT_EQ(made.picks(0).why(), "no. 1: expires 2026-03-02, the first to expire");
  EXPECT_EQ(made.picks(1).lot_number(), "L9-1");
  EXPECT_EQ(made.picks(1).quantity(), 30);

  const auto refused = scenario.TryOffer({.request = request, .quantity = 40, .item = "ration"});
  EXPECT_EQ(ReasonOr(refused), "EXPIRED_STOCK");
  const auto info = kernel::ErrorInfoOf(refused.status());
  EXPECT_EQ(info.metadata().at("rule"), "L-13");
  EXPECT_EQ(info.metadata().at("available"), "20");
  EXPECT_EQ(info.metadata().at("expired"), "40");
  EXPECT_EQ(info.metadata().at("instead"), "ch8 stock find ration --for LRQ-AU-26-0001");

  ASSERT_THAT(scenario.Approve(offer), IsOk());
  scenario.Settle();
  EXPECT_EQ(scenario.OfferAt(scenario.au, offer).picks(0).lot_number(), "L3-2");
  ASSERT_THAT(scenario.Accept(scenario.au, offer), IsOk());
  scenario.Settle();
  scenario.un.Advance(absl::Hours(24));  // Held goods expire too.
  EXPECT_EQ(ReasonOr(scenario.Dispatch(scenario.un, offer, "WB-1")), "EXPIRED_STOCK");
  ASSERT_THAT(scenario.Cancel(offer), IsOk());
  scenario.Settle();
  EXPECT_EQ(scenario.OfferAt(scenario.au, offer).state(), SupplyOffer::CANCELLED);
  EXPECT_EQ(Goods(scenario.un, "ration").in_lots, 120);
  EXPECT_TRUE(scenario.Replays());
}

TEST(JourneysTest, ExpiredGoodsCanBePutApart) {
  Scenario scenario;
  const std::string lot =
      scenario.Stock(scenario.un, "ration", 40, "expires_on { year: 2026 month: 3 day: 1 }");
  v1::QuarantineStockRequest request;
  request.set_name(lot);
  request.set_quantity(15);
  request.set_reason("expired");
  const auto apart = scenario.un.Call<v1::Lot>("receiver", "StockService/QuarantineStock", request);
  ASSERT_THAT(apart, IsOk());
  EXPECT_TRUE(apart->quarantined());
  EXPECT_EQ(apart->on_hand(), 15);
  EXPECT_EQ(scenario.LotsOf(scenario.un)[0].on_hand(), 25);
  EXPECT_EQ(Goods(scenario.un, "ration").in_lots, 40);
  request.set_quantity(26);
  EXPECT_EQ(
      ReasonOr(scenario.un.Call<v1::Lot>("receiver", "StockService/QuarantineStock", request)),
      "INSUFFICIENT");
}

TEST(JourneysTest, EarmarkedGoodsGoToTheirOperationOnly) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10, "operation: \"operations/minusca\"");
  const std::string request = scenario.Request(20);
  EXPECT_EQ(ReasonOr(scenario.TryOffer({.request = request, .quantity = 5})), "EARMARK");
  scenario.Stock(scenario.un, "tent-10p", 5, "operation: \"operations/aussom\"");
  EXPECT_EQ(ReasonOr(scenario.TryOffer({.request = request, .quantity = 5})), "OK");
  EXPECT_EQ(ReasonOr(scenario.TryOffer({.request = request, .quantity = 11})), "INSUFFICIENT");
}

TEST(JourneysTest, GoodsGivenForAnOperationAreNotPassedOnForAnother) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string consignment =
      scenario.Dispatched({.request = scenario.Request(10), .quantity = 10}, "WB-1");
  ASSERT_THAT(scenario.Receive(scenario.au, consignment, {.good = 8, .damaged = 2}), IsOk());
  for (const v1::Lot& lot : scenario.LotsOf(scenario.au)) {
    EXPECT_EQ(lot.operation(), "operations/aussom") << lot.ShortDebugString();
  }
  const auto asked = [&](absl::string_view operation) {
    const auto request = scenario.un.Call<MaterielRequest>(
        "requester", "RequestService/MakeRequest",
        Parsed<v1::MakeRequestRequest>(absl::StrCat(
            "resource { addressee: \"organizations/au\" operation: \"operations/", operation,
            "\" destination: \"organizations/un/depots/kemba\" "
            "needed_by { year: 2026 month: 3 day: 21 } "
            "lines { item: \"items/tent-10p\" quantity: 8 } }")));
    scenario.Settle();
    return request.value().name();
  };
  const auto offered = [&](const std::string& request) {
    return scenario.au.Call<SupplyOffer>(
        "supply", "OfferService/MakeOffer",
        Parsed<v1::MakeOfferRequest>(absl::StrCat(
            "resource { request: \"", request, "\" item: \"items/tent-10p\" quantity: 8 ",
            "depot: \"organizations/au/depots/sokmu\" hold_duration { seconds: 3600 } }")));
  };
  EXPECT_EQ(ReasonOr(offered(asked("minusca"))), "EARMARK");
  EXPECT_EQ(ReasonOr(offered(asked("aussom"))), "OK");
}

TEST(JourneysTest, WhatComesBackKeepsTheEarmarkItLeftWith) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10,
                 "operation: \"operations/aussom\" owner: \"KEN contingent\" "
                 "lot_number: \"T-1\" non_lethal_only: true");
  const std::string consignment =
      scenario.Dispatched({.request = scenario.Request(10), .quantity = 10}, "WB-1");
  ASSERT_THAT(scenario.Receive(scenario.au, consignment, {.good = 10}), IsOk());
  scenario.Settle();
  const auto back =
      scenario.Return(scenario.ConsignmentAt(scenario.un, consignment).offer(), 3).value();
  ASSERT_THAT(scenario.Approve(scenario.au, back.name()), IsOk());
  scenario.Settle();
  ASSERT_THAT(scenario.Accept(scenario.un, back.name()), IsOk());
  scenario.Settle();
  ASSERT_THAT(scenario.Dispatch(scenario.au, back.name(), "WB-R1"), IsOk());
  scenario.Settle();
  ASSERT_THAT(scenario.Receive(scenario.un, "consignments/au/WB-R1", {.good = 3}), IsOk());
  const std::vector<v1::Lot> lots = scenario.LotsOf(scenario.un);
  ASSERT_EQ(lots.size(), 2u);
  EXPECT_EQ(lots[1].on_hand(), 3);
  EXPECT_EQ(lots[1].operation(), "operations/aussom");
  EXPECT_EQ(lots[1].owner(), "KEN contingent");
  EXPECT_TRUE(lots[1].non_lethal_only());
}

TEST(JourneysTest, EndedOffersGiveTheGoodsBack) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 100);
  const std::string request = scenario.Request(100);
  const std::string draft = scenario.Offer({.request = request, .quantity = 10});
  const std::string rejected = scenario.Offer({.request = request, .quantity = 20});
  const std::string expired =
      scenario.Offer({.request = request, .quantity = 30, .hold_seconds = 60});
  const std::string run_out =
      scenario.Offer({.request = request, .quantity = 5, .hold_seconds = 60});
  ASSERT_THAT(scenario.Approve(rejected), IsOk());
  ASSERT_THAT(scenario.Approve(expired), IsOk());
  scenario.Settle();
  ASSERT_THAT(scenario.Reject(rejected), IsOk());
  ASSERT_THAT(scenario.Accept(scenario.au, expired), IsOk());
  scenario.Settle();
  ASSERT_THAT(scenario.Cancel(draft), IsOk());
  EXPECT_GT(scenario.un.Advance(absl::Seconds(60)), 0);  // The hold outlives no acceptance.
  scenario.Settle();
  EXPECT_EQ(scenario.OfferAt(scenario.un, run_out).state(), SupplyOffer::EXPIRED);
  EXPECT_EQ(scenario.OfferAt(scenario.au, expired).state(), SupplyOffer::EXPIRED);
  EXPECT_EQ(scenario.OfferAt(scenario.un, rejected).state(), SupplyOffer::REJECTED);
  EXPECT_EQ(ReasonOr(scenario.Dispatch(scenario.un, expired, "WB-1")), "NOT_ACCEPTED");
  EXPECT_EQ(Goods(scenario.un, "tent-10p").in_lots, 100);
  EXPECT_EQ(Goods(scenario.un, "tent-10p").staged, 0);
  EXPECT_EQ(scenario.LotsOf(scenario.un)[0].held(), 0);
  EXPECT_EQ(scenario.RequestAt(scenario.un, request).lines(0).offered(), 0);
  EXPECT_TRUE(scenario.Replays());
}

TEST(JourneysTest, AfterDispatchNeitherCancellingNorExpiry) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string name = scenario.Dispatched(
      {.request = scenario.Request(10), .quantity = 10, .hold_seconds = 60}, "WB-1");
  const std::string offer = scenario.ConsignmentAt(scenario.un, name).offer();
  EXPECT_EQ(kernel::ReasonOf(scenario.Cancel(offer)), "NOT_CANCELLABLE");
  EXPECT_EQ(scenario.un.Advance(absl::Hours(9'000)), 0);
  EXPECT_EQ(Goods(scenario.un, "tent-10p").in_transit, 10);
  EXPECT_EQ(ReasonOr(scenario.Dispatch(scenario.un, offer, "WB-2")), "NOT_ACCEPTED");
}

TEST(JourneysTest, CustodyPassesWithEachLeg) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string name =
      scenario.Dispatched({.request = scenario.Request(10), .quantity = 10}, "WB-1");
  auto request = Parsed<v1::RecordLegRequest>(R"pb(
    leg {
      origin: "SOMGQ"
      destination: "SOKMU"
      carrier: "Juba Haulage"
      departed_on { year: 2026 month: 3 day: 9 }
    })pb");
  request.set_name(name);
  EXPECT_EQ(
      ReasonOr(scenario.au.Call<Consignment>("supply", "ConsignmentService/RecordLeg", request)),
      "NOT_GIVER");
  ASSERT_THAT(scenario.un.Call<Consignment>("supply", "ConsignmentService/RecordLeg", request),
              IsOk());
  scenario.Settle();
  for (TestLedger* ledger : {&scenario.un, &scenario.au}) {
    EXPECT_EQ(scenario.ConsignmentAt(*ledger, name).legs_size(), 2);
    EXPECT_EQ(scenario.ConsignmentAt(*ledger, name).custodian(), "Juba Haulage");
  }
  ASSERT_THAT(scenario.Receive(scenario.au, name, {.good = 10}), IsOk());
  scenario.Settle();
  EXPECT_EQ(
      ReasonOr(scenario.un.Call<Consignment>("supply", "ConsignmentService/RecordLeg", request)),
      "NOT_IN_TRANSIT");
  EXPECT_TRUE(scenario.Replays());
}

TEST(JourneysTest, WhatIsOverIsCountedApart) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string name =
      scenario.Dispatched({.request = scenario.Request(10), .quantity = 10}, "WB-1");
  const auto receipt = scenario.Receive(scenario.au, name, {.good = 10, .over = 2});
  ASSERT_THAT(receipt, IsOk());
  scenario.Settle();
  const Discrepancy opened = scenario.DiscrepancyAt(scenario.un, receipt->discrepancy());
  EXPECT_EQ(opened.over(), 2);
  EXPECT_EQ(opened.value().amount_minor(), 0);
  EXPECT_EQ(Goods(scenario.un, "tent-10p").issued, 10);
  EXPECT_EQ(scenario.StatusAt(scenario.au, "sokmu", "tent-10p").unfit(), 2);
  EXPECT_TRUE(scenario.Replays());
}

TEST(JourneysTest, ADiscrepancyIsAnsweredAndClosed) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string consignment =
      scenario.Dispatched({.request = scenario.Request(10), .quantity = 10}, "WB-1");
  const auto receipt = scenario.Receive(scenario.au, consignment, {.good = 9, .short_of = 1});
  ASSERT_THAT(receipt, IsOk());
  scenario.Settle();
  v1::CloseDiscrepancyRequest close;
  close.set_name(receipt->discrepancy());
  close.set_closing("credit note 12");
  const auto try_close = [&](TestLedger& ledger, absl::string_view officer) {
    return ReasonOr(
        ledger.Call<Discrepancy>(officer, "DiscrepancyService/CloseDiscrepancy", close));
  };
  EXPECT_EQ(try_close(scenario.un, "accepter"), "NOT_OPENER");
  EXPECT_EQ(try_close(scenario.au, "accepter"), "NOT_ANSWERED");
  v1::AnswerDiscrepancyRequest answer;
  answer.set_name(receipt->discrepancy());
  const auto try_answer = [&](TestLedger& ledger) {
    return ReasonOr(
        ledger.Call<Discrepancy>("supply", "DiscrepancyService/AnswerDiscrepancy", answer));
  };
  EXPECT_EQ(try_answer(scenario.un), "BAD_FIELD");
  answer.set_liability(Discrepancy::CARRIER);
  answer.set_answer("pilfered at Mogadishu; carrier notified");
  EXPECT_EQ(try_answer(scenario.au), "NOT_OWNER");
  EXPECT_EQ(try_answer(scenario.un), "OK");
  EXPECT_EQ(try_answer(scenario.un), "NOT_OPEN");
  scenario.Settle();
  EXPECT_EQ(scenario.DiscrepancyAt(scenario.au, close.name()).liability(), Discrepancy::CARRIER);
  EXPECT_EQ(try_close(scenario.au, "counter"), "SAME_PERSON");
  EXPECT_EQ(try_close(scenario.au, "accepter"), "OK");
  EXPECT_EQ(try_close(scenario.au, "accepter"), "CLOSED_ALREADY");
  scenario.Settle();
  EXPECT_EQ(scenario.DiscrepancyAt(scenario.un, close.name()).state(), Discrepancy::CLOSED);
  EXPECT_TRUE(scenario.Replays());
}

TEST(JourneysTest, AnUnansweredDiscrepancyCanBeClosedOnceOverdue) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const auto receipt = scenario.Receive(
      scenario.au, scenario.Dispatched({.request = scenario.Request(10), .quantity = 10}, "WB-1"),
      {.good = 9, .damaged = 1});
  ASSERT_THAT(receipt, IsOk());
  v1::CloseDiscrepancyRequest close;
  close.set_name(receipt->discrepancy());
  close.set_closing("no answer");
  scenario.au.Advance(absl::Hours(14 * 24));  // The last day.
  EXPECT_EQ(ReasonOr(scenario.au.Call<Discrepancy>("accepter",
                                                   "DiscrepancyService/CloseDiscrepancy", close)),
            "NOT_ANSWERED");
  scenario.au.Advance(absl::Hours(24));
  EXPECT_THAT(
      scenario.au.Call<Discrepancy>("accepter", "DiscrepancyService/CloseDiscrepancy", close),
      IsOk());
}

// A return is a transfer of its own the other way; what goes back is never more than what came.
TEST(JourneysTest, GoodsGoBack) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string consignment =
      scenario.Dispatched({.request = scenario.Request(10), .quantity = 10}, "WB-1");
  const std::string original = scenario.ConsignmentAt(scenario.un, consignment).offer();
  EXPECT_EQ(ReasonOr(scenario.Return(original, 1)), "NOT_RECEIVED");
  ASSERT_THAT(scenario.Receive(scenario.au, consignment, {.good = 7, .damaged = 2, .short_of = 1}),
              IsOk());
  scenario.Settle();
  EXPECT_EQ(ReasonOr(scenario.Return(original, 10)), "OVER_RECEIVED");
  const auto back = scenario.Return(original, 3);
  ASSERT_THAT(back, IsOk());
  EXPECT_EQ(back->name(), "offers/LOF-AU-26-0001");
  EXPECT_EQ(back->picks(0).quantity(), 2);  // The damaged ones first.
  EXPECT_EQ(ReasonOr(scenario.Return(original, 7)), "OVER_RECEIVED");
  ASSERT_THAT(scenario.Approve(scenario.au, back->name()), IsOk());
  scenario.Settle();
  EXPECT_EQ(scenario.OfferAt(scenario.un, original).returned(), 3);
  ASSERT_THAT(scenario.Accept(scenario.un, back->name()), IsOk());
  scenario.Settle();
  ASSERT_THAT(scenario.Dispatch(scenario.au, back->name(), "WB-R1"), IsOk());
  scenario.Settle();
  ASSERT_THAT(scenario.Receive(scenario.un, "consignments/au/WB-R1", {.good = 1, .damaged = 2}),
              IsOk());
  scenario.Settle();
  EXPECT_EQ(Goods(scenario.un, "tent-10p").in_lots, 3);
  EXPECT_EQ(Goods(scenario.au, "tent-10p").in_lots, 6);
  EXPECT_EQ(Goods(scenario.au, "tent-10p").in_transit, 0);
  EXPECT_EQ(scenario.OfferAt(scenario.au, original).returned(), 3);
  EXPECT_TRUE(scenario.Replays());
}

// Rule F-19: goods under another number than left would come back without their earmark.
TEST(JourneysTest, OtherLotsDoNotGoBack) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string consignment =
      scenario.Dispatched({.request = scenario.Request(10), .quantity = 10}, "WB-1");
  ASSERT_THAT(scenario.Receive(scenario.au, consignment, {.good = 10}), IsOk());
  scenario.Settle();
  const auto back = scenario.Return(scenario.ConsignmentAt(scenario.un, consignment).offer(), 3);
  ASSERT_THAT(back, IsOk());
  ASSERT_THAT(scenario.Approve(scenario.au, back->name()), IsOk());
  uint64_t newest = 1;
  while (scenario.au.Addressed("un.example", newest + 1).has_value()) ++newest;
  kernel::Delivered forged = *scenario.au.Addressed("un.example", newest);
  v1::SupplyTerms terms;
  ASSERT_TRUE(terms.ParseFromString(forged.entry.step().reserve().terms()));
  terms.mutable_lots(0)->set_lot_number("T-9999");
  auto& step = *forged.entry.mutable_step();
  step.mutable_reserve()->set_terms(terms.SerializeAsString());
  step.set_terms_hash(std::string(Sha256(step.reserve().terms()).view()));
  EXPECT_EQ(scenario.un.Deliver(forged).reason(), "OTHER_TERMS");
}

}  // namespace
}  // namespace ch8::logistics
