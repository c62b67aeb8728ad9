#ifndef CH8_TESTS_SIM_CEILING_AUDITOR_H_
#define CH8_TESTS_SIM_CEILING_AUDITOR_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "chapter8/mandate/v1/mandate.pb.h"

namespace ch8::sim {

// A god's view of ceilings: what the ledgers of an organization together may spend under a decision
// or delegation, or have spent, with all that rests on it, is never more than its ceiling. It reads
// the ceilings as the mandate ledger logs them, and adds up what postings do to the slices' source
// accounts in the ledgers that spend.
//
// Thread safety: none.
class CeilingAuditor {
 public:
  // An entry of the ledger `origin`.
  void Read(const std::string& origin, const chapter8::ledger::v1::Entry& entry);
  // A restored ledger goes on without what it lost.
  void Forget(const std::string& origin) {
    mandates_.erase(origin);
    spenders_.erase(origin);
  }
  // After every ledger was read; `liar` is a trust domain whose ledgers have two histories, or
  // empty. Answers OK, or says which ceiling is broken.
  absl::Status Check(absl::string_view liar) const;

 private:
  // A decision or a delegation.
  struct Scope {
    std::string parent;  // Empty for a decision.
    bool ended = false;
    std::map<std::string, int64_t> ceilings;  // By unit.
  };
  struct Slice {
    std::string delegation;
    std::string unit;
    int64_t given = 0;  // Less what went back.
  };
  using Mandate = std::map<std::string, Scope>;  // By name.

  static void ReadMandate(const chapter8::mandate::v1::MandateEvent& event, Mandate& mandate);
  // What ledgers have of the scope, and of those that rest on it.
  int64_t LoadOf(const std::string& origin, const std::string& scope,
                 const std::string& unit) const;

  std::map<std::string, Mandate> mandates_;                    // By origin.
  std::map<std::string, std::map<uint32_t, Slice>> spenders_;  // By origin and source account.
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_CEILING_AUDITOR_H_
