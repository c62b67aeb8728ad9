#include "services/logistics/core/exposure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/kernel/refusal.h"
#include "services/logistics/core/test_scenario.h"
#include "tests/support/status_matchers.h"

namespace ch8::logistics {
namespace {

using ::ch8::testing::IsOk;
using ::testing::HasSubstr;

// Three tents are USD 2,940.00.
constexpr int64_t kTents = 3;

class ExposureTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::ExposureLimit> SetLimit(absl::string_view fields) {
    return scenario_.au.Call<v1::ExposureLimit>(
        "admin", "StockService/SetExposureLimit",
        Parsed<v1::SetExposureLimitRequest>(
            absl::StrCat("resource { organization: \"organizations/un\" ", fields, " }")));
  }
  // In USD cents.
  absl::Status Limit(int64_t amount_minor, int witnesses) {
    return SetLimit(absl::StrCat("limit { currency_code: \"USD\" amount_minor: ", amount_minor,
                                 " } witnesses: ", witnesses))
        .status();
  }

  // Three more tents come from the UN and are counted. What has to be witnessed of the UN's ledger
  // to hold it to that.
  uint64_t Come(const std::string& waybill, const std::string& item = "tent-10p") {
    scenario_.Stock(scenario_.un, item, kTents);
    const std::string request = scenario_.Request(kTents, item);
    const std::string consignment =
        scenario_.Dispatched({.request = request, .quantity = kTents, .item = item}, waybill);
    Check(scenario_.Receive(scenario_.au, consignment, {.good = kTents, .item = item}).ok(),
          "not counted");
    scenario_.Settle();
    const v1::SupplyOffer offer =
        scenario_.OfferAt(scenario_.un, scenario_.ConsignmentAt(scenario_.au, consignment).offer());
    for (const auto& step : offer.steps()) {
      if (step.step() == "POST") return step.index() + 1;
    }
    ADD_FAILURE() << "the dispatch is missing";
    return 0;
  }

