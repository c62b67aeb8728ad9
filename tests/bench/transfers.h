#ifndef CH8_TESTS_BENCH_TRANSFERS_H_
#define CH8_TESTS_BENCH_TRANSFERS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/bench/target.h"

namespace ch8::bench {

struct TransfersOptions {
  uint32_t batch = 8'190;
  uint32_t callers = 4;
  uint32_t accounts = 10'000;
  double skew = 0;      // As in BatchMaker.
  uint32_t beside = 0;  // Further callers, who post one row at a time.
  absl::Duration duration = absl::Seconds(10);
};

// What was measured, before and after the node was stopped.
struct TransfersResult {
  uint64_t requests = 0;      // Of the callers, without those beside them.
  uint64_t acknowledged = 0;  // Of all callers. Rows whose synced answer has arrived.
  uint64_t amount = 0;        // What they moved together.
  absl::Duration elapsed;     // From the first request to the last answer.
  absl::Duration p50;         // Of a request of the callers,
  absl::Duration p99;
  uint64_t beside_requests = 0;  // and the same of those beside them.
  absl::Duration beside_p50;
  absl::Duration beside_p99;

  uint64_t read_back = 0;  // Rows found in the log by the reopened ledger.
  uint64_t entries = 0;    // All entries, Request entries included.
  std::string root;        // Over them, recomputed from the raw entries; hexadecimal.

  double transfers_per_second() const {
    return static_cast<double>(acknowledged) / absl::ToDoubleSeconds(elapsed);
  }
};

// Keeps `callers` requests in flight for the duration, then stops the node, reopens its ledger and
// checks that what was acknowledged is there: as many rows of the same total in the log, equal
// debits and credits in the books rebuilt from it, and a root that is the ledger's own and, at its
// size, that of the newest signed head.
//
// Errors: those of the target; kDataLoss, saying which, when a check fails.
absl::StatusOr<TransfersResult> RunTransfers(Target& target, const TransfersOptions& options);

}  // namespace ch8::bench

#endif  // CH8_TESTS_BENCH_TRANSFERS_H_
