#ifndef CH8_CLIENTS_VERIFY_LEDGER_CHECK_H_
#define CH8_CLIENTS_VERIFY_LEDGER_CHECK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/verify/coverage.h"
#include "clients/verify/opened_export.h"
#include "clients/verify/seal_check.h"

namespace ch8::verify {

// A signed head of the ledger that somebody holds.
struct HeldHead {
  // Whether it came from outside all exports: then an export that ends before it is refused, while
  // one of a neighbouring export may just be younger.
  enum class From { kOutside, kExport };

  Checkpoint checkpoint;
  std::string holder;  // "the head file", "au.example/ch8/finance"
  From from = From::kExport;
  bool by_trusted_key = false;  // Of one outside: signed by a key in the trust file itself.
};

// What was found of a ledger that holds together.
struct LedgerFindings {
  std::string origin;
  uint64_t size = 0;
  Hash root;
  Coverage coverage = Coverage::kComplete;
  uint64_t disclosed = 0;  // Entries; what is counted below is counted of these.
  bool exercise = false;
  uint64_t signatures = 0;  // Officers' acts.
  uint64_t accounts = 0;
  uint64_t posted = 0;                // Two-sided transfers.
  uint64_t seals = 0;                 // Made anew; of a sample none can be.
  std::vector<ScopeFindings> scopes;  // Of a sample.
  std::vector<KeyChange> key_changes{};
  bool keys_by_root = false;  // Trust in the key that signed the head rests on that: FollowedKeys.
  // Whether others must hold its heads: it moves value or, as far as disclosed, speaks to other
  // organizations.
  bool needs_outside_head = false;
  uint64_t outside_head_size = 0;    // The largest that agrees; 0: there is none.
  bool head_by_trusted_key = false;  // Whether one of them is.
  std::vector<std::string> remarks;
};

// Reads the whole log once and checks all that can be checked of it alone: README.md lists it.
// Errors: a refusal naming the first wrong entry or file; kUnavailable when a file cannot be read.
absl::StatusOr<LedgerFindings> CheckLedger(OpenedLedger& ledger,
                                           const std::vector<HeldHead>& heads);

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_LEDGER_CHECK_H_
