#ifndef CH8_TESTS_SIM_COUNTS_H_
#define CH8_TESTS_SIM_COUNTS_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace ch8::sim {

// What came of all that officers tried, as the logs tell it.
struct Counts {
  uint64_t posted = 0;         // Transfers, those of slices included.
  uint64_t rows = 0;           // In bulk, applied.
  uint64_t linked_groups = 0;  // Of two rows or more, applied or refused.
  uint64_t slices = 0;         // That a ledger got,
  uint64_t returns = 0;        // and what was left of them.
  uint64_t delegated = 0;      // Acts under a delegation,
  uint64_t spent = 0;          // and those that went through.

  void Add(const Counts& other);
};

struct CountInfo {
  absl::string_view name;
  uint64_t Counts::*count;
};
inline constexpr CountInfo kCounts[] = {
    {"posted", &Counts::posted},
    {"rows", &Counts::rows},
    {"linked-groups", &Counts::linked_groups},
    {"slices", &Counts::slices},
    {"returns", &Counts::returns},
    {"delegated", &Counts::delegated},
    {"spent", &Counts::spent},
};

inline void Counts::Add(const Counts& other) {
  for (const CountInfo& info : kCounts) this->*info.count += other.*info.count;
}

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_COUNTS_H_
