#ifndef CH8_STORAGE_LEDGER_DURABLE_READS_H_
#define CH8_STORAGE_LEDGER_DURABLE_READS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/base/hash.h"
#include "storage/merkle/proof.h"

// RFC 6962 roots and proofs that stop at what a crash cannot take. Shared by all ledgers.
//
// Errors of each: kOutOfRange when a position lies beyond `durable_size` or the first of two beyond
// the second; the reader's own. Thread safety: as the reader.
namespace ch8 {

absl::StatusOr<Hash> DurableRoot(const NodeReader& tree, uint64_t size, uint64_t durable_size);

// Wants index < size <= durable_size.
absl::StatusOr<std::vector<Hash>> DurableInclusionProof(const NodeReader& tree, uint64_t index,
                                                        uint64_t size, uint64_t durable_size);

// Wants old_size <= new_size <= durable_size.
absl::StatusOr<std::vector<Hash>> DurableConsistencyProof(const NodeReader& tree, uint64_t old_size,
                                                          uint64_t new_size, uint64_t durable_size);

}  // namespace ch8

#endif  // CH8_STORAGE_LEDGER_DURABLE_READS_H_
