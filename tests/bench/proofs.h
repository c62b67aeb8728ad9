#ifndef CH8_TESTS_BENCH_PROOFS_H_
#define CH8_TESTS_BENCH_PROOFS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/ledger/ledger.h"

namespace ch8::bench {

struct ProofsOptions {
  uint64_t entries = 10'000'000;  // Of the ledger that is made first.
  uint32_t proofs = 20'000;       // Inclusion proofs, of indices all over it.
  std::string directory;          // Exists; the ledger is made beneath it.
};

// What a large ledger costs to open, and to prove from. Every proof is verified.
struct Proofs {
  absl::Duration write;  // All entries, synced every 16 commits.
  absl::Duration open;   // Of the ledger as a crash would leave it: until it serves.
  absl::Duration
      first;  // The first proof, with nothing of the database in memory but what open read.
  absl::Duration p50;
  absl::Duration p99;
  uint64_t disk_bytes_per_entry = 0;
};

// Errors: those of the ledger; kInternal when a proof does not hold.
absl::StatusOr<Proofs> MeasureProofs(const ProofsOptions& options);

// How long each of so many proofs took, of entries all over the ledger. Errors: as above.
absl::StatusOr<std::vector<absl::Duration>> TimeProofs(const Ledger& ledger, uint32_t proofs);

}  // namespace ch8::bench

#endif  // CH8_TESTS_BENCH_PROOFS_H_
