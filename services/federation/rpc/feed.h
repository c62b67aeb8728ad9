#ifndef CH8_SERVICES_FEDERATION_RPC_FEED_H_
#define CH8_SERVICES_FEDERATION_RPC_FEED_H_

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "chapter8/federation/v1/peer_state.pb.h"
#include "services/federation/core/peer_log.h"
#include "services/federation/rpc/cosigner.h"
#include "services/federation/rpc/source.h"
#include "services/kernel/runner.h"
#include "storage/base/clock.h"
#include "storage/merkle/log_signers.h"

namespace ch8::federation {

// How a feed is doing, for metrics and `ch8 inbox`.
struct FeedHealth {
  std::string origin;
  absl::Duration since_success;  // Since the source last answered with something that verifies.
  uint64_t verified_size = 0;
  uint64_t last_number = 0;
  absl::Status last_error;  // OK after a success.
  uint64_t verification_failures = 0;
};

// Brings the entries that one other ledger addressed to this organization into one ledger of this
// node: pulls, verifies (federation/core), submits, and goes on from there, for ever. The cursor is
// the ledger's own row, written in the commit that takes the entries; after a crash it goes on
// where that commit stood.
//
// After a page it fetches the bodies that its entries named, and tries those that do not come again
// before the next pull: they never hold up the entries.
//
// A larger head of another organization's ledger is believed only when the own witness has cosigned
// it, or a larger one that extends it; the cosignature goes back with the next pull.
//
// Where the other ledger's copy is kept here, the copy is brought up to a larger head before that
// is believed: whatever this node could hold its owner to, it can give back.
//
// Where its ledger waits for third organizations' witnesses it asks more often, and has what they
// hold the other ledger to logged, once they are enough.
//
// That a source answers is remembered twice a minute, also when it has nothing new: the age of
// facts is counted from there (federation/core/facts.h).
//
// Errors of the network are retried with backoff without end. A page that does not verify is never
// taken: it is counted, remembered as last_error, and asked for again later.
//
// Thread safety: all methods may be called from any thread.
class Feed {
 public:
  // How reading goes from now on: OK, or why it fails; told when that changes, and never twice in a
  // row for one reason.
  using Told = std::function<void(const absl::Status& status)>;
  struct Options {
    kernel::Runner* runner = nullptr;  // Takes the entries. These two outlive the feed.
    const Clock* clock = nullptr;
    std::string origin;            // The ledger to read.
    std::vector<LogKey> log_keys;  // The keys pinned for exactly that origin, as in PeerLog.
    std::string trust_domain;      // Our own: whom entries must be addressed to.
    std::unique_ptr<Source> source;
    // The own witness and its key; absent for a ledger of the own organization.
    Cosigner* witness = nullptr;  // Outlives the feed.
    NoteVerifier own_witness = {};
    Told told = {};  // Optional. On the feed's thread.
    // Optional. Called before a head of `size` entries is believed. Errors: try the page again.
    std::function<absl::Status(uint64_t size)> before_head = {};
  };

  // Starts reading.
  explicit Feed(Options options);
  // Stops; an entry half way in is submitted or not, never lost.
  ~Feed();

  FeedHealth health() const;

 private:
  void Run();
  absl::Status Step();
  void FetchBodies();
  absl::Status Take(const chapter8::federation::v1::PullRequest& request,
                    const chapter8::federation::v1::PullResponse& response);
  // Counts a page that is not believed.
  absl::Status Doubt(const absl::Status& status);
  absl::Status HaveWitnessed(const VerifiedPage& page,
                             const chapter8::federation::v1::PullResponse& response);
  // How long the pull is to wait for news.
  absl::Duration AskForWitnesses(const kernel::RowReader& rows,
                                 chapter8::federation::v1::PullRequest& request);
  absl::Status TakeWitnessed(const chapter8::federation::v1::PullResponse& response);
  PeerLog Log() const;
  void KeepEvidence(const absl::Status& status);
  // A head that is not believed here. What the witness makes of it, it remembers.
  void ShowToWitness(const std::string& note);
  absl::Status KeepRows(std::vector<RowWrite> rows);
  absl::Status SubmitAndWait(std::vector<kernel::InboundEntry> inbound);
  void Note(const absl::Status& status);
  void Pause(absl::Duration pause);

  Options options_;
  chapter8::federation::v1::PeerState state_;  // The feed thread's, and the six below.
  bool bodies_missing_ = true;                 // Perhaps: worth a look.
  bool cosigned_unsent_ = false;               // Whether its cosigned note is yet to be sent.
  // By our ledger's time: when its state was written last, in this run.
  absl::Time remembered_at_ = absl::InfinitePast();
  uint64_t awaited_size_ = 0;    // That witnesses are waited for to hold it to.
  absl::Duration witness_wait_;  // How long the last pull was to wait for that.
  absl::Status told_;            // The last one told: at first all is well.

  mutable std::mutex mutex_;  // Guards the three below.
  std::condition_variable stop_wanted_;
  FeedHealth health_;
  absl::Duration success_at_;  // Since boot.
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_RPC_FEED_H_
