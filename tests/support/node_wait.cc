#include "tests/support/node_wait.h"

#include <poll.h>

#include "absl/time/clock.h"

namespace ch8::testing {

bool WaitUntil(const std::function<bool()>& condition, absl::Duration patience) {
  constexpr int kPollMs = 5;
  const absl::Time deadline = absl::Now() + patience;
  while (!condition()) {
    if (absl::Now() >= deadline) return false;
    poll(nullptr, 0, kPollMs);
  }
  return true;
}

}  // namespace ch8::testing
