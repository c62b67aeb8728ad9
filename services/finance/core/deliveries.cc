#include "services/finance/core/deliveries.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/books/postings.h"
#include "services/books/slices.h"
#include "services/finance/core/assessed.h"
#include "services/finance/core/offers.h"
#include "services/finance/core/operations.h"
#include "services/finance/core/requests.h"
#include "services/finance/core/transfers.h"
#include "services/kernel/authority.h"
#include "services/kernel/fields.h"
#include "services/kernel/mandate_facts.h"
#include "services/kernel/money.h"
#include "services/kernel/names.h"
#include "services/kernel/spoken_ids.h"

namespace ch8::finance {
namespace {

using chapter8::books::v1::Reject;
using chapter8::books::v1::Reserve;
using chapter8::books::v1::TransferRecord;
using chapter8::books::v1::TransferStep;
using chapter8::books::v1::Void;
using chapter8::directory::v1::Organization;
using chapter8::ledger::v1::Delivery;
using chapter8::ledger::v1::Entry;
using kernel::Context;
using kernel::Delivered;
using kernel::Event;
using kernel::State;
using kernel::Verdict;
using v1::FundingRequest;
using v1::Offer;
using v1::OfferTerms;

Verdict Refuse(absl::string_view reason) {
  return {.verdict = Delivery::REFUSE, .reason = std::string(reason), .events = {}};
}

Verdict Defer(absl::string_view reason) {
  return {.verdict = Delivery::DEFER, .reason = std::string(reason), .events = {}};
}

// Whether the terms name one offer of the giver's own, for the quantity that is reserved.
bool WellFormed(const OfferTerms& terms, const Reserve& reserve, const Organization& giver,
                const State& state) {
  chapter8::type::v1::Money amount;
  amount.set_currency_code(terms.currency_code());
  amount.set_amount_minor(terms.amount_minor());
  return kernel::CheckName(terms.offer(), "offers/*", "offer").ok() &&
         kernel::IsSpokenIdOf(kernel::IdOf(terms.offer()), kOfferKind, giver.name()) &&
         kernel::CheckName(terms.request(), "requests/*", "request").ok() &&
         kernel::CheckName(terms.fund(), absl::StrCat(giver.name(), "/funds/*"), "fund").ok() &&
         kernel::CheckMoney(amount, "amount").ok() &&
         static_cast<uint64_t>(terms.amount_minor()) == reserve.quantity() &&
         reserve.hold_duration().nanos() == 0 &&
         !kernel::TableReader<Offer>(state.rows).Find(terms.offer()).has_value();
}

// Why this ledger's rules forbid an offer on these terms, or "".
absl::string_view Forbidden(const OfferTerms& terms, const Context& context,
                            const Organization& giver, const State& state) {
  const auto request = kernel::TableReader<FundingRequest>(state.rows).Find(terms.request());
  if (!request.has_value() || request->requester() != context.organization) {
    return "UNKNOWN_REQUEST";
  }
  if (request->addressee() != giver.name()) return "NOT_ADDRESSEE";
  if (request->operation() != terms.operation() || request->budget_line() != terms.budget_line() ||
      request->amount().currency_code() != terms.currency_code()) {
    return "OTHER_TERMS";
  }
  return request->state() == FundingRequest::OPEN ? "" : "NOT_OPEN";
}

// The receiver's half of an offer, as it comes.
Offer ReceiverHalf(const OfferTerms& terms, const TransferStep& step, const Context& context,
                   const Organization& giver) {
  const Reserve& reserve = step.reserve();
  Offer offer;
  offer.set_name(terms.offer());
  offer.set_request(terms.request());
  offer.set_fund(terms.fund());
  offer.set_giver(giver.name());
  offer.set_receiver(context.organization);
  offer.mutable_amount()->set_currency_code(terms.currency_code());
  offer.mutable_amount()->set_amount_minor(terms.amount_minor());
  offer.mutable_amount_min()->set_currency_code(terms.currency_code());
  offer.mutable_amount_min()->set_amount_minor(static_cast<int64_t>(reserve.quantity_min()));
  *offer.mutable_hold_duration() = reserve.hold_duration();
  offer.set_side(Offer::RECEIVER);
  offer.set_state(Offer::RESERVED);
  offer.set_transfer_id(step.transfer_id());
  offer.set_giver_origin(step.giver_origin());
  offer.set_receiver_origin(step.receiver_origin());
  return offer;
}

// A RESERVE that the protocol lets in: its half is created, and refused by rule where it must be.
Verdict DecideReserve(const Context& context, const books::StepDelivery& delivery,
                      const TransferStep& step, const Organization& giver, const State& state) {
  Verdict verdict = delivery.verdict;
  OfferTerms terms;
  if (!terms.ParseFromString(step.reserve().terms()) ||
      !WellFormed(terms, step.reserve(), giver, state)) {
    verdict.reason = "BAD_TERMS";
  } else {
    verdict.reason = std::string(Forbidden(terms, context, giver, state));
    v1::FinanceEvent event;
    *event.mutable_offer_recorded()->mutable_offer() = ReceiverHalf(terms, step, context, giver);
    verdict.events.insert(verdict.events.begin(), kernel::DomainEvent(event));
  }
  if (verdict.reason.empty()) return verdict;
  const absl::StatusOr<books::OwnStep> reject = books::DecideReject(delivery.after, Reject::RULES);
  if (reject.ok()) verdict.events.push_back(books::StepEvent(*reject, giver.trust_domain()));
  return verdict;
}

// Whether rules F-1 and F-20 and the delegation still let the offer's money go.
bool MayPost(const Context& context, const Offer& offer, const State& state) {
  const auto fund = kernel::TableReader<v1::Fund>(state.rows).Find(offer.fund());
  const auto request = kernel::TableReader<FundingRequest>(state.rows).Find(offer.request());
  if (!fund.has_value() || !request.has_value()) return false;
  if (!CheckDelegation(context, state, *request, offer).ok() ||
      !CheckBeneficiary(context, state.rows, *request).ok()) {
    return false;
  }
  if (fund->source() != v1::Fund::ASSESSED) return true;
  const auto operation = FindOperation(state.rows, request->operation());
  return operation.ok() && IsActivated(*operation, kernel::DayOf(context.time));
}

// The giver's answer to a verified ACCEPT: this append is the commit.
std::optional<Event> CommitEvent(const Context& context, const TransferRecord& accepted,
                                 const Offer& offer, const State& state) {
  if (!MayPost(context, offer, state)) {
    absl::StatusOr<Event> event =
        VoidEvent(offer, accepted,
                  {.reason = Void::CANCELLED, .ledger_time_us = absl::ToUnixMicros(context.time)});
    return event.ok() ? std::optional<Event>(*std::move(event)) : std::nullopt;
  }
  const absl::StatusOr<books::OwnStep> post =
      books::DecidePost(accepted, accepted.quantity_accepted());
  if (!post.ok()) return std::nullopt;
  Event event = books::StepEvent(*post, books::TrustDomainOf(accepted.receiver_origin()));
  EndSliceHold(offer, accepted.quantity_accepted(), event);
  return event;
}

Verdict DecideStep(const Context& context, const Delivered& delivered, const Organization& sender,
                   const State& state) {
  const TransferStep& step = delivered.entry.step();
  books::StepDelivery delivery = books::DecideStepDelivery(context, delivered, state.rows);
  if (delivery.opens) return DecideReserve(context, delivery, step, sender, state);
  const Offer offer = FindOfferOf(state.rows, step).value_or(Offer());
  for (Event& event : delivery.verdict.events) {
    if (event.entry.has_step() && event.entry.step().has_void_()) EndSliceHold(offer, 0, event);
  }
  if (delivery.accepts) {
    std::optional<Event> commit = CommitEvent(context, delivery.after, offer, state);
    if (commit.has_value()) delivery.verdict.events.push_back(*std::move(commit));
  }
  return delivery.verdict;
}

}  // namespace

Verdict DecideFinanceDelivery(const Context& context, const Delivered& delivered,
                              const State& state) {
  if (books::IsSliceStep(context, delivered)) {
    return books::DecideSliceDelivery(context, delivered, state);
  }
  const absl::string_view trust_domain = books::TrustDomainOf(delivered.origin);
  const absl::string_view service = absl::string_view(delivered.origin).substr(trust_domain.size());
  if (trust_domain == context.trust_domain ||
      (service != "/ch8/finance" && !absl::StartsWith(service, "/ch8/finance/"))) {
    return Refuse("NOT_FINANCE");
  }
  const std::optional<Organization> sender = kernel::FindTrustDomain(state.rows, trust_domain);
  if (!sender.has_value()) return Defer("UNKNOWN_ORGANIZATION");
  if (delivered.entry.has_step()) return DecideStep(context, delivered, *sender, state);
  if (!delivered.entry.has_domain_event()) return Refuse("UNEXPECTED_ENTRY");
  v1::FinanceEvent event;
  if (!event.ParseFromString(delivered.entry.domain_event())) return Refuse("MALFORMED_EVENT");
  if (!event.has_request_recorded()) return Refuse("UNEXPECTED_ENTRY");
  return DecideRequestDelivery(context, *sender, event.request_recorded().request(), state);
}

}  // namespace ch8::finance
