#include "services/node/own_witness.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/federation/core/peer_log.h"
#include "services/federation/core/records.h"
#include "services/federation/rpc/durable.h"
#include "services/kernel/authority.h"
#include "services/kernel/refusal.h"
#include "services/witness/core/heads.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/cosignature.h"

namespace ch8::node {
namespace {

using chapter8::federation::v1::AddCheckpointRequest;
using chapter8::federation::v1::AddCheckpointResponse;
using witness::Judgement;

absl::StatusOr<std::string> OriginIn(const std::string& signed_note) {
  const absl::StatusOr<Note> note = ParseNote(signed_note);
  const absl::StatusOr<Checkpoint> checkpoint =
      note.ok() ? ParseCheckpoint(note->text) : absl::StatusOr<Checkpoint>(note.status());
  if (checkpoint.ok()) return checkpoint->origin;
  return kernel::Refuse({.code = absl::StatusCode::kInvalidArgument,
                         .domain = witness::kDomain,
                         .reason = "NOTE_MALFORMED",
                         .message = std::string(checkpoint.status().message())});
}

// The ledger as the organization's pinned record has it; no keys when there is none.
witness::WitnessedLog PinnedLog(const kernel::RowReader& rows, const std::string& origin) {
  witness::WitnessedLog log;
  const auto organization = kernel::FindTrustDomain(rows, origin.substr(0, origin.find('/')));
  if (!organization.has_value()) return log;
  log.organization_record = organization->signed_record();
  const auto record = federation::RecordIn(log.organization_record);
  if (record.has_value()) log.signers = federation::LogSignersOf(*record, origin);
  return log;
}

absl::Status UnknownLog(const std::string& origin) {
  return kernel::Refuse(
      {.code = absl::StatusCode::kNotFound,
       .domain = witness::kDomain,
       .reason = "UNKNOWN_LOG",
       .message = absl::StrCat("no pinned organization has the ledger ", absl::CHexEscape(origin)),
       .metadata = {{"origin", origin}}});
}

}  // namespace

OwnWitness::OwnWitness(const Options& options)
    : runner_(*options.runner),
      clock_(*options.clock),
      trust_domain_(options.trust_domain),
      name_(witness::WitnessName(options.trust_domain)),
      key_(options.key) {}

absl::StatusOr<AddCheckpointResponse> OwnWitness::AddCheckpoint(
    const AddCheckpointRequest& request) {
  ASSIGN_OR_RETURN(const std::string origin, OriginIn(request.note()));
  if (origin.substr(0, origin.find('/')) == trust_domain_) return UnknownLog(origin);
  return Take(origin, request);
}

// Record and head are looked at in one turn: nothing is cosigned by a record that is not the newest
// that was seen when the head before it was.
absl::StatusOr<AddCheckpointResponse> OwnWitness::Take(const std::string& origin,
                                                       const AddCheckpointRequest& request) {
  std::lock_guard<std::mutex> turn(turns_[std::hash<std::string>()(origin) % turns_.size()]);
  const std::unique_ptr<Snapshot> snapshot = runner_.ledger().TakeSnapshot();
  const witness::WitnessedLog log = PinnedLog(kernel::SnapshotRows(*snapshot), origin);
  if (log.signers.keys.empty()) return UnknownLog(origin);
  ASSIGN_OR_RETURN(const std::optional<std::string> row,
                   snapshot->Get(Table::kPeer, absl::StrCat(witness::kHeadPrefix, origin)));
  ASSIGN_OR_RETURN(const auto known, witness::HeadFrom(origin, row));
  const absl::Time now = clock_.Now();
  const Judgement judgement = witness::Judge(known, log, request, now);
  if (judgement.verdict != Judgement::Verdict::kRefuse) RETURN_IF_ERROR(CheckVouched());
  if (judgement.remember) {
    std::vector<RowWrite> rows = {witness::HeadRow(judgement.head)};
    if (!judgement.head.contradicted_by().empty()) {
      chapter8::federation::v1::Equivocation evidence;
      evidence.set_origin(origin);
      evidence.set_first_note(judgement.head.note());
      evidence.set_second_note(judgement.head.contradicted_by());
      rows.push_back(federation::EvidenceRow(evidence));
    }
    RETURN_IF_ERROR(Keep(std::move(rows)));
  }
  if (judgement.verdict == Judgement::Verdict::kRefuse) return judgement.status;
  AddCheckpointResponse response;
  if (judgement.head.size() == 0) return response;
  ASSIGN_OR_RETURN(const Note note, ParseNote(judgement.head.note()));
  ASSIGN_OR_RETURN(const NoteSignature cosignature, Cosign(note.text, name_, key_, now));
  response.set_cosigned_note(absl::StrCat(judgement.head.note(), FormatNoteSignature(cosignature)));
  return response;
}

absl::Status OwnWitness::CheckVouched() {
  const absl::Status vouched = runner_.SignedNote().status();
  if (vouched.ok()) return absl::OkStatus();
  const std::string why =
      absl::StrCat("the witness of ", trust_domain_, " signs nothing: ", vouched.message());
  if (absl::IsDataLoss(vouched)) return absl::FailedPreconditionError(why);
  return absl::UnavailableError(why);
}

absl::Status OwnWitness::Keep(std::vector<RowWrite> rows) {
  return federation::WaitDurable(
      [&](kernel::Runner::Done done) { runner_.SubmitPeerRows(std::move(rows), std::move(done)); });
}

}  // namespace ch8::node
