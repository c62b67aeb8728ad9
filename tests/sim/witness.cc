#include "tests/sim/witness.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/witness/core/heads.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/cosignature.h"

namespace ch8::sim {
namespace {

using chapter8::federation::v1::AddCheckpointRequest;
using chapter8::federation::v1::AddCheckpointResponse;
using chapter8::witness::v1::WitnessedHead;

kernel::Outcome Unavailable(absl::string_view why) {
  kernel::Outcome outcome;
  outcome.status = absl::UnavailableError(why);
  return outcome;
}

}  // namespace

NoteVerifier WitnessKeyOf(const std::string& trust_domain) {
  const std::string name = witness::WitnessName(trust_domain);
  return NoteVerifier::Of(name, KeyOf(name).public_key(), kNoteCosignatureV1);
}

Witness::Witness(Node& node, Bug bug)
    : runner_(node, bug),
      key_(KeyOf(witness::WitnessName(node.trust_domain()))),
      own_(std::make_unique<node::OwnWitness>(
          node::OwnWitness::Options{.runner = &runner_,
                                    .clock = &node.clock(),
                                    .trust_domain = node.trust_domain(),
                                    .key = key_})) {}

void Witness::Runner::Submit(kernel::Command, Done done) { done(Unavailable("not for officers")); }

void Witness::Runner::SubmitInbound(std::vector<kernel::InboundEntry>, Done done) {
  done(Unavailable("its feeds submit for themselves"));
}

void Witness::Runner::SubmitWitnessed(std::vector<chapter8::ledger::v1::WitnessedHead>, Done done) {
  done(Unavailable("a witness's ledger waits for no witnesses"));
}

void Witness::Runner::SubmitPeerRows(std::vector<RowWrite> rows, Done done) {
  if (!node.KeepRows(rows)) return done(Unavailable("nothing is taken now"));
  const Death now = std::exchange(death, Death::kNone);
  if (bug != Bug::kCosignBeforeRemembering && now != Death::kBeforeSync) node.Sync();
  dead = now != Death::kNone;
  done(dead ? Unavailable("the process died") : kernel::Outcome());
}

absl::StatusOr<AddCheckpointResponse> Witness::AddCheckpoint(const AddCheckpointRequest& request) {
  if (runner_.bug == Bug::kCosignWithoutProof) return CosignUnproven(request);
  if (runner_.bug == Bug::kRevokeBelowWitnessed) RETURN_IF_ERROR(LetGo(request));
  return own_->AddCheckpoint(request);
}

absl::Status Witness::LetGo(const AddCheckpointRequest& request) {
  ASSIGN_OR_RETURN(const Note note, ParseNote(request.note()));
  ASSIGN_OR_RETURN(const Checkpoint head, ParseCheckpoint(note.text));
  ASSIGN_OR_RETURN(const auto row,
                   runner_.ledger().TakeSnapshot()->Get(
                       Table::kPeer, absl::StrCat(witness::kHeadPrefix, head.origin)));
  if (!row.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const WitnessedHead known, witness::HeadFrom(head.origin, row));
  const auto opened = OpenHead(known.note(), runner_.node.PinnedSigners(head.origin), {});
  if (!absl::IsOutOfRange(opened.status())) return absl::OkStatus();
  WitnessedHead nothing;
  nothing.set_origin(head.origin);
  if (!runner_.node.KeepRows({witness::HeadRow(nothing)}))
    return absl::UnavailableError("restored");
  runner_.node.Sync();
  return absl::OkStatus();
}

absl::StatusOr<AddCheckpointResponse> Witness::CosignUnproven(const AddCheckpointRequest& request) {
  ASSIGN_OR_RETURN(const Note note, ParseNote(request.note()));
  ASSIGN_OR_RETURN(const Checkpoint head, ParseCheckpoint(note.text));
  ASSIGN_OR_RETURN(const auto row,
                   runner_.ledger().TakeSnapshot()->Get(
                       Table::kPeer, absl::StrCat(witness::kHeadPrefix, head.origin)));
  ASSIGN_OR_RETURN(WitnessedHead known, witness::HeadFrom(head.origin, row));
  if (head.size <= known.size()) return own_->AddCheckpoint(request);
  known.set_size(head.size);
  known.set_root(std::string(head.root.view()));
  known.set_note(request.note());
  if (!runner_.node.KeepRows({witness::HeadRow(known)})) return absl::UnavailableError("restored");
  runner_.node.Sync();
  ASSIGN_OR_RETURN(const NoteSignature cosignature,
                   Cosign(note.text, witness::WitnessName(runner_.node.trust_domain()), key_,
                          runner_.node.clock().Now()));
  AddCheckpointResponse response;
  response.set_cosigned_note(absl::StrCat(request.note(), FormatNoteSignature(cosignature)));
  return response;
}

}  // namespace ch8::sim
