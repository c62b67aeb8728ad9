#include "services/finance/core/allotments.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/finance/core/test_scenario.h"
#include "tests/support/status_matchers.h"

namespace ch8::finance {
namespace {

using ::ch8::testing::IsOk;

// An activated operation, USD 100.00 of assessed money, a cap of USD 75.00.
class AllotmentsTest : public ::testing::Test {
 protected:
  AllotmentsTest() {
    AddFund(scenario_.un, "assessed", "source: ASSESSED counts_toward_2719: true", 10'000);
    Activate(scenario_.un, 10'000);
  }

  // The reason why such an allotment is refused.
  std::string Refused(absl::string_view resource) {
    const auto request =
        Parsed<v1::MakeAllotmentRequest>(absl::StrCat("resource { ", resource, " }"));
    return ReasonOr(
        scenario_.un.Call<v1::Allotment>("manager", "AllotmentService/MakeAllotment", request));
  }

  Scenario scenario_;
};

TEST_F(AllotmentsTest, MakeAllotment) {
  ASSERT_THAT(
      scenario_.un.Call<v1::Operation>("mandate-a", "OperationService/CreateOperation",
                                       Parsed<v1::CreateOperationRequest>(R"pb(
                                         operation_id: "minusca"
                                         resource { title: "M" lead: "organizations/un" })pb")),
      IsOk());
  AddFund(scenario_.un, "minusca", "source: ASSESSED operation: \"operations/minusca\"", 100);
  const std::string usd = "amount { currency_code: \"USD\" amount_minor: 5 } ";
  const std::string fund = "fund: \"organizations/un/funds/assessed\" ";
  const std::string aussom = "operation: \"operations/aussom\" ";
  EXPECT_EQ(Refused(fund + aussom), "UNKNOWN_CURRENCY");
  EXPECT_EQ(Refused("amount { currency_code: \"USD\" } " + fund + aussom), "BAD_AMOUNT");
  EXPECT_EQ(Refused(usd + aussom), "BAD_NAME");
  EXPECT_EQ(Refused(usd + aussom + "fund: \"organizations/un/funds/x\""), "UNKNOWN_FUND");
  EXPECT_EQ(Refused(usd + fund + "operation: \"operations/x\""), "UNKNOWN_OPERATION");
  EXPECT_EQ(Refused("amount { currency_code: \"EUR\" amount_minor: 5 } " + fund + aussom),
            "CURRENCY_MISMATCH");
  EXPECT_EQ(Refused(usd + aussom + "fund: \"organizations/un/funds/trust\""), "NOT_ASSESSED");
  EXPECT_EQ(Refused(usd + aussom + "fund: \"organizations/un/funds/minusca\""), "EARMARK");
  EXPECT_EQ(Refused(usd + fund + "operation: \"operations/minusca\""), "NOT_ACTIVATED");
  EXPECT_EQ(Refused(usd + fund + aussom), "OK");
}

TEST_F(AllotmentsTest, AFundAllotsNoMoreThanItHas) {
  Activate(scenario_.un, 100'000);
  EXPECT_EQ(ReasonOr(scenario_.TryAllot("assessed", 10'001)), "INSUFFICIENT");
  scenario_.Allot("assessed", 10'000);
  EXPECT_EQ(ReasonOr(scenario_.TryAllot("assessed", 1)), "INSUFFICIENT");
  const v1::Fund fund = scenario_.FundOf("assessed");
  EXPECT_EQ(fund.available_minor(), 0);
  EXPECT_EQ(fund.in_allotments_minor(), 10'000);
  EXPECT_EQ(fund.received_minor(), 10'000);
}

// Rule F-15: what is given comes out of one allotment, to its last cent.
TEST_F(AllotmentsTest, OffersDrawOnTheAllotmentAlone) {
  const std::string allotment = scenario_.Allot("assessed", 2'500);
  const std::string other = scenario_.Allot("assessed", 1'000);
  const std::string request = scenario_.Request(5'000);
  EXPECT_EQ(
      ReasonOr(scenario_.TryOffer({.request = request, .amount_minor = 1, .fund = "assessed"})),
      "ALLOTMENT_NEEDED");
  EXPECT_EQ(ReasonOr(scenario_.TryOffer(
                {.request = request, .amount_minor = 2'501, .allotment = allotment})),
            "INSUFFICIENT");
  const std::string posted = scenario_.Reserved(
      {.request = request, .amount_minor = 2'000, .amount_min_minor = 500, .allotment = allotment});
  ASSERT_THAT(scenario_.Accept(posted, 1'500), IsOk());
  const std::string freed =
      scenario_.Offer({.request = request, .amount_minor = 500, .allotment = allotment});
  EXPECT_EQ(scenario_.AllotmentOf(allotment).available_minor(), 0);
  EXPECT_EQ(scenario_.AllotmentOf(allotment).held_minor(), 2'500);
  scenario_.Settle();
  ASSERT_THAT(scenario_.Cancel(freed), IsOk());
  const v1::Allotment after = scenario_.AllotmentOf(allotment);
  EXPECT_EQ(after.available_minor(), 1'000);
  EXPECT_EQ(after.held_minor(), 0);
  EXPECT_EQ(after.given_minor(), 1'500);
  EXPECT_EQ(scenario_.AllotmentOf(other).available_minor(), 1'000);
  const v1::Fund fund = scenario_.FundOf("assessed");
  EXPECT_EQ(fund.available_minor(), 6'500);
  EXPECT_EQ(fund.in_allotments_minor(), 2'000);
  EXPECT_EQ(fund.given_minor(), 1'500);
  EXPECT_EQ(scenario_.Fuel().received_minor(), 1'500);
  EXPECT_EQ(scenario_.UsedOf("aussom"), 3'500);  // Given money stays used.
}

TEST_F(AllotmentsTest, AnOfferNamesAnAllotmentForItsOperationAndFund) {
  const std::string allotment = scenario_.Allot("assessed", 1'000);
  const auto offer = [&](absl::string_view fields) {
    const auto request = Parsed<v1::MakeOfferRequest>(absl::StrCat(
        "resource { request: \"", scenario_.Request(9), "\" hold_duration { seconds: 60 } ",
        "amount { currency_code: \"USD\" amount_minor: 5 } ", fields, " }"));
    return ReasonOr(scenario_.un.Call<v1::Offer>("manager", "OfferService/MakeOffer", request));
  };
  EXPECT_EQ(offer("allotment: \"allotments/ALT-UN-26-0099\""), "UNKNOWN_ALLOTMENT");
  EXPECT_EQ(offer("allotment: \"ALT-UN-26-0001\""), "BAD_NAME");
  const std::string named = absl::StrCat("allotment: \"", allotment, "\" ");
  EXPECT_EQ(offer(named + "fund: \"organizations/un/funds/trust\""), "BAD_FIELD");
  EXPECT_EQ(offer(named + "fund: \"organizations/un/funds/assessed\""), "OK");
  EXPECT_EQ(offer(named), "OK");
}

// An allotment for one operation pays for no other, activated or not.
TEST_F(AllotmentsTest, AnAllotmentPaysForItsOperationAlone) {
  const std::string allotment = scenario_.Allot("assessed", 1'000);
  for (TestLedger* ledger : {&scenario_.un, &scenario_.au}) {
    ASSERT_THAT(
        ledger->Call<v1::Operation>("mandate-a", "OperationService/CreateOperation",
                                    Parsed<v1::CreateOperationRequest>(R"pb(
                                      operation_id: "minusca"
                                      resource { title: "M" lead: "organizations/un" })pb")),
        IsOk());
  }
  ASSERT_THAT(
      scenario_.au.Call<v1::BudgetLine>(
          "manager", "BudgetService/CreateBudgetLine", Parsed<v1::CreateBudgetLineRequest>(R"pb(
            budget_line_id: "other"
            resource { title: "O" operation: "operations/minusca" currency_code: "USD" })pb")),
      IsOk());
  const auto asked = scenario_.au.Call<v1::FundingRequest>(
      "requester", "RequestService/MakeRequest", Parsed<v1::MakeRequestRequest>(R"pb(
        resource {
          addressee: "organizations/un"
          operation: "operations/minusca"
          budget_line: "organizations/au/budgetLines/other"
          amount { currency_code: "USD" amount_minor: 5 }
          needed_by { year: 2026 month: 3 day: 21 }
        })pb"));
  ASSERT_THAT(asked, IsOk());
  scenario_.un.PullFrom(scenario_.au);
  EXPECT_EQ(ReasonOr(scenario_.TryOffer(
                {.request = asked->name(), .amount_minor = 5, .allotment = allotment})),
            "OTHER_OPERATION");
}

// A dry run shows what would be, and a repeated request what was.
TEST_F(AllotmentsTest, DryRunsAndRepeatsShowTheFigures) {
  const std::string allotment = scenario_.Allot("assessed", 2'500);
  scenario_.Offer({.request = scenario_.Request(900), .amount_minor = 900, .allotment = allotment});
  v1::ReduceAllotmentRequest request;
  request.set_name(allotment);
  request.set_request_id("reduce");
  request.mutable_amount()->set_currency_code("USD");
  request.mutable_amount()->set_amount_minor(600);
  const std::string bytes = request.SerializeAsString();
  const uint64_t size = scenario_.un.size();
  const kernel::Outcome tried = scenario_.un.Run(
      {"manager", "AllotmentService/ReduceAllotment", bytes, kernel::Command::Mode::kValidateOnly});
  EXPECT_EQ(scenario_.un.size(), size);
  const kernel::Outcome done = scenario_.un.Run({"manager", "AllotmentService/ReduceAllotment",
                                                 bytes, kernel::Command::Mode::kExecute, "reduce"});
  const kernel::Outcome again =
      scenario_.un.Run({"manager", "AllotmentService/ReduceAllotment", bytes,
                        kernel::Command::Mode::kExecute, "reduce"});
  for (const kernel::Outcome& outcome : {tried, done, again}) {
    ASSERT_THAT(outcome.status, IsOk());
    v1::Allotment shown;
    ASSERT_TRUE(shown.ParseFromString(outcome.reply));
    EXPECT_EQ(shown.amount().amount_minor(), 1'900);
    EXPECT_EQ(shown.available_minor(), 1'000);
    EXPECT_EQ(shown.held_minor(), 900);
    EXPECT_EQ(shown.given_minor(), 0);
  }
  v1::Allotment replied;
  ASSERT_TRUE(replied.ParseFromString(done.reply));
  EXPECT_EQ(scenario_.AllotmentOf(allotment).SerializeAsString(), replied.SerializeAsString());
}

TEST_F(AllotmentsTest, OnlyWhatIsFreeIsTakenBack) {
  const std::string allotment = scenario_.Allot("assessed", 2'500);
  scenario_.Offer({.request = scenario_.Request(900), .amount_minor = 900, .allotment = allotment});
  EXPECT_EQ(kernel::ReasonOf(scenario_.Reduce(allotment, 1'601)), "INSUFFICIENT");
  EXPECT_EQ(kernel::ReasonOf(scenario_.Reduce(allotment, 0)), "BAD_AMOUNT");
  EXPECT_EQ(kernel::ReasonOf(scenario_.Reduce("allotments/ALT-UN-26-0099", 1)),
            "UNKNOWN_ALLOTMENT");
  v1::ReduceAllotmentRequest stale;
  stale.set_name(allotment);
  stale.set_etag("0123");
  stale.mutable_amount()->set_currency_code("USD");
  stale.mutable_amount()->set_amount_minor(1);
  EXPECT_EQ(ReasonOr(scenario_.un.Call<v1::Allotment>("manager", "AllotmentService/ReduceAllotment",
                                                      stale)),
            "STALE_ETAG");
  ASSERT_THAT(scenario_.Reduce(allotment, 1'600), IsOk());
  const v1::Allotment after = scenario_.AllotmentOf(allotment);
  EXPECT_EQ(after.amount().amount_minor(), 900);
  EXPECT_EQ(after.available_minor(), 0);
  EXPECT_EQ(after.held_minor(), 900);
  EXPECT_EQ(after.given_minor(), 0);
  EXPECT_EQ(scenario_.FundOf("assessed").available_minor(), 9'100);
  EXPECT_EQ(scenario_.UsedOf("aussom"), 900);
  scenario_.Allot("assessed", 6'600);  // The cap is whole again.
}

// An allotment is authority for its budget's period: what was offered goes on, nothing new comes.
TEST_F(AllotmentsTest, AnAllotmentLapsesWithItsPeriod) {
  for (const absl::string_view kind :
       {"AU_PSC_REQUEST", "UNSC_RESOLUTION", "EXIT_STRATEGY", "APPROPRIATION", "DUE_DILIGENCE",
        "FUNDING_2719 funding_2719: ACTIVATED",
        "BUDGET_APPROVAL budget { currency_code: \"USD\" "
        "amount_minor: 8000 }"}) {
    AddReference(scenario_.un, absl::StrCat("kind: ", kind,
                                            " valid_from { year: 2027 month: 1 day: 1 } "
                                            "valid_to { year: 2027 month: 12 day: 31 }"));
  }
  const std::string allotment = scenario_.Allot("assessed", 2'500);
  const std::string request = scenario_.Request(2'500);
  const int64_t year = 366 * 24 * 3'600;
  const std::string draft = scenario_.Offer(
      {.request = request, .amount_minor = 500, .hold_seconds = year, .allotment = allotment});
  const std::string reserved = scenario_.Reserved(
      {.request = request, .amount_minor = 700, .hold_seconds = year, .allotment = allotment});
  // The ledger's day is 2 March 2026; on the last day of the period all is well.
  scenario_.un.Advance(absl::Hours(24 * 304));
  scenario_.Offer({.request = request, .amount_minor = 100, .allotment = allotment});
  scenario_.un.Advance(absl::Hours(24));
  EXPECT_EQ(ReasonOr(scenario_.TryOffer(
                {.request = request, .amount_minor = 100, .allotment = allotment})),
            "ALLOTMENT_LAPSED");
  EXPECT_EQ(kernel::ReasonOf(scenario_.Approve(draft)), "ALLOTMENT_LAPSED");
  ASSERT_THAT(scenario_.Accept(reserved), IsOk());
  scenario_.Settle();
  EXPECT_EQ(scenario_.OfferAt(scenario_.au, reserved).state(), v1::Offer::POSTED);
  // The new period has a ceiling of its own; the old one's takes back what is left.
  EXPECT_EQ(ReasonOr(scenario_.TryAllot("assessed", 6'001)), "ASSESSED_CAP");
  scenario_.Allot("assessed", 6'000);
  ASSERT_THAT(scenario_.Cancel(draft), IsOk());
  ASSERT_THAT(scenario_.Reduce(allotment, 1'800), IsOk());
  EXPECT_EQ(scenario_.UsedOf("aussom"), 6'000);
  v1::GetOperationRequest get;
  get.set_name("operations/aussom");
  const auto operation = scenario_.un.Get<v1::Operation>("OperationService/GetOperation", get);
  ASSERT_EQ(operation->budget_ceilings_size(), 2);
  const uint32_t used = operation->budget_ceilings(0).used_account();
  EXPECT_EQ(scenario_.un.books().Find(used)->available(), 700);
  EXPECT_EQ(ReasonOr(scenario_.TryAllot("assessed", 1)), "ASSESSED_CAP");
}

// What is reserved when the documents end goes only as long as rule F-1 lets it.
TEST_F(AllotmentsTest, WithoutNextYearsDocumentsAnAcceptComesTooLate) {
  const std::string allotment = scenario_.Allot("assessed", 2'500);
  const std::string reserved = scenario_.Reserved({.request = scenario_.Request(700),
                                                   .amount_minor = 700,
                                                   .hold_seconds = 366 * 24 * 3'600,
                                                   .allotment = allotment});
  scenario_.un.Advance(absl::Hours(24 * 305));
  ASSERT_THAT(scenario_.Accept(reserved), IsOk());
  scenario_.Settle();
  EXPECT_EQ(scenario_.OfferAt(scenario_.au, reserved).state(), v1::Offer::CANCELLED);
  EXPECT_EQ(scenario_.AllotmentOf(allotment).available_minor(), 2'500);
}

// All of it is held: the breach ends when the offer does, or when the budget rises.
TEST_F(AllotmentsTest, ABreachWithNothingFreeEndsWithTheOffer) {
  const std::string allotment = scenario_.Allot("assessed", 2'800);
  const std::string offer = scenario_.Reserved(
      {.request = scenario_.Request(2'800), .amount_minor = 2'800, .allotment = allotment});
  AddReference(scenario_.un,
               "kind: BUDGET_APPROVAL budget { currency_code: \"USD\" amount_minor: 2000 } "
               "decided_on { year: 2026 month: 2 day: 1 }");
  const absl::Status refused = scenario_.Reduce(allotment, 1'300);
  EXPECT_EQ(kernel::ReasonOf(refused), "INSUFFICIENT");
  EXPECT_EQ(kernel::ErrorInfoOf(refused).metadata().at("instead"), "ch8 offer list");
  ASSERT_THAT(scenario_.Cancel(offer), IsOk());
  ASSERT_THAT(scenario_.Reduce(allotment, 1'300), IsOk());
  EXPECT_EQ(ReasonOr(scenario_.TryAllot("assessed", 1)), "ASSESSED_CAP");
}

TEST_F(AllotmentsTest, ReplayKeepsAllotmentsAndTheirNumbers) {
  const std::string first = scenario_.Allot("assessed", 2'500);
  ASSERT_THAT(scenario_.Reduce(first, 500), IsOk());
  EXPECT_EQ(scenario_.Allot("assessed", 100), "allotments/ALT-UN-26-0002");
  EXPECT_EQ(scenario_.un.StoredRows(), scenario_.un.ReplayedRows());
  EXPECT_EQ(scenario_.un.books().StateDigest(), scenario_.un.ReplayedBooksDigest());
}

TEST_F(AllotmentsTest, ListsAreOfAnOperation) {
  const std::string allotment = scenario_.Allot("assessed", 2'500);
  v1::ListAllotmentsRequest request;
  request.set_operation("operations/aussom");
  const auto page =
      scenario_.un.Get<v1::ListAllotmentsResponse>("AllotmentService/ListAllotments", request);
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->allotments_size(), 1);
  EXPECT_EQ(page->allotments(0).name(), allotment);
  EXPECT_EQ(page->allotments(0).available_minor(), 2'500);
  request.set_operation("operations/tpyo");
  EXPECT_EQ(ReasonOr(scenario_.un.Get<v1::ListAllotmentsResponse>("AllotmentService/ListAllotments",
                                                                  request)),
            "UNKNOWN_OPERATION");
}

// Whoever does not manage funds allots nothing.
TEST_F(AllotmentsTest, AllottingIsTheFundManagersAct) {
  v1::MakeAllotmentRequest request;
  EXPECT_EQ(ReasonOr(scenario_.un.Call<v1::Allotment>("approver", "AllotmentService/MakeAllotment",
                                                      request)),
            "NO_ROLE");
}

}  // namespace
}  // namespace ch8::finance
