#include "services/federation/core/witnessed_heads.h"

#include <algorithm>
#include <map>
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
#include "services/kernel/authority.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/proof.h"

namespace ch8::federation {
namespace {

using chapter8::federation::v1::Cosigned;
using chapter8::federation::v1::PeerState;
using chapter8::federation::v1::ProvenHead;
using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;
using chapter8::ledger::v1::WitnessedHead;

constexpr int kProofNodesMax = 64;

// The organization of "au.example/witness".
std::string OrganizationOf(const std::string& witness) {
  return std::string(absl::StripSuffix(witness, "/witness"));
}

// Those that are neither the log's owner's nor ours, by trust domain.
std::map<std::string, NoteVerifier> ThirdWitnesses(const PeerLog& log,
                                                   const kernel::RowReader& rows) {
  std::map<std::string, NoteVerifier> witnesses;
  const absl::string_view owner = absl::string_view(log.origin).substr(0, log.origin.find('/'));
  for (const auto& organization : kernel::PinnedOrganizations(rows)) {
    const std::string& domain = organization.trust_domain();
    if (domain == owner || domain == log.trust_domain) continue;
    const auto record = RecordIn(organization.signed_record());
    const auto witness = record.has_value() ? WitnessOf(*record) : std::nullopt;
    if (witness.has_value()) witnesses.emplace(domain, *witness);
  }
  return witnesses;
}

absl::Status CheckExtension(const Checkpoint& head, const ProvenHead& proven,
                            const PeerState& state) {
  if (proven.consistency_proof_size() > kProofNodesMax) {
    return absl::InvalidArgumentError("the consistency proof is too long");
  }
  std::vector<Hash> proof;
  for (const std::string& bytes : proven.consistency_proof()) {
    ASSIGN_OR_RETURN(proof.emplace_back(), Hash::FromBytes(bytes));
  }
  ASSIGN_OR_RETURN(const Hash root, Hash::FromBytes(state.verified_root()));
  return VerifyExtension(head.size, head.root, state.verified_size(), root, proof);
}

// Nothing for a note that is not what it says: it counts for nothing.
absl::StatusOr<std::optional<WitnessedHead>> OpenProven(const PeerLog& log, const PeerState& state,
                                                        const NoteVerifier& witness,
                                                        const ProvenHead& proven) {
  const LogSigners signers{.origin = log.origin, .keys = log.keys};
  const absl::StatusOr<OpenedCheckpoint> opened = OpenHead(proven.note(), signers, {witness});
  if (!opened.ok() || opened->cosignatures.empty() || !IsPlain(*opened)) return std::nullopt;
  const Checkpoint& head = opened->checkpoint;
  if (const absl::Status extends = CheckExtension(head, proven, state); !extends.ok()) {
    return kernel::Refuse(
        {.code = absl::StatusCode::kInvalidArgument,
         .domain = kDomain,
         .reason = "NOT_CONSISTENT",
         .message = absl::StrCat(log.origin, ": the head of ", head.size, " entries that ",
                                 witness.name, " cosigned: ", extends.message()),
         .metadata = {{"origin", log.origin}, {"witness", proven.witness()}}});
  }
  WitnessedHead taken;
  taken.set_origin(log.origin);
  taken.set_size(head.size);
  taken.set_witness(proven.witness());
  ASSIGN_OR_RETURN(*taken.mutable_note(), TrimmedNote(proven.note(), signers, head.size, witness));
  return taken;
}

// The largest of them, as few as do.
std::vector<WitnessedHead> Fewest(std::vector<WitnessedHead> heads, const kernel::RowReader& rows,
                                  const kernel::WitnessesWanted& wanted) {
  std::stable_sort(heads.begin(), heads.end(), [](const WitnessedHead& a, const WitnessedHead& b) {
    return a.size() > b.size();
  });
  kernel::Rows after(rows);
  std::vector<WitnessedHead> fewest;
  for (WitnessedHead& head : heads) {
    kernel::ApplyWitnessedHead(head, after);
    const std::string origin = head.origin();
    fewest.push_back(std::move(head));
    if (kernel::WitnessedSize(after, origin, wanted.witnesses) >= wanted.size) return fewest;
  }
  return {};
}

}  // namespace

absl::Status AddWitnessedHeads(const HeadsAsked& asked, const PullRequest& request,
                               PullResponse& response) {
  if (request.witnessed_size() == 0) return absl::OkStatus();
  const std::set<std::string> witnesses(request.witnesses().begin(), request.witnesses().end());
  const std::unique_ptr<Snapshot> snapshot = asked.ledger.TakeSnapshot();
  absl::Status status;
  const auto add = [&](absl::string_view key, absl::string_view value) {
    Cosigned cosigned;
    if (!cosigned.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      status = kernel::Refuse({.code = absl::StatusCode::kDataLoss,
                               .domain = kDomain,
                               .reason = "STATE_BROKEN",
                               .message = absl::StrCat("the row ", key, " does not parse")});
      return false;
    }
    const std::string organization = OrganizationOf(cosigned.witness());
    if (!witnesses.contains(organization) || cosigned.size() < request.witnessed_size() ||
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

void AskForWitnessedHeads(const PeerLog& log, const kernel::RowReader& rows,
                          const kernel::WitnessesWanted& wanted, PullRequest& request) {
  request.set_witnessed_size(wanted.size);
  for (const auto& [organization, witness] : ThirdWitnesses(log, rows)) {
    if (request.witnesses_size() < kWitnessesMax) request.add_witnesses(organization);
  }
}

absl::StatusOr<std::vector<WitnessedHead>> VerifyWitnessedHeads(
    const PeerLog& log, const PeerState& state, const kernel::RowReader& rows,
    const kernel::WitnessesWanted& wanted, const PullResponse& response) {
  if (response.cosigned_size() > kWitnessesMax) {
    return kernel::Refuse({.code = absl::StatusCode::kInvalidArgument,
                           .domain = kDomain,
                           .reason = "TOO_MANY_HEADS",
                           .message = absl::StrCat(log.origin, ": ", response.cosigned_size(),
                                                   " heads where ", kWitnessesMax, " may be"),
                           .metadata = {{"origin", log.origin}}});
  }
  std::map<std::string, NoteVerifier> witnesses = ThirdWitnesses(log, rows);
  std::vector<WitnessedHead> heads;
  for (const ProvenHead& proven : response.cosigned()) {
    const auto witness = witnesses.extract(proven.witness());  // Each counts once.
    if (witness.empty()) continue;
    ASSIGN_OR_RETURN(std::optional<WitnessedHead> head,
                     OpenProven(log, state, witness.mapped(), proven));
    if (!head.has_value() || !kernel::IsNewlyWitnessed(rows, *head)) continue;
    heads.push_back(*std::move(head));
  }
  return Fewest(std::move(heads), rows, wanted);
}

}  // namespace ch8::federation
