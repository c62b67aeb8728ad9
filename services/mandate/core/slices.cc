#include "services/mandate/core/slices.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "chapter8/mandate/v1/mandate_service.pb.h"
#include "services/books/transfer_rows.h"
#include "services/kernel/fields.h"
#include "services/kernel/paging.h"
#include "services/kernel/spoken_ids.h"
#include "services/mandate/core/delegations.h"
#include "services/mandate/core/scope.h"
#include "storage/base/status_macros.h"

namespace ch8::mandate {
namespace {

using chapter8::books::v1::TransferRecord;
using chapter8::books::v1::TransferStep;
using chapter8::ledger::v1::Delivery;
using kernel::Context;
using kernel::State;
using v1::Delegation;
using v1::Slice;

constexpr absl::string_view kCollection = "slices/";
constexpr absl::string_view kSpokenKind = "SLC";
// What the transfers of returns are linked to; no rows.
constexpr absl::string_view kReturns = "sliceReturns/";
// The other ledger is this organization's own and answers by itself: a slice waits, it does not
// run out.
constexpr int64_t kHoldSeconds = int64_t{366} * 24 * 3600;

Slice Shown(Slice slice) { return kernel::WithEtag(std::move(slice)); }

absl::StatusOr<const v1::Ceiling*> CeilingToSlice(const Delegation& delegation,
                                                  const v1::Ceiling& asked) {
  for (const v1::Ceiling& ceiling : delegation.ceilings()) {
    if (ceiling.unit() == asked.unit()) return &ceiling;
  }
  return kernel::NotNow("OVER_CEILING",
                        absl::StrCat(delegation.name(), " has no ceiling in ", asked.unit()),
                        {{"rule", "A-2"},
                         {"available", "0"},
                         {"wanted", absl::StrCat(asked.quantity())},
                         {"unit", asked.unit()},
                         {"instead", kernel::ShowCommand(kDelegation, delegation.name())}});
}

absl::Status CheckLeft(const Delegation& delegation, const v1::Ceiling& ceiling, uint64_t quantity,
                       const kernel::Accounts& accounts) {
  ASSIGN_OR_RETURN(const kernel::Balance balance, accounts.Find(ceiling.account()));
  if (static_cast<int64_t>(quantity) <= balance.available()) return absl::OkStatus();
  return kernel::NotNow(
      "OVER_CEILING",
      absl::StrCat(delegation.name(), " has ", FormatQuantity(ceiling.unit(), balance.available()),
                   " left, less than ",
                   FormatQuantity(ceiling.unit(), static_cast<int64_t>(quantity))),
      {{"rule", "A-2"},
       {"available", absl::StrCat(balance.available())},
       {"wanted", absl::StrCat(quantity)},
       {"unit", ceiling.unit()},
       {"instead", kernel::ShowCommand(kDelegation, delegation.name())}});
}

// What the RESERVE of a slice says.
absl::StatusOr<books::OwnStep> ReserveOf(const Context& context, const Slice& slice,
                                         const v1::Ceiling& ceiling) {
  v1::SliceTerms terms;
  terms.set_slice(slice.name());
  terms.set_delegation(slice.delegation());
  terms.set_unit(ceiling.unit());
  return books::DecideReserve(
      {.transfer_id = slice.transfer_id(),
       .giver_origin = context.origin,
       .receiver_origin = absl::StrCat(context.trust_domain, "/ch8/", slice.service()),
       .terms = terms.SerializeAsString(),
       .quantity = slice.ceiling().quantity(),
       .quantity_min = slice.ceiling().quantity(),
       .hold_duration_s = kHoldSeconds,
       .accounts = {.debit = ceiling.account(), .credit = ceiling.counter_account()}});
}

absl::StatusOr<kernel::Decision> AllotSlice(const Context& context,
                                            const v1::AllotSliceRequest& request,
                                            const State& state) {
  const Slice& asked = request.resource();
  RETURN_IF_ERROR(CheckCeiling(asked.ceiling()));
  if (std::find(std::begin(kSpenders), std::end(kSpenders), asked.service()) ==
      std::end(kSpenders)) {
    return kernel::BadField("resource.service", "is no ledger whose acts spend ceilings");
  }
  ASSIGN_OR_RETURN(const Delegation delegation,
                   kernel::FindResource<Delegation>(state.rows, asked.delegation(), kDelegation));
  if (delegation.state() != Delegation::ACTIVE ||
      kernel::DayOf(delegation.valid_to()) < kernel::DayOf(context.time)) {
    return kernel::NotNow(
        "NOT_ACTIVE",
        absl::StrCat(delegation.name(), " is ", Delegation::State_Name(delegation.state())),
        {{"instead", kernel::ShowCommand(kDelegation, delegation.name())}});
  }
  ASSIGN_OR_RETURN(const v1::Ceiling* ceiling, CeilingToSlice(delegation, asked.ceiling()));
  RETURN_IF_ERROR(CheckLeft(delegation, *ceiling, asked.ceiling().quantity(), state.accounts));
  Slice slice;
  slice.set_name(absl::StrCat(
      kCollection, kernel::NextSpokenId(state.rows, {.kind = kSpokenKind,
                                                     .organization = context.organization,
                                                     .time = context.time})));
  slice.set_delegation(asked.delegation());
  slice.set_service(asked.service());
  slice.mutable_ceiling()->set_unit(ceiling->unit());
  slice.mutable_ceiling()->set_quantity(asked.ceiling().quantity());
  slice.set_state(Slice::RESERVED);
  slice.set_transfer_id(context.random);
  slice.set_allotted_by(context.actor.person);
  v1::MandateEvent event;
  *event.mutable_slice_recorded() = slice;
  ASSIGN_OR_RETURN(const books::OwnStep reserve, ReserveOf(context, slice, *ceiling));
  return kernel::Decision{
      {kernel::DomainEvent(event), books::StepEvent(reserve, context.trust_domain)},
      kernel::ReplyWith<Slice>(slice.name())};
}

absl::StatusOr<Slice> GetSlice(const Context&, const v1::GetSliceRequest& request,
                               const State& state) {
  ASSIGN_OR_RETURN(Slice slice, kernel::FindResource<Slice>(state.rows, request.name(), kSlice));
  return Shown(std::move(slice));
}

absl::StatusOr<v1::ListSlicesResponse> ListSlices(const Context&,
                                                  const v1::ListSlicesRequest& request,
                                                  const State& state) {
  return kernel::ListPage<Slice, v1::ListSlicesRequest, v1::ListSlicesResponse>(
      state.rows, kCollection, request,
      [&](const Slice& row) {
        return request.delegation().empty() || row.delegation() == request.delegation();
      },
      [](const Slice& row, v1::ListSlicesResponse& response) {
        *response.add_slices() = Shown(row);
      });
}

Slice::State StateOf(const TransferRecord& record) {
  if (record.voided() || record.state() == TransferRecord::VOIDED) return Slice::VOIDED;
  return record.quantity_posted() > 0 ? Slice::POSTED : Slice::RESERVED;
}

// What a return is of: by its RESERVE's terms, and by the name that its transfer is linked to.
std::string ReturnName(const v1::SliceTerms& terms) {
  return absl::StrCat(kReturns, kernel::IdOf(terms.delegation()), "/", terms.unit());
}
struct Returned {
  Delegation delegation;
  v1::Ceiling ceiling;
};
std::optional<Returned> FindReturned(const State& state, const TransferStep& step) {
  v1::SliceTerms terms;
  if (step.has_reserve()) {
    if (!terms.ParseFromString(step.reserve().terms())) return std::nullopt;
  } else {
    const std::string name = books::FindLinked(state.rows, step).value_or("");
    const std::vector<std::string> parts = absl::StrSplit(name, '/');
    if (parts.size() != 3) return std::nullopt;
    terms.set_delegation(absl::StrCat("delegations/", parts[1]));
    terms.set_unit(parts[2]);
  }
  const auto found = kernel::FindResource<Delegation>(state.rows, terms.delegation(), kDelegation);
  if (!found.ok()) return std::nullopt;
  for (const v1::Ceiling& ceiling : found->ceilings()) {
    if (ceiling.unit() == terms.unit() && ceiling.account() != 0) {
      return Returned{.delegation = *found, .ceiling = ceiling};
    }
  }
  return std::nullopt;
}

// Another own ledger gives back what a slice has left, never more than slices have: accepted at
// once into the account that it came from. Once it is there, it goes on to what the delegation
// rested on.
kernel::Verdict DecideReturn(const Context& context, const TransferStep& step,
                             books::StepDelivery delivery, const State& state) {
  const std::optional<Returned> returned = FindReturned(state, step);
  if (!returned.has_value()) {
    return {.verdict = Delivery::REFUSE, .reason = "BAD_TERMS", .events = {}};
  }
  const v1::Ceiling& ceiling = returned->ceiling;
  if (delivery.opens) {
    const absl::StatusOr<kernel::Balance> given = state.accounts.Find(ceiling.counter_account());
    if (!given.ok() || given->available() < static_cast<int64_t>(step.reserve().quantity())) {
      return {.verdict = Delivery::REFUSE, .reason = "OVER_SLICES", .events = {}};
    }
    const absl::StatusOr<books::OwnStep> accept =
        books::DecideAccept(delivery.after, step.reserve().quantity(),
                            {.debit = ceiling.counter_account(), .credit = ceiling.account()});
    if (!accept.ok()) return {.verdict = Delivery::REFUSE, .reason = "BAD_TERMS", .events = {}};
    delivery.verdict.events.push_back(books::StepEvent(*accept, context.trust_domain));
  }
  for (const kernel::Event& event : delivery.verdict.events) {
    const uint64_t mirrored = event.entry.has_step() ? event.entry.step().mirror().quantity() : 0;
    if (mirrored == 0) continue;
    std::optional<kernel::Event> onward =
        PassOn(state.rows, returned->delegation,
               {.unit = ceiling.unit(), .account = ceiling.account(), .quantity = mirrored});
    if (onward.has_value()) delivery.verdict.events.push_back(*std::move(onward));
    break;
  }
  return std::move(delivery.verdict);
}

}  // namespace

void AddSliceRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.mandate.v1.DelegationService/";
  routes.AddCommand<v1::AllotSliceRequest>(service + "AllotSlice", AllotSlice);
  routes.AddRead<v1::GetSliceRequest>(service + "GetSlice", kernel::ReadPath::kSnapshot, GetSlice);
  routes.AddRead<v1::ListSlicesRequest>(service + "ListSlices", kernel::ReadPath::kSnapshot,
                                        ListSlices);
}

