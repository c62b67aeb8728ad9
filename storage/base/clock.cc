#include "storage/base/clock.h"

#include <time.h>

#include "absl/time/clock.h"
#include "storage/base/check.h"

namespace ch8 {

absl::Time SystemClock::Now() const { return absl::Now(); }

absl::Duration SystemClock::SinceBoot() const {
  timespec now;
  Check(clock_gettime(CLOCK_BOOTTIME, &now) == 0, "CLOCK_BOOTTIME is missing");
  return absl::DurationFromTimespec(now);
}

}  // namespace ch8
