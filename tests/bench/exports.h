#ifndef CH8_TESTS_BENCH_EXPORTS_H_
#define CH8_TESTS_BENCH_EXPORTS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace ch8::bench {

struct ExportsOptions {
  uint64_t entries = 1'000'000;  // At least; of the finance ledger that is exported.
  uint32_t batch = 8'190;        // Bulk rows per request.
  std::string directory;         // Exists; the export is made beneath it.
};

// What auditing a large ledger takes: the export by `ch8` from a running node, its verification by
// `ch8-verify` under keys and heads that another organization's node gave.
struct Exports {
  uint64_t entries = 0;  // Of the finance ledger, as the export has it.
  uint64_t bytes = 0;    // Of the whole export.
  absl::Duration write;
  absl::Duration verify;  // One process, one thread.
};

// Errors: what the nodes answer; kInternal, with its output, when a program fails, or the verdict
// is not "verified".
absl::StatusOr<Exports> MeasureExports(const ExportsOptions& options);

}  // namespace ch8::bench

#endif  // CH8_TESTS_BENCH_EXPORTS_H_
