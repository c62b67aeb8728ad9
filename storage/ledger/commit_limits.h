#ifndef CH8_STORAGE_LEDGER_COMMIT_LIMITS_H_
#define CH8_STORAGE_LEDGER_COMMIT_LIMITS_H_

#include "absl/status/statusor.h"
#include "storage/ledger/ledger.h"

namespace ch8 {

// The number of entries in `request`, which every Ledger checks before it writes a byte.
// Errors: kResourceExhausted when an entry or byte limit is exceeded; kInvalidArgument when a row
// of Table::kMeta has a key that belongs to the storage layer.
absl::StatusOr<uint64_t> CheckedEntryCount(const Ledger::CommitRequest& request);

// Errors: kInvalidArgument unless the keys rise strictly and the run ends within the durable log.
absl::Status CheckRun(const IndexRun& run, uint64_t durable_size);

}  // namespace ch8

#endif  // CH8_STORAGE_LEDGER_COMMIT_LIMITS_H_
