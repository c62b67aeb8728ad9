#ifndef CH8_SERVICES_NODE_SCRUBBER_H_
#define CH8_SERVICES_NODE_SCRUBBER_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storage/ledger/ledger.h"
#include "storage/ledger/stored_log.h"

namespace ch8::node {

// Reads a node's ledgers again and again while they serve, slowly: disks lose bits, and people with
// a shell alter them, years after an entry was written. One pass recomputes a ledger's log from its
// raw entries and holds it against its tiles, its kept notes (storage/ledger/fsck.h) and the heads
// that the node's other ledgers have verified of it; then it reads every database file against its
// checksum. What `ch8d fsck` does beyond that, rows and books, takes a replay and is not for here.
//
// One thread of the lowest priority goes over all ledgers and then rests until the pass time is
// over.
//
// Thread safety: any thread.
class Scrubber {
 public:
  // What it reads; all of it outlives the scrubber.
  struct Target {
    const Ledger* ledger = nullptr;
    const StoredLog* log = nullptr;
    // As RocksLedger::VerifyFileChecksums().
    std::function<absl::Status(const std::function<bool(uint64_t bytes)>& go_on)> verify_files;
    // Called once with what differs, by the scrubber's thread; the ledger is not read any more.
    std::function<void(const std::string& what)> on_altered;
  };
  struct Options {
    std::vector<Target> targets;
    // How long a pass over all ledgers takes, if the rates below do not make it shorter.
    absl::Duration pass_time = absl::Hours(24);
    double entries_per_second_min = 500;
    double file_bytes_per_second = 8 << 20;
  };
  explicit Scrubber(Options options);
  // Ends within what a few hundred entries take to read.
  ~Scrubber();
  Scrubber(const Scrubber&) = delete;
  Scrubber& operator=(const Scrubber&) = delete;

  // Figures of one of the ledgers, for metrics.
  struct Progress {
    uint64_t entries = 0;       // Read since the start.
    uint64_t passes = 0;        // That found nothing.
    absl::Duration since_pass;  // Since the last of them ended, or since the start.
  };
  Progress progress(const Ledger& ledger) const;

 private:
  struct Counted {
    uint64_t entries = 0;
    uint64_t passes = 0;
    absl::Duration passed_at;  // Since boot; the start, when there was none.
    bool altered = false;
  };

  void Run();
  void Pass(size_t target, double entries_per_second);
  // Empty when all agrees, or when the scrubber was told to end. Errors are no damage.
  absl::StatusOr<std::string> Read(size_t target, double entries_per_second);
  // The same for heads of `target` up to `size`.
  absl::StatusOr<std::string> CompareHeads(const Target& target, uint64_t size) const;
  // Waits. False when told to end.
  bool Rest(absl::Duration duration);

  const Options options_;
  mutable std::mutex mutex_;  // Guards what follows.
  std::condition_variable ending_;
  bool ended_ = false;
  std::vector<Counted> counted_;  // By target.
  std::thread thread_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_SCRUBBER_H_
