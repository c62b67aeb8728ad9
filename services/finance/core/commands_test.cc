#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/finance/core/test_scenario.h"
#include "services/kernel/refusal.h"
#include "tests/support/status_matchers.h"

namespace ch8::finance {
namespace {

using ::ch8::testing::IsOk;
using ::testing::HasSubstr;

// Runs every row as `officer` and compares reasons. Rows stand in descending precedence of the
// error: each repairs what the one before it got wrong. A refused row writes nothing but, at most,
// its refusal.
template <typename Request, typename Response>
void Expect(TestLedger& ledger, absl::string_view officer, absl::string_view method,
            const std::vector<Case>& cases) {
  for (const Case& row : cases) {
    const auto rows_before = ledger.StoredRows();
    const auto result = ledger.Call<Response>(officer, method, Parsed<Request>(row.request));
    EXPECT_EQ(ReasonOr(result), row.want) << method << ": " << row.request << "\n"
                                          << result.status();
    if (result.ok()) continue;
    EXPECT_EQ(ledger.StoredRows(), rows_before) << row.request;
    EXPECT_NE(kernel::ErrorInfoOf(result.status()).domain(), "");
  }
}

TEST(OperationCommandsTest, CreateOperation) {
  TestLedger un("un", {"au"});
  Expect<v1::CreateOperationRequest, v1::Operation>(
      un, "mandate-a", "OperationService/CreateOperation",
      {{"BAD_ID", R"(operation_id: "../x")"},
       {"BAD_ID", R"(operation_id: "a\nb")"},
       {"BAD_ID", R"(operation_id: "AUSSOM")"},
       {"BAD_FIELD", R"(operation_id: "aussom")"},
       {"BAD_FIELD", R"(operation_id: "aussom" resource { title: "a\tb" })"},
       {"BAD_NAME", R"(operation_id: "aussom" resource { title: "A" lead: "au" })"},
       {"OK", R"(operation_id: "aussom" resource { title: "A" lead: "organizations/au" })"},
       {"OPERATION_EXISTS",
        R"(operation_id: "aussom" resource { title: "B" lead: "organizations/au" })"}});
}

TEST(FundCommandsTest, CreateFund) {
  Scenario scenario;
  Expect<v1::CreateFundRequest, v1::Fund>(
      scenario.un, "manager", "FundService/CreateFund",
      {{"BAD_ID", R"(fund_id: "a/b")"},
       {"BAD_FIELD", R"(fund_id: "x" resource { })"},
       {"BAD_FIELD", R"(fund_id: "x" resource { title: "X" })"},
       {"UNKNOWN_CURRENCY", R"(fund_id: "x" resource { title: "X" source: ASSESSED })"},
       {"UNKNOWN_CURRENCY",
        R"(fund_id: "x" resource { title: "X" source: ASSESSED currency_code: "DEM" })"},
       {"BAD_FIELD", R"(fund_id: "x" resource { title: "X" source: EXTRA_BUDGETARY
                        currency_code: "UGX" counts_toward_2719: true })"},
       {"BAD_NAME", R"(fund_id: "x" resource { title: "X" source: EXTRA_BUDGETARY
                       currency_code: "UGX" operation: "aussom" })"},
       {"UNKNOWN_OPERATION", R"(fund_id: "x" resource { title: "X" source: EXTRA_BUDGETARY
                                currency_code: "UGX" operation: "operations/x" })"},
       {"OK", R"(fund_id: "x" resource { title: "X" source: EXTRA_BUDGETARY
                 currency_code: "UGX" operation: "operations/aussom" })"},
       {"FUND_EXISTS", R"(fund_id: "x" resource { title: "X" source: EXTRA_BUDGETARY
                          currency_code: "USD" })"}});
}

