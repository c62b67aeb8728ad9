#include "services/finance/core/assessed.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/finance/core/test_scenario.h"
#include "services/kernel/refusal.h"
#include "tests/support/status_matchers.h"

namespace ch8::finance {
namespace {

using ::ch8::testing::IsOk;

v1::Operation Aussom(TestLedger& ledger) {
  v1::GetOperationRequest request;
  request.set_name("operations/aussom");
  return *ledger.Get<v1::Operation>("OperationService/GetOperation", request);
}

void AddAssessedFund(TestLedger& un) {
  AddFund(un, "assessed", "source: ASSESSED counts_toward_2719: true", 10'000'000'000);
}

// Rule F-1: the refusal says what is missing, what is held, and what to do instead.
TEST(AssessedTest, NothingIsAllottedBeforeActivation) {
  Scenario scenario;
  AddAssessedFund(scenario.un);
  for (const absl::string_view kind : {"AU_PSC_REQUEST", "EXIT_STRATEGY", "DUE_DILIGENCE"}) {
    AddReference(scenario.un, absl::StrCat("kind: ", kind));
  }
  AddReference(scenario.un, "kind: FUNDING_2719 funding_2719: UNDER_CONSIDERATION");
  const auto refused = scenario.TryAllot("assessed", 1'000).status();
  const google::rpc::ErrorInfo info = kernel::ErrorInfoOf(refused);
  EXPECT_EQ(info.reason(), "NOT_ACTIVATED");
  EXPECT_EQ(std::string(refused.message()),
            "2719 funding of AUSSOM is UNDER_CONSIDERATION, must be ACTIVATED");
  EXPECT_EQ(info.metadata().at("rule"), "F-1");
  EXPECT_EQ(info.metadata().at("funding_2719"), "UNDER_CONSIDERATION");
  EXPECT_EQ(info.metadata().at("missing"),
            "Council activation, budget approval, Council resolution, GA appropriation");
  EXPECT_EQ(info.metadata().at("held"), "AU PSC request, exit strategy, HRDDP clearance");
  EXPECT_EQ(info.metadata().at("instead"),
            "ch8 fund list --for AUSSOM  1 extra-budgetary fund, USD 1,000,000.00 available");
}

// What the refusal shows beside is of the currency, may be given for the operation and is there.
TEST(AssessedTest, TheRefusalCountsVoluntaryMoneyThatCanBeGiven) {
  Scenario scenario;
  AddAssessedFund(scenario.un);
  AddFund(scenario.un, "second", "source: EXTRA_BUDGETARY operation: \"operations/aussom\"", 50);
  AddFund(scenario.un, "empty", "source: EXTRA_BUDGETARY", 0);
  const auto refused = scenario.TryAllot("assessed", 1'000).status();
  EXPECT_EQ(kernel::ErrorInfoOf(refused).metadata().at("instead"),
            "ch8 fund list --for AUSSOM  2 extra-budgetary funds, USD 1,000,000.50 available");
}

TEST(AssessedTest, EachDocumentIsNeededAndInForce) {
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"AU_PSC_REQUEST", "AU PSC request"},
      {"EXIT_STRATEGY", "exit strategy"},
      {"BUDGET_APPROVAL budget { currency_code: \"USD\" amount_minor: 100000 }", "budget approval"},
      {"DUE_DILIGENCE", "HRDDP clearance"},
      {"UNSC_RESOLUTION", "Council resolution"},
      {"APPROPRIATION", "GA appropriation"}};
  for (const auto& [left_out, label] : kinds) {
    Scenario scenario;
    AddAssessedFund(scenario.un);
    AddReference(scenario.un, "kind: FUNDING_2719 funding_2719: ACTIVATED");
    for (const auto& [kind, unused] : kinds) {
      // The one left out ran out the day before the ledger's.
      const std::string valid_to =
          kind == left_out ? " valid_to { year: 2026 month: 3 day: 1 }" : "";
      AddReference(scenario.un, absl::StrCat("kind: ", kind, valid_to));
    }
    const auto refused = scenario.TryAllot("assessed", 5).status();
    EXPECT_EQ(kernel::ErrorInfoOf(refused).metadata().at("missing"), label);
  }
}

TEST(AssessedTest, TheLatestDecisionInForceCounts) {
  Scenario scenario;
  AddReference(scenario.un,
               "kind: FUNDING_2719 funding_2719: ACTIVATED decided_on { year: 2026 month: 2 day: "
               "1 } valid_to { year: 2026 month: 3 day: 2 }");
  AddReference(scenario.un,
               "kind: FUNDING_2719 funding_2719: REQUESTED decided_on { year: 2026 "
               "month: 1 day: 1 }");
  EXPECT_EQ(Aussom(scenario.un).funding_2719(), Reference::ACTIVATED);
  scenario.un.Advance(absl::Hours(15) - absl::Microseconds(1));  // 23:59:59.999999 UTC.
  EXPECT_EQ(Aussom(scenario.un).funding_2719(), Reference::ACTIVATED);
  scenario.un.Advance(absl::Microseconds(1));
  EXPECT_EQ(Aussom(scenario.un).funding_2719(), Reference::REQUESTED);
}

// Rule F-2, story 1: to the cent.
TEST(AssessedTest, TheCapIsThreeQuartersToTheCent) {
  Scenario scenario;
  AddAssessedFund(scenario.un);
  Activate(scenario.un, 10'000'000'000);
  const auto refused = scenario.TryAllot("assessed", 7'500'000'001);
  EXPECT_EQ(ReasonOr(refused), "ASSESSED_CAP");
  const auto info = kernel::ErrorInfoOf(refused.status());
  EXPECT_EQ(info.metadata().at("cap"), "7500000000");
  EXPECT_EQ(info.metadata().at("available"), "7500000000");
  scenario.Allot("assessed", 7'500'000'000);
  EXPECT_EQ(ReasonOr(scenario.TryAllot("assessed", 1)), "ASSESSED_CAP");
  const v1::Operation operation = Aussom(scenario.un);
  EXPECT_EQ(operation.assessed_cap().amount_minor(), 7'500'000'000);
  EXPECT_EQ(operation.assessed_used().amount_minor(), 7'500'000'000);
  EXPECT_FALSE(operation.ceiling_breach());
}

// Rule F-5: money that the resolution does not count is activated like the rest, and not capped.
TEST(AssessedTest, MoneyThatDoesNotCountIsNotCapped) {
  Scenario scenario;
  AddFund(scenario.un, "unsos", "source: ASSESSED", 10'000);
  EXPECT_EQ(ReasonOr(scenario.TryAllot("unsos", 9'000)), "NOT_ACTIVATED");
  Activate(scenario.un, 4'000);
  scenario.Allot("unsos", 9'000);
  EXPECT_EQ(Aussom(scenario.un).assessed_used().amount_minor(), 0);
}

// Rule F-3: a lowered budget is accepted, never re-scales, and blocks further assessed money until
// allotments are reduced.
TEST(AssessedTest, ALoweredBudgetIsABreachUntilResolved) {
  Scenario scenario;
  AddAssessedFund(scenario.un);
  Activate(scenario.un, 4'000);
  const std::string request = scenario.Request(9'000);
  const std::string allotment = scenario.Allot("assessed", 2'800);
  const std::string offer =
      scenario.Offer({.request = request, .amount_minor = 800, .allotment = allotment});
  AddReference(scenario.un,
               "kind: BUDGET_APPROVAL budget { currency_code: \"USD\" amount_minor: "
               "2000 } decided_on { year: 2026 month: 2 day: 1 }");
  v1::Operation operation = Aussom(scenario.un);
  EXPECT_TRUE(operation.ceiling_breach());
  EXPECT_EQ(operation.assessed_cap().amount_minor(), 1'500);
  EXPECT_EQ(operation.assessed_used().amount_minor(), 2'800);
  EXPECT_EQ(ReasonOr(scenario.TryAllot("assessed", 1)), "CEILING_BREACH");
  EXPECT_EQ(
      ReasonOr(scenario.TryOffer({.request = request, .amount_minor = 1, .allotment = allotment})),
      "CEILING_BREACH");
  const absl::Status approved = scenario.Approve(offer);
  EXPECT_EQ(kernel::ReasonOf(approved), "CEILING_BREACH");
  EXPECT_EQ(kernel::ErrorInfoOf(approved).metadata().at("instead"),
            "ch8 allotment list --for AUSSOM");
  ASSERT_THAT(scenario.Reduce(allotment, 1'299), IsOk());
  EXPECT_TRUE(Aussom(scenario.un).ceiling_breach());
  ASSERT_THAT(scenario.Reduce(allotment, 1), IsOk());
  EXPECT_FALSE(Aussom(scenario.un).ceiling_breach());
  ASSERT_THAT(scenario.Approve(offer), IsOk());
  EXPECT_EQ(ReasonOr(scenario.TryAllot("assessed", 1)), "ASSESSED_CAP");
  AddReference(scenario.un,
               "kind: BUDGET_APPROVAL budget { currency_code: \"USD\" amount_minor: "
               "8000 } decided_on { year: 2026 month: 2 day: 2 }");
  EXPECT_EQ(Aussom(scenario.un).assessed_cap().amount_minor(), 6'000);
  scenario.Allot("assessed", 4'500);
  EXPECT_EQ(ReasonOr(scenario.TryAllot("assessed", 1)), "ASSESSED_CAP");
}

// References are facts: the rows and the ceiling's accounts come back from the log alone.
TEST(AssessedTest, ReplayKeepsReferencesAndCeilings) {
  Scenario scenario;
  Activate(scenario.un, 4'000);
  AddReference(
      scenario.un,
      "kind: BUDGET_APPROVAL budget { currency_code: \"USD\" amount_minor: 8000 } "
      "valid_from { year: 2027 month: 1 day: 1 } valid_to { year: 2027 month: 12 day: 31 }");
  const v1::Operation operation = Aussom(scenario.un);
  ASSERT_EQ(operation.references_size(), 8);
  ASSERT_EQ(operation.budget_ceilings_size(), 2);
  EXPECT_NE(operation.budget_ceilings(0).account(), operation.budget_ceilings(1).account());
  EXPECT_EQ(scenario.un.StoredRows(), scenario.un.ReplayedRows());
  EXPECT_EQ(scenario.un.books().StateDigest(), scenario.un.ReplayedBooksDigest());
}

// The giver checks rule F-1 again when the ACCEPT comes: what was declined in between is voided.
TEST(AssessedTest, DeclinedFundingVoidsWhatWasAccepted) {
  Scenario scenario;
  AddAssessedFund(scenario.un);
  Activate(scenario.un, 4'000);
  const std::string allotment = scenario.Allot("assessed", 1'000);
  const std::string offer = scenario.Reserved(
      {.request = scenario.Request(1'000), .amount_minor = 1'000, .allotment = allotment});
  ASSERT_THAT(scenario.Accept(offer), IsOk());
  AddReference(scenario.un,
               "kind: FUNDING_2719 funding_2719: DECLINED decided_on { year: 2026 "
               "month: 3 day: 1 }");
  scenario.Settle();
  for (TestLedger* ledger : {&scenario.un, &scenario.au}) {
    EXPECT_EQ(scenario.OfferAt(*ledger, offer).state(), v1::Offer::CANCELLED);
  }
  EXPECT_EQ(scenario.AllotmentOf(allotment).held_minor(), 0);
  EXPECT_EQ(scenario.AllotmentOf(allotment).available_minor(), 1'000);
  EXPECT_EQ(scenario.Fuel().receivable_minor(), 0);
}

// What the refusal says instead is true: assessed funds are given out of allotments alone.
TEST(AssessedTest, FundListShowsWhatOffersMayTake) {
  Scenario scenario;
  AddAssessedFund(scenario.un);
  Activate(scenario.un, 4'000);
  v1::ListFundsRequest request;
  request.set_operation("operations/aussom");
  const auto funds = scenario.un.Get<v1::ListFundsResponse>("FundService/ListFunds", request);
  ASSERT_THAT(funds, IsOk());
  ASSERT_EQ(funds->funds_size(), 1);
  EXPECT_EQ(funds->funds(0).name(), "organizations/un/funds/trust");
}

}  // namespace
}  // namespace ch8::finance
