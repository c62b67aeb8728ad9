#ifndef CH8_SERVICES_NODE_SEALER_H_
#define CH8_SERVICES_NODE_SEALER_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "services/kernel/runner.h"
#include "services/kernel/seals.h"
#include "services/node/sealed_sums.h"
#include "storage/base/clock.h"

namespace ch8::node {

// Seals a ledger (services/books/seal_sums.h) when it is asked to, when 2^20 entries came since the
// newest seal, and when that is a day old; never when only seals came. One thread of low priority
// reads what came from the log, adds it to the sums of the newest seal, which are in memory, and
// has the sequencer log one entry: that is all that sealing costs it.
//
// Thread safety: Submit(), End() and Close() from any thread; the answers only within what was
// submitted.
class Sealer {
 public:
  static constexpr uint64_t kEntriesMax = uint64_t{1} << 20;
  static constexpr absl::Duration kAgeMax = absl::Hours(24);
  static constexpr size_t kWaitingMax = 64;

  struct Options {
    kernel::Runner& runner;  // Outlives the sealer, as does the clock.
    const Clock& clock;
    // Logs a seal, as Runner::SubmitPeerRows() keeps rows.
    std::function<void(kernel::SealDraft draft, kernel::Runner::Done done)> log;
    // Where the newest seal's sums are kept, so that a start need not read the whole log; empty:
    // nowhere.
    std::string sums_path = "";
    uint64_t entries_max = kEntriesMax;
    // Optional. A seal that was due could not be made, or sums not be kept or made anew.
    std::function<void(const absl::Status& why)> on_failed = nullptr;
  };
  explicit Sealer(Options options) : options_(std::move(options)) {}
  // Close().
  ~Sealer() { Close(); }
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  void Start();
  // Runs a job on the sealer's thread, in turn. Errors: kUnavailable/TOO_MANY_WAITING and DRAINING,
  // with RetryInfo; it is not run.
  struct Job {
    std::function<void()> run;
    std::function<bool()> is_wanted = nullptr;  // As in kernel::Command.
  };
  absl::Status Submit(Job job);
  // Takes nothing more, and breaks off what takes long. Does not wait.
  void End();
  // End(), and waits until all that was submitted is answered and the thread is gone.
  void Close();

  // The three answers, within a job. Errors beside those of the rpcs: those of Options::log, and
  // kUnavailable/DRAINING after End(). The latter two break off with kCancelled when nobody waits
  // for them any more; a seal is for all.
  absl::StatusOr<chapter8::ledger::v1::SealedLedger> Seal();
  absl::StatusOr<chapter8::ledger::v1::BalanceProof> ProveBalance(
      const chapter8::ledger::v1::ProveBalanceRequest& request);
  absl::StatusOr<chapter8::ledger::v1::SealRows> ReadRows(
      const chapter8::ledger::v1::ReadSealRowsRequest& request);

  // What `on_failed` was called for, since the start. From any thread.
  uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  using Sealed = std::shared_ptr<const SealedSums>;

  void Run();
  bool ended() const;
  void Failed(const absl::Status& why);
  // Sums up the newest seal anew, and keeps that, when no sums of it were kept.
  void MendKept();
  const Ledger& ledger() const { return options_.runner.ledger(); }
  absl::StatusOr<std::optional<kernel::SealPlace>> Newest() const;
  // Whether it is time for a seal by itself.
  bool IsDue();
  absl::StatusOr<absl::Time> FirstTime();
  // For how long this process has seen that there is news after the seal at `index`; 0: after none.
  absl::Duration SeenFor(uint64_t index);
  absl::StatusOr<Sealed> MakeSeal();
  // The rows of the seal at `index`, summed up anew if need be.
  absl::StatusOr<Sealed> RowsAt(uint64_t index);
  // Takes the sums that an earlier run kept, once.
  void LookForKept();
  // Sums of the first `size` entries, from those in memory that come closest.
  absl::StatusOr<books::SealSums> SumsOf(uint64_t size, const std::function<bool()>& go_on) const;
  absl::StatusOr<chapter8::ledger::v1::ProvenRow> Prove(
      const SealedSums& sealed, const books::SealSums::PlacedRow& row) const;

  const Options options_;
  Sealed newest_;                    // The thread's, as those below up to try_at_.
  Sealed older_;                     // The one asked for last.
  bool looked_ = false;              // For the sums kept.
  std::function<bool()> is_wanted_;  // Of the job that runs; empty: by all.
  std::optional<absl::Time> first_time_;
  std::optional<uint64_t> seen_;  // The newest seal, since there is news after it,
  absl::Duration seen_at_;        // and when that was seen, since boot.
  absl::Duration try_at_;         // Since boot: after one that failed.

  mutable std::mutex mutex_;  // Guards what follows.
  std::condition_variable wanted_;
  std::deque<Job> jobs_;
  bool ended_ = false;
  std::atomic<uint64_t> failures_{0};
  std::thread thread_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_SEALER_H_
