#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/logistics/core/test_scenario.h"
#include "tests/support/status_matchers.h"

namespace ch8::logistics {
namespace {

using ::ch8::testing::IsOk;
using v1::Consignment;
using v1::SupplyOffer;

// A god's view of one item: every unit that came into the world stands in exactly one place.
void ExpectConserved(Scenario& scenario) {
  const GoodsOf un = Goods(scenario.un, "tent-10p");
  const GoodsOf au = Goods(scenario.au, "tent-10p");
  for (const GoodsOf& goods : {un, au}) {
    EXPECT_EQ(goods.recorded + goods.adjusted + goods.received,
              goods.in_lots + goods.staged + goods.in_transit + goods.issued + goods.claimed);
    EXPECT_GE(goods.in_lots, 0);
    EXPECT_GE(goods.staged, 0);
    EXPECT_GE(goods.in_transit, 0);
    EXPECT_EQ(goods.expected, goods.announced);
  }
}

// What the rows repeat is what the books hold, lot by lot, and nothing held is missing.
void ExpectRowsFollowBooks(Scenario& scenario, TestLedger& ledger) {
  std::map<std::string, int64_t> held;
  for (const auto& [key, value] : ledger.StoredRows()) {
    SupplyOffer offer;
    if (!absl::StartsWith(key, "offers/") || !offer.ParseFromString(value)) continue;
    const bool holds = offer.side() == SupplyOffer::GIVER && offer.state() >= SupplyOffer::DRAFT &&
                       offer.state() <= SupplyOffer::ACCEPTED;
    for (const v1::Pick& pick : offer.picks()) held[pick.lot()] += holds ? pick.quantity() : 0;
  }
  for (const v1::Lot& lot : scenario.LotsOf(ledger)) {
    const auto balance = ledger.books().Find(lot.account());
    ASSERT_TRUE(balance.ok());
    EXPECT_EQ(lot.on_hand() - lot.held(), balance->available()) << lot.name();
    EXPECT_EQ(lot.held(), held[lot.name()]) << lot.name();
    EXPECT_GE(balance->available(), 0) << lot.name();
  }
}

void ExpectReplays(const TestLedger& ledger) {
  EXPECT_EQ(ledger.StoredRows(), ledger.ReplayedRows());
  EXPECT_EQ(ledger.books().StateDigest(), ledger.ReplayedBooksDigest());
}

// Two hundred makers want the last 120 tents, of three lots: exactly what is there is granted.
TEST(LogisticsPropertyTest, TwoHundredMakersForTheLastTents) {
  Scenario scenario;
  for (const int64_t quantity : {50, 7, 63}) scenario.Stock(scenario.un, "tent-10p", quantity);
  const std::string request = scenario.Request(10'000);
  std::mt19937_64 random(7);
  int64_t granted = 0;
  int refused = 0;
  for (int maker = 0; maker < 200; ++maker) {
    const int64_t wanted = maker < 150 ? 1 + static_cast<int64_t>(random() % 3) : 1;
    const auto offer = scenario.TryOffer({.request = request, .quantity = wanted});
    if (offer.ok()) {
      granted += wanted;
    } else {
      EXPECT_EQ(ReasonOr(offer), "INSUFFICIENT");
      EXPECT_LT(120 - granted, wanted);  // Never refused while there is enough.
      ++refused;
    }
  }
  EXPECT_EQ(granted, 120);
  EXPECT_GT(refused, 0);
  EXPECT_EQ(Goods(scenario.un, "tent-10p").staged, 120);
  EXPECT_EQ(Goods(scenario.un, "tent-10p").in_lots, 0);
  EXPECT_EQ(scenario.RequestAt(scenario.un, request).lines(0).offered(), 120);
  ExpectConserved(scenario);
  ExpectRowsFollowBooks(scenario, scenario.un);
  ExpectReplays(scenario.un);
}

// Officers of both organizations do whatever comes to mind, with partial delivery in between.
class RandomOfficers {
 public:
  explicit RandomOfficers(uint64_t seed) : random_(seed) {
    scenario_.Stock(scenario_.un, "tent-10p", 400);
  }

  void Act() {
    switch (Pick(17)) {
      case 0:
        requests_.push_back(scenario_.Request(1 + Pick(60)));
        break;
      case 1:
        scenario_.Stock(scenario_.un, "tent-10p", 1 + Pick(40),
                        Pick(2) == 0 ? "" : "expires_on { year: 2026 month: 3 day: 4 }");
        break;
      case 2:
      case 3:
        return Make();
      case 4:
        return Approve(Pick(3) == 0 ? scenario_.au : scenario_.un);
      case 5:
        return Answer();
      case 6:
        return Dispatch();
      case 7:
      case 14:
        return Count();
      case 8:
        return Return();
      case 9:
        return Change();
      case 10:
        scenario_.un.Advance(absl::Minutes(Pick(300)));
        break;
      case 11:
        if (const auto offer = AnyOffer(scenario_.un)) {
          scenario_.Cancel(offer->name()).IgnoreError();
        }
        break;
      case 12:
      case 13:
        scenario_.au.PullFrom(scenario_.un, 1 + static_cast<int>(Pick(9)));
        break;
      default:
        scenario_.un.PullFrom(scenario_.au, 1 + static_cast<int>(Pick(9)));
    }
  }

  void Check() {
    ExpectConserved(scenario_);
    ExpectRowsFollowBooks(scenario_, scenario_.un);
    ExpectRowsFollowBooks(scenario_, scenario_.au);
  }

  // When everything has been delivered, all holds ran out and all is counted, both sides agree.
  // Returns how much the AU received.
  int64_t CheckAtRest() {
    scenario_.un.Advance(absl::Hours(2'000));
    scenario_.au.Advance(absl::Hours(2'000));
    scenario_.Settle();
    for (TestLedger* ledger : {&scenario_.un, &scenario_.au}) {
      for (const Consignment& consignment : InTransit(*ledger)) CountAt(*ledger, consignment);
    }
    scenario_.Settle();
    Check();
    const GoodsOf un = Goods(scenario_.un, "tent-10p");
    const GoodsOf au = Goods(scenario_.au, "tent-10p");
    EXPECT_EQ(un.staged + au.staged + un.in_transit + au.in_transit, 0);
    EXPECT_EQ(un.expected + au.expected, 0);
    EXPECT_EQ(un.issued, au.received - over_at_au_);
    EXPECT_EQ(au.issued, un.received - over_at_un_);
    for (const std::string& request : requests_) {
      const auto asked = scenario_.RequestAt(scenario_.au, request);
      const auto known = scenario_.RequestAt(scenario_.un, request);
      EXPECT_EQ(asked.lines(0).received(), known.lines(0).received());
      EXPECT_EQ(asked.lines(0).accepted(), known.lines(0).accepted());
      EXPECT_EQ(asked.state(), known.state());
    }
    ExpectReplays(scenario_.un);
    ExpectReplays(scenario_.au);
    return au.received;
  }

 private:
  int64_t Pick(int64_t count) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(count));
  }

  std::optional<SupplyOffer> AnyOffer(TestLedger& ledger,
                                      std::optional<SupplyOffer::State> state = std::nullopt,
                                      SupplyOffer::Side side = SupplyOffer::GIVER) {
    v1::ListOffersRequest request;
    request.set_page_size(1'000);
    const auto page = ledger.Get<v1::ListOffersResponse>("OfferService/ListOffers", request);
    std::vector<SupplyOffer> fitting;
    for (const SupplyOffer& offer : page->offers()) {
      if (offer.side() == side && (!state.has_value() || offer.state() == *state)) {
        fitting.push_back(offer);
      }
    }
    if (fitting.empty()) return std::nullopt;
    return fitting[static_cast<size_t>(Pick(static_cast<int64_t>(fitting.size())))];
  }

  void Make() {
    if (requests_.empty()) return;
    const std::string& request =
        requests_[static_cast<size_t>(Pick(static_cast<int64_t>(requests_.size())))];
    scenario_
        .TryOffer(
            {.request = request, .quantity = 1 + Pick(40), .hold_seconds = 3'600 * (1 + Pick(400))})
        .status()
        .IgnoreError();
  }

  void Approve(TestLedger& giver) {
    if (const auto draft = AnyOffer(giver, SupplyOffer::DRAFT)) {
      scenario_.Approve(giver, draft->name()).IgnoreError();
    }
  }

  void Answer() {
    TestLedger& receiver = Pick(3) == 0 ? scenario_.un : scenario_.au;
    const auto offer = AnyOffer(receiver, SupplyOffer::RESERVED, SupplyOffer::RECEIVER);
    if (!offer.has_value()) return;
    if (Pick(5) == 0) {
      scenario_.Reject(offer->name()).status().IgnoreError();
    } else {
      scenario_.Accept(receiver, offer->name()).status().IgnoreError();
    }
  }

  void Dispatch() {
    TestLedger& giver = Pick(3) == 0 ? scenario_.au : scenario_.un;
    const auto offer = AnyOffer(giver, SupplyOffer::ACCEPTED);
    if (!offer.has_value()) return;
    scenario_.Dispatch(giver, offer->name(), absl::StrCat("WB-", ++waybills_))
        .status()
        .IgnoreError();
  }

  // Consignments to this ledger's organization.
  std::vector<Consignment> InTransit(TestLedger& ledger) {
    v1::ListConsignmentsRequest request;
    request.set_page_size(1'000);
    const auto page =
        ledger.Get<v1::ListConsignmentsResponse>("ConsignmentService/ListConsignments", request);
    std::vector<Consignment> coming;
    for (const Consignment& row : page->consignments()) {
      if (row.state() == Consignment::IN_TRANSIT && row.receiver() == ledger.organization()) {
        coming.push_back(row);
      }
    }
    return coming;
  }

  void CountAt(TestLedger& ledger, const Consignment& consignment) {
    v1::ReceiveConsignmentRequest request;
    request.set_name(consignment.name());
    request.set_item(consignment.item());
    const SupplyOffer offer = scenario_.OfferAt(ledger, consignment.offer());
    int64_t over = 0;
    for (const v1::Pick& lot : offer.picks()) {
      v1::Receipt::Count& count = *MergedCount(lot, request);
      const int64_t good = Pick(lot.quantity() + 1);
      const int64_t damaged = Pick(lot.quantity() - good + 1);
      count.set_good(count.good() + good);
      count.set_damaged(count.damaged() + damaged);
      count.set_short_(count.short_() + lot.quantity() - good - damaged);
      if (Pick(6) == 0) count.set_over(count.over() + 1);
    }
    for (const auto& count : request.counts()) over += count.over();
    const auto receipt =
        ledger.Call<v1::Receipt>("receiver", "ConsignmentService/ReceiveConsignment", request);
    ASSERT_THAT(receipt, IsOk());
    (&ledger == &scenario_.au ? over_at_au_ : over_at_un_) += over;
  }

  static v1::Receipt::Count* MergedCount(const v1::Pick& lot,
                                         v1::ReceiveConsignmentRequest& request) {
    for (v1::Receipt::Count& count : *request.mutable_counts()) {
      if (count.lot_number() == lot.lot_number()) return &count;
    }
    request.add_counts()->set_lot_number(lot.lot_number());
    return request.mutable_counts(request.counts_size() - 1);
  }

  void Count() {
    TestLedger& ledger = Pick(3) == 0 ? scenario_.un : scenario_.au;
    const std::vector<Consignment> coming = InTransit(ledger);
    if (!coming.empty()) CountAt(ledger, coming.front());
  }

  void Return() {
    const auto original = AnyOffer(scenario_.au, SupplyOffer::RECEIVED, SupplyOffer::RECEIVER);
    if (!original.has_value()) return;
    scenario_.Return(original->name(), 1 + Pick(5)).status().IgnoreError();
  }

  void Change() {
    const auto lots = scenario_.LotsOf(scenario_.un);
    const v1::Lot& lot = lots[static_cast<size_t>(Pick(static_cast<int64_t>(lots.size())))];
    if (Pick(2) == 0) {
      v1::AdjustStockRequest adjust;
      adjust.set_name(lot.name());
      adjust.set_difference(Pick(9) - 4);
      adjust.set_reason("recount");
      scenario_.un.Call<v1::Lot>("supply", "StockService/AdjustStock", adjust)
          .status()
          .IgnoreError();
      return;
    }
    v1::QuarantineStockRequest apart;
    apart.set_name(lot.name());
    apart.set_quantity(1 + Pick(4));
    apart.set_reason("torn");
    scenario_.un.Call<v1::Lot>("supply", "StockService/QuarantineStock", apart)
        .status()
        .IgnoreError();
  }

  std::mt19937_64 random_;
  Scenario scenario_;
  std::vector<std::string> requests_;
  int waybills_ = 0;
  int64_t over_at_au_ = 0;
  int64_t over_at_un_ = 0;
};

TEST(LogisticsPropertyTest, EveryUnitStandsInOnePlace) {
  int64_t came = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomOfficers officers(seed);
    for (int step = 1; step <= 400; ++step) {
      officers.Act();
      if (step % 25 == 0) officers.Check();
    }
    came += officers.CheckAtRest();
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(came, 0);  // The officers got something done.
}

}  // namespace
}  // namespace ch8::logistics
