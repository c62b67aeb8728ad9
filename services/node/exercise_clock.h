#ifndef CH8_SERVICES_NODE_EXERCISE_CLOCK_H_
#define CH8_SERVICES_NODE_EXERCISE_CLOCK_H_

#include "storage/base/clock.h"

namespace ch8::node {

// The clock of a node: the system's, and on an exercise node a fixed offset away from it, so that
// an exercise plays on its own dates at the speed of life, and can skip days between two starts.
//
// Thread safety: any thread.
class ExerciseClock final : public Clock {
 public:
  explicit ExerciseClock(absl::Duration offset) : offset_(offset) {}

  absl::Time Now() const override { return system_.Now() + offset_; }
  absl::Duration SinceBoot() const override { return system_.SinceBoot(); }

 private:
  const SystemClock system_;
  const absl::Duration offset_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_EXERCISE_CLOCK_H_
