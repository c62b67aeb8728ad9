#ifndef CH8_TESTS_BENCH_MEASURE_H_
#define CH8_TESTS_BENCH_MEASURE_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace ch8::bench {

// The memory that a process has in RAM; 0 when there is no such process.
uint64_t ResidentBytes(pid_t pid);

// What the files beneath a folder have together.
uint64_t FolderBytes(const std::string& path);

// The smallest that `share` of them do not exceed; zero of none. Reorders them.
absl::Duration Quantile(std::vector<absl::Duration>& durations, double share);

}  // namespace ch8::bench

#endif  // CH8_TESTS_BENCH_MEASURE_H_
