// The sequencer's own acts on the ledger: what head it has, who vouches for it, and its seals.
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

// The waiver is logged first; heads are signed once it is durable.
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
  const auto decide = [&](const kernel::Context&, const Command&,
                          const kernel::State&) -> absl::StatusOr<kernel::Decision> {
    if (state.ok()) {
      return kernel::Refuse({.code = absl::StatusCode::kFailedPrecondition,
                             .domain = "kernel.chapter8",
                             .reason = "ALREADY_VOUCHED",
                             .message = "this ledger's heads are being signed already",
                             .metadata = {{"instead", "ch8 node status"}}});
    }
    const uint64_t size = ledger().durable_size();
    ASSIGN_OR_RETURN(const Hash root, ledger().RootAt(size));
    kernel::Event event;
    auto* waived = event.entry.mutable_administration()->mutable_head_waived();
    waived->set_size(size);
    waived->set_root(std::string(root.view()));
    kernel::Decision decision;
    decision.events.push_back(std::move(event));
    decision.reply = [origin = ledger().origin(), size](const kernel::State&) {
      chapter8::ledger::v1::Head head;
      head.set_origin(origin);
      head.set_size(size);
      return head.SerializeAsString();
    };
    return decision;
  };
  Outcome outcome = executor_->ExecuteWith(command, decide);
  outcome.waives_head = outcome.status.ok() && command.mode == Command::Mode::kExecute;
  return outcome;
}

}  // namespace ch8::node
