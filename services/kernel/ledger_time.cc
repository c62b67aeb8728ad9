#include "services/kernel/ledger_time.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/kernel/refusal.h"

namespace ch8::kernel {

absl::StatusOr<absl::Time> LedgerTime::Next(absl::Time now, absl::Duration since_boot) {
  if (!anchor_.has_value()) {
    anchor_ = now;
    anchor_since_boot_ = since_boot;
  }
  const absl::Duration ahead = (now - *anchor_) - (since_boot - anchor_since_boot_);
  if (ahead > kStepMax) {
    return Refuse(
        {.code = absl::StatusCode::kFailedPrecondition,
         .domain = "kernel.chapter8",
         .reason = "CLOCK_STEPPED",
         .message = absl::StrCat("this node's clock was set forward by ",
                                 absl::FormatDuration(absl::Floor(ahead, absl::Seconds(1))),
                                 "; set it right before going on")});
  }
  newest_ = std::max(newest_, absl::FromUnixMicros(absl::ToUnixMicros(now)));
  return newest_;
}

}  // namespace ch8::kernel
