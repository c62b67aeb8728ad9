#ifndef CH8_SERVICES_KERNEL_ENTRY_FORM_H_
#define CH8_SERVICES_KERNEL_ENTRY_FORM_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/kernel/execute.h"
#include "services/kernel/machine.h"
#include "storage/merkle/leaf.h"

// How entries are classed, tagged, applied and parked: the frozen part of the executor.
namespace ch8::kernel {

// The leaf class an Entry is logged under.
EntryClass ClassOf(const chapter8::ledger::v1::Entry& entry);

// The leaf tag of an entry logged in `origin`: zero unless it is this ledger's own step of a
// two-sided transfer (ledger.md §1). A malformed transfer id is a programmer error.
Tag TagOf(const chapter8::ledger::v1::Entry& entry, absl::string_view origin);

// The accounts opened and quantities moved by an entry.
Accounts::Change ChangeOf(const chapter8::ledger::v1::Entry& entry);

// Whether what one request causes fits into a commit beside others (ledger.md §3).
// Errors: kResourceExhausted/REQUEST_TOO_LARGE.
absl::Status CheckFits(const std::vector<Event>& events);

// Applies one entry to the rows: addresses, facts, seals and the machine's own rows. The same
// function serves live commits and Replay(). Accounts are not rows: see ChangeOf().
void ApplyEntry(const Machine& machine, const Applied& applied, Rows& rows);

// Applies every durable entry of `ledger` but the genesis to `rows`: what fsck compares the stored
// rows with. (What a genesis means is logged as events after it.) Answers, cursors and parked
// entries are not rebuilt. Errors: kDataLoss naming the index of an entry that does not parse.
absl::Status Replay(const Ledger& ledger, const Machine& machine, Rows& rows);

// What any ledger makes of an entry of its own organization's directory: a fact, logged here.
Verdict FactVerdict(const Delivered& delivered);

// Where a ledger whose key was changed keeps the signed record that its newest change came with
// (Table::kRows).
inline constexpr absl::string_view kLogKeyRow = "log-key";

// How far another ledger was taken stands in Table::kPeer under this and its origin: a number of
// its chain, 8 bytes big-endian.
inline constexpr absl::string_view kCursorPrefix = "cursor/";

// Deferred entries wait in Table::kPeer under these keys, in order of origin and number.
inline constexpr absl::string_view kParkedPrefix = "parked/";
inline constexpr size_t kParkedRetryMax = 64;
std::string ParkedKey(absl::string_view origin, uint64_t number);
std::string FormatParked(const InboundEntry& inbound);
std::optional<InboundEntry> ParseParked(absl::string_view value);

// A refusal as kept with its answer: google.rpc.Status bytes with the ErrorInfo.
std::string StatusToBytes(const absl::Status& status);
absl::Status StatusFromBytes(absl::string_view bytes);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_ENTRY_FORM_H_
