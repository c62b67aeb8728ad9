#include "services/logistics/core/deliveries.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/books/slices.h"
#include "services/kernel/authority.h"
#include "services/kernel/money.h"
#include "services/kernel/spoken_ids.h"
#include "services/logistics/core/consignments.h"
#include "services/logistics/core/discrepancies.h"
#include "services/logistics/core/items.h"
#include "services/logistics/core/offers.h"
#include "services/logistics/core/receipts.h"
#include "services/logistics/core/requests.h"
#include "services/logistics/core/transfers.h"
#include "services/logistics/core/verdicts.h"

namespace ch8::logistics {
namespace {

using chapter8::books::v1::Reject;
using chapter8::books::v1::Reserve;
using chapter8::books::v1::TransferStep;
using chapter8::directory::v1::Organization;
using kernel::Context;
using kernel::Delivered;
using kernel::Event;
using kernel::State;
using kernel::Verdict;
using v1::LogisticsEvent;
using v1::SupplyOffer;
using v1::SupplyTerms;

// Whether the lots add up to the quantity, each under a number of its own.
bool LotsAddUp(const SupplyTerms& terms) {
  if (static_cast<size_t>(terms.lots_size()) > kPicksMax) return false;
  std::set<std::string> numbers;
  int64_t sum = 0;
  for (const v1::Pick& lot : terms.lots()) {
    if (!CheckQuantity(lot.quantity(), "quantity").ok() ||
        !kernel::CheckText(lot.lot_number(), "lot_number").ok() ||
        (lot.has_expires_on() && !kernel::DayOf(lot.expires_on()).has_value())) {
      return false;
    }
    numbers.insert(lot.lot_number());
    sum += lot.quantity();
  }
  return sum == terms.quantity() && numbers.size() == static_cast<size_t>(terms.lots_size());
}

// Whether the terms name one offer of the giver's own, for the quantity that is reserved.
bool WellFormed(const SupplyTerms& terms, const Reserve& reserve, const Organization& giver,
                const State& state) {
  const bool answers = terms.original().empty()
                           ? kernel::CheckName(terms.request(), kRequests.pattern, "request").ok()
                           : terms.request().empty();
  return answers && kernel::CheckName(terms.offer(), kOffers.pattern, "offer").ok() &&
         kernel::IsSpokenIdOf(kernel::IdOf(terms.offer()), kOfferKind, giver.name()) &&
         kernel::CheckName(terms.item(), kItems.pattern, "item").ok() &&
         kernel::CheckName(terms.depot(), absl::StrCat(giver.name(), "/depots/*"), "depot").ok() &&
         CheckQuantity(terms.quantity(), "quantity").ok() &&
         static_cast<uint64_t>(terms.quantity()) == reserve.quantity() &&
         reserve.quantity() == reserve.quantity_min() && LotsAddUp(terms) &&
         kernel::CheckMoney(terms.unit_value(), "unit_value").ok() &&
         ValueOf(terms.unit_value(), terms.quantity()).ok() &&
         reserve.hold_duration().nanos() == 0 &&
         !kernel::TableReader<SupplyOffer>(state.rows).Find(terms.offer()).has_value();
}

// Whether the lots that come back are among those that left, and no more of any.
bool AreOfThese(const SupplyTerms& terms, const SupplyOffer& original) {
  std::map<std::string, int64_t> left;
  for (const v1::Pick& pick : original.picks()) left[pick.lot_number()] += pick.quantity();
  return std::all_of(terms.lots().begin(), terms.lots().end(), [&](const v1::Pick& back) {
    return (left[back.lot_number()] -= back.quantity()) >= 0;
  });
}

// A return: of our own goods, to where they came from, and no more than was found of them.
absl::string_view ForbiddenReturn(const SupplyTerms& terms, const Context& context,
                                  const Organization& giver, const State& state) {
  const auto original = kernel::TableReader<SupplyOffer>(state.rows).Find(terms.original());
  if (!original.has_value() || original->giver() != context.organization ||
      original->receiver() != giver.name()) {
    return "UNKNOWN_ORIGINAL";
  }
  if (original->item() != terms.item() || original->depot() != terms.destination() ||
      original->unit_value().SerializeAsString() != terms.unit_value().SerializeAsString() ||
      !AreOfThese(terms, *original)) {
    return "OTHER_TERMS";
  }
  if (original->state() != SupplyOffer::RECEIVED) return "NOT_RECEIVED";
  return terms.quantity() > ReturnableOf(*original) ? "OVER_RECEIVED" : "";
}

// Why this ledger's rules forbid an offer on these terms, or "".
absl::string_view Forbidden(const SupplyTerms& terms, const Context& context,
                            const Organization& giver, const State& state) {
  const auto item = FindItem(state.rows, terms.item());
  if (!item.ok()) return "UNKNOWN_ITEM";
  if (item->base_unit() != terms.base_unit()) return "OTHER_UNIT";
  if (!terms.original().empty()) return ForbiddenReturn(terms, context, giver, state);
  const auto request = kernel::TableReader<v1::MaterielRequest>(state.rows).Find(terms.request());
  if (!request.has_value() || request->requester() != context.organization) {
    return "UNKNOWN_REQUEST";
  }
  if (request->addressee() != giver.name()) return "NOT_ADDRESSEE";
  const auto line = FindLine(*request, terms.item());
  if (!line.ok() || request->operation() != terms.operation() ||
      request->destination() != terms.destination()) {
    return "OTHER_TERMS";
  }
  if (request->state() != v1::MaterielRequest::OPEN) return "NOT_OPEN";
  return terms.quantity() > line->quantity() ? "OVER_REQUEST" : "";
}

// The receiver's half of an offer, as it comes.
SupplyOffer ReceiverHalf(const SupplyTerms& terms, const TransferStep& step, const Context& context,
                         const Organization& giver) {
  SupplyOffer offer;
  offer.set_name(terms.offer());
  offer.set_request(terms.request());
  offer.set_item(terms.item());
  offer.set_quantity(terms.quantity());
  offer.set_depot(terms.depot());
  offer.set_destination(terms.destination());
  *offer.mutable_hold_duration() = step.reserve().hold_duration();
  offer.set_original(terms.original());
  offer.set_giver(giver.name());
  offer.set_receiver(context.organization);
  *offer.mutable_unit_value() = terms.unit_value();
  *offer.mutable_value() =
      ValueOf(terms.unit_value(), terms.quantity()).value_or(chapter8::type::v1::Money());
  *offer.mutable_picks() = terms.lots();
  offer.set_side(SupplyOffer::RECEIVER);
  offer.set_state(SupplyOffer::RESERVED);
  offer.set_transfer_id(step.transfer_id());
  offer.set_giver_origin(step.giver_origin());
  offer.set_receiver_origin(step.receiver_origin());
  return offer;
}

// A RESERVE that the protocol lets in: its half is created, and refused by rule where it must be.
Verdict DecideReserve(const Context& context, const books::StepDelivery& delivery,
                      const TransferStep& step, const Organization& giver, const State& state) {
  Verdict verdict = delivery.verdict;
  SupplyTerms terms;
  if (!terms.ParseFromString(step.reserve().terms()) ||
      !WellFormed(terms, step.reserve(), giver, state)) {
    verdict.reason = "BAD_TERMS";
  } else {
    verdict.reason = std::string(Forbidden(terms, context, giver, state));
    verdict.events.insert(verdict.events.begin(),
                          OfferEvent(ReceiverHalf(terms, step, context, giver)));
  }
  if (verdict.reason.empty()) return verdict;
  const absl::StatusOr<books::OwnStep> reject = books::DecideReject(delivery.after, Reject::RULES);
  if (reject.ok()) verdict.events.push_back(books::StepEvent(*reject, giver.trust_domain()));
  return verdict;
}

Verdict DecideStep(const Context& context, const Delivered& delivered, const Organization& sender,
                   const State& state) {
  const TransferStep& step = delivered.entry.step();
  books::StepDelivery delivery = books::DecideStepDelivery(context, delivered, state.rows);
  if (delivery.opens) return DecideReserve(context, delivery, step, sender, state);
  const std::optional<SupplyOffer> offer = FindOfferOf(state.rows, step);
  for (Event& event : delivery.verdict.events) {
    if (offer.has_value() && event.entry.has_step() && event.entry.step().has_void_()) {
      UnstageGoods(*offer, state.rows, event);
      books::EndSliceHold(SliceHoldOf(*offer), 0, event);
    }
  }
  return delivery.verdict;
}

}  // namespace

Verdict DecideLogisticsDelivery(const Context& context, const Delivered& delivered,
                                const State& state) {
  if (books::IsSliceStep(context, delivered)) {
    return books::DecideSliceDelivery(context, delivered, state);
  }
  const absl::string_view trust_domain = books::TrustDomainOf(delivered.origin);
  const absl::string_view service = absl::string_view(delivered.origin).substr(trust_domain.size());
  if (trust_domain == context.trust_domain ||
      (service != "/ch8/logistics" && !absl::StartsWith(service, "/ch8/logistics/"))) {
    return RefuseEntry("NOT_LOGISTICS");
  }
  const std::optional<Organization> sender = kernel::FindTrustDomain(state.rows, trust_domain);
  if (!sender.has_value()) return DeferEntry("UNKNOWN_ORGANIZATION");
  if (delivered.entry.has_step()) return DecideStep(context, delivered, *sender, state);
  if (!delivered.entry.has_domain_event()) return RefuseEntry("UNEXPECTED_ENTRY");
  LogisticsEvent event;
  if (!event.ParseFromString(delivered.entry.domain_event())) {
    return RefuseEntry("MALFORMED_EVENT");
  }
  switch (event.kind_case()) {
    case LogisticsEvent::kRequestRecorded:
      return DecideRequestDelivery(context, *sender, event.request_recorded().request(), state);
    case LogisticsEvent::kConsignmentRecorded:
      return DecideConsignmentDelivery(context, *sender, event.consignment_recorded().consignment(),
                                       state);
    case LogisticsEvent::kLegRecorded:
      return DecideLegDelivery(*sender, event.leg_recorded(), state);
    case LogisticsEvent::kReceiptRecorded:
      return DecideReceiptDelivery(context, *sender, event.receipt_recorded().receipt(), state);
    case LogisticsEvent::kDiscrepancyRecorded:
      return DecideDiscrepancyDelivery(context, *sender, event.discrepancy_recorded().discrepancy(),
                                       state);
    default:
      return RefuseEntry("UNEXPECTED_ENTRY");
  }
}

}  // namespace ch8::logistics
