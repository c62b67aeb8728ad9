#ifndef CH8_SERVICES_NODE_TOY_NODE_H_
#define CH8_SERVICES_NODE_TOY_NODE_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "services/books/ids.h"
#include "services/kernel/toy_machine.h"
#include "services/node/sequencer.h"
#include "storage/base/clock.h"
#include "storage/base/ed25519.h"
#include "storage/ledger/head_keeper.h"
#include "storage/ledger/ledger.h"

namespace ch8::node {

// A sequencer over some ledger with a ToyMachine and books: for tests.
class ToyNode {
 public:
  struct Options {
    Ledger* ledger = nullptr;          // Outlives the node. Fresh, or of an earlier ToyNode.
    std::string state_directory = {};  // Of the head keeper.
    std::string boot_id = "boot";      // Another one: the machine was restarted.
    const Clock* clock = nullptr;      // Null: the system's.
    size_t queue_requests_max = 4'096;
    size_t id_window_limit = books::IdWindow::kLimitDefault;
    absl::Duration facts_age_max = absl::InfiniteDuration();
    std::function<absl::Status()> admit_writes = nullptr;
    uint64_t seal_entries_max = Sealer::kEntriesMax;
    uint64_t history_run_entries = History::kRunEntries;
  };
  explicit ToyNode(const Options& options);
  // The same where the disk may fail. Errors: those of HeadKeeper::Open(), books::Recover() and
  // Sequencer::Start().
  static absl::StatusOr<std::unique_ptr<ToyNode>> Open(const Options& options);

  Sequencer& sequencer() { return *sequencer_; }
  HeadKeeper& head_keeper() { return *head_keeper_; }
  // Ends the sequencer.
  void Stop() { sequencer_.reset(); }

  // Of the books as recovered.
  const Hash& start_digest() const { return start_digest_; }
  int stopped_count() const { return stopped_count_.load(); }

 private:
  ToyNode() = default;
  absl::Status Start(const Options& options);

  const SystemClock system_clock_{};
  const kernel::toy::ToyMachine machine_{};
  const SigningKey key_ = kernel::toy::KeyOf("log");
  std::unique_ptr<HeadKeeper> head_keeper_;
  std::unique_ptr<books::LedgerIds> older_ids_;
  Hash start_digest_;
  std::atomic<int> stopped_count_{0};
  std::unique_ptr<Sequencer> sequencer_;
};

// Outcomes as they come in.
//
// Thread safety: all methods may be called from any thread.
class Answers {
 public:
  // A callback that may be called once.
  kernel::Runner::Done Expect();
  // Waits until every expected answer is there.
  std::vector<kernel::Outcome> WaitForAll();
  size_t count() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  size_t expected_ = 0;
  std::vector<kernel::Outcome> outcomes_;
};

// Submits and waits.
kernel::Outcome Call(Sequencer& sequencer, kernel::Command command);

// Requests of the toy's officers; acts are good for an hour by the system's clock.
kernel::Command CreatePost(absl::string_view id, absl::string_view request_id,
                           absl::string_view title = "a post");
kernel::Command OpenAccounts(uint32_t count, absl::string_view request_id);
kernel::Command GetBalance(uint32_t account);

struct BatchParts {
  uint64_t number = 0;  // Ids and request id follow from it.
  uint32_t rows = 1;
  uint32_t accounts = 2;  // Rows move 1 from account 1 + k to the one after it, in turn.
};
kernel::Command PostTransfers(const BatchParts& parts);

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_TOY_NODE_H_
