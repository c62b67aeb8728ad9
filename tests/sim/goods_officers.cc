#include "tests/sim/goods_officers.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "chapter8/logistics/v1/consignment_service.pb.h"
#include "chapter8/logistics/v1/offer_service.pb.h"
#include "chapter8/logistics/v1/stock_service.pb.h"

namespace ch8::sim {
namespace {

namespace v1 = chapter8::logistics::v1;
using v1::SupplyOffer;

constexpr int64_t kHoldSecondsMax = 3'600;
// So little that offers of goods and of money reach the same ceilings.
constexpr int64_t kTentMinor = 40;

std::string DepotOf(absl::string_view organization) {
  return absl::StrCat("organizations/", organization, "/depots/main");
}

void SetDay(absl::Time time, int days, chapter8::type::v1::Date* date) {
  const absl::CivilDay day = absl::ToCivilDay(time, absl::UTCTimeZone()) + days;
  date->set_year(static_cast<int32_t>(day.year()));
  date->set_month(day.month());
  date->set_day(day.day());
}

}  // namespace

std::vector<Call> GoodsOfficers::FirstCalls(const std::string& organization) {
  v1::CreateItemRequest item;
  item.set_item_id("tent");
  item.mutable_resource()->set_title("Tent");
  item.mutable_resource()->set_base_unit("ea");
  item.mutable_resource()->set_category(v1::Item::TENTAGE);
  item.mutable_resource()->mutable_unit_value()->set_currency_code("USD");
  item.mutable_resource()->mutable_unit_value()->set_amount_minor(kTentMinor);
  v1::CreateDepotRequest depot;
  depot.set_depot_id("main");
  depot.mutable_resource()->set_title("Main depot");
  depot.mutable_resource()->set_locode("KEMBA");
  return {caller_.CallOf("supply", "CatalogueService/CreateItem", item),
          caller_.CallOf("supply", "DepotService/CreateDepot", depot), Record(organization)};
}

Call GoodsOfficers::Record(const std::string& organization) {
  v1::RecordStockRequest request;
  request.mutable_resource()->set_item("items/tent");
  request.mutable_resource()->set_depot(DepotOf(organization));
  request.set_quantity(1 + random_.Pick(60));
  request.set_reason("purchase");
  return caller_.CallOf("supply", "StockService/RecordStock", request);
}

Call GoodsOfficers::Adjust(const std::string& lot) {
  v1::AdjustStockRequest request;
  request.set_name(lot);
  request.set_difference(random_.Pick(2) == 0 ? -1 - random_.Pick(5) : 1 + random_.Pick(3));
  request.set_reason("recount");
  return caller_.CallOf("supply", "StockService/AdjustStock", request);
}

Call GoodsOfficers::Quarantine(const std::string& lot) {
  v1::QuarantineStockRequest request;
  request.set_name(lot);
  request.set_quantity(1 + random_.Pick(4));
  request.set_reason("torn");
  return caller_.CallOf("supply", "StockService/QuarantineStock", request);
}

Call GoodsOfficers::Ask(const Occasion& occasion) {
  v1::MakeRequestRequest request;
  v1::MaterielRequest& asked = *request.mutable_resource();
  asked.set_addressee(NameOf(occasion.partner));
  asked.set_operation("operations/aussom");
  asked.set_destination(DepotOf(occasion.organization));
  SetDay(occasion.time, 20, asked.mutable_needed_by());
  v1::MaterielRequest::Line& line = *asked.add_lines();
  line.set_item("items/tent");
  line.set_quantity(1 + random_.Pick(30));
  return caller_.CallOf("requester", "RequestService/MakeRequest", request);
}

Call GoodsOfficers::Offer(const v1::MaterielRequest& asked, const std::string& delegation) {
  v1::MakeOfferRequest request;
  SupplyOffer& offer = *request.mutable_resource();
  offer.set_request(asked.name());
  offer.set_item("items/tent");
  offer.set_quantity(1 + random_.Pick(asked.lines(0).quantity()));
  offer.set_depot(asked.addressee() + "/depots/main");
  offer.mutable_hold_duration()->set_seconds(1 + random_.Pick(kHoldSecondsMax));
  offer.set_delegation(delegation);
  // The post that acts are delegated to is called the same in each ledger.
  return caller_.CallOf(delegation.empty() ? "supply" : "manager", "OfferService/MakeOffer",
                        request);
}

Call GoodsOfficers::Dispatch(const SupplyOffer& offer, absl::Time time) {
  v1::DispatchConsignmentRequest request;
  request.set_offer(offer.name());
  request.set_waybill(absl::StrCat("WB-", ++waybills_));
  SetDay(time, 3, request.mutable_eta());
  v1::Consignment::Leg& leg = *request.mutable_leg();
  leg.set_origin("KEMBA");
  leg.set_destination("SOKMU");
  leg.set_carrier("MV Baraka");
  SetDay(time, 0, leg.mutable_departed_on());
  return caller_.CallOf("supply", "ConsignmentService/DispatchConsignment", request);
}

Call GoodsOfficers::OfGiver(const SupplyOffer& offer, absl::Time time) {
  if (random_.OneIn(8)) {
    v1::CancelOfferRequest request;
    request.set_name(offer.name());
    return caller_.CallOf("supply", "OfferService/CancelOffer", request);
  }
  if (offer.state() == SupplyOffer::ACCEPTED) return Dispatch(offer, time);
  v1::ApproveOfferRequest request;
  request.set_name(offer.name());
  return caller_.CallOf("approver", "OfferService/ApproveOffer", request);
}

Call GoodsOfficers::Answered(const SupplyOffer& offer) {
  if (random_.OneIn(6)) {
    v1::RejectOfferRequest request;
    request.set_name(offer.name());
    request.set_reason(chapter8::books::v1::Reject::NOT_NEEDED);
    return caller_.CallOf("accepter", "OfferService/RejectOffer", request);
  }
  v1::AcceptOfferRequest request;
  request.set_name(offer.name());
  return caller_.CallOf("accepter", "OfferService/AcceptOffer", request);
}

Call GoodsOfficers::Count(const SupplyOffer& offer) {
  v1::ReceiveConsignmentRequest request;
  request.set_name(offer.consignment());
  request.set_item(offer.item());
  std::map<std::string, int64_t> lots;
  for (const v1::Pick& pick : offer.picks()) lots[pick.lot_number()] += pick.quantity();
  for (const auto& [number, quantity] : lots) {
    v1::Receipt::Count& count = *request.add_counts();
    const int64_t missing = random_.OneIn(2) ? 0 : random_.Pick(quantity + 1);
    const int64_t damaged = random_.Pick(missing + 1);
    count.set_lot_number(number);
    count.set_good(quantity - missing);
    count.set_damaged(damaged);
    count.set_short_(missing - damaged);
    count.set_over(random_.OneIn(6) ? 1 : 0);
  }
  return caller_.CallOf("receiver", "ConsignmentService/ReceiveConsignment", request);
}

Call GoodsOfficers::Return(const SupplyOffer& offer) {
  v1::ReturnGoodsRequest request;
  request.set_original(offer.name());
  request.set_quantity(1 + random_.Pick(3));
  request.set_depot(offer.receiver() + "/depots/main");
  request.mutable_hold_duration()->set_seconds(1 + random_.Pick(kHoldSecondsMax));
  return caller_.CallOf("supply", "OfferService/ReturnGoods", request);
}

// A consignment that is dispatched, or counted already.
Call GoodsOfficers::OnTheWay(const SupplyOffer& offer, const std::string& organization) {
  if (offer.receiver() == NameOf(organization)) {
    return offer.state() == SupplyOffer::RECEIVED ? Return(offer) : Count(offer);
  }
  v1::RecordLegRequest request;
  request.set_name(offer.consignment());
  request.mutable_leg()->set_origin("SOMGQ");
  request.mutable_leg()->set_destination("SOKMU");
  request.mutable_leg()->set_carrier("Juba Haulage");
  SetDay(absl::UnixEpoch(), 20'515, request.mutable_leg()->mutable_departed_on());
  return caller_.CallOf("supply", "ConsignmentService/RecordLeg", request);
}

Call GoodsOfficers::Argue(const std::string& organization) {
  if (discrepancies_.empty() || random_.OneIn(3)) return Record(organization);
  const std::string& name = Recent(discrepancies_, random_);
  if (random_.OneIn(2)) {
    v1::AnswerDiscrepancyRequest request;
    request.set_name(name);
    request.set_liability(v1::Discrepancy::CARRIER);
    request.set_answer("pilfered on the way");
    return caller_.CallOf("supply", "DiscrepancyService/AnswerDiscrepancy", request);
  }
  v1::CloseDiscrepancyRequest request;
  request.set_name(name);
  request.set_closing("credit note");
  return caller_.CallOf("accepter", "DiscrepancyService/CloseDiscrepancy", request);
}

Call GoodsOfficers::Any(const Occasion& occasion) {
  const std::string& organization = occasion.organization;
  std::vector<v1::MaterielRequest> asked_here;
  for (const v1::MaterielRequest& asked : asked_) {
    if (asked.addressee() != NameOf(organization)) continue;
    if (!offered_.contains(asked.name()) || random_.OneIn(10)) asked_here.push_back(asked);
  }
  std::vector<SupplyOffer> drafts;
  std::vector<SupplyOffer> accepted;
  std::vector<SupplyOffer> got;
  std::vector<SupplyOffer> going;
  for (const SupplyOffer& offer : offers_) {
    const bool stale = random_.OneIn(10);  // What the state does not allow is tried as well.
    const bool by_us = offer.giver() == NameOf(organization);
    if (!by_us && offer.receiver() != NameOf(organization)) continue;
    const auto is = [&offer](SupplyOffer::State state) { return offer.state() == state; };
    if (is(SupplyOffer::DISPATCHED) || is(SupplyOffer::RECEIVED)) going.push_back(offer);
    if (by_us && (is(SupplyOffer::DRAFT) || stale)) drafts.push_back(offer);
    if (by_us && is(SupplyOffer::ACCEPTED)) accepted.push_back(offer);
    if (!by_us && (is(SupplyOffer::RESERVED) || stale)) got.push_back(offer);
  }
  const std::vector<std::string>& lots = lots_[organization];
  for (int tries = 0; tries < 3; ++tries) {
    const int64_t choice = random_.Pick(16);
    if (choice < 2 && !asked_here.empty()) {
      return Offer(Older(asked_here, random_), occasion.delegation);
    }
    if (choice >= 2 && choice < 4 && !drafts.empty()) {
      return OfGiver(Recent(drafts, random_), occasion.time);
    }
    if (choice >= 4 && choice < 7 && !accepted.empty()) {
      return OfGiver(Recent(accepted, random_), occasion.time);
    }
    if (choice >= 7 && choice < 10 && !got.empty()) return Answered(Recent(got, random_));
    if (choice >= 10 && choice < 12 && !going.empty()) {
      return OnTheWay(Recent(going, random_), organization);
    }
    if (choice == 12 && !lots.empty()) return Adjust(random_.PickOf(lots));
    if (choice == 13 && !lots.empty()) return Quarantine(random_.PickOf(lots));
    if (choice == 14) return Argue(organization);
    if (choice == 15) break;
  }
  return Ask(occasion);
}

void GoodsOfficers::Learn(const Answer& answer) {
  if (!answer.status.ok()) return;
  const std::string& method = answer.call.method;
  if (method == "RequestService/MakeRequest") {
    asked_.emplace_back().ParseFromString(answer.reply);
  } else if (method == "StockService/RecordStock" || method == "StockService/QuarantineStock") {
    v1::Lot lot;
    lot.ParseFromString(answer.reply);
    const size_t begin = sizeof("organizations/") - 1;
    lots_[lot.name().substr(begin, lot.name().find('/', begin) - begin)].push_back(lot.name());
  } else if (method == "ConsignmentService/DispatchConsignment") {
    v1::Consignment consignment;
    consignment.ParseFromString(answer.reply);
    for (SupplyOffer& offer : offers_) {
      if (offer.name() != consignment.offer()) continue;
      offer.set_state(SupplyOffer::DISPATCHED);
      offer.set_consignment(consignment.name());
    }
  } else if (method == "ConsignmentService/ReceiveConsignment") {
    v1::Receipt receipt;
    receipt.ParseFromString(answer.reply);
    if (!receipt.discrepancy().empty()) discrepancies_.push_back(receipt.discrepancy());
    for (SupplyOffer& offer : offers_) {
      if (offer.name() == receipt.offer()) offer.set_state(SupplyOffer::RECEIVED);
    }
  } else if (method.substr(0, method.find('/')) == "OfferService") {
    SupplyOffer learnt;
    learnt.ParseFromString(answer.reply);
    for (SupplyOffer& offer : offers_) {
      if (offer.name() == learnt.name()) return offer.set_state(learnt.state());
    }
    offered_.insert(learnt.request());
    offers_.push_back(learnt);
  }
}

}  // namespace ch8::sim
