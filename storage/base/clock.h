#ifndef CH8_STORAGE_BASE_CLOCK_H_
#define CH8_STORAGE_BASE_CLOCK_H_

#include "absl/time/time.h"

namespace ch8 {

// Where time comes from. Decisions never read a clock: the sequencer reads one once per commit and
// passes the value in. Implemented by SystemClock here, by the scenario clock of exercise nodes and
// by the fake of tests/support.
//
// Thread safety: all methods may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall-clock time. May step in either direction.
  virtual absl::Time Now() const = 0;

  // Time since this machine booted, suspend included (CLOCK_BOOTTIME). Never steps back within one
  // boot.
  virtual absl::Duration SinceBoot() const = 0;
};

// The operating system's clocks.
class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
  absl::Duration SinceBoot() const override;
};

}  // namespace ch8

#endif  // CH8_STORAGE_BASE_CLOCK_H_
