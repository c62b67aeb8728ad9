#ifndef CH8_TESTS_BENCH_GROWTH_H_
#define CH8_TESTS_BENCH_GROWTH_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/bench/target.h"
#include "tests/bench/transfers.h"

namespace ch8::bench {

struct GrowthOptions {
  TransfersOptions transfers;  // Until `rows` are posted.
  uint32_t proofs = 2'000;     // Inclusion proofs at the end, of entries all over the ledger.
};

// How a ledger does as it becomes large.
struct GrowthResult {
  TransfersResult posted;                 // All of it checked, as by RunTransfers().
  std::vector<uint64_t> rows_per_second;  // In each tenth of the rows.
  uint64_t resident_bytes = 0;            // Of the node's process, when the last row was posted.
  uint64_t disk_bytes_per_entry = 0;      // All that the ledger has on disk.
  absl::Duration reopen;                  // Of ledger, books and history, after a clean stop.
  absl::Duration proof_p50;
  absl::Duration proof_p99;
};

// Errors: those of RunTransfers() and TimeProofs().
absl::StatusOr<GrowthResult> MeasureGrowth(Target& target, const GrowthOptions& options);

}  // namespace ch8::bench

#endif  // CH8_TESTS_BENCH_GROWTH_H_
