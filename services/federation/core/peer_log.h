#ifndef CH8_SERVICES_FEDERATION_CORE_PEER_LOG_H_
#define CH8_SERVICES_FEDERATION_CORE_PEER_LOG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "chapter8/federation/v1/federation_service.pb.h"
#include "chapter8/federation/v1/peer_state.pb.h"
#include "services/kernel/execute.h"
#include "storage/ledger/ledger.h"
#include "storage/merkle/log_signers.h"

// Reads another ledger without believing it: every page is held against the key pinned for exactly
// that ledger, against all it has signed before, and against the chain of what it addressed to us.
//
// Thread safety: all functions are pure and may be called from any thread.
namespace ch8::federation {

// The other ledger, and what we hold it to.
struct PeerLog {
  std::string origin;        // "au.example/ch8/finance"
  std::vector<LogKey> keys;  // Pinned for exactly that origin, in the order in which they signed.
  std::string trust_domain;  // Our own: whom its entries must name.
};

// A page that holds.
struct VerifiedPage {
  // In order; each with the row that remembers it as taken.
  std::vector<kernel::InboundEntry> entries;
  // After the whole page: the next state, once all entries are taken.
  chapter8::federation::v1::PeerState state;
  // Whether the checkpoint is larger than the one known before. A larger one is worth a row of its
  // own (PeerStateRow) when the page brings no entries: it is what a later lie is measured by.
  bool grown = false;
};

// Verifies the answer to `request`, which NextPull(state) made; `now` is our ledger's time.
//
// Errors have an ErrorInfo with the domain "federation.chapter8", metadata `origin` and, where one
// entry is at fault, `index`. Nothing of the page may be used. None is cured by asking the same
// peer in the same state, but a faulty network or a peer mended since may answer better later.
//
//   about the checkpoint
//   OTHER_REQUEST      kInvalidArgument    `request` is not the state's.
//   NOTE_MALFORMED     kInvalidArgument    not a signed note of a checkpoint.
//   OTHER_ORIGIN       kUnauthenticated    a checkpoint of another log.
//   NOT_SIGNED         kUnauthenticated    not signed by the key pinned for its size.
//   KEY_REVOKED        kOutOfRange         signed by a former key, which is not believed for so
//                                          large a head.
//   OLD_CHECKPOINT     kFailedPrecondition smaller than one verified before.
//   EQUIVOCATION       kDataLoss           another root for a size verified before; EvidenceOf().
//   NOT_CONSISTENT     kInvalidArgument    not proven to extend the one verified before.
//   NO_GENESIS         kInvalidArgument    first contact without entry 0.
//   BAD_GENESIS        kInvalidArgument    entry 0 is not this log's genesis, or not proven.
//
//   about the page
//   TOO_MANY_ENTRIES   kInvalidArgument    more than asked for.
//   HOLE               kFailedPrecondition entries are missing: a number is skipped, or there are
//                                          newer ones and none is shown.
//   NEWEST_BEHIND      kFailedPrecondition says it has fewer entries for us than it gave.
//   STATE_BROKEN       kDataLoss           our own state does not parse.
//
//   about one entry, all kInvalidArgument
//   MALFORMED_ENTRY    a field has not its size.
//   OVERSIZE_PAYLOAD   more than 32 KiB.
//   NOT_INCLUDED       class, tag, salt, payload and proof do not lead to the checkpoint's root.
//   UNREADABLE_ENTRY   the payload is not an Entry.
//   NOT_ADDRESSED      does not name us exactly once.
//   REPLAYED           a number taken before.
//   CHAIN_BROKEN       does not name the entry before it, or stands before it in the log.
//   WRONG_CLASS        another leaf class than its payload has.
//   BAD_STEP           a step of a transfer without id, origin or kind.
//   WRONG_TAG          another tag than its payload has.
absl::StatusOr<VerifiedPage> VerifyPull(const PeerLog& log,
                                        const chapter8::federation::v1::PeerState& state,
                                        const chapter8::federation::v1::PullRequest& request,
                                        const chapter8::federation::v1::PullResponse& response,
                                        absl::Time now);

// The request that goes on where `state` stands. The caller may set wait_ms and entries_max.
chapter8::federation::v1::PullRequest NextPull(const chapter8::federation::v1::PeerState& state);

// The two contradicting heads that an EQUIVOCATION error carries.
std::optional<chapter8::federation::v1::Equivocation> EvidenceOf(const absl::Status& status);

// Where a ledger keeps such heads (Table::kPeer), and the row itself: one for each size that was
// contradicted, so that a peer cannot fill the disk with lies about it.
inline constexpr absl::string_view kEvidencePrefix = "evidence/";
RowWrite EvidenceRow(const chapter8::federation::v1::Equivocation& evidence);

// Where a ledger keeps the state (Table::kPeer), and the row itself.
std::string PeerStateKey(absl::string_view origin);
RowWrite PeerStateRow(const chapter8::federation::v1::PeerState& state);

// The state kept in `row`; when there is none, that of a log never heard of.
// Errors: kDataLoss/STATE_BROKEN.
absl::StatusOr<chapter8::federation::v1::PeerState> PeerStateFrom(
    absl::string_view origin, const std::optional<std::string>& row);

// How far behind we are, for people and for rules on the age of facts.
struct Freshness {
  uint64_t verified_size = 0;
  uint64_t taken = 0;    // Entries.
  uint64_t waiting = 0;  // Entries that the peer says it has for us, not yet taken.
  absl::Duration age;    // Since it last showed a head that holds; infinite before first contact.
};
Freshness FreshnessOf(const chapter8::federation::v1::PeerState& state, absl::Time now);

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_CORE_PEER_LOG_H_
