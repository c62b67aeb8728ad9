#ifndef CH8_SERVICES_BOOKS_TRANSFER_ROWS_H_
#define CH8_SERVICES_BOOKS_TRANSFER_ROWS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "chapter8/books/v1/posting.pb.h"
#include "chapter8/books/v1/transfer.pb.h"
#include "chapter8/books/v1/transfer_record.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/books/transfer.h"
#include "services/kernel/machine.h"

// Where the two-sided transfer (transfer.h) meets a ledger's rows: the record of each transfer, the
// resource that people see it as, and the entries by which both move on. A service adds what its
// terms mean.
//
// Thread safety: none; as the rows.
namespace ch8::books {

// The record of a transfer; nothing when this ledger knows no such one.
std::optional<v1::TransferRecord> FindTransfer(const kernel::RowReader& rows,
                                               absl::string_view giver_origin,
                                               absl::string_view transfer_id);

// The name of the resource that a step's transfer is linked to; nothing when it is linked to none.
std::optional<std::string> FindLinked(const kernel::RowReader& rows, const v1::TransferStep& step);
struct TransferKey {
  absl::string_view giver_origin;
  absl::string_view transfer_id;
};
// For Apply: from now on the transfer is known as the resource `name`.
void LinkTransfer(const TransferKey& key, absl::string_view name, kernel::Rows& rows);

// "au.example/ch8/finance" -> "au.example".
absl::string_view TrustDomainOf(absl::string_view origin);

// "RESERVE"; empty when no step is set.
absl::string_view StepName(const v1::TransferStep& step);

// The states by which a service shows a transfer to people.
template <typename State>
struct ResourceStates {
  State reserved;
  State accepted;
  State rejected;
  State expired;
  State cancelled;  // Also of a transfer whose POST was of less than the service lets through.
  State posted;
  State settled;  // Of a transfer that was posted; one that was not stays as it ended.
};
// The state of `record`; the enum's zero while nothing is reserved. `quantity_least` is the least
// that a POST has to be of.
template <typename State>
State StateOf(const v1::TransferRecord& record, const ResourceStates<State>& states,
              uint64_t quantity_least) {
  const bool through = record.quantity_posted() > 0 && record.quantity_posted() >= quantity_least;
  switch (record.state()) {
    case v1::TransferRecord::RESERVED:
      return states.reserved;
    case v1::TransferRecord::ACCEPTED:
      return states.accepted;
    case v1::TransferRecord::REJECTED:
      return states.rejected;
    case v1::TransferRecord::POSTED:
      return through ? states.posted : states.cancelled;
    case v1::TransferRecord::VOIDED:
    case v1::TransferRecord::SETTLED:
      if (through) return states.settled;
      if (record.void_reason() == v1::Void::REJECTED) return states.rejected;
      return record.void_reason() == v1::Void::EXPIRED ? states.expired : states.cancelled;
    default:
      return State();
  }
}

// Why a transfer ended without its quantity, as its REJECT or VOID says: "EXPIRED"; else empty.
std::string EndReason(const v1::TransferRecord& record);

// An own step to log, addressed to the other side's organization.
kernel::Event StepEvent(const OwnStep& own, absl::string_view recipient);
// The other side's step, logged because this ledger's state changes by it.
kernel::Event PeerStepEvent(const v1::TransferStep& step);

// A step as it was logged here, own (Entry.step) or delivered (Entry.peer_step).
struct StepEntry {
  bool own = false;
  v1::TransferStep step;
  v1::StepPlace place;        // For people: what, where, when.
  v1::TransferRecord record;  // Up to date with it.
};
// For Apply: brings the transfer's record up to date with a logged step. `held` are the postings of
// the hold that an own RESERVE takes over from an earlier entry; empty when the step has its own.
StepEntry ApplyStepEntry(const kernel::Applied& applied, absl::Span<const v1::Posting> held,
                         kernel::Rows& rows);

// A delivered step, decided by the protocol.
struct StepDelivery {
  std::optional<v1::TransferRecord> before;  // Nothing: the transfer was unknown.
  v1::TransferRecord after;                  // Once the step is logged.
  // What the protocol makes of it. Its events: the peer's step when it changes the record, then the
  // own steps that follow from it. A service adds its own.
  kernel::Verdict verdict;
  // A RESERVE that the protocol lets in: the service judges its terms.
  bool opens = false;
  // A verified ACCEPT of what is still reserved: the service posts or voids.
  bool accepts = false;
};
// `delivered` holds a step.
StepDelivery DecideStepDelivery(const kernel::Context& context, const kernel::Delivered& delivered,
                                const kernel::RowReader& rows);

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_TRANSFER_ROWS_H_
