#include "services/books/transfer_rows.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace ch8::books {
namespace {

using chapter8::ledger::v1::Delivery;
using v1::Posting;
using v1::TransferRecord;
using v1::TransferStep;

std::string RecordKey(const TransferKey& key) {
  return absl::StrCat("transfers/", key.giver_origin, "/", absl::BytesToHexString(key.transfer_id));
}

std::string LinkKey(const TransferKey& key) {
  return absl::StrCat("transfer-resources/", key.giver_origin, "/",
                      absl::BytesToHexString(key.transfer_id));
}

TransferKey KeyOf(const TransferStep& step) { return {step.giver_origin(), step.transfer_id()}; }

Delivery::Verdict VerdictOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAccept:
      return Delivery::ACCEPT;
    case Verdict::kRefuse:
      return Delivery::REFUSE;
    case Verdict::kDefer:
      return Delivery::DEFER;
  }
  return Delivery::REFUSE;
}

bool IsOfReceiver(const TransferStep& step) {
  return step.has_accept() || step.has_reject() || step.has_mirror();
}

v1::StepPlace PlaceOf(const kernel::Applied& applied, const TransferStep& step) {
  const bool own = applied.entry.has_step();
  v1::StepPlace place;
  place.set_step(std::string(StepName(step)));
  place.set_origin(IsOfReceiver(step) ? step.receiver_origin() : step.giver_origin());
  place.set_index(own ? applied.index : applied.request.delivery().index());
  place.set_leaf_hash(own ? std::string(applied.leaf_hash.view())
                          : applied.request.delivery().leaf_hash());
  place.set_logged_index(applied.index);
  place.set_logged_time_us(applied.request.time_us());
  return place;
}

v1::StepReference ReferenceOf(uint64_t index, absl::string_view leaf_hash) {
  v1::StepReference reference;
  reference.set_index(index);
  reference.set_leaf_hash(std::string(leaf_hash));
  return reference;
}

}  // namespace

std::optional<TransferRecord> FindTransfer(const kernel::RowReader& rows,
                                           absl::string_view giver_origin,
                                           absl::string_view transfer_id) {
  const std::optional<std::string> bytes =
      rows.Get(Table::kRows, RecordKey({giver_origin, transfer_id}));
  TransferRecord record;
  if (!bytes.has_value() || !record.ParseFromString(*bytes)) return std::nullopt;
  return record;
}

std::optional<std::string> FindLinked(const kernel::RowReader& rows, const TransferStep& step) {
  return rows.Get(Table::kRows, LinkKey(KeyOf(step)));
}

void LinkTransfer(const TransferKey& key, absl::string_view name, kernel::Rows& rows) {
  rows.Put(Table::kRows, LinkKey(key), std::string(name));
}

absl::string_view TrustDomainOf(absl::string_view origin) {
  return origin.substr(0, origin.find('/'));
}

absl::string_view StepName(const TransferStep& step) {
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

std::string EndReason(const TransferRecord& record) {
  if (record.reject_reason() != v1::Reject::REASON_UNSPECIFIED) {
    return v1::Reject::Reason_Name(record.reject_reason());
  }
  if (record.void_reason() != v1::Void::REASON_UNSPECIFIED) {
    return v1::Void::Reason_Name(record.void_reason());
  }
  return "";
}

kernel::Event StepEvent(const OwnStep& own, absl::string_view recipient) {
  kernel::Event event;
  *event.entry.mutable_step() = own.step;
  for (const Posting& posting : own.postings) *event.entry.add_postings() = posting;
  event.recipients.emplace_back(recipient);
  return event;
}

kernel::Event PeerStepEvent(const TransferStep& step) {
  kernel::Event event;
  *event.entry.mutable_peer_step() = step;
  return event;
}

StepEntry ApplyStepEntry(const kernel::Applied& applied, absl::Span<const Posting> held,
                         kernel::Rows& rows) {
  StepEntry logged;
  logged.own = applied.entry.has_step();
  logged.step = logged.own ? applied.entry.step() : applied.entry.peer_step();
  const TransferStep& step = logged.step;
  logged.place = PlaceOf(applied, step);
  logged.record =
      FindTransfer(rows, step.giver_origin(), step.transfer_id()).value_or(TransferRecord());
  std::vector<Posting> postings = {applied.entry.postings().begin(),
                                   applied.entry.postings().end()};
  if (logged.own && step.has_reserve() && !held.empty()) {
    postings.assign(held.begin(), held.end());
  }
  const bool by_receiver = IsOfReceiver(step) == logged.own;
  ApplyStep({.placed = {.step = step,
                        .author_origin = logged.place.origin(),
                        .reference = ReferenceOf(logged.place.index(), logged.place.leaf_hash())},
             .own_origin = by_receiver ? step.receiver_origin() : step.giver_origin(),
             .time_us = applied.request.time_us(),
             .postings = postings},
            logged.record);
  rows.Put(Table::kRows, RecordKey(KeyOf(step)), logged.record.SerializeAsString());
  return logged;
}

StepDelivery DecideStepDelivery(const kernel::Context& context, const kernel::Delivered& delivered,
                                const kernel::RowReader& rows) {
  const TransferStep& step = delivered.entry.step();
  const PlacedStep placed{.step = step,
                          .author_origin = delivered.origin,
                          .reference = ReferenceOf(delivered.index, delivered.leaf_hash.view())};
  StepDelivery delivery;
  delivery.before = FindTransfer(rows, step.giver_origin(), step.transfer_id());
  const PeerDecision decision =
      OnPeerStep(delivery.before.has_value() ? &*delivery.before : nullptr, placed, context.origin);
  delivery.after = delivery.before.value_or(TransferRecord());
  if (decision.log_peer_step) {
    ApplyStep({.placed = placed,
               .own_origin = context.origin,
               .time_us = absl::ToUnixMicros(context.time),
               .postings = {}},
              delivery.after);
    delivery.verdict.events.push_back(PeerStepEvent(step));
  }
  delivery.verdict.verdict = VerdictOf(decision.verdict);
  delivery.verdict.reason = decision.reason;
  for (const OwnStep& own : decision.own_steps) {
    kernel::Event event = StepEvent(own, TrustDomainOf(delivered.origin));
    if (own.step.has_settled()) event.recipients.clear();  // Closes our half; nobody waits for it.
    delivery.verdict.events.push_back(std::move(event));
  }
  delivery.opens = decision.log_peer_step && step.has_reserve() && !delivery.before.has_value();
  delivery.accepts = decision.log_peer_step && step.has_accept() && delivery.before.has_value() &&
                     delivery.before->state() == TransferRecord::RESERVED &&
                     delivery.after.state() == TransferRecord::ACCEPTED;
  return delivery;
}

}  // namespace ch8::books
