#include "services/finance/core/transfers.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/finance/core/events.h"
#include "services/finance/core/requests.h"
#include "services/finance/core/spoken_ids.h"
#include "services/kernel/names.h"
#include "storage/base/status_macros.h"

namespace ch8::finance {
namespace {

using chapter8::books::v1::Posting;
using chapter8::books::v1::Reject;
using chapter8::books::v1::TransferRecord;
using chapter8::books::v1::TransferStep;
using chapter8::books::v1::Void;
using v1::Fund;
using v1::Offer;

constexpr absl::string_view kDuePrefix = "due/";
constexpr size_t kHoldIdSize = 16;

std::string RecordKey(absl::string_view giver_origin, absl::string_view transfer_id) {
  return absl::StrCat("transfers/", giver_origin, "/", absl::BytesToHexString(transfer_id));
}

std::string OfferKey(absl::string_view giver_origin, absl::string_view transfer_id) {
  return absl::StrCat("transfer-offers/", giver_origin, "/", absl::BytesToHexString(transfer_id));
}

// Holds of this ledger in the order in which they run out.
std::string DueKey(const Offer& offer) {
  return absl::StrCat(kDuePrefix, absl::StrFormat("%020d", offer.hold_ends_us()), "/",
                      offer.name());
}

bool IsHeldByGiver(const Offer& offer) {
  return offer.side() == Offer::GIVER &&
         (offer.state() == Offer::DRAFT || offer.state() == Offer::RESERVED);
}

// The ceiling's own hold beside the fund's: ids are used once in a ledger.
std::string CeilingHoldId(const Offer& offer) {
  const Hash digest = Sha256({"chapter8/finance/ceiling-hold/v1\n", offer.transfer_id()});
  return std::string(digest.view().substr(0, kHoldIdSize));
}

void PutOffer(const std::optional<Offer>& before, const Offer& after, kernel::Rows& rows) {
  if (before.has_value() && IsHeldByGiver(*before)) rows.Delete(Table::kRows, DueKey(*before));
  if (IsHeldByGiver(after)) rows.Put(Table::kRows, DueKey(after), after.name());
  kernel::PutRow(rows, after);
}

Offer::State VoidedState(Void::Reason reason) {
  switch (reason) {
    case Void::REJECTED:
      return Offer::REJECTED;
    case Void::EXPIRED:
      return Offer::EXPIRED;
    default:
      return Offer::CANCELLED;
  }
}

Offer::State StateOf(const TransferRecord& record) {
  switch (record.state()) {
    case TransferRecord::RESERVED:
      return Offer::RESERVED;
    case TransferRecord::ACCEPTED:
      return Offer::ACCEPTED;
    case TransferRecord::REJECTED:
      return Offer::REJECTED;
    case TransferRecord::POSTED:
      return Offer::POSTED;
    case TransferRecord::VOIDED:
      return VoidedState(record.void_reason());
    case TransferRecord::SETTLED:
      return record.quantity_posted() > 0 ? Offer::SETTLED : VoidedState(record.void_reason());
    default:
      return Offer::STATE_UNSPECIFIED;
  }
}

std::string EndReason(const TransferRecord& record) {
  if (record.reject_reason() != Reject::REASON_UNSPECIFIED) {
    return Reject::Reason_Name(record.reject_reason());
  }
  if (record.void_reason() != Void::REASON_UNSPECIFIED) {
    return Void::Reason_Name(record.void_reason());
  }
  return "";
}

absl::string_view NameOf(const TransferStep& step) {
  switch (step.step_case()) {
    case TransferStep::kReserve:
      return "RESERVE";
    case TransferStep::kAccept:
      return "ACCEPT";
    case TransferStep::kReject:
      return "REJECT";
    case TransferStep::kPost:
      return "POST";
    case TransferStep::kVoid:
      return "VOID";
    case TransferStep::kMirror:
      return "MIRROR";
    case TransferStep::kSettled:
      return "SETTLED";
    case TransferStep::STEP_NOT_SET:
      break;
  }
  return "";
}

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
  kernel::Event held;
  Hold({fund->account(), fund->given_account()},
       static_cast<uint64_t>(offer.amount().amount_minor()), offer.transfer_id(), held);
  return {held.entry.postings().begin(), held.entry.postings().end()};
}

// Who took a step, and where.
struct Placed {
  const TransferStep& step;
  std::string author_origin;
  std::string own_origin;
  chapter8::books::v1::StepReference reference;
};

Placed Place(const kernel::Applied& applied) {
  const bool own = applied.entry.has_step();
  const TransferStep& step = own ? applied.entry.step() : applied.entry.peer_step();
  const bool of_receiver = step.has_accept() || step.has_reject() || step.has_mirror();
  const std::string& author = of_receiver ? step.receiver_origin() : step.giver_origin();
  const std::string& other = of_receiver ? step.giver_origin() : step.receiver_origin();
  Placed placed{
      .step = step, .author_origin = author, .own_origin = own ? author : other, .reference = {}};
  placed.reference.set_index(own ? applied.index : applied.request.delivery().index());
  placed.reference.set_leaf_hash(own ? std::string(applied.leaf_hash.view())
                                     : applied.request.delivery().leaf_hash());
  return placed;
}

void AddStep(const kernel::Applied& applied, const Placed& placed, Offer& offer) {
  Offer::Step& step = *offer.add_steps();
  step.set_step(std::string(NameOf(placed.step)));
  step.set_origin(placed.author_origin);
  step.set_index(placed.reference.index());
  step.set_leaf_hash(placed.reference.leaf_hash());
  step.set_logged_index(applied.index);
  step.set_logged_time_us(applied.request.time_us());
}

}  // namespace

