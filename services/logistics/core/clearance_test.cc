#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "chapter8/mandate/v1/mandate.pb.h"
#include "services/kernel/refusal.h"
#include "services/logistics/core/test_scenario.h"

namespace ch8::logistics {
namespace {

using chapter8::mandate::v1::Clearance;

class BeneficiaryTest : public ::testing::Test {
 protected:
  // The AU asks for 120 tents, or something else, for a unit; the UN has taken the request. Returns
  // its name. `unit` may be empty.
  std::string RequestForUnit(const std::string& unit = "units/aussom-s6-bn1",
                             const std::string& item = "items/tent-10p") {
    auto request = Parsed<v1::MakeRequestRequest>(R"pb(
      resource {
        addressee: "organizations/un"
        operation: "operations/aussom"
        destination: "organizations/au/depots/sokmu"
        needed_by { year: 2026 month: 3 day: 21 }
        lines { quantity: 120 }
      })pb");
    request.mutable_resource()->set_beneficiary_unit(unit);
    request.mutable_resource()->mutable_lines(0)->set_item(item);
    const auto made =
        scenario_.au.Call<v1::MaterielRequest>("requester", "RequestService/MakeRequest", request);
    Check(made.ok(), made.status().ToString());
    scenario_.Settle();
    return made->name();
  }

  // What the UN's mandate ledger says of the unit reaches its logistics ledger.
  void Say(Clearance::State state, Clearance::Outcome outcome) {
    chapter8::mandate::v1::MandateEvent fact;
    Clearance& clearance = *fact.mutable_clearance_recorded();
    clearance.set_name("clearances/aussom-s6-bn1");
    clearance.set_unit("units/aussom-s6-bn1");
    clearance.set_state(state);
    clearance.set_outcome(outcome);
    clearance.mutable_valid_to()->set_year(2026);
    clearance.mutable_valid_to()->set_month(12);
    clearance.mutable_valid_to()->set_day(31);
    scenario_.un.TakeFact(fact);
  }

