#ifndef CH8_TESTS_SIM_HEAD_AUDITOR_H_
#define CH8_TESTS_SIM_HEAD_AUDITOR_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "storage/base/hash.h"
#include "storage/ledger/ledger.h"
#include "storage/merkle/checkpoint.h"

namespace ch8::sim {

// Sees every head that leaves a ledger or a witness: one root for each size, for ever, and of each
// ledger one history for each witness, whatever its owner shows to whom.
//
// Every function answers OK, or says which invariant is broken.
// Thread safety: none.
class HeadAuditor {
 public:
  // From now on the ledger `origin` has a second history, which has its first `size` entries.
  struct Twin {
    std::string history;
    uint64_t size = 0;
  };
  void Fork(const std::string& origin, const Twin& twin);

  // A head that left the node which keeps `history`.
  absl::Status ReadSigned(const std::string& history, const std::string& note);
  // A head that left the witness of `trust_domain` with its signature.
  absl::Status ReadCosigned(const std::string& trust_domain, const std::string& note);
  // A service has taken a page under a head: its own witness has cosigned that, or one of the same
  // history above it; and the service does not go back behind what it had verified.
  struct Taken {
    std::string trust_domain;
    std::string note;
    uint64_t verified_size = 0;  // Before, as of what is durable.
  };
  absl::Status CheckTaken(const Taken& taken) const;
  // A witness's ledger knows all that it has cosigned.
  absl::Status CheckRemembered(const std::string& trust_domain, const Ledger& ledger) const;
  // What a ledger says that others have cosigned of it they have.
  absl::Status CheckClaims(const Ledger& ledger) const;

 private:
  struct Cosigned {
    uint64_t size_max = 0;
    std::set<std::string> histories;  // Those that have all heads cosigned so far.
  };

  std::set<std::string> HistoriesOf(const Checkpoint& head) const;
  bool IsOf(const std::string& history, const Checkpoint& head) const;

  std::map<std::pair<std::string, uint64_t>, Hash> signed_;                // By history and size.
  std::map<std::string, Twin> twins_;                                      // By origin.
  std::map<std::pair<std::string, std::string>, Cosigned> cosigned_;       // By domain and origin.
  std::set<std::tuple<std::string, std::string, uint64_t, Hash>> issued_;  // The same, each head.
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_HEAD_AUDITOR_H_
