#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/kernel/refusal.h"
#include "services/logistics/core/identifiers.h"
#include "services/logistics/core/test_scenario.h"
#include "tests/support/status_matchers.h"

namespace ch8::logistics {
namespace {

using ::ch8::testing::IsOk;

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

// Golden values of the domain rulebook, rule L-9.
TEST(IdentifiersTest, CheckDigits) {
  for (const absl::string_view good :
       {"4006381333931", "10614141000415", "0614141000005", "106141410000000019", "96385074"}) {
    EXPECT_TRUE(IsGs1Number(good)) << good;
    std::string wrong(good);
    wrong.back() = wrong.back() == '9' ? '0' : static_cast<char>(wrong.back() + 1);
    EXPECT_FALSE(IsGs1Number(wrong)) << wrong;
  }
  for (const absl::string_view bad : {"", "400638133393", "40063813339310000", "400638133393x"}) {
    EXPECT_FALSE(IsGs1Number(bad)) << bad;
  }
  EXPECT_TRUE(IsUnNumber("UN1202"));
  EXPECT_FALSE(IsUnNumber("UN120"));
  EXPECT_FALSE(IsUnNumber("1202"));
  EXPECT_TRUE(IsLocode("SOKMU"));
  EXPECT_TRUE(IsLocode("US2XX"));
  EXPECT_FALSE(IsLocode("SOK1U"));
  EXPECT_FALSE(IsLocode("sokmu"));
  EXPECT_FALSE(IsLocode("SOKMUX"));
}

TEST(CatalogueCommandsTest, CreateItem) {
  TestLedger un("un", {"au"});
  const std::string diesel = R"(item_id: "diesel" resource { title: "Diesel" base_unit: "L" )";
  const std::string usd = "unit_value { currency_code: \"USD\" amount_minor: 110 } ";
  const std::string fuel = diesel + "category: FUEL " + usd;
  Expect<v1::CreateItemRequest, v1::Item>(
      un, "supply", "CatalogueService/CreateItem",
      {{"BAD_ID", R"(item_id: "TENT")"},
       {"BAD_ID", R"(item_id: "abcdefghijklmnopqrstuvwxyza")"},
       {"BAD_FIELD", R"(item_id: "diesel")"},
       {"BAD_FIELD", R"(item_id: "diesel" resource { title: "Diesel" })"},
       {"BAD_FIELD", diesel + "}"},
       {"BAD_FIELD", diesel + "category: ARMS }"},
       {"BAD_IDENTIFIER", fuel + R"(identifiers { scheme: "GTIN" code: "4006381333932" } })"},
       {"BAD_IDENTIFIER", fuel + R"(identifiers { scheme: "X" code: "1" } })"},
       {"UNKNOWN_CURRENCY", diesel + "category: FUEL }"},
       {"BAD_AMOUNT", diesel + "category: FUEL unit_value { currency_code: \"USD\" } }"},
       {"OK", fuel + R"(identifiers { scheme: "UNDG" code: "UN1202" } })"},
       {"ITEM_EXISTS", fuel + "}"}});
  Expect<v1::CreateItemRequest, v1::Item>(un, "requester", "CatalogueService/CreateItem",
                                          {{"NO_ROLE", fuel + "}"}});
}

TEST(DepotCommandsTest, CreateDepot) {
  TestLedger un("un", {"au"});
  Expect<v1::CreateDepotRequest, v1::Depot>(
      un, "supply", "DepotService/CreateDepot",
      {{"BAD_ID", R"(depot_id: "KEMBA")"},
       {"BAD_FIELD", R"(depot_id: "x")"},
       {"BAD_LOCODE", R"(depot_id: "x" resource { title: "X" locode: "KEMB1" })"},
       {"BAD_COORDINATES", R"(depot_id: "x" resource { title: "X" })"},
       {"BAD_COORDINATES",
        R"(depot_id: "x" resource { title: "X" latitude_microdegrees: 90000001 })"},
       {"OK", R"(depot_id: "beledweyne" resource { title: "Beledweyne"
                 latitude_microdegrees: 4735833 longitude_microdegrees: 45203611 })"},
       {"OK", R"(depot_id: "x" resource { title: "X" locode: "KEMBA" })"},
       {"DEPOT_EXISTS", R"(depot_id: "x" resource { title: "X" locode: "KEMBA" })"}});
}

TEST(StockCommandsTest, RecordStock) {
  Scenario scenario;
  ASSERT_THAT(scenario.un.Call<v1::Item>(
                  "supply", "CatalogueService/CreateItem",
                  Parsed<v1::CreateItemRequest>(
                      R"(item_id: "rifle" resource { title: "R" base_unit: "ea" category: ARMS
                         lethal: true unit_value { currency_code: "USD" amount_minor: 1 } })")),
              IsOk());
  const std::string some = "quantity: 5 reason: \"PO\" resource { ";
  const std::string rations = some + "item: \"items/ration\" ";
  const std::string kemba = "depot: \"organizations/un/depots/kemba\" ";
  Expect<v1::RecordStockRequest, v1::Lot>(
      scenario.un, "supply", "StockService/RecordStock",
      {{"BAD_QUANTITY", "quantity: 0"},
       {"BAD_QUANTITY", "quantity: 1000000000001"},
       {"BAD_FIELD", "quantity: 5"},
       {"BAD_NAME", some + "}"},
       {"UNKNOWN_ITEM", some + "item: \"items/x\" }"},
       {"UNKNOWN_DEPOT", rations + "depot: \"organizations/un/depots/x\" }"},
       {"BAD_DATES", rations + kemba + "}"},
       {"BAD_DATES", rations + kemba + "expires_on { year: 2026 month: 2 day: 29 } }"},
       {"BAD_NAME",
        rations + kemba + "expires_on { year: 2026 month: 5 day: 1 } operation: \"aussom\" }"},
       {"LETHAL_EARMARK", some + "item: \"items/rifle\" non_lethal_only: true " + kemba + "}"},
       {"OK", rations + kemba + "expires_on { year: 2026 month: 5 day: 1 } }"}});
}

TEST(StockCommandsTest, AdjustStock) {
  Scenario scenario;
  const std::string lot = scenario.Stock(scenario.un, "tent-10p", 10);
  scenario.Offer({.request = scenario.Request(4), .quantity = 4});
  const std::string name = absl::StrCat("name: \"", lot, "\" reason: \"recount\" ");
  Expect<v1::AdjustStockRequest, v1::Lot>(
      scenario.un, "supply", "StockService/AdjustStock",
      {{"BAD_QUANTITY", name},
       {"BAD_QUANTITY", name + "difference: -9223372036854775808"},
       {"BAD_FIELD", "difference: 1"},
       {"UNKNOWN_LOT",
        "name: \"organizations/un/lots/LOT-UN-26-0099\" reason: \"r\" difference: 1"},
       {"INSUFFICIENT", name + "difference: -7"},  // Four are held.
       {"OK", name + "difference: -6"},
       {"OK", name + "difference: 2"}});
  EXPECT_EQ(Goods(scenario.un, "tent-10p").adjusted, -4);
  EXPECT_EQ(scenario.LotsOf(scenario.un)[0].on_hand(), 6);
}

TEST(RequestCommandsTest, MakeRequest) {
  Scenario scenario;
  const std::string un = "addressee: \"organizations/un\" operation: \"operations/aussom\" ";
  const std::string date = "needed_by { year: 2026 month: 3 day: 2 } ";
  const std::string tents = "lines { item: \"items/tent-10p\" quantity: 1 } ";
  const std::string sokmu = "destination: \"organizations/au/depots/sokmu\" ";
  const std::vector<Case> cases = {
      {"BAD_NAME", ""},
      {"BAD_NAME", "addressee: \"organizations/un\" operation: \"aussom\""},
      {"BAD_NAME", un + "beneficiary_unit: \"aussom-s6\""},
      {"BAD_DATES", un},
      {"BAD_DATES", un + "needed_by { year: 2026 month: 3 day: 1 }"},
      {"BAD_LINES", un + date},
      {"BAD_LINES", un + date + tents + tents},
      {"BAD_QUANTITY", un + date + "lines { item: \"items/tent-10p\" }"},
      {"BAD_NAME", un + date + tents},
      {"UNKNOWN_DEPOT", un + date + tents + "destination: \"organizations/au/depots/x\""},
      {"UNKNOWN_ITEM", un + date + sokmu + "lines { item: \"items/x\" quantity: 1 }"},
      {"NOT_PINNED", "addressee: \"organizations/sadc\" operation: \"operations/aussom\" " + date +
                         tents + sokmu},
      {"BAD_FIELD",
       "addressee: \"organizations/au\" operation: \"operations/aussom\" " + date + tents + sokmu},
      {"OK", un + date + tents + sokmu + "beneficiary_unit: \"units/aussom-s6-bn1\""}};
  for (const Case& row : cases) {
    Expect<v1::MakeRequestRequest, v1::MaterielRequest>(
        scenario.au, "requester", "RequestService/MakeRequest",
        {{row.want, absl::StrCat("resource { ", row.request, " }")}});
  }
}

TEST(RequestCommandsTest, WithdrawRequest) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string met = scenario.Request(4);
  scenario.Accepted({.request = met, .quantity = 2});
  const std::string request = scenario.Request(5);
  const std::string name = absl::StrCat("name: \"", request, "\"");
  const absl::string_view method = "RequestService/WithdrawRequest";
  Expect<v1::WithdrawRequestRequest, v1::MaterielRequest>(scenario.un, "requester", method,
                                                          {{"NOT_REQUESTER", name}});
  Expect<v1::WithdrawRequestRequest, v1::MaterielRequest>(
      scenario.au, "requester", method,
      {{"OFFERS_ACCEPTED", absl::StrCat("name: \"", met, "\"")}, {"OK", name}, {"NOT_OPEN", name}});
  scenario.Settle();
  EXPECT_EQ(ReasonOr(scenario.TryOffer({.request = request, .quantity = 1})), "NOT_OPEN");
}