kernel::Verdict DecideSliceStep(const Context& context, const kernel::Delivered& delivered,
                                const State& state) {
  const TransferStep& step = delivered.entry.step();
  books::StepDelivery delivery = books::DecideStepDelivery(context, delivered, state.rows);
  if (step.receiver_origin() == context.origin) {
    return DecideReturn(context, step, std::move(delivery), state);
  }
  if (delivery.accepts) {
    const absl::StatusOr<books::OwnStep> post =
        books::DecidePost(delivery.after, delivery.after.quantity_accepted());
    if (post.ok()) {
      delivery.verdict.events.push_back(books::StepEvent(*post, context.trust_domain));
    }
  }
  return delivery.verdict;
}

void ApplySliceRecorded(const Slice& slice, kernel::Rows& rows) {
  kernel::CountSpokenId(kernel::IdOf(slice.name()), rows);
  kernel::PutRow(rows, slice);
}

void ApplySliceStep(const kernel::Applied& applied, kernel::Rows& rows) {
  const TransferStep& step =
      applied.entry.has_step() ? applied.entry.step() : applied.entry.peer_step();
  v1::SliceTerms terms;
  if (applied.entry.has_step() && step.has_reserve() &&
      terms.ParseFromString(step.reserve().terms())) {
    books::LinkTransfer({step.giver_origin(), step.transfer_id()}, terms.slice(), rows);
  }
  if (applied.entry.has_peer_step() && step.has_reserve() &&
      terms.ParseFromString(step.reserve().terms())) {
    books::LinkTransfer({step.giver_origin(), step.transfer_id()}, ReturnName(terms), rows);
  }
  const books::StepEntry logged = books::ApplyStepEntry(applied, {}, rows);
  const std::optional<std::string> name = books::FindLinked(rows, step);
  if (!name.has_value()) return;
  std::optional<Slice> slice = kernel::TableReader<Slice>(rows).Find(*name);
  if (!slice.has_value()) return;
  *slice->add_steps() = logged.place;
  slice->set_state(StateOf(logged.record));
  kernel::PutRow(rows, *slice);
}

}  // namespace ch8::mandate
