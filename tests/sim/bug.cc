#include "tests/sim/bug.h"

namespace ch8::sim {

const std::vector<BugInfo>& Bugs() {
  static const auto* const bugs = new std::vector<BugInfo>{
      {Bug::kPublishBeforeSync, "publish-before-sync", "answers and heads leave before the sync",
       "durable entries"},
      {Bug::kSkipSync, "skip-sync", "one sync in eight does not reach the disk", "durable entries"},
      {Bug::kSignAfterRestore, "sign-after-restore", "a restored ledger signs without asking",
       "signed two roots", 14},
      {Bug::kPagesForgetHolds, "pages-forget-holds", "pages of holds are not written",
       "its pages do not fit its log"},
      {Bug::kMarkerBeforePages, "marker-before-pages",
       "a clean marker is on disk before the pages that it vouches for",
       "is not what its postings come to", 12},
      {Bug::kEvictBeforeIndexed, "evict-before-indexed",
       "ids leave memory without being in the index", "is used twice"},
      {Bug::kForgetAnswers, "forget-answers", "a repeated request is executed again",
       "otherwise than before", 2},
      {Bug::kLoseCursor, "lose-cursor", "how far a peer's log was taken is not kept",
       "row cursor/"},
      {Bug::kForgetVerifiedHead, "forget-verified-head",
       "a peer's history is not held to what it showed before", "goes back behind", 2},
      {Bug::kApplyTwice, "apply-twice", "one entry in sixteen is applied to the books twice",
       "is not what its postings come to", 2},
      {Bug::kPostWithoutAccept, "post-without-accept", "a REJECT is answered by POST",
       "POST without an ACCEPT", 12},
      {Bug::kVoidAfterPost, "void-after-post", "what is posted is voided as well",
       "its tag occurs twice", 9},
      {Bug::kVoidAfterDispatch, "void-after-dispatch",
       "an offer whose goods are on their way is voided when its hold has run out",
       "its tag occurs twice", 3},
      {Bug::kRefusePost, "refuse-post", "a proven POST is refused by the receiver",
       "refuses a step", 13},
      {Bug::kHideAddressed, "hide-addressed", "a POST is not addressed to the receiver",
       "is never settled", 4},
      {Bug::kCosignBeforeRemembering, "cosign-before-remembering",
       "a witness answers before the head is on its disk", "has forgotten a head"},
      {Bug::kCosignWithoutProof, "cosign-without-proof",
       "a witness cosigns whatever is larger than what it knows", "two histories", 2},
      {Bug::kTakeUncosigned, "take-uncosigned", "a feed does not wait for its own witness",
       "which its witness has not cosigned"},
      {Bug::kLogWitnessHeads, "log-witness-heads", "witnesses log the heads of witnesses",
       "grows for ever"},
      {Bug::kStockAtDispatch, "stock-at-dispatch", "what is on its way is the receiver's stock",
       "stand in two places", 2},
      {Bug::kIdWithoutOrigin, "id-without-origin",
       "a transfer is looked up by its id, whoever gives", "refuses a step", 115},
      {Bug::kRevokeBelowWitnessed, "revoke-below-witnessed",
       "a witness lets go of a head when a record revokes its key below it", "has forgotten a head",
       30},
      {Bug::kCeilingPerLedger, "ceiling-per-ledger",
       "what a ledger gets of a ceiling is not taken from what the others may get",
       "more than its ceiling", 11},
      {Bug::kSplitLinkedGroup, "split-linked-group", "linked rows are applied one by one",
       "splits a linked group"},
  };
  return *bugs;
}

std::optional<Bug> BugNamed(absl::string_view name) {
  for (const BugInfo& info : Bugs()) {
    if (info.name == name) return info.bug;
  }
  return std::nullopt;
}

}  // namespace ch8::sim
