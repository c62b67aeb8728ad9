#ifndef CH8_TESTS_BENCH_TRANSFERS_H_
#define CH8_TESTS_BENCH_TRANSFERS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/bench/target.h"

namespace ch8::bench {

struct TransfersOptions {
  uint32_t batch = 8'190;
  uint32_t callers = 4;
  uint32_t accounts = 10'000;
  double skew = 0;       // As in BatchMaker,
  double two_phase = 0;  // the same, of the callers' own rows.
  uint32_t beside = 0;   // Further callers, who post one row at a time,
  uint32_t queries = 0;  // and others, who read the newest movements of an account.
  absl::Duration duration = absl::Seconds(10);
  uint64_t rows = UINT64_MAX;  // The end comes earlier, when so many are acknowledged.
};

// What was measured, before and after the node was stopped.
struct TransfersResult {
  // What one kind of callers has done.
  struct Requests {
    uint64_t count = 0;
    absl::Duration p50;
    absl::Duration p99;
  };
  Requests batches;  // Of the callers, without those beside them.
  Requests beside;
  Requests queries;
  uint64_t acknowledged = 0;  // Of all callers. Rows whose synced answer has arrived.
  uint64_t amount = 0;        // What they moved together.
  uint32_t first_account = 0;
  absl::Duration elapsed;  // From the first request to the last answer.
  // How many rows were acknowledged, how long after the first request; at each answer.
  std::vector<std::pair<absl::Duration, uint64_t>> progress;

  uint64_t read_back = 0;  // Rows found in the log by the reopened ledger.
  uint64_t entries = 0;    // All entries, Request entries included.
  std::string root;        // Over them, recomputed from the raw entries; hexadecimal.

  double transfers_per_second() const {
    return static_cast<double>(acknowledged) / absl::ToDoubleSeconds(elapsed);
  }
};

// Opens the accounts, and keeps `callers` requests in flight until the end. Errors: those of the
// target; kDataLoss when not all rows of a request were applied.
absl::StatusOr<TransfersResult> Post(Target& target, const TransfersOptions& options);

// Checks that what was acknowledged is in the ledger, as a new process finds it: as many rows of
// the same total in the log, equal debits and credits in the books rebuilt from it, a root that is
// the ledger's own and, at its size, that of the newest signed head, and a history that shows the
// balances of the books. Errors: kDataLoss, saying which check failed.
absl::Status CheckPosted(Ledger& ledger, const TransfersOptions& options, TransfersResult& result);

// Post(), then stops the node, and CheckPosted().
absl::StatusOr<TransfersResult> RunTransfers(Target& target, const TransfersOptions& options);

}  // namespace ch8::bench

#endif  // CH8_TESTS_BENCH_TRANSFERS_H_
