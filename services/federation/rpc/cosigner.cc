#include "services/federation/rpc/cosigner.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/federation/core/cosignatures.h"
#include "services/federation/core/pull.h"
#include "services/kernel/refusal.h"
#include "services/rpc/status.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/proof.h"

namespace ch8::federation {
namespace {

using chapter8::federation::v1::AddCheckpointRequest;
using chapter8::federation::v1::AddCheckpointResponse;

constexpr std::chrono::seconds kCallPatience(3);
// The witness may move between two calls, for others read and publish too; not without end.
constexpr int kAttemptsMax = 4;

absl::Status NotWitnessed(const LogSigners& log, absl::string_view what) {
  return kernel::Refuse({.code = absl::StatusCode::kInvalidArgument,
                         .domain = kDomain,
                         .reason = "NOT_WITNESSED",
                         .message = absl::StrCat(log.origin, ": ", what),
                         .metadata = {{"origin", log.origin}}});
}

// That the larger head, which the witness cosigned, extends `head`.
absl::Status CheckCovered(Source& source, const LogSigners& log, const Checkpoint& head,
                          const Checkpoint& larger) {
  ASSIGN_OR_RETURN(const std::vector<std::string> raw,
                   source.ProveConsistency(log.origin, head.size, larger.size));
  std::vector<Hash> proof;
  for (const std::string& bytes : raw) {
    ASSIGN_OR_RETURN(const Hash hash, Hash::FromBytes(bytes));
    proof.push_back(hash);
  }
  const absl::Status extends =
      VerifyExtension(head.size, head.root, larger.size, larger.root, proof);
  if (extends.ok()) return absl::OkStatus();
  return NotWitnessed(log, absl::StrCat("its head of ", head.size,
                                        " entries is not proven to lie under the one of ",
                                        larger.size, " that our witness knows"));
}

}  // namespace

RemoteCosigner::RemoteCosigner(std::shared_ptr<grpc::Channel> channel)
    : stub_(chapter8::federation::v1::FederationService::NewStub(std::move(channel))) {}

absl::StatusOr<AddCheckpointResponse> RemoteCosigner::AddCheckpoint(
    const AddCheckpointRequest& request) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCallPatience);
  AddCheckpointResponse response;
  const grpc::Status status = stub_->AddCheckpoint(&context, request, &response);
  if (status.ok()) return response;
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

absl::StatusOr<std::string> HaveCosigned(Cosigner& witness, const NoteVerifier& own, Source& source,
                                         const LogSigners& log, const VerifiedHead& head) {
  AddCheckpointRequest request;
  request.set_note(head.note);
  request.set_old_size(head.verified_size);
  for (const std::string& hash : head.extension) request.add_consistency_proof(hash);
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    ASSIGN_OR_RETURN(AddCheckpointResponse answer, witness.AddCheckpoint(request));
    request.clear_consistency_proof();
    request.set_old_size(0);
    if (answer.cosigned_note().empty()) continue;
    ASSIGN_OR_RETURN(const Checkpoint known, OpenCosigned(answer.cosigned_note(), log, own));
    if (known.size == head.checkpoint.size && known.root != head.checkpoint.root) {
      return NotWitnessed(
          log, absl::StrCat("our witness knows another head of ", known.size, " entries"));
    }
    if (known.size > head.checkpoint.size) {
      RETURN_IF_ERROR(CheckCovered(source, log, head.checkpoint, known));
    }
    if (known.size >= head.checkpoint.size) return std::move(*answer.mutable_cosigned_note());
    ASSIGN_OR_RETURN(const std::vector<std::string> proof,
                     source.ProveConsistency(log.origin, known.size, head.checkpoint.size));
    request.set_old_size(known.size);
    for (const std::string& hash : proof) request.add_consistency_proof(hash);
  }
  return absl::UnavailableError(
      absl::StrCat(log.origin, ": our witness did not come to rest; asked again later"));
}

}  // namespace ch8::federation
