#ifndef CH8_SERVICES_KERNEL_DUE_H_
#define CH8_SERVICES_KERNEL_DUE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/kernel/rows.h"

// What happens by itself when the ledger's time has come: one row each, in the order of their
// times, put and removed by Apply and read by DecideDue.
//
// Thread safety: none; as the rows.
namespace ch8::kernel {

struct Due {
  int64_t time_us = 0;  // Ledger time, microseconds since 1970 UTC.
  std::string name;     // The resource that it is about.
};

void PutDue(const Due& due, Rows& rows);
// Removing what is not there changes nothing.
void DeleteDue(const Due& due, Rows& rows);

// The names due at `time` or before, soonest first, at most `count_max`.
std::vector<std::string> DueNames(const RowReader& rows, absl::Time time, size_t count_max);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_DUE_H_