TEST(OfferCommandsTest, MakeOffer) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 8);
  const std::string request = scenario.Request(10);
  const std::string five = "quantity: 5 hold_duration { seconds: 60 } ";
  const std::string known = absl::StrCat("request: \"", request, "\" ");
  const std::string tents = "item: \"items/tent-10p\" ";
  const std::string kemba = "depot: \"organizations/un/depots/kemba\" ";
  const std::vector<Case> cases = {
      {"BAD_QUANTITY", ""},
      {"BAD_HOLD_DURATION", "quantity: 5"},
      {"BAD_NAME", five},
      {"UNKNOWN_REQUEST", five + "request: \"requests/LRQ-AU-26-0099\""},
      {"UNKNOWN_ITEM", five + known + "item: \"items/x\""},
      {"UNKNOWN_DEPOT", five + known + tents + "depot: \"organizations/un/depots/x\""},
      {"NO_LINE", five + known + kemba + "item: \"items/ration\""},
      {"OVER_REQUEST", "quantity: 11 hold_duration { seconds: 60 } " + known + tents + kemba},
      {"INSUFFICIENT", "quantity: 9 hold_duration { seconds: 60 } " + known + tents + kemba},
      {"OK", five + known + tents + kemba},
      {"INSUFFICIENT", five + known + tents + kemba}};
  for (const Case& row : cases) {
    Expect<v1::MakeOfferRequest, v1::SupplyOffer>(
        scenario.un, "supply", "OfferService/MakeOffer",
        {{row.want, absl::StrCat("resource { ", row.request, " }")}});
  }
  const auto refused = scenario.TryOffer({.request = request, .quantity = 5}).status();
  const google::rpc::ErrorInfo info = kernel::ErrorInfoOf(refused);
  EXPECT_EQ(info.domain(), "logistics.chapter8");
  EXPECT_EQ(info.metadata().at("available"), "3");
  EXPECT_EQ(info.metadata().at("wanted"), "5");
  EXPECT_EQ(info.metadata().at("instead"), "ch8 stock find tent-10p --for LRQ-AU-26-0001");
}

