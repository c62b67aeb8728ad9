#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/kernel/entry_form.h"
#include "services/kernel/execute.h"
#include "services/kernel/mandate_facts.h"
#include "services/kernel/refusal.h"
#include "services/kernel/witnessed.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/base/limits.h"

// What other ledgers send: cursors, verdicts, and entries that wait for a missing fact.
namespace ch8::kernel {
namespace {

using chapter8::books::v1::TransferStep;
using chapter8::ledger::v1::Delivery;
using chapter8::ledger::v1::Request;
using chapter8::ledger::v1::WitnessedHead;

constexpr absl::string_view kDomain = "kernel.chapter8";

std::string CursorKey(absl::string_view origin) { return absl::StrCat(kCursorPrefix, origin); }

}  // namespace

Verdict Executor::DecideInbound(const InboundEntry& inbound) const {
  const Delivered& delivered = inbound.delivered;
  const Context context = MakeContext(Actor{}, "");
  const std::string own = absl::StrCat(options_.trust_domain, "/ch8/");
  if (delivered.origin == own + "directory") return FactVerdict(delivered);
  if (delivered.origin == own + "mandate" && delivered.entry.has_domain_event()) {
    return MandateFactVerdict(context, delivered, *options_.machine, CurrentState());
  }
  // What own ledgers address to the organization reaches all that read them.
  const TransferStep& step = delivered.entry.step();
  if (absl::StartsWith(delivered.origin, own) && delivered.entry.has_step() &&
      step.giver_origin() != context.origin && step.receiver_origin() != context.origin) {
    return Verdict();
  }
  return options_.machine->DecideDelivery(context, delivered, CurrentState());
}

Outcome Executor::Deliver(const InboundEntry& inbound) {
  const std::string cursor_key = CursorKey(inbound.delivered.origin);
  const std::string cursor = rows_->Get(Table::kPeer, cursor_key).value_or(KeyU64(0));
  const uint64_t taken = ByteReader(cursor).ReadU64();
  Outcome outcome;
  if (inbound.number <= taken) return outcome;
  if (inbound.number != taken + 1) {
    outcome.status = Refuse({.code = absl::StatusCode::kFailedPrecondition,
                             .domain = kDomain,
                             .reason = "CURSOR_GAP",
                             .message = absl::StrCat("entry ", inbound.number, " of ",
                                                     inbound.delivered.origin, " after ", taken)});
    return outcome;
  }
  Verdict verdict = DecideInbound(inbound);
  if (const absl::Status admitted = Admit(verdict.events); !admitted.ok()) {
    verdict = Verdict{.verdict = Delivery::DEFER, .reason = ReasonOf(admitted), .events = {}};
  }
  AppendVerdict(inbound, verdict);
  if (verdict.verdict == Delivery::DEFER) {
    rows_->Put(Table::kPeer, ParkedKey(inbound.delivered.origin, inbound.number),
               FormatParked(inbound));
  }
  rows_->Put(Table::kPeer, cursor_key, KeyU64(inbound.number));
  rows_->Put(inbound.peer_row.table, inbound.peer_row.key, inbound.peer_row.value.value_or(""));
  retry_parked_ = true;
  return outcome;
}

void Executor::AppendVerdict(const InboundEntry& inbound, const Verdict& verdict) {
  const Delivered& delivered = inbound.delivered;
  Request request;
  request.set_method("/internal/Deliver");
  request.set_caller(delivered.origin);
  Delivery* delivery = request.mutable_delivery();
  delivery->set_origin(delivered.origin);
  delivery->set_index(delivered.index);
  delivery->set_leaf_hash(std::string(delivered.leaf_hash.view()));
  delivery->set_number(inbound.number);
  delivery->set_verdict(verdict.verdict);
  delivery->set_reason(verdict.reason);
  delivery->set_checkpoint_size(inbound.checkpoint_size);
  Append(std::move(request), options_.fresh_salt(), verdict.events);
}

// Something was logged since the last time: what was missing may be here now. A round over all
// parked entries goes on over several calls, so that no peer's can stand in the way of another's.
int Executor::RetryParked() {
  if (!retry_parked_ && parked_after_.empty()) return 0;
  if (parked_after_.empty()) retry_parked_ = false;
  std::vector<std::pair<std::string, std::string>> parked;
  rows_->Scan(Table::kPeer, kParkedPrefix, parked_after_,
              [&](absl::string_view key, absl::string_view value) {
                parked.emplace_back(key, value);
                return parked.size() < kParkedRetryMax;
              });
  parked_after_ = parked.size() < kParkedRetryMax ? "" : parked.back().first;
  int taken = 0;
  for (const auto& [key, value] : parked) {
    if (entries_ > kCommitEntriesMax / 2 || payload_bytes_ > kCommitBytesMax / 2) {
      retry_parked_ = true;
      break;
    }
    const std::optional<InboundEntry> inbound = ParseParked(value);
    Check(inbound.has_value(), "a parked entry does not parse");
    const Verdict verdict = DecideInbound(*inbound);
    if (verdict.verdict == Delivery::DEFER || !Admit(verdict.events).ok()) {
      continue;
    }
    AppendVerdict(*inbound, verdict);
    rows_->Delete(Table::kPeer, key);
    retry_parked_ = true;
    ++taken;
  }
  return taken;
}

Outcome Executor::TakeWitnessed(const std::vector<WitnessedHead>& heads) {
  std::vector<Event> events;
  for (const WitnessedHead& head : heads) {
    if (!IsNewlyWitnessed(*rows_, head)) continue;
    *events.emplace_back().entry.mutable_witnessed_head() = head;
  }
  Outcome outcome;
  outcome.status = CheckFits(events);
  if (!outcome.status.ok() || events.empty()) return outcome;
  return LogInternal("/internal/Witness", events);
}

Outcome Executor::PutPeerRows(const std::vector<RowWrite>& rows) {
  for (const RowWrite& row : rows) {
    Check(row.table == Table::kPeer && row.value.has_value(), "not a row about a peer");
    rows_->Put(row.table, row.key, *row.value);
  }
  return Outcome();
}

}  // namespace ch8::kernel
