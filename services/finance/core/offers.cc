#include "services/finance/core/offers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "services/books/postings.h"
#include "services/books/slices.h"
#include "services/finance/core/allotments.h"
#include "services/finance/core/assessed.h"
#include "services/finance/core/budget_lines.h"
#include "services/finance/core/funds.h"
#include "services/finance/core/operations.h"
#include "services/finance/core/requests.h"
#include "services/finance/core/transfers.h"
#include "services/kernel/authority.h"
#include "services/kernel/fields.h"
#include "services/kernel/mandate_facts.h"
#include "services/kernel/money.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "services/kernel/resources.h"
#include "services/kernel/spoken_ids.h"
#include "storage/base/status_macros.h"

namespace ch8::finance {
namespace {

using chapter8::books::v1::Reject;
using chapter8::books::v1::TransferRecord;
using chapter8::books::v1::Void;
using chapter8::directory::v1::Organization;
using chapter8::type::v1::Money;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::FundingRequest;
using v1::Offer;

constexpr absl::string_view kCollection = "offers/";
constexpr int64_t kHoldSecondsMax = int64_t{366} * 24 * 3600;
constexpr size_t kDueMax = 256;

std::string ShowCommand(const Offer& offer) {
  return absl::StrCat("ch8 offer show ", kernel::IdOf(offer.name()));
}

absl::StatusOr<Offer> FindOffer(const kernel::RowReader& rows, absl::string_view name) {
  RETURN_IF_ERROR(kernel::CheckName(name, "offers/*", "offer"));
  std::optional<Offer> row = kernel::TableReader<Offer>(rows).Find(name);
  if (!row.has_value()) return kernel::Unknown("UNKNOWN_OFFER", name, "ch8 offer list");
  return *std::move(row);
}

absl::Status WrongState(const Offer& offer, absl::string_view reason, absl::string_view wanted) {
  const std::string state = Offer::State_Name(offer.state());
  return kernel::NotNow(reason, absl::StrCat(offer.name(), " is ", state, ", not ", wanted),
                        {{"state", state}, {"instead", ShowCommand(offer)}});
}

absl::Status CheckSide(const Offer& offer, Offer::Side side) {
  if (offer.side() == side) return absl::OkStatus();
  const bool giver = side == Offer::GIVER;
  return kernel::NotNow(giver ? "NOT_GIVER" : "NOT_RECEIVER",
                        absl::StrCat("only ", giver ? offer.giver() : offer.receiver(), ", which ",
                                     giver ? "gives" : "receives", ", does this to ", offer.name()),
                        {{"instead", ShowCommand(offer)}});
}

// The least that may be accepted: the whole amount unless the offer says less.
absl::StatusOr<Money> LeastAmount(const Offer& asked) {
  if (!asked.has_amount_min()) return asked.amount();
  RETURN_IF_ERROR(kernel::CheckMoney(asked.amount_min(), "resource.amount_min"));
  RETURN_IF_ERROR(kernel::CheckSameCurrency(asked.amount().currency_code(),
                                            asked.amount_min().currency_code(), "the offer"));
  if (asked.amount_min().amount_minor() <= asked.amount().amount_minor()) {
    return asked.amount_min();
  }
  return kernel::Invalid("BAD_AMOUNT", "resource.amount_min is more than what is offered",
                         {{"field", "resource.amount_min"},
                          {"available", absl::StrCat(asked.amount().amount_minor())},
                          {"wanted", absl::StrCat(asked.amount_min().amount_minor())},
                          {"currency", asked.amount().currency_code()}});
}

absl::Status CheckHoldDuration(const Offer& asked) {
  const int64_t seconds = asked.hold_duration().seconds();
  if (seconds >= 1 && seconds <= kHoldSecondsMax && asked.hold_duration().nanos() == 0) {
    return absl::OkStatus();
  }
  return kernel::Invalid("BAD_HOLD_DURATION",
                         "resource.hold_duration must be whole seconds, from 1 second to 366 days",
                         {{"field", "resource.hold_duration"}, {"wanted", absl::StrCat(seconds)}});
}

// The draft as it will stand.
Offer DraftOf(const Context& context, const State& state, const Offer& asked,
              const MoneySource& source, const Organization& receiver) {
  Offer draft;
  draft.set_name(absl::StrCat(
      kCollection, kernel::NextSpokenId(state.rows, {.kind = kOfferKind,
                                                     .organization = context.organization,
                                                     .time = context.time})));
  draft.set_request(asked.request());
  draft.set_fund(source.fund.name());
  draft.set_allotment(asked.allotment());
  draft.set_giver(context.organization);
  draft.set_receiver(receiver.name());
  *draft.mutable_amount() = asked.amount();
  *draft.mutable_hold_duration() = asked.hold_duration();
  draft.set_side(Offer::GIVER);
  draft.set_state(Offer::DRAFT);
  draft.set_transfer_id(context.random);
  draft.set_hold_ends_us(absl::ToUnixMicros(context.time) +
                         asked.hold_duration().seconds() * 1'000'000);
  draft.set_made_by(context.actor.person);
  draft.set_delegation(asked.delegation());
  draft.set_giver_origin(context.origin);
  draft.set_receiver_origin(absl::StrCat(receiver.trust_domain(), "/ch8/finance"));
  return draft;
}

kernel::Event RecordedEvent(const Offer& offer) {
  v1::FinanceEvent event;
  *event.mutable_offer_recorded()->mutable_offer() = offer;
  return kernel::DomainEvent(event);
}

// Counts the draft against the slice of the delegation that it names (rules ).
absl::Status ActUnderDelegation(const Context& context, const State& state,
                                const FundingRequest& request, Offer& draft) {
  RETURN_IF_ERROR(CheckDelegation(context, state, request, draft));
  if (draft.delegation().empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const chapter8::mandate::v1::SliceAccounts slice,
      books::SliceToSpend(context,
                          {.delegation = draft.delegation(),
                           .operation = request.operation(),
                           .unit = draft.amount().currency_code(),
                           .quantity = static_cast<uint64_t>(draft.amount().amount_minor())},
                          state));
  draft.set_slice_account(slice.account());
  draft.set_slice_used_account(slice.used_account());
  return absl::OkStatus();
}

absl::StatusOr<Decision> MakeOffer(const Context& context, const v1::MakeOfferRequest& request,
                                   const State& state) {
  const Offer& asked = request.resource();
  RETURN_IF_ERROR(kernel::CheckMoney(asked.amount(), "resource.amount"));
  ASSIGN_OR_RETURN(const Money least, LeastAmount(asked));
  RETURN_IF_ERROR(CheckHoldDuration(asked));
  ASSIGN_OR_RETURN(const FundingRequest wanted, FindRequest(state.rows, asked.request()));
  ASSIGN_OR_RETURN(const MoneySource source, SourceOf(state.rows, asked));
  RETURN_IF_ERROR(CheckOperation(source, wanted.operation()));
  RETURN_IF_ERROR(kernel::CheckSameCurrency(wanted.amount().currency_code(),
                                            asked.amount().currency_code(), wanted.name()));
  RETURN_IF_ERROR(kernel::CheckSameCurrency(source.fund.currency_code(),
                                            asked.amount().currency_code(), source.name()));
  if (wanted.addressee() != context.organization) {
    return kernel::NotNow("NOT_ADDRESSEE",
                          absl::StrCat(wanted.name(), " asks ", wanted.addressee()),
                          {{"instead", "ch8 request list"}});
  }
  RETURN_IF_ERROR(CheckOpen(wanted));
  ASSIGN_OR_RETURN(const Organization receiver, FindPinned(state.rows, wanted.requester()));
  RETURN_IF_ERROR(CheckBeneficiary(context, state.rows, wanted));
  RETURN_IF_ERROR(CheckEarmark(source.fund, {.operation = wanted.operation(),
                                             .purpose = wanted.name(),
                                             .instead = FundListCommand(wanted.operation())}));
  ASSIGN_OR_RETURN(const v1::Operation operation, FindOperation(state.rows, wanted.operation()));
  RETURN_IF_ERROR(CheckAssessed(context, state, source, operation));
  RETURN_IF_ERROR(CheckAvailable(
      {.holder = source.name(),
       .account = source.accounts().debit,
       .wanted = asked.amount(),
       .instead = source.allotment.has_value() ? AllotmentListCommand(operation.name())
                                               : FundListCommand(operation.name())},
      state.accounts));

  Offer draft = DraftOf(context, state, asked, source, receiver);
  RETURN_IF_ERROR(ActUnderDelegation(context, state, wanted, draft));
  *draft.mutable_amount_min() = least;
  kernel::Event event = RecordedEvent(draft);
  books::OpenHold(source.accounts(), static_cast<uint64_t>(draft.amount().amount_minor()),
                  draft.transfer_id(), event);
  HoldSlice(draft, event);
  return Decision{{event}, kernel::ReplyWith<Offer>(draft.name())};
}

// Rule X-4: within the limit of the approver's post.
absl::Status CheckLimit(const Context& context, const State& state, const Offer& offer) {
  const auto post = kernel::FindPost(state.rows, context.actor.post);
  const Money limit = post.has_value() ? post->approval_limit() : Money();
  if (limit.currency_code() == offer.amount().currency_code() &&
      offer.amount().amount_minor() <= limit.amount_minor()) {
    return absl::OkStatus();
  }
  const std::string shown = limit.currency_code().empty() ? "nothing" : kernel::FormatMoney(limit);
  return kernel::NotNow("OVER_LIMIT",
                        absl::StrCat(context.actor.post, " may approve ", shown, ", and ",
                                     offer.name(), " is ", kernel::FormatMoney(offer.amount())),
                        {{"rule", "X-4"},
                         {"available", absl::StrCat(limit.amount_minor())},
                         {"limit_currency", limit.currency_code()},
                         {"wanted", absl::StrCat(offer.amount().amount_minor())},
                         {"currency", offer.amount().currency_code()},
                         {"instead", ShowCommand(offer)}});
}

std::string TermsOf(const Offer& offer, const FundingRequest& request) {
  v1::OfferTerms terms;
  terms.set_offer(offer.name());
  terms.set_request(offer.request());
  terms.set_operation(request.operation());
  terms.set_budget_line(request.budget_line());
  terms.set_fund(offer.fund());
  terms.set_currency_code(offer.amount().currency_code());
  terms.set_amount_minor(offer.amount().amount_minor());
  return terms.SerializeAsString();
}

absl::StatusOr<Decision> ApproveOffer(const Context& context,
                                      const v1::ApproveOfferRequest& request, const State& state) {
  ASSIGN_OR_RETURN(const Offer offer, FindOffer(state.rows, request.name()));
  RETURN_IF_ERROR(kernel::CheckEtag(offer, request.etag(), ShowCommand(offer)));
  if (offer.state() != Offer::DRAFT) return WrongState(offer, "NOT_DRAFT", "DRAFT");
  if (offer.made_by() == context.actor.person) {
    return kernel::NotNow(
        "SAME_PERSON",
        absl::StrCat(offer.name(), " was made by the same person, who cannot approve it"),
        {{"rule", "F-16"}, {"instead", ShowCommand(offer)}});
  }
  RETURN_IF_ERROR(CheckLimit(context, state, offer));
  ASSIGN_OR_RETURN(const FundingRequest wanted, FindRequest(state.rows, offer.request()));
  RETURN_IF_ERROR(CheckOpen(wanted));
  ASSIGN_OR_RETURN(const Organization receiver, FindPinned(state.rows, offer.receiver()));
  RETURN_IF_ERROR(CheckBeneficiary(context, state.rows, wanted));
  ASSIGN_OR_RETURN(const MoneySource source, SourceOf(state.rows, offer));
  ASSIGN_OR_RETURN(const v1::Operation operation, FindOperation(state.rows, wanted.operation()));
  RETURN_IF_ERROR(CheckAssessed(context, state, source, operation));
  RETURN_IF_ERROR(CheckDelegation(context, state, wanted, offer));
  ASSIGN_OR_RETURN(books::OwnStep own,
                   books::DecideReserve(
                       {.transfer_id = offer.transfer_id(),
                        .giver_origin = offer.giver_origin(),
                        .receiver_origin = offer.receiver_origin(),
                        .terms = TermsOf(offer, wanted),
                        .quantity = static_cast<uint64_t>(offer.amount().amount_minor()),
                        .quantity_min = static_cast<uint64_t>(offer.amount_min().amount_minor()),
                        .hold_duration_s = offer.hold_duration().seconds(),
                        .accounts = source.accounts()}));
  own.postings.clear();  // The draft holds the money already, under the same id.
  return Decision{{books::StepEvent(own, receiver.trust_domain())},
                  kernel::ReplyWith<Offer>(offer.name())};
}

// A draft is nobody's but ours: its hold ends without a step.
absl::StatusOr<kernel::Event> EndDraft(const State& state, Offer offer, Offer::State ended) {
  ASSIGN_OR_RETURN(const MoneySource source, SourceOf(state.rows, offer));
  offer.set_state(ended);
  offer.set_end_reason(Offer::State_Name(ended));
  kernel::Event event = RecordedEvent(offer);
  books::EndHold(source.accounts(),
                 {.hold_id = offer.transfer_id(),
                  .held = static_cast<uint64_t>(offer.amount().amount_minor())},
                 event);
  EndSliceHold(offer, 0, event);
  return event;
}

absl::StatusOr<kernel::Event> EndHeldOffer(const Context& context, const State& state,
                                           const Offer& offer, Void::Reason reason) {
  if (offer.state() == Offer::DRAFT) {
    return EndDraft(state, offer, reason == Void::EXPIRED ? Offer::EXPIRED : Offer::CANCELLED);
  }
  const auto record = books::FindTransfer(state.rows, offer.giver_origin(), offer.transfer_id());
  return VoidEvent(offer, record.value_or(TransferRecord()),
                   {.reason = reason, .ledger_time_us = absl::ToUnixMicros(context.time)});
}

absl::StatusOr<Decision> CancelOffer(const Context& context, const v1::CancelOfferRequest& request,
                                     const State& state) {
  ASSIGN_OR_RETURN(const Offer offer, FindOffer(state.rows, request.name()));
  RETURN_IF_ERROR(CheckSide(offer, Offer::GIVER));
  if (offer.state() != Offer::DRAFT && offer.state() != Offer::RESERVED) {
    return WrongState(offer, "NOT_CANCELLABLE", "DRAFT or RESERVED");
  }
  ASSIGN_OR_RETURN(kernel::Event event, EndHeldOffer(context, state, offer, Void::CANCELLED));
  return Decision{{std::move(event)}, kernel::ReplyWith<Offer>(offer.name())};
}

// How much of the offer is accepted: all of it, or what the receiver names.
absl::StatusOr<int64_t> AcceptedAmount(const Offer& offer, const v1::AcceptOfferRequest& request) {
  if (!request.has_amount()) return offer.amount().amount_minor();
  RETURN_IF_ERROR(kernel::CheckMoney(request.amount(), "amount"));
  RETURN_IF_ERROR(kernel::CheckSameCurrency(offer.amount().currency_code(),
                                            request.amount().currency_code(), offer.name()));
  const int64_t wanted_minor = request.amount().amount_minor();
  if (wanted_minor >= offer.amount_min().amount_minor() &&
      wanted_minor <= offer.amount().amount_minor()) {
    return wanted_minor;
  }
  return kernel::Invalid(
      "BAD_AMOUNT",
      absl::StrCat(offer.name(), " can be accepted from ", kernel::FormatMoney(offer.amount_min()),
                   " to ", kernel::FormatMoney(offer.amount())),
      {{"least", absl::StrCat(offer.amount_min().amount_minor())},
       {"available", absl::StrCat(offer.amount().amount_minor())},
       {"wanted", absl::StrCat(wanted_minor)},
       {"currency", offer.amount().currency_code()},
       {"instead", ShowCommand(offer)}});
}

// The record that the receiver answers on.
absl::StatusOr<TransferRecord> AnswerableRecord(const State& state, const Offer& offer) {
  RETURN_IF_ERROR(CheckSide(offer, Offer::RECEIVER));
  const auto record = books::FindTransfer(state.rows, offer.giver_origin(), offer.transfer_id());
  if (offer.state() != Offer::RESERVED || !record.has_value()) {
    return WrongState(offer, "NOT_RESERVED", "RESERVED");
  }
  return *record;
}

absl::StatusOr<Decision> AcceptOffer(const Context&, const v1::AcceptOfferRequest& request,
                                     const State& state) {
  ASSIGN_OR_RETURN(const Offer offer, FindOffer(state.rows, request.name()));
  ASSIGN_OR_RETURN(const TransferRecord record, AnswerableRecord(state, offer));
  ASSIGN_OR_RETURN(const int64_t accepted_minor, AcceptedAmount(offer, request));
  ASSIGN_OR_RETURN(const FundingRequest wanted, FindRequest(state.rows, offer.request()));
  RETURN_IF_ERROR(CheckOpen(wanted));
  ASSIGN_OR_RETURN(const v1::BudgetLine line, FindBudgetLine(state.rows, wanted.budget_line()));
  ASSIGN_OR_RETURN(const books::OwnStep own,
                   books::DecideAccept(record, static_cast<uint64_t>(accepted_minor),
                                       {.debit = line.source_account(), .credit = line.account()}));
  return Decision{{books::StepEvent(own, books::TrustDomainOf(offer.giver_origin()))},
                  kernel::ReplyWith<Offer>(offer.name())};
}

absl::StatusOr<Decision> RejectOffer(const Context&, const v1::RejectOfferRequest& request,
                                     const State& state) {
  ASSIGN_OR_RETURN(const Offer offer, FindOffer(state.rows, request.name()));
  if (request.reason() == Reject::REASON_UNSPECIFIED || !Reject::Reason_IsValid(request.reason()) ||
      request.reason() == Reject::RULES) {
    return kernel::BadField("reason", "must be NOT_NEEDED, TERMS or OTHER_OFFER");
  }
  ASSIGN_OR_RETURN(const TransferRecord record, AnswerableRecord(state, offer));
  ASSIGN_OR_RETURN(const books::OwnStep own, books::DecideReject(record, request.reason()));
  return Decision{{books::StepEvent(own, books::TrustDomainOf(offer.giver_origin()))},
                  kernel::ReplyWith<Offer>(offer.name())};
}

absl::StatusOr<Offer> GetOffer(const Context&, const v1::GetOfferRequest& request,
                               const State& state) {
  ASSIGN_OR_RETURN(const Offer row, FindOffer(state.rows, request.name()));
  return kernel::WithEtag(row);
}

absl::StatusOr<v1::ListOffersResponse> ListOffers(const Context&,
                                                  const v1::ListOffersRequest& request,
                                                  const State& state) {
  return kernel::ListPage<Offer, v1::ListOffersRequest, v1::ListOffersResponse>(
      state.rows, kCollection, request,
      [&](const Offer& row) {
        return (request.request().empty() || row.request() == request.request()) &&
               (request.delegation().empty() || row.delegation() == request.delegation());
      },
      [](const Offer& row, v1::ListOffersResponse& response) {
        *response.add_offers() = kernel::WithEtag(row);
      });
}

}  // namespace

absl::Status CheckDelegation(const Context& context, const State& state,
                             const FundingRequest& request, const Offer& offer) {
  return kernel::CheckDelegated(context, state.rows,
                                {.delegation = offer.delegation(),
                                 .operation = request.operation(),
                                 .unit = offer.amount().currency_code()});
}

void AddOfferRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.finance.v1.OfferService/";
  routes.AddCommand<v1::MakeOfferRequest>(service + "MakeOffer", MakeOffer);
  routes.AddCommand<v1::ApproveOfferRequest>(service + "ApproveOffer", ApproveOffer);
  routes.AddCommand<v1::CancelOfferRequest>(service + "CancelOffer", CancelOffer);
  routes.AddCommand<v1::AcceptOfferRequest>(service + "AcceptOffer", AcceptOffer);
  routes.AddCommand<v1::RejectOfferRequest>(service + "RejectOffer", RejectOffer);
  routes.AddRead<v1::GetOfferRequest>(service + "GetOffer", kernel::ReadPath::kSnapshot, GetOffer);
  routes.AddRead<v1::ListOffersRequest>(service + "ListOffers", kernel::ReadPath::kSnapshot,
                                        ListOffers);
}

std::vector<kernel::Event> DecideOffersDue(const Context& context, const State& state) {
  std::vector<kernel::Event> events;
  for (const Offer& offer : OffersRunOut(state.rows, context.time, kDueMax)) {
    absl::StatusOr<kernel::Event> event = EndHeldOffer(context, state, offer, Void::EXPIRED);
    if (event.ok()) events.push_back(*std::move(event));
  }
  return events;
}

}  // namespace ch8::finance
