#ifndef CH8_SERVICES_KERNEL_RUNNER_H_
#define CH8_SERVICES_KERNEL_RUNNER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/kernel/bodies.h"
#include "services/kernel/execute.h"
#include "services/kernel/machine.h"
#include "services/kernel/witnessed.h"

namespace ch8::kernel {

// Where the edge and the federation hand work to one ledger. Implemented by node::Sequencer.
//
// Thread safety: all methods may be called from any thread.
class Runner {
 public:
  virtual ~Runner() = default;

  // Called exactly once, on a thread of the runner's, when the outcome is durable. It must not
  // block.
  using Done = std::function<void(Outcome outcome)>;

  // Runs a command or read, by its method. `command` needs method, request, digest, caller and
  // act; request id, post, mode, salt and randomness are filled in here.
  //
  // Beside the machine's refusals: kUnavailable with RetryInfo when the queue is full or the node
  // is draining (retry with the same request id); kDataLoss when the ledger has stopped;
  // kInvalidArgument/NO_REQUEST_ID for a mutation without one. Commands of a stream are treated as
  // CommandStream says.
  virtual void Submit(Command command, Done done) = 0;

  // Takes another ledger's verified entries, in order. Done when all are durable, or with the first
  // failure.
  virtual void SubmitInbound(std::vector<InboundEntry> inbound, Done done) = 0;

  // Keeps what is known of another ledger beside its entries: heads, evidence. Rows of
  // Table::kPeer.
  virtual void SubmitPeerRows(std::vector<RowWrite> rows, Done done) = 0;

  // Logs what third organizations' witnesses hold of another organization's ledger: verified heads.
  virtual void SubmitWitnessed(std::vector<chapter8::ledger::v1::WitnessedHead> heads,
                               Done done) = 0;
  // What has to be witnessed of the ledger `origin` before all may be spent that came from it.
  virtual std::optional<WitnessesWanted> WantedWitnesses(absl::string_view) { return std::nullopt; }

  // Bodies (services/kernel/bodies.h), for the federation. A runner without a body store has none
  // and wants none.
  //
  // The bytes of a body, for nodes of `trust_domain`. Errors: kNotFound when it is not here or not
  // for them, without saying which; those of BodyReader::Get().
  virtual absl::StatusOr<std::string> GiveBody(absl::string_view, const Hash&) {
    return absl::NotFoundError("no body that the caller may have");
  }
  // The bodies that the ledger `origin` may be asked for and that are not here.
  virtual std::vector<Hash> MissingBodies(absl::string_view) { return {}; }
  // Stores a body that was fetched, durably. Errors: those of BodyStore::Put().
  virtual absl::Status KeepBody(const Body&) {
    return absl::UnimplementedError("this ledger keeps no bodies");
  }

  virtual const Ledger& ledger() const = 0;

  // A checkpoint of all that is durable, signed by the log's key. Errors: kFailedPrecondition while
  // the head is not vouched for; kDataLoss.
  virtual absl::StatusOr<std::string> SignedNote() = 0;

  // Blocks until the ledger is larger than `size` or `timeout` has passed; returns the durable
  // size.
  virtual uint64_t WaitForGrowth(uint64_t size, absl::Duration timeout) = 0;
};

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_RUNNER_H_
