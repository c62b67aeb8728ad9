#include "services/federation/core/witnessed_heads.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "chapter8/federation/v1/peer_state.pb.h"
#include "services/federation/core/cosignatures.h"
#include "services/federation/core/pull.h"
#include "services/federation/core/records.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/proof.h"

namespace ch8::federation {
namespace {

using chapter8::federation::v1::Cosigned;
using chapter8::federation::v1::ProvenHead;
using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;
using chapter8::ledger::v1::WitnessedHead;

absl::Status Refusal(absl::StatusCode code, absl::string_view reason, const std::string& message) {
  return kernel::Refuse({.code = code, .domain = kDomain, .reason = reason, .message = message});
}

// The organization of "au.example/witness".
std::string OrganizationOf(const std::string& witness) {
  return std::string(absl::StripSuffix(witness, "/witness"));
}

absl::Status CheckExtension(const Checkpoint& head, const ProvenHead& proven,
                            const chapter8::federation::v1::PeerState& state) {
  std::vector<Hash> proof;
  for (const std::string& bytes : proven.consistency_proof()) {
    ASSIGN_OR_RETURN(proof.emplace_back(), Hash::FromBytes(bytes));
  }
  ASSIGN_OR_RETURN(const Hash root, Hash::FromBytes(state.verified_root()));
  return VerifyExtension(head.size, head.root, state.verified_size(), root, proof);
}

// Nothing for a note that is not what it says: it counts for nothing.
absl::StatusOr<std::optional<WitnessedHead>> OpenProven(
    const PeerLog& log, const chapter8::federation::v1::PeerState& state,
    const NoteVerifier& witness, const ProvenHead& proven) {
  const LogSigners signers{.origin = log.origin, .keys = log.keys};
  const absl::StatusOr<OpenedCheckpoint> opened = OpenHead(proven.note(), signers, {witness});
  if (!opened.ok() || opened->cosignatures.empty()) return std::nullopt;
  const Checkpoint& head = opened->checkpoint;
  if (const absl::Status extends = CheckExtension(head, proven, state); !extends.ok()) {
    return Refusal(absl::StatusCode::kInvalidArgument, "NOT_CONSISTENT",
                   absl::StrCat(log.origin, ": the head of ", head.size, " entries that ",
                                witness.name, " cosigned: ", extends.message()));
  }
  WitnessedHead taken;
  taken.set_origin(log.origin);
  taken.set_size(head.size);
  taken.set_witness(proven.witness());
  ASSIGN_OR_RETURN(*taken.mutable_note(), TrimmedNote(proven.note(), signers, head.size, witness));
  return taken;
}

}  // namespace

absl::Status AddWitnessedHeads(const HeadsAsked& asked, const PullRequest& request,
                               PullResponse& response) {
  if (request.witnessed_size() == 0) return absl::OkStatus();
  const std::unique_ptr<Snapshot> snapshot = asked.ledger.TakeSnapshot();
  absl::Status status;
  const auto add = [&](absl::string_view key, absl::string_view value) {
    Cosigned cosigned;
    if (!cosigned.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      status = Refusal(absl::StatusCode::kDataLoss, "STATE_BROKEN",
                       absl::StrCat("the row ", key, " does not parse"));
      return false;
    }
    const std::string organization = OrganizationOf(cosigned.witness());
    if (organization == asked.caller || cosigned.size() < request.witnessed_size() ||
        cosigned.size() > asked.size) {
      return true;
    }
    const auto proof = asked.ledger.ConsistencyProof(cosigned.size(), asked.size);
    status = proof.status();
    if (!status.ok()) return false;
    ProvenHead& head = *response.add_cosigned();
    head.set_witness(organization);
    head.set_note(cosigned.note());
    for (const Hash& hash : *proof) head.add_consistency_proof(std::string(hash.view()));
    return response.cosigned_size() < kWitnessesMax;
  };
  const kernel::SnapshotRows rows(*snapshot);
  rows.Scan(Table::kPeer, kCosignedPrefix, "", add);
  RETURN_IF_ERROR(status);
  return rows.status();
}

absl::StatusOr<std::vector<WitnessedHead>> VerifyWitnessedHeads(
    const PeerLog& log, const chapter8::federation::v1::PeerState& state,
    const kernel::RowReader& rows, const kernel::WitnessesWanted& wanted,
    const PullResponse& response) {
  const absl::string_view giver = absl::string_view(log.origin).substr(0, log.origin.find('/'));
  std::vector<WitnessedHead> heads;
  std::set<std::string> seen;
  for (const ProvenHead& proven : response.cosigned()) {
    const std::string& organization = proven.witness();
    if (organization == giver || organization == log.trust_domain) continue;
    const auto record = PinnedRecord(rows, organization);
    const auto witness = record.has_value() ? WitnessOf(*record) : std::nullopt;
    if (!witness.has_value() || !seen.insert(organization).second) continue;
    ASSIGN_OR_RETURN(std::optional<WitnessedHead> head, OpenProven(log, state, *witness, proven));
    if (!head.has_value() || !kernel::IsNewlyWitnessed(rows, *head)) continue;
    heads.push_back(*std::move(head));
  }
  kernel::Rows after(rows);
  for (const WitnessedHead& head : heads) kernel::ApplyWitnessedHead(head, after);
  if (kernel::WitnessedSize(after, log.origin, wanted.witnesses) < wanted.size) heads.clear();
  return heads;
}

}  // namespace ch8::federation
