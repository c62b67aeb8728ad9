#ifndef CH8_SERVICES_FEDERATION_CORE_BACKOFF_H_
#define CH8_SERVICES_FEDERATION_CORE_BACKOFF_H_

#include <cstdint>

#include "absl/time/time.h"

namespace ch8::federation {

// How long to wait before asking a peer again: doubling with every failure up to a cap, and spread,
// so that peers that failed together do not come back together. A value; pure, the randomness is
// the caller's.
class Backoff {
 public:
  struct Options {
    absl::Duration first = absl::Milliseconds(250);
    absl::Duration cap = absl::Seconds(60);
  };
  Backoff() : Backoff(Options()) {}
  explicit Backoff(const Options& options) : options_(options) {}

  // Counts a failure and returns the wait: between half of and the whole of
  // min(first * 2^(failures - 1), cap), by `random`, which is uniform over all 32-bit numbers.
  absl::Duration NextWait(uint32_t random);

  // After a success.
  void Reset() { failures_ = 0; }

  int failures() const { return failures_; }

 private:
  Options options_;
  int failures_ = 0;
};

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_CORE_BACKOFF_H_
