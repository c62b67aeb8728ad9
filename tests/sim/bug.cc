#include "tests/sim/bug.h"

namespace ch8::sim {

const std::vector<BugInfo>& Bugs() {
  static const auto* const bugs = new std::vector<BugInfo>{
      {Bug::kPublishBeforeSync, "publish-before-sync", "answers and heads leave before the sync"},
      {Bug::kSkipSync, "skip-sync", "one sync in eight does not reach the disk"},
      {Bug::kSignAfterRestore, "sign-after-restore", "a restored ledger signs without asking"},
      {Bug::kPagesForgetHolds, "pages-forget-holds", "pages of holds are not written"},
      {Bug::kMarkerBeforePages, "marker-before-pages",
       "a clean marker is on disk before the pages that it vouches for"},
      {Bug::kEvictBeforeIndexed, "evict-before-indexed",
       "ids leave memory without being in the index"},
      {Bug::kForgetAnswers, "forget-answers", "a repeated request is executed again"},
      {Bug::kLoseCursor, "lose-cursor", "how far a peer's log was taken is not kept"},
      {Bug::kForgetVerifiedHead, "forget-verified-head",
       "a peer's history is not held to what it showed before"},
      {Bug::kApplyTwice, "apply-twice", "one entry in sixteen is applied to the books twice"},
      {Bug::kPostWithoutAccept, "post-without-accept", "a REJECT is answered by POST"},
      {Bug::kVoidAfterPost, "void-after-post", "what is posted is voided as well"},
      {Bug::kRefusePost, "refuse-post", "a proven POST is refused by the receiver"},
      {Bug::kHideAddressed, "hide-addressed", "a POST is not addressed to the receiver"},
  };
  return *bugs;
}

std::optional<Bug> BugNamed(absl::string_view name) {
  for (const BugInfo& info : Bugs()) {
    if (info.name == name) return info.bug;
  }
  return std::nullopt;
}

absl::string_view NameOf(Bug bug) {
  for (const BugInfo& info : Bugs()) {
    if (info.bug == bug) return info.name;
  }
  return "none";
}

}  // namespace ch8::sim
