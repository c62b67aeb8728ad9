#include "storage/ledger/durable_reads.h"

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace ch8 {
namespace {

// OK iff low <= high <= durable_size.
absl::Status CheckRange(uint64_t low, uint64_t high, uint64_t durable_size) {
  if (low <= high && high <= durable_size) return absl::OkStatus();
  return absl::OutOfRangeError(absl::StrCat("no proof from ", low, " to ", high,
                                            ": the durable log has ", durable_size, " entries"));
}

}  // namespace

absl::StatusOr<Hash> DurableRoot(const NodeReader& tree, uint64_t size, uint64_t durable_size) {
  RETURN_IF_ERROR(CheckRange(0, size, durable_size));
  return RootAt(size, tree);
}

absl::StatusOr<std::vector<Hash>> DurableInclusionProof(const NodeReader& tree, uint64_t index,
                                                        uint64_t size, uint64_t durable_size) {
  if (index >= size) {
    return absl::OutOfRangeError(
        absl::StrCat("entry ", index, " is not in a log of ", size, " entries"));
  }
  RETURN_IF_ERROR(CheckRange(index, size, durable_size));
  return InclusionProof(index, size, tree);
}

absl::StatusOr<std::vector<Hash>> DurableConsistencyProof(const NodeReader& tree, uint64_t old_size,
                                                          uint64_t new_size,
                                                          uint64_t durable_size) {
  RETURN_IF_ERROR(CheckRange(old_size, new_size, durable_size));
  return ConsistencyProof(old_size, new_size, tree);
}

}  // namespace ch8
