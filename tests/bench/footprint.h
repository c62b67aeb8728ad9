#ifndef CH8_TESTS_BENCH_FOOTPRINT_H_
#define CH8_TESTS_BENCH_FOOTPRINT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace ch8::bench {

// What nodes and transfers weigh, read off two real nodes that have settled some two-sided
// transfers of money.
struct Footprint {
  uint32_t transfers = 0;
  absl::Duration start;                 // From the program's start until it serves.
  uint64_t idle_memory_bytes = 0;       // Resident, all services hosted, nothing asked of it yet.
  uint64_t disk_bytes_per_entry = 0;    // The giver's finance ledger, all that RocksDB keeps.
  uint64_t wire_bytes_to_receiver = 0;  // RESERVE and POST of one transfer with their proofs.
  uint64_t wire_bytes_to_giver = 0;     // ACCEPT and MIRROR.
};

// Takes some seconds. Errors: what the nodes' ledgers answer; kInternal when a half is missing.
absl::StatusOr<Footprint> MeasureFootprint(uint32_t transfers);

}  // namespace ch8::bench

#endif  // CH8_TESTS_BENCH_FOOTPRINT_H_
