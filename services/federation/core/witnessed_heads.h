#ifndef CH8_SERVICES_FEDERATION_CORE_WITNESSED_HEADS_H_
#define CH8_SERVICES_FEDERATION_CORE_WITNESSED_HEADS_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/federation/v1/federation_service.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/federation/core/peer_log.h"
#include "services/kernel/rows.h"
#include "services/kernel/witnessed.h"
#include "storage/ledger/ledger.h"

// Heads that third organizations' witnesses cosigned: the ledger's owner, who collects them, gives
// them to whoever waits for them (services/kernel/witnessed.h), and that one judges them by the
// records it has pinned itself.
//
// Thread safety: all functions are pure and may be called from any thread.
namespace ch8::federation {

// Nobody asks for, or is given, the heads of more witnesses.
inline constexpr int kWitnessesMax = 64;

// Adds to `response` the heads of `ledger` that `request` asks for, none larger than `size`, that
// of its checkpoint. Errors: kDataLoss/STATE_BROKEN; those of Ledger::ConsistencyProof().
struct HeadsAsked {
  const Ledger& ledger;
  uint64_t size = 0;
};
absl::Status AddWitnessedHeads(const HeadsAsked& asked,
                               const chapter8::federation::v1::PullRequest& request,
                               chapter8::federation::v1::PullResponse& response);

// Has `request` ask for what is wanted of `log`, by the records that `rows` have: those of its
// owner and our own witness are nothing to ask for.
void AskForWitnessedHeads(const PeerLog& log, const kernel::RowReader& rows,
                          const kernel::WitnessesWanted& wanted,
                          chapter8::federation::v1::PullRequest& request);

// Of the heads in `response`, whose page is verified and left `state`, those to be logged: the
// fewest with which enough third organizations hold the ledger to what is `wanted`; none if they
// are not enough. What its witness has not cosigned, by the record that `rows` have of it, counts
// for nothing; nor do the other's own witness and ours.
//
// Errors, domain "federation.chapter8", kInvalidArgument: TOO_MANY_HEADS; NOT_CONSISTENT for a
// head, signed and cosigned, that is not proven to lie under the page's (metadata: `witness`, whose
// it is). Show that one to the own witness.
absl::StatusOr<std::vector<chapter8::ledger::v1::WitnessedHead>> VerifyWitnessedHeads(
    const PeerLog& log, const chapter8::federation::v1::PeerState& state,
    const kernel::RowReader& rows, const kernel::WitnessesWanted& wanted,
    const chapter8::federation::v1::PullResponse& response);

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_CORE_WITNESSED_HEADS_H_
