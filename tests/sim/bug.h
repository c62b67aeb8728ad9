#ifndef CH8_TESTS_SIM_BUG_H_
#define CH8_TESTS_SIM_BUG_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"

namespace ch8::sim {

// Mistakes that the simulator can plant, one at a time, around the product's code: each must be
// found, or the simulator sees less than it should (ledger.md §6.2). The product has no switch.
enum class Bug {
  kNone,
  kPublishBeforeSync,
  kSkipSync,
  kSignAfterRestore,
  kPagesForgetHolds,
  kMarkerBeforePages,
  kEvictBeforeIndexed,
  kForgetAnswers,
  kLoseCursor,
  kForgetVerifiedHead,
  kApplyTwice,
  kPostWithoutAccept,
  kVoidAfterPost,
  kVoidAfterDispatch,
  kRefusePost,
  kHideAddressed,
  kCosignBeforeRemembering,
  kCosignWithoutProof,
  kTakeUncosigned,
  kLogWitnessHeads,
  kStockAtDispatch,
  kIdWithoutOrigin,
  kRevokeBelowWitnessed,
  kCeilingPerLedger,
  kSplitLinkedGroup,
};

struct BugInfo {
  Bug bug = Bug::kNone;
  absl::string_view name;  // "publish-before-sync"
  absl::string_view what;
  absl::string_view shows;  // What the auditor says of it in some world; others show what follows.
  uint64_t seed = 1;        // Of such a world, as long as nothing changes what worlds do.
};

// All but kNone.
const std::vector<BugInfo>& Bugs();
std::optional<Bug> BugNamed(absl::string_view name);

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_BUG_H_