TEST(OfferCommandsTest, ApproveOffer) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string offer = scenario.Offer({.request = scenario.Request(10), .quantity = 2});
  const std::string name = absl::StrCat("name: \"", offer, "\" ");
  const absl::string_view method = "OfferService/ApproveOffer";
  Expect<v1::ApproveOfferRequest, v1::SupplyOffer>(scenario.un, "supply", method,
                                                   {{"NO_ROLE", name}});
  Expect<v1::ApproveOfferRequest, v1::SupplyOffer>(
      scenario.un, "twin", method,
      {{"UNKNOWN_OFFER", R"(name: "offers/LOF-UN-26-0099")"}, {"SAME_PERSON", name}});
  Expect<v1::ApproveOfferRequest, v1::SupplyOffer>(
      scenario.un, "clerk", method, {{"OVER_LIMIT", name}});  // USD 1,960.00 above 1,000.00.
  Expect<v1::ApproveOfferRequest, v1::SupplyOffer>(
      scenario.un, "approver", method,
      {{"STALE_ETAG", name + "etag: \"0123\""}, {"OK", name}, {"NOT_DRAFT", name}});
}

TEST(OfferCommandsTest, EachSideHasItsOwnActs) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string offer = scenario.Offer({.request = scenario.Request(4), .quantity = 4});
  ASSERT_THAT(scenario.Approve(offer), IsOk());
  scenario.Settle();
  const std::string name = absl::StrCat("name: \"", offer, "\" ");
  Expect<v1::AcceptOfferRequest, v1::SupplyOffer>(
      scenario.un, "accepter", "OfferService/AcceptOffer", {{"NOT_RECEIVER", name}});
  Expect<v1::CancelOfferRequest, v1::SupplyOffer>(scenario.au, "supply", "OfferService/CancelOffer",
                                                  {{"NOT_GIVER", name}});
  Expect<v1::RejectOfferRequest, v1::SupplyOffer>(
      scenario.au, "accepter", "OfferService/RejectOffer", {{"BAD_FIELD", name}});
  Expect<v1::AcceptOfferRequest, v1::SupplyOffer>(
      scenario.au, "accepter", "OfferService/AcceptOffer", {{"OK", name}, {"NOT_RESERVED", name}});
  EXPECT_EQ(ReasonOr(scenario.Dispatch(scenario.au, offer, "WB-1")), "NOT_GIVER");
}