std::optional<TransferRecord> FindTransfer(const kernel::RowReader& rows,
                                           absl::string_view giver_origin,
                                           absl::string_view transfer_id) {
  const std::optional<std::string> bytes =
      rows.Get(Table::kRows, RecordKey(giver_origin, transfer_id));
  TransferRecord record;
  if (!bytes.has_value() || !record.ParseFromString(*bytes)) return std::nullopt;
  return record;
}

std::optional<Offer> FindOfferOf(const kernel::RowReader& rows, const TransferStep& step) {
  const std::optional<std::string> name =
      rows.Get(Table::kRows, OfferKey(step.giver_origin(), step.transfer_id()));
  return name.has_value() ? kernel::TableReader<Offer>(rows).Find(*name) : std::nullopt;
}

absl::string_view TrustDomainOf(absl::string_view origin) {
  return origin.substr(0, origin.find('/'));
}

kernel::Event StepEvent(const books::OwnStep& own, absl::string_view recipient) {
  kernel::Event event;
  *event.entry.mutable_step() = own.step;
  for (const Posting& posting : own.postings) *event.entry.add_postings() = posting;
  event.recipients.emplace_back(recipient);
  return event;
}

void HoldCeiling(const Offer& offer, kernel::Event& event) {
  if (offer.ceiling_account() == 0) return;
  Hold({offer.ceiling_account(), offer.ceiling_used_account()},
       static_cast<uint64_t>(offer.amount().amount_minor()), CeilingHoldId(offer), event);
}

void EndCeilingHold(const Offer& offer, uint64_t moved_minor, kernel::Event& event) {
  if (offer.ceiling_account() == 0) return;
  EndHold({offer.ceiling_account(), offer.ceiling_used_account()},
          {.hold_id = CeilingHoldId(offer),
           .held_minor = static_cast<uint64_t>(offer.amount().amount_minor()),
           .moved_minor = moved_minor},
          event);
}

absl::StatusOr<kernel::Event> VoidEvent(const Offer& offer, const TransferRecord& record,
                                        const books::VoidParts& parts) {
  ASSIGN_OR_RETURN(const books::OwnStep own, books::DecideVoid(record, parts));
  kernel::Event event = StepEvent(own, TrustDomainOf(record.receiver_origin()));
  EndCeilingHold(offer, 0, event);
  return event;
}

std::vector<Offer> OffersRunOut(const kernel::RowReader& rows, absl::Time time, size_t count_max) {
  const std::string end =
      absl::StrCat(kDuePrefix, absl::StrFormat("%020d", absl::ToUnixMicros(time)), "0");
  std::vector<Offer> run_out;
  rows.Scan(Table::kRows, kDuePrefix, "", [&](absl::string_view key, absl::string_view name) {
    if (key > end || run_out.size() == count_max) return false;
    std::optional<Offer> offer = kernel::TableReader<Offer>(rows).Find(name);
    if (offer.has_value()) run_out.push_back(*std::move(offer));
    return true;
  });
  return run_out;
}

void ApplyOfferRecorded(const kernel::Applied&, const v1::FinanceEvent::OfferRecorded& event,
                        kernel::Rows& rows) {
  const Offer& offer = event.offer();
  const auto before = kernel::TableReader<Offer>(rows).Find(offer.name());
  if (!before.has_value()) {
    rows.Put(Table::kRows, OfferKey(offer.giver_origin(), offer.transfer_id()), offer.name());
    if (offer.side() == Offer::GIVER) CountSpokenId(kernel::IdOf(offer.name()), rows);
  }
  PutOffer(before, offer, rows);
}

void ApplyTransferStep(const kernel::Applied& applied, kernel::Rows& rows) {
  const Placed placed = Place(applied);
  const TransferStep& step = placed.step;
  std::optional<Offer> before = FindOfferOf(rows, step);
  TransferRecord record =
      FindTransfer(rows, step.giver_origin(), step.transfer_id()).value_or(TransferRecord());
  std::vector<Posting> postings = {applied.entry.postings().begin(),
                                   applied.entry.postings().end()};
  const bool own_reserve = applied.entry.has_step() && step.has_reserve();
  if (own_reserve && before.has_value()) postings = HoldOfDraft(*before, rows);
  books::ApplyStep({.placed = {.step = step,
                               .author_origin = placed.author_origin,
                               .reference = placed.reference},
                    .own_origin = placed.own_origin,
                    .time_us = applied.request.time_us(),
                    .postings = postings},
                   record);
  rows.Put(Table::kRows, RecordKey(step.giver_origin(), step.transfer_id()),
           record.SerializeAsString());
  if (!before.has_value()) return;

  Offer after = *before;
  AddStep(applied, placed, after);
  after.set_state(StateOf(record));
  after.set_accepted_minor(static_cast<int64_t>(record.quantity_accepted()));
  after.set_posted_minor(static_cast<int64_t>(record.quantity_posted()));
  after.set_end_reason(EndReason(record));
  if (own_reserve) {
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
