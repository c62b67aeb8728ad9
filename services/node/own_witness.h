#ifndef CH8_SERVICES_NODE_OWN_WITNESS_H_
#define CH8_SERVICES_NODE_OWN_WITNESS_H_

#include <array>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/federation/rpc/cosigner.h"
#include "services/kernel/runner.h"
#include "storage/base/clock.h"
#include "storage/base/ed25519.h"

namespace ch8::node {

// The organization's witness on the node that hosts its ledger: remembers a head in that ledger,
// and only then signs it. Nothing is signed while the ledger's own heads are not vouched for: one
// that was rolled back has forgotten what it cosigned.
//
// Errors beside those of AddCheckpoint: kFailedPrecondition when the ledger's heads are refused for
// good; kUnavailable (retry), kResourceExhausted and kDataLoss when a head cannot be remembered.
//
// Thread safety: any thread; checkpoints of one ledger are taken one after another.
class OwnWitness final : public federation::Cosigner {
 public:
  struct Options {
    kernel::Runner* runner = nullptr;  // Of the witness's ledger. These two outlive this object.
    const Clock* clock = nullptr;
    std::string trust_domain;  // "un.example"
    const SigningKey& key;     // Copied.
  };
  explicit OwnWitness(const Options& options);

  absl::StatusOr<chapter8::federation::v1::AddCheckpointResponse> AddCheckpoint(
      const chapter8::federation::v1::AddCheckpointRequest& request) override;

 private:
  absl::StatusOr<chapter8::federation::v1::AddCheckpointResponse> Take(
      const std::string& origin, const chapter8::federation::v1::AddCheckpointRequest& request);
  absl::Status CheckVouched();
  absl::Status Keep(std::vector<RowWrite> rows);

  kernel::Runner& runner_;
  const Clock& clock_;
  const std::string trust_domain_;
  const std::string name_;
  const SigningKey key_;
  std::array<std::mutex, 64> turns_;  // By a hash of the origin.
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_OWN_WITNESS_H_