  // The UN asks the AU for tents. The request's name.
  std::string Ask(int64_t quantity) {
    const auto asked = scenario_.un.Call<v1::MaterielRequest>(
        "requester", "RequestService/MakeRequest",
        Parsed<v1::MakeRequestRequest>(
            absl::StrCat(R"pb(
                           resource { addressee: "organizations/au" operation: "operations/aussom"
                                      destination: "organizations/un/depots/kemba"
                                      needed_by { year: 2026 month: 3 day: 21 }
                                      lines { item: "items/tent-10p" quantity:)pb",
                         quantity, " } }")));
    Check(asked.ok(), asked.status().ToString());
    scenario_.Settle();
    return asked->name();
  }

  // The AU is asked for tents and offers so many of them.
  absl::StatusOr<v1::SupplyOffer> Offer(int64_t quantity) {
    v1::MakeOfferRequest request;
    v1::SupplyOffer& offer = *request.mutable_resource();
    offer.set_request(Ask(quantity));
    offer.set_item("items/tent-10p");
    offer.set_quantity(quantity);
    offer.set_depot("organizations/au/depots/sokmu");
    offer.mutable_hold_duration()->set_seconds(3'600);
    return scenario_.au.Call<v1::SupplyOffer>("supply", "OfferService/MakeOffer", request);
  }

  v1::FindStockResponse Find() {
    v1::FindStockRequest request;
    request.set_item("items/tent-10p");
    request.set_request(Ask(1));
    return scenario_.au.Get<v1::FindStockResponse>("StockService/FindStock", request).value();
  }
  v1::Exposure Standing() {
    const auto page = scenario_.au.Get<v1::ListExposuresResponse>("StockService/ListExposures",
                                                                  v1::ListExposuresRequest());
    Check(page.ok() && page->exposures_size() == 1, "not one limit");
    return page->exposures(0);
  }

  Scenario scenario_{{"ecowas", "sadc"}};
};

TEST_F(ExposureTest, LimitsAreSetByAdministratorsAndWithinReason) {
  EXPECT_EQ(kernel::ReasonOf(Limit(-1, 1)), "BAD_AMOUNT");
  EXPECT_EQ(kernel::ReasonOf(Limit(0, 0)), "BAD_WITNESSES");
  const absl::Status three = Limit(0, 3);
  EXPECT_EQ(kernel::ReasonOf(three), "BAD_WITNESSES");
  EXPECT_EQ(kernel::ErrorInfoOf(three).metadata().at("available"), "2");
  EXPECT_EQ(ReasonOr(SetLimit("limit { currency_code: \"XTS\" } witnesses: 1")),
            "UNKNOWN_CURRENCY");
  EXPECT_EQ(ReasonOr(SetLimit("")), "UNKNOWN_LIMIT");
  const auto unknown = scenario_.au.Call<v1::ExposureLimit>(
      "admin", "StockService/SetExposureLimit", Parsed<v1::SetExposureLimitRequest>(R"pb(
        resource {
          organization: "organizations/eu"
          limit { currency_code: "USD" }
          witnesses: 1
        })pb"));
  EXPECT_EQ(ReasonOr(unknown), "NOT_PINNED");
  const auto other = scenario_.au.Call<v1::ExposureLimit>("supply", "StockService/SetExposureLimit",
                                                          Parsed<v1::SetExposureLimitRequest>(R"pb(
                                                            resource {
                                                              organization: "organizations/un"
                                                              limit { currency_code: "USD" }
                                                              witnesses: 1
                                                            })pb"));
  EXPECT_EQ(ReasonOr(other), "NO_ROLE");
  EXPECT_THAT(Limit(0, 2), IsOk());
  EXPECT_TRUE(scenario_.Replays());
}

TEST_F(ExposureTest, WhatIsAboveTheLimitWaitsForItsWitnesses) {
  const uint64_t first = Come("WB-1");
  const uint64_t second = Come("WB-2");
  ASSERT_GT(second, first);
  ASSERT_THAT(Limit(500'000, 2), IsOk());  // More than the first three tents, less than all six.

  const auto wanted = scenario_.au.WantedWitnesses(scenario_.un);
  ASSERT_TRUE(wanted.has_value());
  EXPECT_EQ(wanted->size, second);
  EXPECT_EQ(wanted->witnesses, 2U);
  EXPECT_EQ(Standing().unwitnessed().amount_minor(), 588'000);
  EXPECT_EQ(Standing().wanted_size(), second);
  const v1::FindStockResponse found = Find();
  EXPECT_EQ(found.available(), kTents);
  ASSERT_EQ(found.options_size(), 2);
  EXPECT_THAT(found.options(1).why(), HasSubstr("waits until the witnesses of 2"));

  const auto refused = Offer(kTents + 1);
  ASSERT_EQ(ReasonOr(refused), "UNWITNESSED");
  const auto figures = kernel::ErrorInfoOf(refused.status()).metadata();
  EXPECT_EQ(figures.at("available"), "3");
  EXPECT_EQ(figures.at("unwitnessed"), "3");
  EXPECT_EQ(figures.at("instead").substr(0, 24), "ch8 stock find tent-10p ");

  // One is not two, however often it comes.
  scenario_.au.TakeWitnessed(scenario_.un, "ecowas", second);
  const uint64_t size = scenario_.au.size();
  scenario_.au.TakeWitnessed(scenario_.un, "ecowas", second);
  scenario_.au.TakeWitnessed(scenario_.un, "ecowas", first);
  EXPECT_EQ(scenario_.au.size(), size);
  EXPECT_EQ(ReasonOr(Offer(kTents + 1)), "UNWITNESSED");
  // Nor are two that hold the UN to less than that.
  scenario_.au.TakeWitnessed(scenario_.un, "sadc", second - 1);
  EXPECT_EQ(Standing().witnessed_size(), second - 1);
  EXPECT_EQ(ReasonOr(Offer(kTents + 1)), "OK") << "the second three alone are below the limit";
  EXPECT_FALSE(scenario_.au.WantedWitnesses(scenario_.un)->waits);
  EXPECT_TRUE(scenario_.Replays());
}

TEST_F(ExposureTest, ALimitOfNothingKeepsAllBackAndLiftedNothing) {
  const uint64_t dispatched = Come("WB-1");
  ASSERT_THAT(Limit(0, 1), IsOk());
  EXPECT_EQ(ReasonOr(Offer(1)), "UNWITNESSED");
  ASSERT_THAT(SetLimit("limit { currency_code: \"EUR\" amount_minor: 100000000 } witnesses: 1"),
              IsOk());
  EXPECT_EQ(ReasonOr(Offer(1)), "UNWITNESSED") << "valued in another currency";
  ASSERT_THAT(SetLimit(""), IsOk());
  EXPECT_EQ(ReasonOr(Offer(1)), "OK");
  EXPECT_FALSE(scenario_.au.WantedWitnesses(scenario_.un).has_value());
  ASSERT_THAT(Limit(0, 1), IsOk());
  EXPECT_EQ(ReasonOr(Offer(1)), "UNWITNESSED");
  scenario_.au.TakeWitnessed(scenario_.un, "ecowas", dispatched - 1);
  EXPECT_EQ(ReasonOr(Offer(1)), "UNWITNESSED") << "everything but the dispatch is witnessed";
  scenario_.au.TakeWitnessed(scenario_.un, "ecowas", dispatched);
  EXPECT_EQ(ReasonOr(Offer(1)), "OK");
  EXPECT_TRUE(scenario_.Replays());
}

TEST_F(ExposureTest, TheGiverDoesNotChooseWhatItsGoodsAreWorth) {
  const auto add = [](TestLedger& ledger, int64_t value_minor) {
    return ReasonOr(ledger.Call<v1::Item>(
        "supply", "CatalogueService/CreateItem",
        Parsed<v1::CreateItemRequest>(absl::StrCat(
            "item_id: \"net\" resource { title: \"Net\" base_unit: \"ea\" category: TENTAGE ",
            "unit_value { currency_code: \"USD\" amount_minor: ", value_minor, " } }"))));
  };
  ASSERT_EQ(add(scenario_.un, 1), "OK");
  ASSERT_EQ(add(scenario_.au, 5'000), "OK");
  Come("WB-1", "net");
  ASSERT_THAT(Limit(14'999, 1), IsOk());
  EXPECT_EQ(Standing().unwitnessed().amount_minor(), 15'000);
  EXPECT_TRUE(scenario_.au.WantedWitnesses(scenario_.un)->waits);
  EXPECT_TRUE(scenario_.Replays());
}

TEST_F(ExposureTest, WitnessesAreAskedForBeforeAnythingWaits) {
  const uint64_t dispatched = Come("WB-1");
  ASSERT_THAT(Limit(600'000, 2), IsOk());
  EXPECT_FALSE(scenario_.au.WantedWitnesses(scenario_.un).has_value());
  ASSERT_THAT(Limit(500'000, 2), IsOk());
  const auto wanted = scenario_.au.WantedWitnesses(scenario_.un);
  ASSERT_TRUE(wanted.has_value());
  EXPECT_EQ(wanted->size, dispatched);
  EXPECT_FALSE(wanted->waits);
}

TEST_F(ExposureTest, ADraftIsNotApprovedOnceItsGoodsAreKeptBack) {
  const uint64_t dispatched = Come("WB-1");
  const auto draft = Offer(kTents);
  ASSERT_EQ(ReasonOr(draft), "OK");
  ASSERT_THAT(Limit(0, 1), IsOk());
  EXPECT_EQ(kernel::ReasonOf(scenario_.Approve(scenario_.au, draft->name())), "UNWITNESSED");
  scenario_.au.TakeWitnessed(scenario_.un, "ecowas", dispatched);
  EXPECT_THAT(scenario_.Approve(scenario_.au, draft->name()), IsOk());
}

TEST_F(ExposureTest, ALimitIsNotChangedByWhoHasReadAnother) {
  ASSERT_THAT(Limit(500'000, 1), IsOk());
  const std::string etag = Standing().limit().etag();
  ASSERT_THAT(Limit(0, 1), IsOk());
  const std::string lift = absl::StrCat("etag: \"", etag, "\"");
  EXPECT_EQ(ReasonOr(SetLimit(lift)), "STALE_ETAG");
  EXPECT_EQ(ReasonOr(SetLimit(absl::StrCat("etag: \"", Standing().limit().etag(), "\""))), "OK");
}

TEST_F(ExposureTest, OwnGoodsAndWhatGoesBackNeverWait) {
  Come("WB-1");
  ASSERT_THAT(Limit(0, 1), IsOk());
  scenario_.Stock(scenario_.au, "tent-10p", 1, "operation: \"operations/aussom\"");
  EXPECT_EQ(ReasonOr(Offer(1)), "OK");
  EXPECT_EQ(ReasonOr(Offer(1)), "UNWITNESSED");
  const auto came = scenario_.au.Get<v1::ListConsignmentsResponse>(
      "ConsignmentService/ListConsignments", v1::ListConsignmentsRequest());
  ASSERT_EQ(came->consignments_size(), 1);
  EXPECT_EQ(ReasonOr(scenario_.Return(came->consignments(0).offer(), 1)), "OK");
}

}  // namespace
}  // namespace ch8::logistics
