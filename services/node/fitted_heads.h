#ifndef CH8_SERVICES_NODE_FITTED_HEADS_H_
#define CH8_SERVICES_NODE_FITTED_HEADS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/ledger/ledger.h"

namespace ch8::node {

// A ledger of this node, and the size at which it was made anew (rebuilt_ledger.h), 0 if it never
// was.
struct FittedLedger {
  Ledger* ledger = nullptr;
  uint64_t rebuilt_size = 0;
};

// Copies of a node's ledgers are taken one after the other. So one that comes back may have
// verified a head of another that is beyond that one's copy, and would hold it to that for ever.
// Where both were made anew and have nothing new yet, such heads are taken back to the newest that
// the source's log has a note of, unless something beyond that was taken: then the reader's feed
// says so. What a ledger knows that was never lost stays: it may be the proof that a copy is too
// old.
//
// Returns how many. Errors: those of Ledger::Commit() and Sync(); kDataLoss when a row or a note
// does not parse.
//
// Thread safety: one thread, before anything serves these ledgers.
absl::StatusOr<int> FitHeads(const std::vector<FittedLedger>& ledgers);

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_FITTED_HEADS_H_