TEST(OfferCommandsTest, ALineIsAcceptedOnce) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string request = scenario.Request(4);
  scenario.Accepted({.request = request, .quantity = 3});
  EXPECT_EQ(ReasonOr(scenario.TryOffer({.request = request, .quantity = 2})), "OVER_REQUEST");
}

TEST(ConsignmentCommandsTest, DispatchConsignment) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string request = scenario.Request(10);
  scenario.Dispatched({.request = request, .quantity = 1}, "WB-1");
  const std::string offer = scenario.Accepted({.request = request, .quantity = 2});
  const std::string draft = scenario.Offer({.request = request, .quantity = 3});
  const std::string wb = "waybill: \"WB-2\" eta { year: 2026 month: 3 day: 20 } ";
  const std::string leg = "leg { origin: \"KEMBA\" destination: \"SOKMU\" carrier: \"C\" ";
  const std::string day = "departed_on { year: 2026 month: 3 day: 3 } } ";
  const std::string known = absl::StrCat("offer: \"", offer, "\" ");
  Expect<v1::DispatchConsignmentRequest, v1::Consignment>(
      scenario.un, "supply", "ConsignmentService/DispatchConsignment",
      {{"BAD_WAYBILL", "waybill: \"wb 2\""},
       {"BAD_DATES", "waybill: \"WB-2\""},
       {"BAD_FIELD", wb},
       {"BAD_DATES", wb + leg + "}"},
       {"BAD_DATES", wb + leg + "departed_on { year: 2026 month: 3 day: 21 } }"},
       {"UNKNOWN_OFFER", wb + leg + day + "offer: \"offers/LOF-UN-26-0099\""},
       {"NOT_ACCEPTED", wb + leg + day + absl::StrCat("offer: \"", draft, "\"")},
       {"CONSIGNMENT_EXISTS",
        "waybill: \"WB-1\" eta { year: 2026 month: 3 day: 20 } " + leg + day + known},
       {"OK", wb + leg + day + known}});
}