  Scenario scenario_;
};

// Rules F-20 and F-21: support to a unit needs a clearance when it is offered and when it leaves.
TEST_F(BeneficiaryTest, SupportNeedsAClearanceToTheEnd) {
  scenario_.Stock(scenario_.un, "tent-10p", 120);
  const std::string request = RequestForUnit();
  const auto offer = [&] { return scenario_.TryOffer({.request = request, .quantity = 60}); };
  EXPECT_EQ(ReasonOr(offer()), "NO_CLEARANCE");
  Say(Clearance::CONFIRMED, Clearance::WITHHOLD);
  EXPECT_EQ(ReasonOr(offer()), "SUPPORT_WITHHELD");
  Say(Clearance::CONFIRMED, Clearance::PROCEED);
  const auto made = offer();
  ASSERT_EQ(ReasonOr(made), "OK");
  Say(Clearance::SUSPENDED, Clearance::PROCEED);
  EXPECT_EQ(kernel::ReasonOf(scenario_.Approve(*made)), "SUPPORT_SUSPENDED");
  Say(Clearance::CONFIRMED, Clearance::PROCEED);
  ASSERT_TRUE(scenario_.Approve(*made).ok());
  scenario_.Settle();
  ASSERT_EQ(ReasonOr(scenario_.Accept(scenario_.au, *made)), "OK");
  scenario_.Settle();

  Say(Clearance::SUSPENDED, Clearance::PROCEED);
  EXPECT_EQ(ReasonOr(scenario_.Dispatch(scenario_.un, *made, "WB-1")), "SUPPORT_SUSPENDED");
  Say(Clearance::CONFIRMED, Clearance::PROCEED);
  EXPECT_EQ(ReasonOr(scenario_.Dispatch(scenario_.un, *made, "WB-1")), "OK");
}

// Rule F-21: a suspension holds what is on its way; what is there already is counted.
TEST_F(BeneficiaryTest, ASuspensionHoldsWhatIsOnItsWay) {
  scenario_.Stock(scenario_.un, "tent-10p", 120);
  Say(Clearance::CONFIRMED, Clearance::PROCEED);
  const std::string consignment =
      scenario_.Dispatched({.request = RequestForUnit(), .quantity = 10}, "WB-1");
  const auto leg = [&](absl::string_view fields) {
    auto request = Parsed<v1::RecordLegRequest>(R"pb(
      leg {
        origin: "KELAU"
        destination: "SOKMU"
        carrier: "MV Kilindini"
        departed_on { year: 2026 month: 3 day: 4 }
      })pb");
    request.set_name(consignment);
    request.mutable_leg()->MergeFrom(Parsed<v1::Consignment::Leg>(fields));
    return ReasonOr(
        scenario_.un.Call<v1::Consignment>("supply", "ConsignmentService/RecordLeg", request));
  };
  Say(Clearance::SUSPENDED, Clearance::PROCEED);
  EXPECT_EQ(leg(""), "SUPPORT_SUSPENDED");
  EXPECT_EQ(leg("life_saving: \"shelter\""), "NOT_LIFE_SAVING");
  EXPECT_EQ(scenario_.ConsignmentAt(scenario_.un, consignment).legs_size(), 1);

  Say(Clearance::CONFIRMED, Clearance::WITHHOLD);
  EXPECT_EQ(leg(""), "SUPPORT_WITHHELD") << "what a suspension came to does not release it";
  Say(Clearance::CONFIRMED, Clearance::PROCEED);
  EXPECT_EQ(leg(""), "OK");
  Say(Clearance::SUSPENDED, Clearance::PROCEED);
  scenario_.Settle();
  EXPECT_EQ(ReasonOr(scenario_.Receive(scenario_.au, consignment, {.good = 10})), "OK");
}

// Rule F-21: water and medical goods move on, and the ledgers of both sides say why.
TEST_F(BeneficiaryTest, WhatSavesLivesMovesAsALoggedException) {
  for (TestLedger* ledger : {&scenario_.un, &scenario_.au}) {
    ASSERT_EQ(ReasonOr(ledger->Call<v1::Item>(
                  "supply", "CatalogueService/CreateItem", Parsed<v1::CreateItemRequest>(R"pb(
                    item_id: "water"
                    resource {
                      title: "Water"
                      base_unit: "pack"
                      category: WATER
                      unit_value { currency_code: "USD" amount_minor: 6 }
                    })pb"))),
              "OK");
  }
  scenario_.Stock(scenario_.un, "water", 120);
  Say(Clearance::CONFIRMED, Clearance::PROCEED);
  const std::string request = RequestForUnit("units/aussom-s6-bn1", "items/water");
  const std::string offer =
      scenario_.Accepted({.request = request, .quantity = 10, .item = "water"});
  Say(Clearance::SUSPENDED, Clearance::PROCEED);
  EXPECT_EQ(ReasonOr(scenario_.Dispatch(scenario_.un, offer, "WB-1")), "SUPPORT_SUSPENDED");
  const auto moved =
      scenario_.Dispatch(scenario_.un, offer, "WB-1", "life_saving: \"no other source\"");
  ASSERT_EQ(ReasonOr(moved), "OK");
  scenario_.Settle();
  EXPECT_EQ(scenario_.ConsignmentAt(scenario_.au, moved->name()).legs(0).life_saving(),
            "no other source");
}

// Rule F-20: who keeps clearances does not support a unit that nobody names.
TEST_F(BeneficiaryTest, TheUnitIsNamedWhereClearancesAreKept) {
  scenario_.Stock(scenario_.un, "tent-10p", 120);
  const std::string request = RequestForUnit("");
  const auto offer = [&] { return scenario_.TryOffer({.request = request, .quantity = 10}); };
  const auto made = offer();
  ASSERT_EQ(ReasonOr(made), "OK") << "no clearances are kept here";
  Say(Clearance::PROPOSED, Clearance::PROCEED);
  EXPECT_EQ(ReasonOr(offer()), "OK") << "one person's word is none yet";

  Say(Clearance::CONFIRMED, Clearance::PROCEED);
  const auto refused = offer();
  EXPECT_EQ(ReasonOr(refused), "UNIT_NEEDED");
  EXPECT_EQ(kernel::ErrorInfoOf(refused.status()).metadata().at("instead"),
            absl::StrCat("ch8 request show ", kernel::IdOf(request)));
  EXPECT_EQ(kernel::ReasonOf(scenario_.Approve(*made)), "UNIT_NEEDED");
  EXPECT_EQ(ReasonOr(scenario_.TryOffer({.request = RequestForUnit(), .quantity = 10})), "OK");
}

}  // namespace
}  // namespace ch8::logistics