TEST(BudgetCommandsTest, CreateBudgetLine) {
  Scenario scenario;
  Expect<v1::CreateBudgetLineRequest, v1::BudgetLine>(
      scenario.au, "manager", "BudgetService/CreateBudgetLine",
      {{"BAD_ID", R"(budget_line_id: "")"},
       {"BAD_FIELD", R"(budget_line_id: "x")"},
       {"UNKNOWN_CURRENCY", R"(budget_line_id: "x" resource { title: "X" })"},
       {"BAD_NAME", R"(budget_line_id: "x" resource { title: "X" currency_code: "USD" })"},
       {"UNKNOWN_OPERATION", R"(budget_line_id: "x" resource { title: "X" currency_code: "USD"
                                operation: "operations/x" })"},
       {"BUDGET_LINE_EXISTS", R"(budget_line_id: "fuel" resource { title: "X" currency_code: "USD"
                                 operation: "operations/aussom" })"}});
}

TEST(RequestCommandsTest, MakeRequest) {
  Scenario scenario;
  const std::string date = "needed_by { year: 2026 month: 3 day: 2 } ";
  const std::string line = "budget_line: \"organizations/au/budgetLines/fuel\" ";
  const std::string usd = "amount { currency_code: \"USD\" amount_minor: 5 } ";
  const std::string operation = "operation: \"operations/aussom\" ";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"BAD_NAME", ""},
      {"UNKNOWN_CURRENCY", "addressee: \"organizations/un\""},
      {"BAD_AMOUNT", "addressee: \"organizations/un\" amount { currency_code: \"USD\" }"},
      {"BAD_DATES", "addressee: \"organizations/un\" " + usd},
      {"BAD_DATES",
       "addressee: \"organizations/un\" needed_by { year: 2026 month: 3 day: 1 } " + usd},
      {"UNKNOWN_OPERATION",
       "addressee: \"organizations/un\" operation: \"operations/x\" " + usd + date},
      {"UNKNOWN_BUDGET_LINE",
       "addressee: \"organizations/un\" budget_line: \"organizations/au/budgetLines/x\" " + usd +
           date + operation},
      {"CURRENCY_MISMATCH",
       "addressee: \"organizations/un\" amount { currency_code: \"EUR\" amount_minor: 5 } " + date +
           operation + line},
      {"NOT_PINNED", "addressee: \"organizations/sadc\" " + usd + date + operation + line},
      {"BAD_FIELD", "addressee: \"organizations/au\" " + usd + date + operation + line},
      {"OK", "addressee: \"organizations/un\" " + usd + date + operation + line},
  };
  for (const auto& [want, resource] : cases) {
    Expect<v1::MakeRequestRequest, v1::FundingRequest>(
        scenario.au, "requester", "RequestService/MakeRequest",
        {{want, absl::StrCat("resource { ", resource, " }")}});
  }
}

