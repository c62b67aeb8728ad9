#include <utility>

#include "absl/strings/str_cat.h"
#include "services/books/postings.h"
#include "services/books/slices.h"
#include "services/books/transfer_rows.h"
#include "services/kernel/authority.h"
#include "services/kernel/due.h"
#include "services/kernel/fields.h"
#include "services/kernel/mandate_facts.h"
#include "services/kernel/money.h"
#include "services/logistics/core/exposure.h"
#include "services/logistics/core/fefo.h"
#include "services/logistics/core/items.h"
#include "services/logistics/core/offers.h"
#include "services/logistics/core/receipts.h"
#include "services/logistics/core/requests.h"
#include "services/logistics/core/transfers.h"
#include "storage/base/status_macros.h"

namespace ch8::logistics {
namespace {

using chapter8::books::v1::Reject;
using chapter8::books::v1::TransferRecord;
using chapter8::books::v1::Void;
using chapter8::directory::v1::Organization;
using chapter8::type::v1::Money;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::MaterielRequest;
using v1::SupplyOffer;

constexpr size_t kDueMax = 256;

std::string ShowOffer(const SupplyOffer& offer) {
  return kernel::ShowCommand(kOffers, offer.name());
}

// Rule X-4: within the limit of the approver's post, by value.
absl::Status CheckLimit(const Context& context, const State& state, const SupplyOffer& offer) {
  const auto post = kernel::FindPost(state.rows, context.actor.post);
  const Money limit = post.has_value() ? post->approval_limit() : Money();
  if (limit.currency_code() == offer.value().currency_code() &&
      offer.value().amount_minor() <= limit.amount_minor()) {
    return absl::OkStatus();
  }
  const std::string shown = limit.currency_code().empty() ? "nothing" : kernel::FormatMoney(limit);
  return kernel::NotNow(
      "OVER_LIMIT",
      absl::StrCat(context.actor.post, " may approve ", shown, ", and ", offer.name(), " is worth ",
                   kernel::FormatMoney(offer.value())),
      {{"rule", "X-4"},
       {"available", absl::StrCat(limit.amount_minor())},
       {"limit_currency", limit.currency_code()},
       {"wanted", absl::StrCat(offer.value().amount_minor())},
       {"currency", offer.value().currency_code()},
       {"instead", ShowOffer(offer)}});
}

// The request's operation, while it is open and its unit may be supported; a return answers none.
// Errors: NOT_OPEN; those of CheckBeneficiary().
absl::StatusOr<std::string> OpenOperation(const Context& context, const State& state,
                                          const SupplyOffer& offer) {
  if (offer.request().empty()) return std::string();
  ASSIGN_OR_RETURN(const MaterielRequest wanted, FindRequest(state.rows, offer.request()));
  RETURN_IF_ERROR(CheckOpen(wanted));
  RETURN_IF_ERROR(CheckBeneficiary(context, state.rows, wanted));
  return wanted.operation();
}

std::string TermsOf(const SupplyOffer& offer, const std::string& operation,
                    const std::string& base_unit) {
  v1::SupplyTerms terms;
  terms.set_offer(offer.name());
  terms.set_request(offer.request());
  terms.set_operation(operation);
  terms.set_item(offer.item());
  terms.set_base_unit(base_unit);
  terms.set_quantity(offer.quantity());
  terms.set_depot(offer.depot());
  terms.set_destination(offer.destination());
  *terms.mutable_unit_value() = offer.unit_value();
  terms.set_original(offer.original());
  for (const v1::Pick& lot : LotsByNumber(offer)) *terms.add_lots() = lot;
  return terms.SerializeAsString();
}

// A draft is nobody's but ours: its hold ends without a step.
kernel::Event EndDraft(SupplyOffer offer, SupplyOffer::State ended, const State& state) {
  offer.set_state(ended);
  offer.set_end_reason(SupplyOffer::State_Name(ended));
  kernel::Event event = OfferEvent(offer);
  books::EndHold({offer.staging_account(), offer.transit_account()},
                 {.hold_id = offer.transfer_id(), .held = static_cast<uint64_t>(offer.quantity())},
                 event);
  UnstageGoods(offer, state.rows, event);
  books::EndSliceHold(SliceHoldOf(offer), 0, event);
  return event;
}

absl::StatusOr<kernel::Event> EndHeldOffer(const Context& context, const State& state,
                                           const SupplyOffer& offer, Void::Reason reason) {
  if (offer.state() == SupplyOffer::DRAFT) {
    return EndDraft(offer, reason == Void::EXPIRED ? SupplyOffer::EXPIRED : SupplyOffer::CANCELLED,
                    state);
  }
  const auto record = books::FindTransfer(state.rows, offer.giver_origin(), offer.transfer_id());
  return VoidEvent(offer, record.value_or(TransferRecord()),
                   {.reason = reason, .ledger_time_us = absl::ToUnixMicros(context.time)},
                   state.rows);
}

// The record that the receiver answers on.
absl::StatusOr<TransferRecord> AnswerableRecord(const State& state, const SupplyOffer& offer) {
  RETURN_IF_ERROR(CheckSide(offer, SupplyOffer::RECEIVER));
  const auto record = books::FindTransfer(state.rows, offer.giver_origin(), offer.transfer_id());
  if (offer.state() != SupplyOffer::RESERVED || !record.has_value()) {
    return WrongState(offer, "NOT_RESERVED", "RESERVED");
  }
  return *record;
}

}  // namespace

absl::Status CheckDelegation(const Context& context, const State& state, const SupplyOffer& offer) {
  if (!offer.original().empty()) return absl::OkStatus();
  const auto request = kernel::TableReader<MaterielRequest>(state.rows).Find(offer.request());
  return kernel::CheckDelegated(context, state.rows,
                                {.delegation = offer.delegation(),
                                 .operation = request.value_or(MaterielRequest()).operation(),
                                 .unit = offer.unit_value().currency_code()});
}

absl::StatusOr<Decision> ApproveOffer(const Context& context,
                                      const v1::ApproveOfferRequest& request, const State& state) {
  ASSIGN_OR_RETURN(const SupplyOffer offer, FindOffer(state.rows, request.name()));
  RETURN_IF_ERROR(kernel::CheckEtag(offer, request.etag(), ShowOffer(offer)));
  if (offer.state() != SupplyOffer::DRAFT) return WrongState(offer, "NOT_DRAFT", "DRAFT");
  if (offer.made_by() == context.actor.person) {
    return kernel::NotNow(
        "SAME_PERSON",
        absl::StrCat(offer.name(), " was made by the same person, who cannot approve it"),
        {{"rule", "X-3"}, {"instead", ShowOffer(offer)}});
  }
  RETURN_IF_ERROR(CheckLimit(context, state, offer));
  ASSIGN_OR_RETURN(const std::string operation, OpenOperation(context, state, offer));
  RETURN_IF_ERROR(CheckDelegation(context, state, offer));
  RETURN_IF_ERROR(CheckNotExpired(offer, kernel::DayOf(context.time)));
  RETURN_IF_ERROR(CheckWitnessed(state.rows, offer));
  ASSIGN_OR_RETURN(const Organization receiver, FindPinned(state.rows, offer.receiver()));
  ASSIGN_OR_RETURN(const v1::Item item, FindItem(state.rows, offer.item()));
  ASSIGN_OR_RETURN(books::OwnStep own,
                   books::DecideReserve({.transfer_id = offer.transfer_id(),
                                         .giver_origin = offer.giver_origin(),
                                         .receiver_origin = offer.receiver_origin(),
                                         .terms = TermsOf(offer, operation, item.base_unit()),
                                         .quantity = static_cast<uint64_t>(offer.quantity()),
                                         .quantity_min = static_cast<uint64_t>(offer.quantity()),
                                         .hold_duration_s = offer.hold_duration().seconds(),
                                         .accounts = {.debit = offer.staging_account(),
                                                      .credit = offer.transit_account()}}));
  own.postings.clear();  // The draft holds the goods already, under the same id.
  return Decision{{books::StepEvent(own, receiver.trust_domain())},
                  kernel::ReplyWith<SupplyOffer>(offer.name())};
}

absl::StatusOr<Decision> CancelOffer(const Context& context, const v1::CancelOfferRequest& request,
                                     const State& state) {
  ASSIGN_OR_RETURN(const SupplyOffer offer, FindOffer(state.rows, request.name()));
  RETURN_IF_ERROR(CheckSide(offer, SupplyOffer::GIVER));
  if (!IsHeldByGiver(offer)) {
    return WrongState(offer, "NOT_CANCELLABLE", "DRAFT, RESERVED or ACCEPTED");
  }
  ASSIGN_OR_RETURN(kernel::Event event, EndHeldOffer(context, state, offer, Void::CANCELLED));
  return Decision{{std::move(event)}, kernel::ReplyWith<SupplyOffer>(offer.name())};
}

absl::StatusOr<Decision> AcceptOffer(const Context&, const v1::AcceptOfferRequest& request,
                                     const State& state) {
  ASSIGN_OR_RETURN(const SupplyOffer offer, FindOffer(state.rows, request.name()));
  ASSIGN_OR_RETURN(const TransferRecord record, AnswerableRecord(state, offer));
  if (!offer.request().empty()) {
    ASSIGN_OR_RETURN(const MaterielRequest wanted, FindRequest(state.rows, offer.request()));
    RETURN_IF_ERROR(CheckOpen(wanted));
    ASSIGN_OR_RETURN(const MaterielRequest::Line line, FindLine(wanted, offer.item()));
    RETURN_IF_ERROR(
        CheckWithinLine(wanted, line, {.taken = line.accepted(), .quantity = offer.quantity()}));
  }
  ASSIGN_OR_RETURN(const v1::Item item, FindItem(state.rows, offer.item()));
  ASSIGN_OR_RETURN(
      const books::OwnStep own,
      books::DecideAccept(record, record.quantity(),
                          {.debit = item.announced_account(), .credit = item.expected_account()}));
  return Decision{{books::StepEvent(own, books::TrustDomainOf(offer.giver_origin()))},
                  kernel::ReplyWith<SupplyOffer>(offer.name())};
}

absl::StatusOr<Decision> RejectOffer(const Context&, const v1::RejectOfferRequest& request,
                                     const State& state) {
  ASSIGN_OR_RETURN(const SupplyOffer offer, FindOffer(state.rows, request.name()));
  if (request.reason() == Reject::REASON_UNSPECIFIED || !Reject::Reason_IsValid(request.reason()) ||
      request.reason() == Reject::RULES) {
    return kernel::BadField("reason", "must be NOT_NEEDED, TERMS or OTHER_OFFER");
  }
  ASSIGN_OR_RETURN(const TransferRecord record, AnswerableRecord(state, offer));
  ASSIGN_OR_RETURN(const books::OwnStep own, books::DecideReject(record, request.reason()));
  return Decision{{books::StepEvent(own, books::TrustDomainOf(offer.giver_origin()))},
                  kernel::ReplyWith<SupplyOffer>(offer.name())};
}

std::vector<kernel::Event> DecideOffersDue(const Context& context, const State& state) {
  std::vector<kernel::Event> events;
  for (const std::string& name : kernel::DueNames(state.rows, context.time, kDueMax)) {
    const auto offer = kernel::TableReader<SupplyOffer>(state.rows).Find(name);
    if (!offer.has_value()) continue;
    absl::StatusOr<kernel::Event> event = EndHeldOffer(context, state, *offer, Void::EXPIRED);
    if (event.ok()) events.push_back(*std::move(event));
  }
  return events;
}

}  // namespace ch8::logistics
