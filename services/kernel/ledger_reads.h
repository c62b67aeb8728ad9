#ifndef CH8_SERVICES_KERNEL_LEDGER_READS_H_
#define CH8_SERVICES_KERNEL_LEDGER_READS_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "storage/ledger/ledger.h"

// The answers of chapter8.ledger.v1.LedgerService that need a ledger alone. Whoever gives them has
// checked authority before; `note` is a signed checkpoint of that ledger, at most its durable size.
//
// Thread safety: any thread.
namespace ch8::kernel {

// A page of entries stays below this: it fits the officers' 4 MiB messages with room to spare, and
// holds a thread for some milliseconds only.
inline constexpr size_t kReadBytesMax = 2 * 1024 * 1024;

// Errors: kInvalidArgument when `note` holds no checkpoint of `ledger`.
absl::StatusOr<chapter8::ledger::v1::Checkpoint> ReadCheckpoint(const Ledger& ledger,
                                                                absl::string_view note);

// Errors: kOutOfRange/NO_SUCH_ENTRY when `begin` is beyond the durable size; kDataLoss.
absl::StatusOr<chapter8::ledger::v1::ReadEntriesResponse> ReadEntries(
    const Ledger& ledger, const chapter8::ledger::v1::ReadEntriesRequest& request);

// Errors: kOutOfRange/NO_SUCH_ENTRY when the checkpoint does not cover it; those of
// ReadCheckpoint(); kDataLoss.
absl::StatusOr<chapter8::ledger::v1::InclusionProof> ProveInclusion(
    const Ledger& ledger, absl::string_view note,
    const chapter8::ledger::v1::GetInclusionProofRequest& request);

// Errors: kOutOfRange/NO_SUCH_SIZE when the checkpoint is smaller; those of ReadCheckpoint();
// kDataLoss.
absl::StatusOr<chapter8::ledger::v1::ConsistencyProof> ProveConsistency(
    const Ledger& ledger, absl::string_view note,
    const chapter8::ledger::v1::GetConsistencyProofRequest& request);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_LEDGER_READS_H_
