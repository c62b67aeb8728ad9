#ifndef CH8_SERVICES_BOOKS_TRANSFER_H_
#define CH8_SERVICES_BOOKS_TRANSFER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "chapter8/books/v1/posting.pb.h"
#include "chapter8/books/v1/transfer.pb.h"
#include "chapter8/books/v1/transfer_record.pb.h"
#include "services/books/postings.h"
#include "storage/merkle/leaf.h"

// The two-sided transfer between two ledgers (ledger.md §4), as functions over plain values. The
// giver's POST or VOID is the single commit point:
//
//   giver     RESERVE ------------------ POST or VOID ------------ SETTLED
//   receiver            ACCEPT or REJECT --------------- MIRROR
//
// A service keeps a TransferRecord for each transfer among its rows. Its officers' acts go through
// Decide...(), the other side's proven steps through OnPeerStep(), and every step that is logged,
// own or delivered, through ApplyStep(). Authority, room, and what the terms say are the service's
// to check before; proofs are verified before OnPeerStep() is called.
//
// Thread safety: all functions here are pure and may be called from any thread.
namespace ch8::books {

namespace v1 = ::chapter8::books::v1;

// One step to log next and what it moves: one entry, with these postings.
struct OwnStep {
  v1::TransferStep step;
  std::vector<v1::Posting> postings;
};

struct ReserveParts {
  std::string transfer_id;  // 16 random bytes, not all zero.
  std::string giver_origin;
  std::string receiver_origin;
  std::string terms;  // The exact bytes of the domain's terms.
  uint64_t quantity = 0;
  uint64_t quantity_min = 0;
  int64_t hold_duration_s = 0;
  AccountPair accounts;  // From the resource to the receiver's counter-account.
};

// Giver: offers and holds `quantity`.
// Errors: kInvalidArgument unless 0 < quantity_min <= quantity < 2^63, hold_duration_s > 0, the
// origins differ and the id is well-formed.
absl::StatusOr<OwnStep> DecideReserve(const ReserveParts& parts);

// The acts below answer kFailedPrecondition, with ErrorInfo domain books.chapter8, when the
// transfer is in another state: TRANSFER_STATE (metadata: state), WRONG_SIDE, or as named.

// Receiver: accepts `quantity`, from the giver's counter-account to the resource: it is pending on
// accounts.credit from now on and not spendable.
// From RESERVED. Errors: kInvalidArgument unless quantity_min <= quantity <= quantity offered;
// kFailedPrecondition/TERMINAL_KNOWN when the giver has already posted or voided.
absl::StatusOr<OwnStep> DecideAccept(const v1::TransferRecord& record, uint64_t quantity,
                                     const AccountPair& accounts);

// Receiver: declines. From RESERVED. Errors: kInvalidArgument without a reason;
// kFailedPrecondition/TERMINAL_KNOWN.
absl::StatusOr<OwnStep> DecideReject(const v1::TransferRecord& record, v1::Reject::Reason reason);

// Giver: commits `quantity` and frees the rest. From ACCEPTED: only on a verified ACCEPT of the
// same terms. Errors: kInvalidArgument unless quantity_min <= quantity <= quantity_accepted.
// A hold whose time has run out can be posted until its VOID is logged.
absl::StatusOr<OwnStep> DecidePost(const v1::TransferRecord& record, uint64_t quantity);

struct VoidParts {
  v1::Void::Reason reason = v1::Void::REASON_UNSPECIFIED;
  int64_t ledger_time_us = 0;
};
// Giver: frees the whole hold. From RESERVED, ACCEPTED or REJECTED. Errors: kInvalidArgument
// without a reason; kFailedPrecondition/NOT_EXPIRED for EXPIRED before its time, NOT_REJECTED for
// REJECTED without a verified REJECT.
absl::StatusOr<OwnStep> DecideVoid(const v1::TransferRecord& record, const VoidParts& parts);

// Whether the giver should void the transfer for its age, by the giver's own ledger time. False on
// the receiver's side and once a terminal step is logged.
bool IsExpired(const v1::TransferRecord& record, int64_t ledger_time_us);

// A step as it stands in the log of the side that took it.
struct PlacedStep {
  const v1::TransferStep& step;
  absl::string_view author_origin;  // The ledger that logged it.
  v1::StepReference reference;      // Its index and leaf hash there.
};

enum class Verdict {
  kAccept,  // Taken.
  kRefuse,  // Wrong by its bytes and its own history; a receipt goes back.
  kDefer,   // Waits for a step of the same transfer that has not come yet.
};

struct PeerDecision {
  Verdict verdict = Verdict::kAccept;
  // Why it was refused or deferred, UPPER_SNAKE. Refused: MALFORMED, WRONG_AUTHOR, TERMS_HASH,
  // BAD_QUANTITY, UNKNOWN_TRANSFER, OTHER_TERMS, SECOND_RESERVE, WRONG_ANSWER, SECOND_ANSWER,
  // WRONG_MIRROR. Deferred: NEEDS_RESERVE.
  std::string reason;
  // Whether the step changes the record (as evidence too) and so must be logged as a peer_step
  // entry, before `own_steps`. False for duplicates.
  bool log_peer_step = false;
  // What this side logs next, in the same commit: VOID upon a REJECT, MIRROR upon a POST or VOID,
  // SETTLED upon a MIRROR. A POST upon an ACCEPT is the service's decision.
  std::vector<OwnStep> own_steps;
};

// Decides on a proven step of the other side. `record` is null when this ledger knows no such
// transfer; `own_origin` is this ledger's. The receiver never refuses a proven POST or VOID of a
// transfer it knows: one that breaks its ACCEPT is mirrored up to the accepted quantity with the
// excess as evidence; one without our ACCEPT, and a second terminal step, are evidence only.
PeerDecision OnPeerStep(const v1::TransferRecord* record, const PlacedStep& placed,
                        absl::string_view own_origin);

// A step that this ledger has logged, its own (step) or the other side's (peer_step).
struct LoggedStep {
  PlacedStep placed;
  absl::string_view own_origin;
  int64_t time_us = 0;                       // This ledger's time at the entry.
  absl::Span<const v1::Posting> postings{};  // Of the same entry.
};

// Brings the record up to date; start from a default-constructed one. Total and frozen: any
// logged step gives the same record for ever, and one that contradicts the record only adds
// evidence.
void ApplyStep(const LoggedStep& logged, v1::TransferRecord& record);

// Which side `own_origin` is on; SIDE_UNSPECIFIED when on neither or both.
v1::TransferRecord::Side SideOf(const v1::TransferStep& step, absl::string_view own_origin);

// The leaf tag of a step in the log of its author's side. Nothing when the id is malformed or no
// step is set. Entries of class transfer carry it; peer_step entries carry none.
std::optional<Tag> TagFor(const v1::TransferStep& step);

// Σ of what a record's transfer holds on this side now: the quantity of its open hold, else 0.
uint64_t HeldQuantity(const v1::TransferRecord& record);

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_TRANSFER_H_
