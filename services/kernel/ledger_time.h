#ifndef CH8_SERVICES_KERNEL_LEDGER_TIME_H_
#define CH8_SERVICES_KERNEL_LEDGER_TIME_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace ch8::kernel {

// A ledger's time: one non-decreasing value per commit (ledger.md §1). Within one boot the wall
// clock must not run ahead of the time since boot by more than a minute; a clock that was stepped
// further makes the ledger refuse to commit rather than expire every hold at once.
//
// Thread safety: none; belongs to the ledger's sequencer.
class LedgerTime {
 public:
  static constexpr absl::Duration kStepMax = absl::Seconds(60);

  // `newest` is the time of the ledger's newest entry.
  explicit LedgerTime(absl::Time newest) : newest_(newest) {}

  // The time of a commit made when the wall clock shows `now` and the machine has been up for
  // `since_boot`. A clock set back yields the newest time again.
  // Errors: kFailedPrecondition/CLOCK_STEPPED, until the clock is set right.
  absl::StatusOr<absl::Time> Next(absl::Time now, absl::Duration since_boot);

 private:
  absl::Time newest_;
  std::optional<absl::Time> anchor_;  // The wall clock at the first commit of this run,
  absl::Duration anchor_since_boot_;  // and the time since boot then.
};

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_LEDGER_TIME_H_
