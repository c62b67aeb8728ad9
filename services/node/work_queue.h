#ifndef CH8_SERVICES_NODE_WORK_QUEUE_H_
#define CH8_SERVICES_NODE_WORK_QUEUE_H_

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/books/id.h"
#include "services/kernel/execute.h"
#include "services/kernel/runner.h"
#include "services/node/batch.h"

namespace ch8::node {

// One request on its way to the sequencer.
struct Work {
  enum class Kind {
    kCommand,
    kRead,
    kFindId,
    kBatch,
    kInbound,
    kPeerRows,
    kWitnessed,
    kHead,
    kWaiveHead,
    kSeal
  };
  Kind kind = Kind::kCommand;
  kernel::Command command;
  std::unique_ptr<Batch> batch;                                // For kBatch.
  std::vector<kernel::InboundEntry> inbound;                   // For kInbound.
  std::vector<RowWrite> peer_rows;                             // For kPeerRows.
  std::vector<chapter8::ledger::v1::WitnessedHead> witnessed;  // For kWitnessed.
  kernel::SealDraft seal;                                      // For kSeal.
  books::Id id;                                                // For kFindId.
  size_t inbound_taken = 0;                                    // How many of them are decided.
  kernel::Runner::Done done;

  // Whether it may write to the ledger.
  bool writes() const {
    return kind != Kind::kRead && kind != Kind::kFindId && kind != Kind::kHead;
  }
  // Whether it takes so long that others should not stand behind it: rows in bulk, and many entries
  // of another ledger. All batches of a stream count as one that large, which keeps their order.
  bool is_large() const;
  // Whether an earlier command of its stream was refused; and that this one was.
  bool follows_refused() const;
  void SetRefused();
  // What the request holds in memory, roughly.
  size_t size_bytes() const;
};

// What waits, in two lanes, each in the order of arrival: single requests do not stand behind an
// import. Nobody's order is lost: who wants one request before another sends that after an answer,
// or both by one stream.
struct Lanes {
  std::deque<Work> small;
  std::deque<Work> large;

  bool empty() const { return small.empty() && large.empty(); }
};

// The bounded queue in front of a sequencer. Large requests may fill three quarters of it. What was
// taken is not counted: up to the bounds again in each lane of the taker's. Nor is what waits for
// room: one command of each stream.
//
// Thread safety: Push() and Close() from any thread; Take() from one.
class WorkQueue {
 public:
  WorkQueue(size_t requests_max, size_t bytes_max)
      : requests_max_(requests_max), bytes_max_(bytes_max) {}

  // Errors: kUnavailable/QUEUE_FULL or DRAINING, with RetryInfo; `work` is untouched and its done
  // not called. Work of a stream is never refused for want of room: it waits for it, and its stream
  // is told when it is queued, here or by Take().
  absl::Status Push(Work& work);

  // Waits for work, at most `wait`, and tops up each lane of `out` that is nearly empty with all
  // there is. (Lanes that were emptied into `out` all the time would have no bounds.) What waits
  // for room gets what came free. False when the queue is closed and empty.
  bool Take(absl::Duration wait, Lanes& out);

  // Refuses new work. What waits for room is let in still.
  void Close();

  size_t size() const;
  uint64_t refused() const;

 private:
  struct Lane {
    std::deque<Work> work;
    size_t bytes = 0;
  };
  bool HasRoom(bool large, size_t size) const;
  void Add(Work work);
  std::vector<std::shared_ptr<kernel::CommandStream>> LetIn();
  static void TopUp(Lane& lane, std::deque<Work>& out);

  const size_t requests_max_;
  const size_t bytes_max_;
  mutable std::mutex mutex_;  // Guards what follows.
  std::condition_variable wanted_;
  Lane small_;
  Lane large_;
  std::deque<Work> waiting_;  // For room; empty when the lanes are.
  uint64_t refused_ = 0;
  bool closed_ = false;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_WORK_QUEUE_H_
