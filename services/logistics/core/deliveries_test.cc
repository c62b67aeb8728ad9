// What another organization's ledger sends, true, twice, or forged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "services/logistics/core/test_scenario.h"
#include "tests/support/status_matchers.h"

namespace ch8::logistics {
namespace {

using ::ch8::testing::IsOk;
using chapter8::books::v1::TransferStep;
using chapter8::ledger::v1::Delivery;
using v1::Consignment;
using v1::MaterielRequest;
using v1::SupplyOffer;

TEST(DeliveriesTest, ARequestWaitsForItsItem) {
  Scenario scenario;
  const std::string create = R"pb(item_id: "pump"
                                  resource {
                                    title: "Water pump"
                                    base_unit: "ea"
                                    category: ENGINEERING
                                    unit_value { currency_code: "USD" amount_minor: 5 }
                                  })pb";
  ASSERT_THAT(scenario.au.Call<v1::Item>("supply", "CatalogueService/CreateItem",
                                         Parsed<v1::CreateItemRequest>(create)),
              IsOk());
  const std::string request = scenario.Request(3, "pump");
  v1::GetRequestRequest get;
  get.set_name(request);
  EXPECT_EQ(ReasonOr(scenario.un.Get<MaterielRequest>("RequestService/GetRequest", get)),
            "UNKNOWN_REQUEST");  // It is deferred.
  ASSERT_THAT(scenario.un.Call<v1::Item>("supply", "CatalogueService/CreateItem",
                                         Parsed<v1::CreateItemRequest>(create)),
              IsOk());
  scenario.Request(1);  // Another delivery: what waited is decided again.
  EXPECT_EQ(scenario.RequestAt(scenario.un, request).lines(0).quantity(), 3);
}

// Each entry that crosses, delivered again and out of order: the second time changes nothing.
TEST(DeliveriesTest, DuplicatesHaveNoEffect) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const auto receipt = scenario.Receive(
      scenario.au, scenario.Dispatched({.request = scenario.Request(10), .quantity = 10}, "WB-1"),
      {.good = 9, .short_of = 1});
  ASSERT_THAT(receipt, IsOk());
  scenario.Settle();
  const auto again = [](TestLedger& to, const TestLedger& from) {
    for (uint64_t number = 1; from.Addressed(to.trust_domain(), number).has_value(); ++number) {
      const auto rows = to.StoredRows();
      EXPECT_EQ(to.Deliver(*from.Addressed(to.trust_domain(), number)).verdict(), Delivery::ACCEPT)
          << number;
      EXPECT_EQ(to.StoredRows(), rows) << number;
    }
  };
  again(scenario.un, scenario.au);
  again(scenario.au, scenario.un);
  EXPECT_TRUE(scenario.Replays());
}

// Delivers what `from` addressed to `to` last with its event changed, and says the verdict.
std::string Forged(TestLedger& to, const TestLedger& from, uint64_t number,
                   const std::function<void(v1::LogisticsEvent&)>& forge) {
  kernel::Delivered forged = *from.Addressed(to.trust_domain(), number);
  v1::LogisticsEvent event;
  ch8::Check(event.ParseFromString(forged.entry.domain_event()), "bad event");
  forge(event);
  forged.entry.set_domain_event(event.SerializeAsString());
  const Delivery delivery = to.Deliver(forged);
  return absl::StrCat(Delivery::Verdict_Name(delivery.verdict()), " ", delivery.reason());
}

