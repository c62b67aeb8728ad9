#include "clients/lib/retry.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "clients/lib/status_details.h"
#include "storage/base/bytes.h"
#include "storage/base/ed25519.h"

namespace ch8::client {

std::optional<absl::Duration> RetryDelay(const absl::Status& status, int attempts, uint16_t jitter,
                                         const RetryOptions& options) {
  if (status.code() != absl::StatusCode::kUnavailable) return std::nullopt;
  const std::optional<absl::Duration> asked = RetryDelayOf(status);
  if (!asked.has_value()) return std::nullopt;
  absl::Duration delay = options.first_delay;
  for (int i = 1; i < attempts && delay < options.delay_max; ++i) delay *= 2;
  delay = std::max(*asked, std::min(delay, options.delay_max));
  return delay + delay * int64_t{jitter} / (2 * int64_t{65536});
}

absl::Status CallWithRetry(const RetryWorld& world, const RetryOptions& options,
                           absl::Time deadline, const std::function<absl::Status()>& attempt) {
  for (int attempts = 1;; ++attempts) {
    absl::Status status = attempt();
    const uint16_t jitter = ByteReader(RandomBytes(2)).ReadU16();
    const std::optional<absl::Duration> delay = RetryDelay(status, attempts, jitter, options);
    if (!delay.has_value() || world.clock.Now() + *delay >= deadline) return status;
    world.sleep(*delay);
  }
}

}  // namespace ch8::client
