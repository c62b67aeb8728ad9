#ifndef CH8_TESTS_SIM_CEILING_AUDITOR_H_
#define CH8_TESTS_SIM_CEILING_AUDITOR_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "chapter8/mandate/v1/mandate.pb.h"
#include "tests/sim/counts.h"

namespace ch8::sim {

// A god's view of ceilings. What the ledgers of an organization together have been given under a
// decision or delegation, less what they gave back, with all that rests on it, is never more than
// its ceiling; and what acts in a ledger hold and have spent under a delegation is never more than
// that ledger was given. It reads ceilings and acts as they are logged, and adds up postings.
//
// Every function that answers a status answers OK, or says which invariant is broken.
// Thread safety: none.
class CeilingAuditor {
 public:
  // An entry of the ledger `origin`.
  absl::Status Read(const std::string& origin, const chapter8::ledger::v1::Entry& entry);
  // A restored ledger goes on without what it lost.
  void Forget(const std::string& origin) {
    mandates_.erase(origin);
    spenders_.erase(origin);
  }
  // After every ledger was read; `liar` is a trust domain one of whose ledgers has two histories,
  // which are not checked, or empty.
  absl::Status Check(absl::string_view liar) const;
  // Nothing is lost: what is in force has all of its ceiling, there or given; what has ended has
  // nothing, and its slices have no more than was spent.
  absl::Status CheckAtRest(absl::string_view liar) const;

  // Of slices, and of what is done under delegations.
  const Counts& counts() const { return counts_; }

 private:
  struct Ceiling {
    int64_t quantity = 0;
    uint32_t account = 0;
  };
  // A decision or a delegation.
  struct Scope {
    std::string parent = {};  // Empty for a decision.
    bool ended = false;
    std::map<std::string, Ceiling> ceilings = {};  // By unit.
  };
  struct Mandate {
    std::map<std::string, Scope> scopes;    // By name.
    std::map<uint32_t, int64_t> available;  // By account.
  };
  using SliceKey = std::pair<std::string, std::string>;  // Delegation and unit.
  struct Act {
    SliceKey slice;
    int64_t quantity = 0;
  };
  // A ledger whose acts spend.
  struct Spender {
    std::map<uint32_t, SliceKey> sources;  // By source account.
    std::map<SliceKey, int64_t> given;     // Less what went back.
    std::map<std::string, Act> acts;       // By transfer, while they hold or have spent.
  };

  static absl::Status ReadMandate(const chapter8::ledger::v1::Entry& entry, Mandate& mandate);
  void ReadSlices(const chapter8::ledger::v1::Entry& entry, Spender& spender);
  // An offer that an event records, or ends.
  void ReadOffer(absl::string_view service, const std::string& event, Spender& spender);
  void ReadStep(absl::string_view service, const chapter8::ledger::v1::Entry& entry,
                Spender& spender);
  static int64_t SpentOf(const Spender& spender, const SliceKey& slice);
  // What ledgers have of the scope, and of those that rest on it.
  int64_t LoadOf(const std::string& origin, const std::string& scope,
                 const std::string& unit) const;
  absl::Status CheckEnded(const std::string& origin, const std::string& scope,
                          const std::string& unit) const;

  std::map<std::string, Mandate> mandates_;  // By origin.
  std::map<std::string, Spender> spenders_;  // The same.
  Counts counts_;
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_CEILING_AUDITOR_H_
