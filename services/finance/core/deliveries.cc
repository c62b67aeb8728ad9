#include "services/finance/core/deliveries.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/finance/core/assessed.h"
#include "services/finance/core/events.h"
#include "services/finance/core/operations.h"
#include "services/finance/core/requests.h"
#include "services/finance/core/spoken_ids.h"
#include "services/finance/core/transfers.h"
#include "services/kernel/authority.h"
#include "services/kernel/names.h"

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

Delivery::Verdict VerdictOf(books::Verdict verdict) {
  switch (verdict) {
    case books::Verdict::kAccept:
      return Delivery::ACCEPT;
    case books::Verdict::kRefuse:
      return Delivery::REFUSE;
    case books::Verdict::kDefer:
      return Delivery::DEFER;
  }
  return Delivery::REFUSE;
}

books::PlacedStep Place(const Delivered& delivered) {
  books::PlacedStep placed{
      .step = delivered.entry.step(), .author_origin = delivered.origin, .reference = {}};
  placed.reference.set_index(delivered.index);
  placed.reference.set_leaf_hash(std::string(delivered.leaf_hash.view()));
  return placed;
}

// The record as it will be once the delivered step is logged.
TransferRecord After(const TransferRecord& before, const Context& context,
                     const books::PlacedStep& placed) {
  TransferRecord after = before;
  books::ApplyStep({.placed = placed,
                    .own_origin = context.origin,
                    .time_us = absl::ToUnixMicros(context.time),
                    .postings = {}},
                   after);
  return after;
}

// Whether the terms name one offer of the giver's own, for the quantity that is reserved.
bool WellFormed(const OfferTerms& terms, const Reserve& reserve, const Organization& giver,
                const State& state) {
  chapter8::type::v1::Money amount;
  amount.set_currency_code(terms.currency_code());
  amount.set_amount_minor(terms.amount_minor());
  return kernel::CheckName(terms.offer(), "offers/*", "offer").ok() &&
         IsSpokenIdOf(kernel::IdOf(terms.offer()), kOfferKind, giver.name()) &&
         kernel::CheckName(terms.request(), "requests/*", "request").ok() &&
         kernel::CheckName(terms.fund(), absl::StrCat(giver.name(), "/funds/*"), "fund").ok() &&
         CheckMoney(amount, "amount").ok() &&
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

Event PeerStepEvent(const TransferStep& step) {
  Event event;
  *event.entry.mutable_peer_step() = step;
  return event;
}

// A RESERVE that the protocol lets in: its half is created, and refused by rule where it must be.
Verdict DecideReserve(const Context& context, const Delivered& delivered, const Organization& giver,
                      const State& state) {
  const TransferStep& step = delivered.entry.step();
  Verdict verdict;
  OfferTerms terms;
  if (!terms.ParseFromString(step.reserve().terms()) ||
      !WellFormed(terms, step.reserve(), giver, state)) {
    verdict.reason = "BAD_TERMS";
  } else {
    verdict.reason = std::string(Forbidden(terms, context, giver, state));
    v1::FinanceEvent event;
    *event.mutable_offer_recorded()->mutable_offer() = ReceiverHalf(terms, step, context, giver);
    verdict.events.push_back(DomainEvent(event));
  }
  verdict.events.push_back(PeerStepEvent(step));
  if (verdict.reason.empty()) return verdict;
  const TransferRecord reserved = After(TransferRecord(), context, Place(delivered));
  const absl::StatusOr<books::OwnStep> reject = books::DecideReject(reserved, Reject::RULES);
  if (reject.ok()) verdict.events.push_back(StepEvent(*reject, giver.trust_domain()));
  return verdict;
}

// Whether rule F-1 still lets the offer's money go.
bool MayPost(const Context& context, const Offer& offer, const State& state) {
  const auto fund = kernel::TableReader<v1::Fund>(state.rows).Find(offer.fund());
  const auto request = kernel::TableReader<FundingRequest>(state.rows).Find(offer.request());
  if (!fund.has_value() || !request.has_value()) return false;
  if (fund->source() != v1::Fund::ASSESSED) return true;
  const auto operation = FindOperation(state.rows, request->operation());
  return operation.ok() && CheckActivated(*operation, DayOf(context.time)).ok();
}

// The giver's answer to a verified ACCEPT: this append is the commit.
std::optional<Event> CommitEvent(const Context& context, const TransferRecord& accepted,
                                 const Offer& offer, const State& state) {
  if (accepted.state() != TransferRecord::ACCEPTED) return std::nullopt;
  if (!MayPost(context, offer, state)) {
    absl::StatusOr<Event> event =
        VoidEvent(offer, accepted,
                  {.reason = Void::CANCELLED, .ledger_time_us = absl::ToUnixMicros(context.time)});
    return event.ok() ? std::optional<Event>(*std::move(event)) : std::nullopt;
  }
  const absl::StatusOr<books::OwnStep> post =
      books::DecidePost(accepted, accepted.quantity_accepted());
  if (!post.ok()) return std::nullopt;
  Event event = StepEvent(*post, TrustDomainOf(accepted.receiver_origin()));
  EndCeilingHold(offer, accepted.quantity_accepted(), event);
  return event;
}

Verdict DecideStep(const Context& context, const Delivered& delivered, const Organization& sender,
                   const State& state) {
  const TransferStep& step = delivered.entry.step();
  const books::PlacedStep placed = Place(delivered);
  const std::optional<TransferRecord> record =
      FindTransfer(state.rows, step.giver_origin(), step.transfer_id());
  const books::PeerDecision decision =
      books::OnPeerStep(record.has_value() ? &*record : nullptr, placed, context.origin);
  if (step.has_reserve() && !record.has_value() && decision.log_peer_step) {
    return DecideReserve(context, delivered, sender, state);
  }
  Verdict verdict{.verdict = VerdictOf(decision.verdict), .reason = decision.reason, .events = {}};
  if (decision.log_peer_step) verdict.events.push_back(PeerStepEvent(step));
  const Offer offer = FindOfferOf(state.rows, step).value_or(Offer());
  for (const books::OwnStep& own : decision.own_steps) {
    Event event = StepEvent(own, sender.trust_domain());
    if (own.step.has_settled()) event.recipients.clear();  // Closes our half; nobody waits for it.
    if (own.step.has_void_()) EndCeilingHold(offer, 0, event);
    verdict.events.push_back(std::move(event));
  }
  if (step.has_accept() && record.has_value() && record->state() == TransferRecord::RESERVED &&
      decision.log_peer_step) {
    std::optional<Event> commit =
        CommitEvent(context, After(*record, context, placed), offer, state);
    if (commit.has_value()) verdict.events.push_back(*std::move(commit));
  }
  return verdict;
}

}  // namespace

Verdict DecideFinanceDelivery(const Context& context, const Delivered& delivered,
                              const State& state) {
  const absl::string_view trust_domain = TrustDomainOf(delivered.origin);
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
