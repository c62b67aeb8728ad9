#ifndef CH8_SERVICES_FEDERATION_RPC_COSIGNER_H_
#define CH8_SERVICES_FEDERATION_RPC_COSIGNER_H_

#include <grpcpp/channel.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "chapter8/federation/v1/federation_service.grpc.pb.h"
#include "chapter8/federation/v1/federation_service.pb.h"
#include "services/federation/rpc/source.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/log_signers.h"
#include "storage/merkle/note.h"

namespace ch8::federation {

// An organization's witness, to whoever wants a checkpoint cosigned: in this process, or in another
// one of the same organization.
//
// Implementations: RemoteCosigner, node::OwnWitness.
// Thread safety: any thread.
class Cosigner {
 public:
  virtual ~Cosigner() = default;

  // FederationService.AddCheckpoint, with its errors.
  virtual absl::StatusOr<chapter8::federation::v1::AddCheckpointResponse> AddCheckpoint(
      const chapter8::federation::v1::AddCheckpointRequest& request) = 0;
};

// The witness of the own organization, on another node of it.
class RemoteCosigner final : public Cosigner {
 public:
  // `channel` authenticates both ends (services/trust/tls.h).
  explicit RemoteCosigner(std::shared_ptr<grpc::Channel> channel);

  absl::StatusOr<chapter8::federation::v1::AddCheckpointResponse> AddCheckpoint(
      const chapter8::federation::v1::AddCheckpointRequest& request) override;

 private:
  std::unique_ptr<chapter8::federation::v1::FederationService::Stub> stub_;
};

// A head of another organization's ledger that a reader has verified against what it knew itself.
struct VerifiedHead {
  Checkpoint checkpoint;
  std::string note;
  uint64_t verified_size = 0;          // What the reader knew before.
  std::vector<std::string> extension;  // The proof from there, raw hashes.
};

// Asks the own `witness`, whose cosignatures `own` verifies, to vouch for `head`: a peer must not
// show one history here and another one to the rest of the organization. What the witness knows may
// be larger or smaller than what this reader knew; `source`, which `log` signs for, is then asked
// for the proof between.
//
// Returns a note of that ledger with the own witness's cosignature: of `head` itself, or of a
// larger one that extends it.
//
// Errors: those of Cosigner and of Source::ProveConsistency(); kInvalidArgument/NOT_WITNESSED,
// domain "federation.chapter8", when head and witness know two histories; kUnauthenticated/
// NOT_COSIGNED when the witness answers with what it did not sign.
absl::StatusOr<std::string> HaveCosigned(Cosigner& witness, const NoteVerifier& own, Source& source,
                                         const LogSigners& log, const VerifiedHead& head);

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_RPC_COSIGNER_H_
