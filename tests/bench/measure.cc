#include "tests/bench/measure.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace ch8::bench {

uint64_t ResidentBytes(pid_t pid) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  for (std::string word; status >> word;) {
    uint64_t kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib * 1024;
  }
  return 0;
}

uint64_t FolderBytes(const std::string& path) {
  uint64_t bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(path)) {
    std::error_code gone;  // A database may drop files meanwhile.
    const uint64_t size = file.is_regular_file(gone) ? file.file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

absl::Duration Quantile(std::vector<absl::Duration>& durations, double share) {
  if (durations.empty()) return absl::ZeroDuration();
  const double rank = std::ceil(static_cast<double>(durations.size()) * share);
  const auto nth = durations.begin() + static_cast<ptrdiff_t>(std::max(rank, 1.0)) - 1;
  std::nth_element(durations.begin(), nth, durations.end());
  return *nth;
}

}  // namespace ch8::bench