TEST(ConsignmentCommandsTest, ReceiveConsignment) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string consignment =
      scenario.Dispatched({.request = scenario.Request(10), .quantity = 10}, "WB-1");
  const std::string name = absl::StrCat("name: \"", consignment, "\" item: \"items/tent-10p\" ");
  const absl::string_view method = "ConsignmentService/ReceiveConsignment";
  Expect<v1::ReceiveConsignmentRequest, v1::Receipt>(
      scenario.un, "receiver", method, {{"NOT_RECEIVER", name + "counts { good: 10 }"}});
  Expect<v1::ReceiveConsignmentRequest, v1::Receipt>(
      scenario.au, "eager", method, {{"SAME_PERSON", name + "counts { good: 10 }"}});
  Expect<v1::ReceiveConsignmentRequest, v1::Receipt>(
      scenario.au, "receiver", method,
      {{"UNKNOWN_CONSIGNMENT", "name: \"consignments/un/WB-9\""},
       {"UNKNOWN_DEPOT", name + "depot: \"organizations/au/depots/x\""},
       {"BAD_LINES", name},
       {"BAD_LINES", name + "counts { good: 5 } counts { good: 5 }"},
       {"BAD_LINES", name + "counts { lot_number: \"other\" good: 10 }"},
       {"BAD_QUANTITY", name + "counts { good: 11 damaged: -1 }"},
       {"COUNT_MISMATCH", name + "counts { good: 9 }"},
       {"COUNT_MISMATCH", name + "counts { good: 9 over: 1 }"},
       {"OK", name + "counts { lot_number: \"LOT-UN-26-0001\" good: 9 damaged: 1 }"},
       {"NOT_IN_TRANSIT", name + "counts { good: 10 }"}});
}

TEST(ConsignmentCommandsTest, AMismatchShowsItsSum) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 120);
  const auto refused = scenario.Receive(
      scenario.au, scenario.Dispatched({.request = scenario.Request(120), .quantity = 120}, "WB-1"),
      {.good = 114, .damaged = 2, .short_of = 3});
  const google::rpc::ErrorInfo info = kernel::ErrorInfoOf(refused.status());
  EXPECT_EQ(info.reason(), "COUNT_MISMATCH");
  EXPECT_EQ(info.metadata().at("dispatched"), "120");
  EXPECT_EQ(info.metadata().at("counted"), "119");
  EXPECT_EQ(info.metadata().at("instead"), "ch8 consignment show un/WB-1");
}

