#ifndef CH8_CLIENTS_LIB_RETRY_H_
#define CH8_CLIENTS_LIB_RETRY_H_

#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storage/base/clock.h"

// When a client asks again by itself: after UNAVAILABLE with RetryInfo, which a server sends before
// it has touched the request (queue full, draining, not yet open), and after nothing else. The same
// bytes with the same request id go out each time, so a retry has at most one effect.
namespace ch8::client {

struct RetryOptions {
  absl::Duration first_delay = absl::Milliseconds(50);  // Doubles with every attempt.
  absl::Duration delay_max = absl::Seconds(2);
};

// How long to wait after `attempts` failed attempts, the last with `status`, or nothing when it
// must not be tried again. Never shorter than the server asked for, and up to half as long again by
// `jitter` in [0, 65535], so that many waiting clients do not come back at one instant.
std::optional<absl::Duration> RetryDelay(const absl::Status& status, int attempts, uint16_t jitter,
                                         const RetryOptions& options);

// The outside world of a retry loop: replaced in tests.
struct RetryWorld {
  const Clock& clock;
  std::function<void(absl::Duration)> sleep;
};

// Calls `attempt` until it returns anything but a retryable status, or the next attempt could not
// start before `deadline`; returns its last status.
absl::Status CallWithRetry(const RetryWorld& world, const RetryOptions& options,
                           absl::Time deadline, const std::function<absl::Status()>& attempt);

}  // namespace ch8::client

#endif  // CH8_CLIENTS_LIB_RETRY_H_