TEST(DeliveriesTest, ForgedRequestsAreRefused) {
  Scenario scenario;
  scenario.Request(5);
  const auto deliver = [&](const std::function<void(MaterielRequest&)>& forge) {
    return Forged(scenario.un, scenario.au, 1, [&](v1::LogisticsEvent& event) {
      forge(*event.mutable_request_recorded()->mutable_request());
    });
  };
  EXPECT_EQ(deliver([](auto& r) { r.set_requester("organizations/un"); }), "REFUSE NOT_REQUESTER");
  EXPECT_EQ(deliver([](auto& r) { r.set_addressee("organizations/x"); }), "REFUSE NOT_ADDRESSEE");
  EXPECT_EQ(deliver([](auto& r) { r.set_name("requests/LRQ-UN-26-0001"); }), "REFUSE BAD_REQUEST");
  EXPECT_EQ(deliver([](auto& r) { r.mutable_lines(0)->set_quantity(-1); }), "REFUSE BAD_REQUEST");
  EXPECT_EQ(deliver([](auto& r) { r.clear_lines(); }), "REFUSE BAD_REQUEST");
  EXPECT_EQ(deliver([](auto& r) { r.set_destination("organizations/un/depots/kemba"); }),
            "REFUSE BAD_REQUEST");
  EXPECT_EQ(deliver([](auto& r) { r.mutable_lines(0)->set_quantity(6); }), "REFUSE OTHER_REQUEST");
  EXPECT_EQ(deliver([](auto& r) {
              r.set_name("requests/LRQ-AU-26-0009");
              r.mutable_lines(0)->set_base_unit("pack");
            }),
            "REFUSE OTHER_UNIT");
}

TEST(DeliveriesTest, ForgedCountsAreRefused) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string consignment =
      scenario.Dispatched({.request = scenario.Request(10), .quantity = 10}, "WB-1");
  ASSERT_THAT(scenario.Receive(scenario.au, consignment, {.good = 9, .short_of = 1}), IsOk());
  // 1 request, 2 ACCEPT, 3 MIRROR, 4 COUNT, 5 discrepancy.
  const auto deliver = [&](const std::function<void(v1::Receipt&)>& forge) {
    return Forged(scenario.un, scenario.au, 4, [&](v1::LogisticsEvent& event) {
      forge(*event.mutable_receipt_recorded()->mutable_receipt());
    });
  };
  EXPECT_EQ(deliver([](auto& r) { r.set_consignment("consignments/un/WB-9"); }),
            "REFUSE UNKNOWN_CONSIGNMENT");
  EXPECT_EQ(deliver([](auto& r) { r.set_good(10); }), "REFUSE BAD_RECEIPT");
  EXPECT_EQ(deliver([](auto& r) { r.set_name("receipts/RCP-UN-26-0001"); }), "REFUSE BAD_RECEIPT");
  EXPECT_EQ(deliver([](auto& r) { r.mutable_counts(0)->set_over(-5); }), "REFUSE BAD_RECEIPT");
  EXPECT_EQ(deliver([](auto& r) {
              r.mutable_counts(0)->set_short_(0);
              r.set_short_(0);
            }),
            "REFUSE COUNT_MISMATCH");
  EXPECT_EQ(deliver([](auto& r) { r.mutable_post()->set_index(1); }), "REFUSE OTHER_POST");
  EXPECT_EQ(Goods(scenario.un, "tent-10p").in_transit, 10);
  EXPECT_EQ(Forged(scenario.un, scenario.au, 5, [](v1::LogisticsEvent&) {}),
            "DEFER UNKNOWN_RECEIPT");  // It comes before its count.
  EXPECT_EQ(deliver([](auto&) {}), "ACCEPT ");
  EXPECT_EQ(deliver([](auto& r) { r.set_name("receipts/RCP-AU-26-0002"); }), "REFUSE SECOND_COUNT");
  EXPECT_EQ(Goods(scenario.un, "tent-10p").in_transit, 0);
  EXPECT_EQ(scenario.DiscrepancyAt(scenario.un, "discrepancies/DSC-AU-26-0001").short_(), 1);
  EXPECT_TRUE(scenario.Replays());
}

