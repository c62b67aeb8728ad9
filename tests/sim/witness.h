#ifndef CH8_TESTS_SIM_WITNESS_H_
#define CH8_TESTS_SIM_WITNESS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "chapter8/federation/v1/federation_service.pb.h"
#include "services/federation/rpc/cosigner.h"
#include "services/kernel/runner.h"
#include "services/node/own_witness.h"
#include "storage/merkle/note.h"
#include "tests/sim/bug.h"
#include "tests/sim/node.h"

namespace ch8::sim {

// The key that verifies the cosignatures of an organization's witness.
NoteVerifier WitnessKeyOf(const std::string& trust_domain);

// An organization's witness at work: the product's, over a simulated ledger of its own.
//
// Thread safety: none.
class Witness final : public federation::Cosigner {
 public:
  // `node` is the witness's ledger and outlives this.
  Witness(Node& node, Bug bug);

  // Where the process dies while it answers.
  enum class Death { kNone, kBeforeSync, kBeforeAnswer };
  // Of the next answer that remembers something; the caller restarts the node.
  void DieNext(Death death) { runner_.death = death; }
  bool dead() const { return runner_.dead; }
  void Revive() { runner_.dead = false; }

  absl::StatusOr<chapter8::federation::v1::AddCheckpointResponse> AddCheckpoint(
      const chapter8::federation::v1::AddCheckpointRequest& request) override;

  const Node& node() const { return runner_.node; }

 private:
  // The node, as the product's witness hands work to it.
  struct Runner final : public kernel::Runner {
    Runner(Node& of, Bug planted) : node(of), bug(planted) {}

    void Submit(kernel::Command, Done done) override;
    void SubmitInbound(std::vector<kernel::InboundEntry>, Done done) override;
    void SubmitPeerRows(std::vector<RowWrite> rows, Done done) override;
    void SubmitWitnessed(std::vector<chapter8::ledger::v1::WitnessedHead>, Done done) override;
    const Ledger& ledger() const override { return node.ledger(); }
    absl::StatusOr<std::string> SignedNote() override { return node.SignedNote(); }
    uint64_t WaitForGrowth(uint64_t, absl::Duration) override { return ledger().durable_size(); }

    Node& node;
    const Bug bug;
    Death death = Death::kNone;
    bool dead = false;
  };

  // A planted bug: forgets what a record takes back, and begins anew.
  absl::Status LetGo(const chapter8::federation::v1::AddCheckpointRequest& request);
  // A planted bug: cosigns whatever is larger than what is known.
  absl::StatusOr<chapter8::federation::v1::AddCheckpointResponse> CosignUnproven(
      const chapter8::federation::v1::AddCheckpointRequest& request);

  Runner runner_;
  const SigningKey key_;
  std::unique_ptr<node::OwnWitness> own_;
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_WITNESS_H_
