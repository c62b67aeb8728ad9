#include "services/finance/core/transfers.h"

#include <utility>

#include "services/books/postings.h"
#include "services/books/slices.h"
#include "services/finance/core/allotments.h"
#include "services/finance/core/requests.h"
#include "services/kernel/due.h"
#include "services/kernel/names.h"
#include "services/kernel/spoken_ids.h"
#include "storage/base/status_macros.h"

namespace ch8::finance {
namespace {

using chapter8::books::v1::Posting;
using chapter8::books::v1::TransferRecord;
using chapter8::books::v1::TransferStep;
using v1::Fund;
using v1::Offer;

// When this ledger's own hold runs out.
kernel::Due DueOf(const Offer& offer) {
  return {.time_us = offer.hold_ends_us(), .name = offer.name()};
}

bool IsHeldByGiver(const Offer& offer) {
  return offer.side() == Offer::GIVER &&
         (offer.state() == Offer::DRAFT || offer.state() == Offer::RESERVED);
}

books::SliceHold SliceHoldOf(const Offer& offer) {
  return {.accounts = {.debit = offer.slice_account(), .credit = offer.slice_used_account()},
          .quantity = static_cast<uint64_t>(offer.amount().amount_minor()),
          .service = "finance",
          .transfer_id = offer.transfer_id()};
}

void PutOffer(const std::optional<Offer>& before, const Offer& after, kernel::Rows& rows) {
  if (before.has_value() && IsHeldByGiver(*before)) kernel::DeleteDue(DueOf(*before), rows);
  if (IsHeldByGiver(after)) kernel::PutDue(DueOf(after), rows);
  kernel::PutRow(rows, after);
}

constexpr books::ResourceStates<Offer::State> kStates = {.reserved = Offer::RESERVED,
                                                         .accepted = Offer::ACCEPTED,
                                                         .rejected = Offer::REJECTED,
                                                         .expired = Offer::EXPIRED,
                                                         .cancelled = Offer::CANCELLED,
                                                         .posted = Offer::POSTED,
                                                         .settled = Offer::SETTLED};

// What an offer in this state adds to its request.
RequestChange SumsOf(const Offer& offer) {
  RequestChange sums{.request = offer.request()};
  switch (offer.state()) {
    case Offer::ACCEPTED:
      sums.accepted_minor = offer.accepted_minor();
      break;
    case Offer::POSTED:
    case Offer::SETTLED:
      sums.accepted_minor = offer.posted_minor();
      sums.received_minor = offer.posted_minor();
      break;
    default:
      break;
  }
  return sums;
}

// The hold that a draft's entry opened, which its RESERVE takes over.
std::vector<Posting> HoldOfDraft(const Offer& offer, const kernel::RowReader& rows) {
  const auto fund = kernel::TableReader<Fund>(rows).Find(offer.fund());
  if (!fund.has_value()) return {};
  const MoneySource source{
      .fund = *fund, .allotment = kernel::TableReader<v1::Allotment>(rows).Find(offer.allotment())};
  kernel::Event held;
  books::OpenHold(source.accounts(), static_cast<uint64_t>(offer.amount().amount_minor()),
                  offer.transfer_id(), held);
  return {held.entry.postings().begin(), held.entry.postings().end()};
}

}  // namespace

std::optional<Offer> FindOfferOf(const kernel::RowReader& rows, const TransferStep& step) {
  const std::optional<std::string> name = books::FindLinked(rows, step);
  return name.has_value() ? kernel::TableReader<Offer>(rows).Find(*name) : std::nullopt;
}

void HoldSlice(const Offer& offer, kernel::Event& event) {
  books::HoldSlice(SliceHoldOf(offer), event);
}

void EndSliceHold(const Offer& offer, uint64_t moved_minor, kernel::Event& event) {
  books::EndSliceHold(SliceHoldOf(offer), moved_minor, event);
}

absl::StatusOr<kernel::Event> VoidEvent(const Offer& offer, const TransferRecord& record,
                                        const books::VoidParts& parts) {
  ASSIGN_OR_RETURN(const books::OwnStep own, books::DecideVoid(record, parts));
  kernel::Event event = books::StepEvent(own, books::TrustDomainOf(record.receiver_origin()));
  EndSliceHold(offer, 0, event);
  return event;
}

std::vector<Offer> OffersRunOut(const kernel::RowReader& rows, absl::Time time, size_t count_max) {
  std::vector<Offer> run_out;
  for (const std::string& name : kernel::DueNames(rows, time, count_max)) {
    std::optional<Offer> offer = kernel::TableReader<Offer>(rows).Find(name);
    if (offer.has_value()) run_out.push_back(*std::move(offer));
  }
  return run_out;
}

void ApplyOfferRecorded(const kernel::Applied&, const v1::FinanceEvent::OfferRecorded& event,
                        kernel::Rows& rows) {
  const Offer& offer = event.offer();
  const auto before = kernel::TableReader<Offer>(rows).Find(offer.name());
  if (!before.has_value()) {
    books::LinkTransfer({offer.giver_origin(), offer.transfer_id()}, offer.name(), rows);
    if (offer.side() == Offer::GIVER) kernel::CountSpokenId(kernel::IdOf(offer.name()), rows);
  }
  PutOffer(before, offer, rows);
}

void ApplyTransferStep(const kernel::Applied& applied, kernel::Rows& rows) {
  if (books::ApplySliceStep(applied, rows)) return;
  const TransferStep& step =
      applied.entry.has_step() ? applied.entry.step() : applied.entry.peer_step();
  const std::optional<Offer> before = FindOfferOf(rows, step);
  const books::StepEntry logged = books::ApplyStepEntry(
      applied, before.has_value() ? HoldOfDraft(*before, rows) : std::vector<Posting>(), rows);
  if (!before.has_value()) return;

  const TransferRecord& record = logged.record;
  Offer after = *before;
  *after.add_steps() = logged.place;
  after.set_state(books::StateOf(record, kStates, 1));
  after.set_accepted_minor(static_cast<int64_t>(record.quantity_accepted()));
  after.set_posted_minor(static_cast<int64_t>(record.quantity_posted()));
  after.set_end_reason(books::EndReason(record));
  if (logged.own && step.has_reserve()) {
    after.set_approved_by(applied.request.person());
    after.set_hold_ends_us(applied.request.time_us() +
                           record.hold_duration().seconds() * 1'000'000);
  }
  PutOffer(before, after, rows);
  RequestChange change = SumsOf(after);
  const RequestChange known = SumsOf(*before);
  change.accepted_minor -= known.accepted_minor;
  change.received_minor -= known.received_minor;
  ApplyRequestChange(change, rows);
}

}  // namespace ch8::finance