// Two consignments are counted under one receipt's name: the first count would be overwritten.
TEST(DeliveriesTest, AReceiptsNameIsUsedOnce) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string first =
      scenario.Dispatched({.request = scenario.Request(5), .quantity = 5}, "WB-1");
  const std::string second =
      scenario.Dispatched({.request = scenario.Request(5), .quantity = 5}, "WB-2");
  ASSERT_THAT(scenario.Receive(scenario.au, first, {.good = 5}), IsOk());
  scenario.Settle();
  ASSERT_THAT(scenario.Receive(scenario.au, second, {.good = 5}), IsOk());
  uint64_t number = 1;
  for (v1::LogisticsEvent event;; ++number) {
    const auto delivered = scenario.au.Addressed("un.example", number);
    ASSERT_TRUE(delivered.has_value());
    if (event.ParseFromString(delivered->entry.domain_event()) &&
        event.receipt_recorded().receipt().consignment() == second) {
      break;
    }
  }
  EXPECT_EQ(Forged(scenario.un, scenario.au, number,
                   [](v1::LogisticsEvent& event) {
                     event.mutable_receipt_recorded()->mutable_receipt()->set_name(
                         "receipts/RCP-AU-26-0001");
                   }),
            "REFUSE BAD_RECEIPT");
  EXPECT_EQ(Goods(scenario.un, "tent-10p").in_transit, 5);
  EXPECT_EQ(Forged(scenario.un, scenario.au, number, [](v1::LogisticsEvent&) {}), "ACCEPT ");
  EXPECT_EQ(Goods(scenario.un, "tent-10p").in_transit, 0);
}

// A giver that posts less than it promised has dispatched nothing that could be counted.
TEST(DeliveriesTest, GoodsThatArePostedInPartAreNotOnTheirWay) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string offer = scenario.Accepted({.request = scenario.Request(10), .quantity = 10});
  ASSERT_THAT(scenario.Dispatch(scenario.un, offer, "WB-1"), IsOk());
  auto post = scenario.un.Addressed("au.example", 2);
  ASSERT_TRUE(post.has_value() && post->entry.step().has_post());
  post->entry.mutable_step()->mutable_post()->set_quantity(9);
  scenario.au.Deliver(*post);
  EXPECT_EQ(scenario.OfferAt(scenario.au, offer).state(), SupplyOffer::CANCELLED);
  EXPECT_EQ(scenario.au.Deliver(*scenario.un.Addressed("au.example", 3)).reason(),
            "NOT_DISPATCHED");
  EXPECT_EQ(scenario.au.StoredRows(), scenario.au.ReplayedRows());
}

TEST(DeliveriesTest, ForgedConsignmentsAreRefused) {
  Scenario scenario;
  scenario.Stock(scenario.un, "tent-10p", 10);
  const std::string offer = scenario.Accepted({.request = scenario.Request(10), .quantity = 10});
  ASSERT_THAT(scenario.Dispatch(scenario.un, offer, "WB-1"), IsOk());
  // 1 RESERVE, 2 POST, 3 consignment.
  const auto deliver = [&](const std::function<void(Consignment&)>& forge) {
    return Forged(scenario.au, scenario.un, 3, [&](v1::LogisticsEvent& event) {
      forge(*event.mutable_consignment_recorded()->mutable_consignment());
    });
  };
  EXPECT_EQ(deliver([](auto& c) { c.set_name("consignments/au/WB-1"); }), "REFUSE NOT_GIVER");
  EXPECT_EQ(deliver([](auto& c) { c.set_quantity(11); }), "REFUSE BAD_CONSIGNMENT");
  EXPECT_EQ(deliver([](auto& c) { c.set_custodian("us"); }), "REFUSE BAD_CONSIGNMENT");
  EXPECT_EQ(deliver([](auto&) {}), "DEFER NEEDS_POST");
  scenario.au.Deliver(*scenario.un.Addressed("au.example", 2));
  EXPECT_EQ(scenario.ConsignmentAt(scenario.au, "consignments/un/WB-1").state(),
            Consignment::IN_TRANSIT);
  EXPECT_EQ(deliver([](auto& c) { c.set_name("consignments/un/WB-2"); }),
            "REFUSE SECOND_CONSIGNMENT");
}

