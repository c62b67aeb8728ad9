#ifndef CH8_CLIENTS_VERIFY_HALVES_CHECK_H_
#define CH8_CLIENTS_VERIFY_HALVES_CHECK_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "clients/verify/opened_export.h"

namespace ch8::verify {

// The ledgers at hand, by origin; each has passed CheckLedger().
using LedgersByOrigin = std::map<std::string, OpenedLedger*>;

struct HalvesFindings {
  uint64_t compared = 0;  // Deliveries whose entry was found in the other ledger, and is the same.
  uint64_t by_leaf = 0;   // Deliveries whose entry has the right leaf there and is not disclosed.
  uint64_t beyond = 0;    // Deliveries of entries above the other export's end.
};

// Compares the two halves of what went from one ledger to another, wherever both are at hand: the
// entry that `ledger` says it took stands in the other log at that index, with that leaf hash, was
// addressed to this organization under that number, and what was made of it here (a step, a fact)
// says what it says there. Of what is not disclosed here, nothing; of what is not disclosed there,
// the leaf.
// Errors: a refusal naming the entry of `ledger`.
absl::StatusOr<HalvesFindings> CheckHalves(OpenedLedger& ledger, const LedgersByOrigin& all);

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_HALVES_CHECK_H_
