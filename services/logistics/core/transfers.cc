#include "services/logistics/core/transfers.h"

#include <utility>

#include "services/books/postings.h"
#include "services/kernel/due.h"
#include "services/kernel/names.h"
#include "services/kernel/spoken_ids.h"
#include "services/logistics/core/exposure.h"
#include "services/logistics/core/lots.h"
#include "services/logistics/core/requests.h"
#include "storage/base/status_macros.h"

namespace ch8::logistics {
namespace {

using chapter8::books::v1::Posting;
using chapter8::books::v1::TransferRecord;
using chapter8::books::v1::TransferStep;
using v1::Lot;
using v1::Pick;
using v1::SupplyOffer;

kernel::Due DueOf(const SupplyOffer& offer) {
  return {.time_us = offer.hold_ends_us(), .name = offer.name()};
}

bool IsOnTheWayOrCounted(const SupplyOffer& offer) {
  return offer.state() == SupplyOffer::DISPATCHED || offer.state() == SupplyOffer::RECEIVED;
}

// Neither ended without delivery.
bool IsLive(const SupplyOffer& offer) {
  return offer.state() == SupplyOffer::DRAFT || offer.state() == SupplyOffer::RESERVED ||
         offer.state() == SupplyOffer::ACCEPTED || IsOnTheWayOrCounted(offer);
}

// What is posted is on its way.
constexpr books::ResourceStates<SupplyOffer::State> kStates = {.reserved = SupplyOffer::RESERVED,
                                                               .accepted = SupplyOffer::ACCEPTED,
                                                               .rejected = SupplyOffer::REJECTED,
                                                               .expired = SupplyOffer::EXPIRED,
                                                               .cancelled = SupplyOffer::CANCELLED,
                                                               .posted = SupplyOffer::DISPATCHED,
                                                               .settled = SupplyOffer::DISPATCHED};

// What an offer in this state adds to its request: what is counted good, once it is counted.
RequestChange SumsOf(const SupplyOffer& offer) {
  RequestChange sums{.request = offer.request(), .item = offer.item()};
  if (!IsLive(offer)) return sums;
  const bool counted = offer.state() == SupplyOffer::RECEIVED;
  sums.offered = counted ? offer.good() : offer.quantity();
  if (offer.state() == SupplyOffer::ACCEPTED || IsOnTheWayOrCounted(offer)) {
    sums.accepted = sums.offered;
  }
  if (counted) sums.received = offer.good();
  return sums;
}

void ApplyToLots(const SupplyOffer& before, const SupplyOffer& after, kernel::Rows& rows) {
  const int held = int{IsHeldByGiver(after)} - int{IsHeldByGiver(before)};
  const int gone = int{IsOnTheWayOrCounted(after)} - int{IsOnTheWayOrCounted(before)};
  if (after.side() != SupplyOffer::GIVER || (held == 0 && gone == 0)) return;
  for (const Pick& pick : after.picks()) {
    ApplyLotChange(
        {.lot = pick.lot(), .held = held * pick.quantity(), .on_hand = -gone * pick.quantity()},
        rows);
  }
}

void ApplyToOriginal(const SupplyOffer& before, const SupplyOffer& after, kernel::Rows& rows) {
  const int live = int{IsLive(after)} - int{IsLive(before)};
  if (after.original().empty() || live == 0) return;
  std::optional<SupplyOffer> original =
      kernel::TableReader<SupplyOffer>(rows).Find(after.original());
  if (!original.has_value()) return;
  original->set_returned(original->returned() + live * after.quantity());
  kernel::PutRow(rows, *original);
}

// The hold that a draft's entry opened, which its RESERVE takes over.
std::vector<Posting> HoldOfDraft(const SupplyOffer& offer) {
  if (offer.side() != SupplyOffer::GIVER) return {};
  kernel::Event held;
  books::OpenHold({offer.staging_account(), offer.transit_account()},
                  static_cast<uint64_t>(offer.quantity()), offer.transfer_id(), held);
  return {held.entry.postings().begin(), held.entry.postings().end()};
}

}  // namespace

std::optional<SupplyOffer> FindOfferOf(const kernel::RowReader& rows, const TransferStep& step) {
  const std::optional<std::string> name = books::FindLinked(rows, step);
  return name.has_value() ? kernel::TableReader<SupplyOffer>(rows).Find(*name) : std::nullopt;
}

void StageGoods(const SupplyOffer& offer, const kernel::RowReader& rows, kernel::Event& event) {
  for (const Pick& pick : offer.picks()) {
    const auto lot = kernel::TableReader<Lot>(rows).Find(pick.lot());
    if (!lot.has_value()) continue;
    books::Move({lot->account(), offer.staging_account()}, static_cast<uint64_t>(pick.quantity()),
                event);
  }
  books::OpenHold({offer.staging_account(), offer.transit_account()},
                  static_cast<uint64_t>(offer.quantity()), offer.transfer_id(), event);
}

void UnstageGoods(const SupplyOffer& offer, const kernel::RowReader& rows, kernel::Event& event) {
  for (const Pick& pick : offer.picks()) {
    const auto lot = kernel::TableReader<Lot>(rows).Find(pick.lot());
    if (!lot.has_value()) continue;
    books::Move({offer.staging_account(), lot->account()}, static_cast<uint64_t>(pick.quantity()),
                event);
  }
}

absl::StatusOr<kernel::Event> VoidEvent(const SupplyOffer& offer, const TransferRecord& record,
                                        const books::VoidParts& parts,
                                        const kernel::RowReader& rows) {
  ASSIGN_OR_RETURN(const books::OwnStep own, books::DecideVoid(record, parts));
  kernel::Event event = books::StepEvent(own, books::TrustDomainOf(record.receiver_origin()));
  UnstageGoods(offer, rows, event);
  books::EndSliceHold(SliceHoldOf(offer), 0, event);
  return event;
}

books::SliceHold SliceHoldOf(const SupplyOffer& offer) {
  return {.accounts = {.debit = offer.slice_account(), .credit = offer.slice_used_account()},
          .quantity = static_cast<uint64_t>(offer.value().amount_minor()),
          .service = "logistics",
          .transfer_id = offer.transfer_id()};
}

kernel::Event OfferEvent(const SupplyOffer& offer) {
  v1::LogisticsEvent event;
  *event.mutable_offer_recorded()->mutable_offer() = offer;
  return kernel::DomainEvent(event);
}

bool IsHeldByGiver(const SupplyOffer& offer) {
  return offer.side() == SupplyOffer::GIVER &&
         (offer.state() == SupplyOffer::DRAFT || offer.state() == SupplyOffer::RESERVED ||
          offer.state() == SupplyOffer::ACCEPTED);
}

void PutOffer(const std::optional<SupplyOffer>& before, const SupplyOffer& after,
              kernel::Rows& rows) {
  const SupplyOffer known = before.value_or(SupplyOffer());
  if (IsHeldByGiver(known)) kernel::DeleteDue(DueOf(known), rows);
  if (IsHeldByGiver(after)) kernel::PutDue(DueOf(after), rows);
  kernel::PutRow(rows, after);
  ApplyToLots(known, after, rows);
  ApplyToOriginal(known, after, rows);
  RequestChange change = SumsOf(after);
  const RequestChange sums = SumsOf(known);
  change.offered -= sums.offered;
  change.accepted -= sums.accepted;
  change.received -= sums.received;
  ApplyRequestChange(change, rows);
}

void ApplyOfferRecorded(const v1::LogisticsEvent::OfferRecorded& event, kernel::Rows& rows) {
  const SupplyOffer& offer = event.offer();
  const auto before = kernel::TableReader<SupplyOffer>(rows).Find(offer.name());
  if (!before.has_value()) {
    books::LinkTransfer({offer.giver_origin(), offer.transfer_id()}, offer.name(), rows);
    if (offer.side() == SupplyOffer::GIVER) {
      kernel::CountSpokenId(kernel::IdOf(offer.name()), rows);
    }
  }
  PutOffer(before, offer, rows);
}

void ApplyTransferStep(const kernel::Applied& applied, kernel::Rows& rows) {
  if (books::ApplySliceStep(applied, rows)) return;
  const TransferStep& step =
      applied.entry.has_step() ? applied.entry.step() : applied.entry.peer_step();
  const std::optional<SupplyOffer> before = FindOfferOf(rows, step);
  const books::StepEntry logged = books::ApplyStepEntry(
      applied, before.has_value() ? HoldOfDraft(*before) : std::vector<Posting>(), rows);
  if (!before.has_value()) return;
  SupplyOffer after = *before;
  *after.add_steps() = logged.place;
  if (before->state() != SupplyOffer::RECEIVED) {
    after.set_state(books::StateOf(logged.record, kStates, logged.record.quantity()));
  }
  after.set_end_reason(books::EndReason(logged.record));
  if (logged.own && step.has_reserve()) {
    after.set_approved_by(applied.request.person());
    after.set_hold_ends_us(applied.request.time_us() +
                           logged.record.hold_duration().seconds() * 1'000'000);
  }
  if (after.side() == SupplyOffer::RECEIVER && after.state() == SupplyOffer::DISPATCHED) {
    ApplyDispatchedToUs(after, logged.record, rows);
  }
  PutOffer(before, after, rows);
}

}  // namespace ch8::logistics