// Well-formed and forbidden: taken as a fact, and answered by REJECT, so that the hold ends.
TEST(DeliveriesTest, ForbiddenTermsAreRejectedByRule) {
  const std::vector<std::pair<std::string, std::function<void(v1::SupplyTerms&)>>> cases = {
      {"BAD_TERMS", [](auto& t) { t.set_offer("offers/LOF-AU-26-0001"); }},
      {"BAD_TERMS", [](auto& t) { t.set_quantity(4); }},
      {"BAD_TERMS", [](auto& t) { t.mutable_lots(0)->set_quantity(6); }},
      {"BAD_TERMS", [](auto& t) { t.set_depot("organizations/au/depots/sokmu"); }},
      {"BAD_TERMS", [](auto& t) { t.mutable_unit_value()->set_amount_minor(0); }},
      {"UNKNOWN_ITEM", [](auto& t) { t.set_item("items/spade"); }},
      {"OTHER_UNIT", [](auto& t) { t.set_base_unit("pack"); }},
      {"UNKNOWN_REQUEST", [](auto& t) { t.set_request("requests/LRQ-AU-26-0077"); }},
      {"OTHER_TERMS",
       [](auto& t) {
         t.set_item("items/ration");
         t.set_base_unit("man-day");
       }},
      {"OTHER_TERMS", [](auto& t) { t.set_operation("operations/x"); }},
      {"UNKNOWN_ORIGINAL", [](auto& t) {
         t.clear_request();
         t.set_original("offers/LOF-AU-26-0001");
       }}};
  for (const auto& [want, forge] : cases) {
    Scenario scenario;
    scenario.Stock(scenario.un, "tent-10p", 10);
    const std::string offer = scenario.Offer({.request = scenario.Request(5), .quantity = 5});
    ASSERT_THAT(scenario.Approve(offer), IsOk());
    kernel::Delivered forged = *scenario.un.Addressed("au.example", 1);
    TransferStep& step = *forged.entry.mutable_step();
    v1::SupplyTerms terms;
    ASSERT_TRUE(terms.ParseFromString(step.reserve().terms()));
    forge(terms);
    step.mutable_reserve()->set_terms(terms.SerializeAsString());
    step.set_terms_hash(std::string(Sha256(step.reserve().terms()).view()));
    const uint64_t before = scenario.au.size();
    const Delivery delivery = scenario.au.Deliver(forged);
    EXPECT_EQ(delivery.verdict(), Delivery::ACCEPT) << want;
    EXPECT_EQ(delivery.reason(), want);
    EXPECT_TRUE(scenario.au.Entries(before).back().step().has_reject()) << want;
    EXPECT_EQ(scenario.au.StoredRows(), scenario.au.ReplayedRows());
  }
}

TEST(DeliveriesTest, StrangersAndOddEntriesAreNotTaken) {
  Scenario scenario;
  scenario.Request(1);
  kernel::Delivered delivered = *scenario.au.Addressed("un.example", 1);
  const auto reason = [&](const std::string& origin) {
    delivered.origin = origin;
    return scenario.un.Deliver(delivered).reason();
  };
  EXPECT_EQ(reason("ecowas.example/ch8/logistics"), "UNKNOWN_ORGANIZATION");
  EXPECT_EQ(reason("au.example/ch8/finance"), "NOT_LOGISTICS");
  delivered.entry.Clear();
  EXPECT_EQ(reason("au.example/ch8/logistics"), "UNEXPECTED_ENTRY");
  delivered.entry.set_domain_event("\xff");
  EXPECT_EQ(reason("au.example/ch8/logistics"), "MALFORMED_EVENT");
  v1::LogisticsEvent event;
  event.mutable_lot_changed()->set_lot("organizations/un/lots/LOT-UN-26-0001");
  delivered.entry.set_domain_event(event.SerializeAsString());
  EXPECT_EQ(reason("au.example/ch8/logistics"), "UNEXPECTED_ENTRY");
}

}  // namespace
}  // namespace ch8::logistics
