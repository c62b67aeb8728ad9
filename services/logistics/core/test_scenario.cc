#include "services/logistics/core/test_scenario.h"

#include "absl/strings/str_cat.h"

namespace ch8::logistics {
namespace {

template <typename T>
T Must(absl::StatusOr<T> result) {
  ch8::Check(result.ok(), result.status().ToString());
  return *std::move(result);
}

std::string DepotOf(const TestLedger& ledger) {
  return absl::StrCat(ledger.organization(), "/depots/",
                      ledger.organization() == "organizations/un" ? "kemba" : "sokmu");
}

void AddItems(TestLedger& ledger) {
  Must(ledger.Call<v1::Item>("supply", "CatalogueService/CreateItem",
                             Parsed<v1::CreateItemRequest>(R"pb(
                               item_id: "tent-10p"
                               resource {
                                 title: "Tent, 10 persons"
                                 base_unit: "ea"
                                 category: TENTAGE
                                 unit_value { currency_code: "USD" amount_minor: 98000 }
                               })pb")));
  Must(ledger.Call<v1::Item>("supply", "CatalogueService/CreateItem",
                             Parsed<v1::CreateItemRequest>(R"pb(
                               item_id: "ration"
                               resource {
                                 title: "Ration, 24 h"
                                 base_unit: "man-day"
                                 category: RATIONS
                                 perishable: true
                                 unit_value { currency_code: "USD" amount_minor: 900 }
                               })pb")));
}

void AddDepot(TestLedger& ledger, absl::string_view id, absl::string_view locode) {
  Must(ledger.Call<v1::Depot>(
      "supply", "DepotService/CreateDepot",
      Parsed<v1::CreateDepotRequest>(absl::StrCat("depot_id: \"", id, "\" resource { title: \"", id,
                                                  "\" locode: \"", locode, "\" }"))));
}

std::vector<std::string> WithUn(std::vector<std::string> organizations) {
  organizations.push_back("un");
  return organizations;
}

// Everything on its credit side less everything on its debit side.
int64_t Posted(const TestLedger& ledger, uint32_t account) {
  const auto balance = ledger.books().Find(account);
  ch8::Check(balance.ok(), "an account that is not there");
  return static_cast<int64_t>(balance->credits_posted) -
         static_cast<int64_t>(balance->debits_posted);
}

}  // namespace

Scenario::Scenario(const std::vector<std::string>& third_pinned_by_au)
    : au("au", WithUn(third_pinned_by_au)) {
  for (TestLedger* ledger : {&un, &au}) AddItems(*ledger);
  AddDepot(un, "kemba", "KEMBA");
  AddDepot(au, "sokmu", "SOKMU");
}

std::string Scenario::Stock(TestLedger& ledger, absl::string_view item, int64_t quantity,
                            absl::string_view fields) {
  const auto lot = Must(ledger.Call<v1::Lot>(
      "supply", "StockService/RecordStock",
      Parsed<v1::RecordStockRequest>(
          absl::StrCat("quantity: ", quantity, " reason: \"PO-1\" resource { item: \"items/", item,
                       "\" depot: \"", DepotOf(ledger), "\" ", fields, " }"))));
  return lot.name();
}

std::string Scenario::Request(int64_t quantity, absl::string_view item) {
  const auto made = Must(au.Call<v1::MaterielRequest>(
      "requester", "RequestService/MakeRequest",
      Parsed<v1::MakeRequestRequest>(absl::StrCat(
          "resource { addressee: \"organizations/un\" operation: \"operations/aussom\" "
          "destination: \"organizations/au/depots/sokmu\" "
          "needed_by { year: 2026 month: 3 day: 21 } lines { item: \"items/",
          item, "\" quantity: ", quantity, " } }"))));
  un.PullFrom(au);
  return made.name();
}

absl::StatusOr<std::string> Scenario::TryOffer(const OfferParts& parts) {
  v1::MakeOfferRequest request;
  v1::SupplyOffer& offer = *request.mutable_resource();
  offer.set_request(parts.request);
  offer.set_item(absl::StrCat("items/", parts.item));
  offer.set_quantity(parts.quantity);
  offer.set_depot("organizations/un/depots/kemba");
  offer.mutable_hold_duration()->set_seconds(parts.hold_seconds);
  offer.set_delegation(parts.delegation);
  const auto made = un.Call<v1::SupplyOffer>("supply", "OfferService/MakeOffer", request);
  if (!made.ok()) return made.status();
  return made->name();
}

std::string Scenario::Offer(const OfferParts& parts) { return Must(TryOffer(parts)); }

absl::Status Scenario::Approve(const std::string& offer) { return Approve(un, offer); }

absl::Status Scenario::Approve(TestLedger& giver, const std::string& offer) {
  v1::ApproveOfferRequest request;
  request.set_name(offer);
  return giver.Call<v1::SupplyOffer>("approver", "OfferService/ApproveOffer", request).status();
}

absl::StatusOr<v1::SupplyOffer> Scenario::Accept(TestLedger& receiver, const std::string& offer) {
  v1::AcceptOfferRequest request;
  request.set_name(offer);
  return receiver.Call<v1::SupplyOffer>("accepter", "OfferService/AcceptOffer", request);
}

absl::StatusOr<v1::SupplyOffer> Scenario::Reject(const std::string& offer) {
  v1::RejectOfferRequest request;
  request.set_name(offer);
  request.set_reason(chapter8::books::v1::Reject::NOT_NEEDED);
  return au.Call<v1::SupplyOffer>("accepter", "OfferService/RejectOffer", request);
}

absl::Status Scenario::Cancel(const std::string& offer) {
  v1::CancelOfferRequest request;
  request.set_name(offer);
  return un.Call<v1::SupplyOffer>("supply", "OfferService/CancelOffer", request).status();
}

std::string Scenario::Accepted(const OfferParts& parts) {
  const std::string offer = Offer(parts);
  ch8::Check(Approve(offer).ok(), "an approval that fails");
  au.PullFrom(un);
  Must(Accept(au, offer));
  Settle();
  return offer;
}

absl::StatusOr<v1::Consignment> Scenario::Dispatch(TestLedger& giver, const std::string& offer,
                                                   absl::string_view waybill,
                                                   absl::string_view leg) {
  auto request = Parsed<v1::DispatchConsignmentRequest>(R"pb(
    eta { year: 2026 month: 3 day: 20 }
    leg {
      origin: "KEMBA"
      destination: "SOKMU"
      carrier: "MV Baraka"
      departed_on { year: 2026 month: 3 day: 3 }
      seals: "S-1"
    })pb");
  request.set_offer(offer);
  request.set_waybill(std::string(waybill));
  request.mutable_leg()->MergeFrom(Parsed<v1::Consignment::Leg>(leg));
  return giver.Call<v1::Consignment>("supply", "ConsignmentService/DispatchConsignment", request);
}

std::string Scenario::Dispatched(const OfferParts& parts, absl::string_view waybill) {
  const auto consignment = Must(Dispatch(un, Accepted(parts), waybill));
  Settle();
  return consignment.name();
}

absl::StatusOr<v1::Receipt> Scenario::Receive(TestLedger& receiver, const std::string& consignment,
                                              const CountParts& parts) {
  v1::ReceiveConsignmentRequest request;
  request.set_name(consignment);
  request.set_item(absl::StrCat("items/", parts.item));
  v1::Receipt::Count& count = *request.add_counts();
  count.set_good(parts.good);
  count.set_damaged(parts.damaged);
  count.set_short_(parts.short_of);
  count.set_over(parts.over);
  return receiver.Call<v1::Receipt>("receiver", "ConsignmentService/ReceiveConsignment", request);
}

absl::StatusOr<v1::SupplyOffer> Scenario::Return(const std::string& offer, int64_t quantity) {
  v1::ReturnGoodsRequest request;
  request.set_original(offer);
  request.set_quantity(quantity);
  request.set_depot("organizations/au/depots/sokmu");
  request.mutable_hold_duration()->set_seconds(3'600);
  return au.Call<v1::SupplyOffer>("supply", "OfferService/ReturnGoods", request);
}

bool Scenario::Replays() {
  for (const TestLedger* ledger : {&un, &au}) {
    if (ledger->StoredRows() != ledger->ReplayedRows() ||
        ledger->books().StateDigest() != ledger->ReplayedBooksDigest()) {
      return false;
    }
  }
  return true;
}

void Scenario::Settle() {
  for (int moved = 1; moved > 0;) moved = au.PullFrom(un) + un.PullFrom(au);
}

v1::SupplyOffer Scenario::OfferAt(TestLedger& ledger, const std::string& offer) {
  v1::GetOfferRequest request;
  request.set_name(offer);
  return Must(ledger.Get<v1::SupplyOffer>("OfferService/GetOffer", request));
}

v1::MaterielRequest Scenario::RequestAt(TestLedger& ledger, const std::string& request_name) {
  v1::GetRequestRequest request;
  request.set_name(request_name);
  return Must(ledger.Get<v1::MaterielRequest>("RequestService/GetRequest", request));
}

v1::Consignment Scenario::ConsignmentAt(TestLedger& ledger, const std::string& consignment) {
  v1::GetConsignmentRequest request;
  request.set_name(consignment);
  return Must(ledger.Get<v1::Consignment>("ConsignmentService/GetConsignment", request));
}

v1::Discrepancy Scenario::DiscrepancyAt(TestLedger& ledger, const std::string& discrepancy) {
  v1::GetDiscrepancyRequest request;
  request.set_name(discrepancy);
  return Must(ledger.Get<v1::Discrepancy>("DiscrepancyService/GetDiscrepancy", request));
}

v1::SupplyStatus::Line Scenario::StatusAt(TestLedger& ledger, absl::string_view depot,
                                          absl::string_view item) {
  v1::GetSupplyStatusRequest request;
  request.set_depot(absl::StrCat(ledger.organization(), "/depots/", depot));
  const auto status = Must(ledger.Get<v1::SupplyStatus>("DepotService/GetSupplyStatus", request));
  for (const v1::SupplyStatus::Line& line : status.lines()) {
    if (line.item() == absl::StrCat("items/", item)) return line;
  }
  return v1::SupplyStatus::Line();
}

std::vector<v1::Lot> Scenario::LotsOf(TestLedger& ledger) {
  v1::ListLotsRequest request;
  request.set_page_size(1'000);
  const auto page = Must(ledger.Get<v1::ListLotsResponse>("StockService/ListLots", request));
  return {page.lots().begin(), page.lots().end()};
}

GoodsOf Goods(TestLedger& ledger, absl::string_view item_id) {
  GoodsOf goods;
  const std::string name = absl::StrCat("items/", item_id);
  v1::GetItemRequest get;
  get.set_name(name);
  const auto item = Must(ledger.Get<v1::Item>("CatalogueService/GetItem", get));
  goods.recorded = -Posted(ledger, item.source_account());
  goods.issued = Posted(ledger, item.issued_account());
  goods.claimed = Posted(ledger, item.claims_account());
  goods.received = -Posted(ledger, item.received_account());
  goods.expected = Posted(ledger, item.expected_account());
  goods.announced = -Posted(ledger, item.announced_account());
  goods.adjusted = -Posted(ledger, item.adjusted_account());
  for (const auto& [key, value] : ledger.StoredRows()) {
    if (key.rfind(absl::StrCat(ledger.organization(), "/lots/"), 0) == 0) {
      v1::Lot lot;
      ch8::Check(lot.ParseFromString(value), "a lot that does not parse");
      if (lot.item() == name) goods.in_lots += Posted(ledger, lot.account());
    }
    if (key.rfind("offers/", 0) == 0) {
      v1::SupplyOffer offer;
      ch8::Check(offer.ParseFromString(value), "an offer that does not parse");
      if (offer.item() != name || offer.side() != v1::SupplyOffer::GIVER) continue;
      goods.staged += Posted(ledger, offer.staging_account());
      goods.in_transit += Posted(ledger, offer.transit_account());
    }
  }
  return goods;
}

}  // namespace ch8::logistics