TEST(SupplyStatusTest, DaysOfSupply) {
  Scenario scenario;
  scenario.Stock(scenario.au, "ration", 10'000, "expires_on { year: 2026 month: 5 day: 1 }");
  scenario.Stock(scenario.au, "ration", 500, "expires_on { year: 2026 month: 12 day: 1 }");
  Expect<v1::SetDailyRateRequest, v1::DailyRate>(
      scenario.au, "supply", "DepotService/SetDailyRate",
      {{"BAD_QUANTITY", "resource { }"},
       {"BAD_QUANTITY", "resource { quantity: 1 strength: -1 }"},
       {"UNKNOWN_DEPOT", "resource { quantity: 1 depot: \"organizations/au/depots/x\" }"},
       {"OK",
        "resource { quantity: 1 strength: 850 item: \"items/ration\" "
        "depot: \"organizations/au/depots/sokmu\" }"}});
  const v1::SupplyStatus::Line line = scenario.StatusAt(scenario.au, "sokmu", "ration");
  EXPECT_EQ(line.on_hand(), 10'500);
  EXPECT_EQ(line.expiring(), 10'000);
  EXPECT_EQ(line.daily(), 850);
  EXPECT_EQ(line.days_of_supply(), 12);  // 10,500 / 850 = 12.35.
  scenario.Stock(scenario.au, "tent-10p", 3);
  EXPECT_FALSE(scenario.StatusAt(scenario.au, "sokmu", "tent-10p").has_days_of_supply())
      << "no rate is set for it";
}

TEST(FindStockTest, ShowsTheOrderAndWhy) {
  Scenario scenario;
  scenario.Stock(scenario.un, "ration", 5, "expires_on { year: 2026 month: 2 day: 1 }");
  scenario.Stock(scenario.un, "ration", 6, "expires_on { year: 2026 month: 9 day: 1 }");
  scenario.Stock(scenario.un, "ration", 7, "expires_on { year: 2026 month: 4 day: 1 }");
  v1::FindStockRequest request;
  request.set_item("items/ration");
  const auto found = scenario.un.Get<v1::FindStockResponse>("StockService/FindStock", request);
  ASSERT_THAT(found, IsOk());
  ASSERT_EQ(found->options_size(), 3);
  EXPECT_EQ(found->available(), 13);
  EXPECT_EQ(found->options(0).available(), 7);
  EXPECT_EQ(found->options(0).why(), "no. 1: expires 2026-04-01, the first to expire");
  EXPECT_EQ(found->options(1).why(), "no. 2: expires 2026-09-01");
  EXPECT_EQ(found->options(2).why(), "not given: expired after 2026-02-01 (L-13)");
}

TEST(CommandsTest, ARetryGetsTheSameAnswerAndOtherBytesAreRefused) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string asked = scenario.Request(10);
  const auto make = [&](int quantity) {
    return scenario.un.Run(
        {.officer = "supply",
         .method = "OfferService/MakeOffer",
         .request = Parsed<v1::MakeOfferRequest>(
                        absl::StrCat("resource { quantity: ", quantity,
                                     " hold_duration { seconds: 60 } item: \"items/tent-10p\" "
                                     "request: \"",
                                     asked, "\" depot: \"organizations/un/depots/kemba\" }"))
                        .SerializeAsString(),
         .request_id = "5f0e8b0e-0000-4000-8000-000000000001"});
  };
  const kernel::Outcome first = make(4);
  ASSERT_THAT(first.status, IsOk());
  const auto rows = scenario.un.StoredRows();
  const kernel::Outcome again = make(4);
  EXPECT_THAT(again.status, IsOk());
  EXPECT_EQ(again.reply, first.reply);
  EXPECT_EQ(again.receipt.index(), first.receipt.index());
  const kernel::Outcome other = make(5);
  EXPECT_EQ(other.status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(kernel::ReasonOf(other.status), "REQUEST_ID_REUSED");
  EXPECT_EQ(scenario.un.StoredRows(), rows);
  EXPECT_EQ(Goods(scenario.un, "tent-10p").staged, 4);
}

TEST(CommandsTest, BadBytesAreRefusedAndWriteNothing) {
  TestLedger un("un", {"au"});
  const uint64_t size = un.size();
  const std::string unknown_field = "\x9a\x3f\x01x";
  const std::string not_utf8 = std::string("\x0a\x02\xff\xfe", 4);
  for (const std::string& bytes : {unknown_field, not_utf8, std::string("\xff\xff")}) {
    const kernel::Outcome outcome = un.Run({"supply", "CatalogueService/CreateItem", bytes});
    EXPECT_EQ(outcome.status.code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(un.size(), size);
}

TEST(CommandsTest, DryRunAnswersAndWritesNothing) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string asked = scenario.Request(4);
  const uint64_t size = scenario.un.size();
  const auto request = Parsed<v1::MakeOfferRequest>(absl::StrCat(
      "resource { quantity: 4 hold_duration { seconds: 60 } item: \"items/tent-10p\" request: \"",
      asked, "\" depot: \"organizations/un/depots/kemba\" }"));
  const kernel::Outcome outcome =
      scenario.un.Run({"supply", "OfferService/MakeOffer", request.SerializeAsString(),
                       kernel::Command::Mode::kValidateOnly});
  ASSERT_THAT(outcome.status, IsOk());
  v1::SupplyOffer offer;
  ASSERT_TRUE(offer.ParseFromString(outcome.reply));
  EXPECT_EQ(offer.picks(0).quantity(), 4);
  EXPECT_EQ(scenario.un.size(), size);
}

TEST(CommandsTest, ListsArePagedOverThreePages) {
  Scenario scenario;
  for (int i = 0; i < 5; ++i) scenario.Stock(scenario.un, "tent-10p", 1);
  v1::ListLotsRequest request;
  request.set_page_size(2);
  std::vector<std::string> names;
  int pages = 0;
  for (bool more = true; more; ++pages) {
    const auto page = scenario.un.Get<v1::ListLotsResponse>("StockService/ListLots", request);
    ASSERT_THAT(page, IsOk());
    for (const v1::Lot& lot : page->lots()) names.push_back(lot.name());
    more = !page->next_page_token().empty();
    request.set_page_token(page->next_page_token());
  }
  EXPECT_EQ(pages, 3);
  ASSERT_EQ(names.size(), 5u);
  EXPECT_EQ(names[4], "organizations/un/lots/LOT-UN-26-0005");
}

}  // namespace
}  // namespace ch8::logistics
