#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "chapter8/mandate/v1/mandate.pb.h"
#include "services/finance/core/test_scenario.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"

namespace ch8::finance {
namespace {

using chapter8::mandate::v1::Clearance;
using v1::Offer;

class BeneficiaryTest : public ::testing::Test {
 protected:
  // The AU asks for USD 1.00 for a unit; the UN has taken it. Returns its name, or the refusal.
  absl::StatusOr<std::string> TryRequest(const std::string& unit) {
    auto request = Parsed<v1::MakeRequestRequest>(R"pb(
      resource {
        addressee: "organizations/un"
        operation: "operations/aussom"
        budget_line: "organizations/au/budgetLines/fuel"
        amount { currency_code: "USD" amount_minor: 100 }
        needed_by { year: 2026 month: 3 day: 21 }
      })pb");
    request.mutable_resource()->set_beneficiary_unit(unit);
    const auto made =
        scenario_.au.Call<v1::FundingRequest>("requester", "RequestService/MakeRequest", request);
    if (!made.ok()) return made.status();
    scenario_.Settle();
    return made->name();
  }
  absl::StatusOr<std::string> TryOffer(const std::string& request) {
    return scenario_.TryOffer({.request = request, .amount_minor = 10});
  }

  // What the UN's mandate ledger says of the unit reaches its finance ledger.
  void Say(Clearance::State state) {
    chapter8::mandate::v1::MandateEvent fact;
    Clearance& clearance = *fact.mutable_clearance_recorded();
    clearance.set_name("clearances/aussom-hq");
    clearance.set_unit("units/aussom-hq");
    clearance.set_state(state);
    clearance.set_outcome(Clearance::PROCEED);
    clearance.mutable_valid_to()->set_year(2026);
    clearance.mutable_valid_to()->set_month(12);
    clearance.mutable_valid_to()->set_day(31);
    scenario_.un.TakeFact(fact);
  }

  Scenario scenario_;
};

// Rule F-20: money is support, whatever it is spent on.
TEST_F(BeneficiaryTest, MoneyNeedsAClearedUnitWhereClearancesAreKept) {
  EXPECT_EQ(ReasonOr(TryRequest("aussom-hq")), "BAD_NAME");
  const std::string unnamed = *TryRequest("");
  const std::string named = *TryRequest("units/aussom-hq");
  const auto early = TryOffer(unnamed);
  ASSERT_EQ(ReasonOr(early), "OK") << "no clearances are kept here";
  EXPECT_EQ(ReasonOr(TryOffer(named)), "NO_CLEARANCE");
  Say(Clearance::CONFIRMED);
  const auto refused = TryOffer(unnamed);
  EXPECT_EQ(ReasonOr(refused), "UNIT_NEEDED");
  EXPECT_EQ(kernel::ErrorInfoOf(refused.status()).metadata().at("instead"),
            absl::StrCat("ch8 request show ", kernel::IdOf(unnamed)));
  EXPECT_EQ(kernel::ReasonOf(scenario_.Approve(*early)), "UNIT_NEEDED");
  EXPECT_EQ(ReasonOr(TryOffer(named)), "OK");
}

// Rule F-21: a suspension stops approval, and the POST of what was reserved before.
TEST_F(BeneficiaryTest, ASuspensionStopsApprovalAndPost) {
  Say(Clearance::CONFIRMED);
  const std::string request = *TryRequest("units/aussom-hq");
  const auto draft = TryOffer(request);
  const auto reserved = TryOffer(request);
  ASSERT_TRUE(scenario_.Approve(*reserved).ok());
  scenario_.Settle();
  Say(Clearance::SUSPENDED);
  EXPECT_EQ(kernel::ReasonOf(scenario_.Approve(*draft)), "SUPPORT_SUSPENDED");
  ASSERT_EQ(ReasonOr(scenario_.Accept(*reserved)), "OK");
  scenario_.Settle();
  EXPECT_EQ(scenario_.OfferAt(scenario_.un, *reserved).state(), Offer::CANCELLED);
  EXPECT_EQ(scenario_.FundOf("trust").given_minor(), 0);
}

}  // namespace
}  // namespace ch8::finance