TEST(RequestCommandsTest, WithdrawRequest) {
  Scenario scenario;
  const std::string request = scenario.Request(1'000);
  const std::string name = absl::StrCat("name: \"", request, "\"");
  Expect<v1::WithdrawRequestRequest, v1::FundingRequest>(
      scenario.un, "requester", "RequestService/WithdrawRequest", {{"NOT_REQUESTER", name}});
  Expect<v1::WithdrawRequestRequest, v1::FundingRequest>(
      scenario.au, "requester", "RequestService/WithdrawRequest",
      {{"BAD_NAME", R"(name: "REQ-AU-26-0001")"},
       {"UNKNOWN_REQUEST", R"(name: "requests/REQ-AU-26-9999")"},
       {"OK", name},
       {"NOT_OPEN", name}});
  scenario.Settle();
  EXPECT_EQ(scenario.RequestAt(scenario.un, request).state(), v1::FundingRequest::WITHDRAWN);
  EXPECT_EQ(ReasonOr(scenario.TryOffer({.request = request, .amount_minor = 1})), "NOT_OPEN");
}

TEST(OfferCommandsTest, MakeOffer) {
  Scenario scenario;
  AddFund(scenario.un, "assessed", "source: ASSESSED", 1'000);
  ASSERT_THAT(
      scenario.un.Call<v1::Operation>("mandate-a", "OperationService/CreateOperation",
                                      Parsed<v1::CreateOperationRequest>(R"pb(
                                        operation_id: "minusca"
                                        resource { title: "M" lead: "organizations/un" })pb")),
      IsOk());
  AddFund(scenario.un, "earmarked", "source: EXTRA_BUDGETARY operation: \"operations/minusca\"",
          1'000);
  const std::string request = scenario.Request(1'000);
  const std::string known = absl::StrCat("request: \"", request, "\" ");
  const std::string usd = "amount { currency_code: \"USD\" amount_minor: 1001 } ";
  const std::string hold = "hold_duration { seconds: 60 } ";
  const std::string fund = "fund: \"organizations/un/funds/";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"UNKNOWN_CURRENCY", ""},
      {"BAD_AMOUNT", "amount { currency_code: \"USD\" amount_minor: -5 }"},
      {"BAD_AMOUNT", usd + "amount_min { currency_code: \"USD\" amount_minor: 1002 }"},
      {"BAD_HOLD_DURATION", usd},
      {"BAD_HOLD_DURATION", usd + "hold_duration { seconds: 1 nanos: 1 }"},
      {"BAD_NAME", usd + hold},
      {"UNKNOWN_REQUEST", usd + hold + "request: \"requests/REQ-AU-26-0099\""},
      {"UNKNOWN_FUND", usd + hold + known + fund + "x\""},
      {"CURRENCY_MISMATCH", hold + known + fund +
                                "trust\" amount { currency_code: \"EUR\" "
                                "amount_minor: 5 }"},
      {"EARMARK", usd + hold + known + fund + "earmarked\""},
      {"NOT_ACTIVATED", usd + hold + known + fund + "assessed\""},
      {"INSUFFICIENT", hold + known + fund +
                           "trust\" amount { currency_code: \"USD\" "
                           "amount_minor: 100000001 }"},
      {"OK", usd + hold + known + fund + "trust\""},
  };
  for (const auto& [want, resource] : cases) {
    Expect<v1::MakeOfferRequest, v1::Offer>(scenario.un, "manager", "OfferService/MakeOffer",
                                            {{want, absl::StrCat("resource { ", resource, " }")}});
  }
}

TEST(OfferCommandsTest, RefusalsCarryTheFigures) {
  Scenario scenario;
  const std::string request = scenario.Request(1'000);
  const auto refused =
      scenario.TryOffer({.request = request, .amount_minor = 100'000'001}).status();
  const google::rpc::ErrorInfo info = kernel::ErrorInfoOf(refused);
  EXPECT_EQ(info.domain(), "finance.chapter8");
  EXPECT_EQ(info.metadata().at("rule"), "F-15");
  EXPECT_EQ(info.metadata().at("available"), "100000000");
  EXPECT_EQ(info.metadata().at("wanted"), "100000001");
  EXPECT_EQ(info.metadata().at("currency"), "USD");
  EXPECT_EQ(info.metadata().at("instead"), "ch8 fund list --for AUSSOM");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("USD 1,000,000.00 available"));
}

TEST(OfferCommandsTest, ApproveOffer) {
  Scenario scenario;
  const std::string offer =
      scenario.Offer({.request = scenario.Request(900'000), .amount_minor = 900'000});
  const std::string name = absl::StrCat("name: \"", offer, "\"");
  const absl::string_view method = "OfferService/ApproveOffer";
  Expect<v1::ApproveOfferRequest, v1::Offer>(scenario.un, "manager", method, {{"NO_ROLE", name}});
  Expect<v1::ApproveOfferRequest, v1::Offer>(
      scenario.un, "twin", method,
      {{"UNKNOWN_OFFER", R"(name: "offers/OFF-UN-26-0099")"}, {"SAME_PERSON", name}});
  Expect<v1::ApproveOfferRequest, v1::Offer>(scenario.un, "clerk", method, {{"OVER_LIMIT", name}});
  Expect<v1::ApproveOfferRequest, v1::Offer>(
      scenario.un, "approver", method,
      {{"STALE_ETAG", absl::StrCat(name, " etag: \"0123\"")},
       {"OK", absl::StrCat(name, " etag: \"", scenario.OfferAt(scenario.un, offer).etag(), "\"")},
       {"NOT_DRAFT", name}});
}

TEST(OfferCommandsTest, EachSideHasItsOwnActs) {
  Scenario scenario;
  const std::string offer = scenario.Reserved(
      {.request = scenario.Request(1'000), .amount_minor = 1'000, .amount_min_minor = 400});
  const std::string name = absl::StrCat("name: \"", offer, "\" ");
  Expect<v1::AcceptOfferRequest, v1::Offer>(scenario.un, "accepter", "OfferService/AcceptOffer",
                                            {{"NOT_RECEIVER", name}});
  Expect<v1::RejectOfferRequest, v1::Offer>(
      scenario.un, "accepter", "OfferService/RejectOffer",
      {{"BAD_FIELD", name}, {"NOT_RECEIVER", name + "reason: TERMS"}});
  Expect<v1::CancelOfferRequest, v1::Offer>(scenario.au, "manager", "OfferService/CancelOffer",
                                            {{"NOT_GIVER", name}});
  Expect<v1::AcceptOfferRequest, v1::Offer>(
      scenario.au, "accepter", "OfferService/AcceptOffer",
      {{"UNKNOWN_CURRENCY", name + "amount { currency_code: \"XTS\" amount_minor: 400 }"},
       {"CURRENCY_MISMATCH", name + "amount { currency_code: \"EUR\" amount_minor: 400 }"},
       {"BAD_AMOUNT", name + "amount { currency_code: \"USD\" amount_minor: 399 }"},
       {"BAD_AMOUNT", name + "amount { currency_code: \"USD\" amount_minor: 1001 }"},
       {"OK", name + "amount { currency_code: \"USD\" amount_minor: 400 }"},
       {"NOT_RESERVED", name}});
  Expect<v1::RejectOfferRequest, v1::Offer>(scenario.au, "accepter", "OfferService/RejectOffer",
                                            {{"NOT_RESERVED", name + "reason: TERMS"}});
}

TEST(CommandsTest, BadBytesAreRefusedAndWriteNothing) {
  TestLedger un("un", {"au"});
  const uint64_t size = un.size();
  const std::string unknown_field = "\x9a\x3f\x01x";
  const std::string not_utf8 = std::string("\x0a\x02\xff\xfe", 4);
  for (const std::string& bytes : {unknown_field, not_utf8, std::string("\xff\xff")}) {
    const kernel::Outcome outcome = un.Run({"manager", "FundService/CreateFund", bytes});
    EXPECT_EQ(outcome.status.code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(un.size(), size);
}

TEST(CommandsTest, DryRunAnswersAndWritesNothing) {
  Scenario scenario;
  const uint64_t size = scenario.un.size();
  const auto request = Parsed<v1::CreateFundRequest>(
      R"(fund_id: "x" resource { title: "X" source: EXTRA_BUDGETARY currency_code: "USD" })");
  const kernel::Outcome outcome =
      scenario.un.Run({"manager", "FundService/CreateFund", request.SerializeAsString(),
                       kernel::Command::Mode::kValidateOnly});
  ASSERT_THAT(outcome.status, IsOk());
  v1::Fund fund;
  ASSERT_TRUE(fund.ParseFromString(outcome.reply));
  EXPECT_EQ(fund.name(), "organizations/un/funds/x");
  EXPECT_EQ(scenario.un.size(), size);
}

TEST(CommandsTest, ListsArePaged) {
  TestLedger un("un", {"au"});
  for (const absl::string_view id : {"a", "b", "c"}) {
    AddFund(un, id, "source: EXTRA_BUDGETARY", 0);
  }
  v1::ListFundsRequest request;
  request.set_page_size(2);
  auto page = un.Get<v1::ListFundsResponse>("FundService/ListFunds", request);
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->funds_size(), 2);
  EXPECT_EQ(page->funds(1).name(), "organizations/un/funds/b");
  request.set_page_token(page->next_page_token());
  page = un.Get<v1::ListFundsResponse>("FundService/ListFunds", request);
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->funds_size(), 1);
  EXPECT_EQ(page->next_page_token(), "");
}

}  // namespace
}  // namespace ch8::finance
