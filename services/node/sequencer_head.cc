// The sequencer's own acts on the ledger: what head it has, who vouches for it, and its seals.
#include <optional>
#include <string>
#include <utility>

#include "chapter8/ledger/v1/administration_service.pb.h"
#include "services/kernel/refusal.h"
#include "services/node/sequencer.h"
#include "storage/base/status_macros.h"

namespace ch8::node {

using kernel::Command;
using kernel::Outcome;

absl::StatusOr<std::string> Sequencer::ReadHead() const {
  chapter8::ledger::v1::Head head;
  head.set_origin(ledger().origin());
  head.set_size(ledger().durable_size());
  ASSIGN_OR_RETURN(const Hash root, ledger().RootAt(head.size()));
  head.set_root(std::string(root.view()));
  const absl::StatusOr<std::string> note = options_.head_keeper->SignedNote();
  if (note.ok()) {
    head.set_note(*note);
  } else {
    head.set_not_signed_because(std::string(note.status().message()));
  }
  return head.SerializeAsString();
}

void Sequencer::SubmitSeal(kernel::SealDraft draft, Done done) {
  Work work;
  work.kind = Work::Kind::kSeal;
  work.seal = std::move(draft);
  work.done = std::move(done);
  Enqueue(std::move(work));
}

// Two persons, each with an entry; heads are signed once the second is durable. The first counts
// for this start only: another one needs both again.
Outcome Sequencer::WaiveHead(const Command& command) {
  const absl::Status state = options_.head_keeper->state();
  if (absl::IsDataLoss(state)) {
    Outcome refused;
    refused.status = kernel::Refuse({.code = absl::StatusCode::kFailedPrecondition,
                                     .domain = "kernel.chapter8",
                                     .reason = "HEAD_REFUSED",
                                     .message = std::string(state.message())});
    return refused;
  }
  std::optional<uint64_t> person;  // Who vouches, once it is decided.
  const auto decide = [&](const kernel::Context& context, const Command&,
                          const kernel::State&) -> absl::StatusOr<kernel::Decision> {
    if (state.ok()) {
      return kernel::Refuse({.code = absl::StatusCode::kFailedPrecondition,
                             .domain = "kernel.chapter8",
                             .reason = "ALREADY_VOUCHED",
                             .message = "this ledger's heads are being signed already",
                             .metadata = {{"instead", "ch8 node status"}}});
    }
    if (context.actor.person == first_voucher_) {
      return kernel::Refuse({.code = absl::StatusCode::kFailedPrecondition,
                             .domain = "kernel.chapter8",
                             .reason = "SAME_PERSON",
                             .message = "you have vouched for this head; another administrator has "
                                        "to as well",
                             .metadata = {{"rule", "X-3"}, {"instead", "ch8 node status"}}});
    }
    person = context.actor.person;
    const uint64_t size = ledger().durable_size();
    ASSIGN_OR_RETURN(const Hash root, ledger().RootAt(size));
    kernel::Event event;
    auto* waived = event.entry.mutable_administration()->mutable_head_waived();
    waived->set_size(size);
    waived->set_root(std::string(root.view()));
    kernel::Decision decision;
    decision.events.push_back(std::move(event));
    decision.reply = [origin = ledger().origin(), size,
                      second = first_voucher_.has_value()](const kernel::State&) {
      chapter8::ledger::v1::Head head;
      head.set_origin(origin);
      head.set_size(size);
      if (!second) head.set_not_signed_because("another administrator has to vouch as well");
      return head.SerializeAsString();
    };
    return decision;
  };
  Outcome outcome = executor_->ExecuteWith(command, decide);
  // A repeated request is answered as it was, and vouches for nothing.
  const bool vouched = outcome.status.ok() && command.mode == Command::Mode::kExecute;
  if (!vouched || !person.has_value()) return outcome;
  outcome.waives_head = first_voucher_.has_value();
  first_voucher_ = person;
  return outcome;
}

}  // namespace ch8::node
