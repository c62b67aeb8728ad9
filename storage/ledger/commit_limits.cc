#include "storage/ledger/commit_limits.h"

#include "absl/strings/str_cat.h"
#include "storage/base/limits.h"

namespace ch8 {

absl::StatusOr<uint64_t> CheckedEntryCount(const Ledger::CommitRequest& request) {
  uint64_t entries = 0;
  uint64_t payload_bytes = 0;
  for (const RequestEntries& part : request.requests) {
    entries += part.entries.size();
    for (const NewEntry& entry : part.entries) {
      if (entry.payload.size() > kPayloadSizeMax) {
        return absl::ResourceExhaustedError(
            absl::StrCat("payload of ", entry.payload.size(), " bytes; at most ", kPayloadSizeMax));
      }
      payload_bytes += entry.payload.size();
    }
  }
  if (entries > kCommitEntriesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("commit of ", entries, " entries; at most ", kCommitEntriesMax));
  }
  if (payload_bytes > kCommitBytesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("commit of ", payload_bytes, " payload bytes; at most ", kCommitBytesMax));
  }
  for (const RowWrite& row : request.rows) {
    if (row.table == Table::kMeta && !row.key.empty() && row.key[0] == '!') {
      return absl::InvalidArgumentError("meta keys starting with '!' belong to the storage layer");
    }
  }
  return entries;
}

absl::Status CheckRun(const IndexRun& run, uint64_t durable_size) {
  if (run.through_size() > durable_size) {
    return absl::InvalidArgumentError(absl::StrCat("an index run reaches ", run.through_size(),
                                                   ", the durable log only ", durable_size));
  }
  if (!run.sorted()) return absl::InvalidArgumentError("an index run is not strictly sorted");
  return absl::OkStatus();
}

}  // namespace ch8
