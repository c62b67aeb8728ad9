#ifndef CH8_TESTS_SIM_MANDATE_OFFICERS_H_
#define CH8_TESTS_SIM_MANDATE_OFFICERS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "chapter8/mandate/v1/mandate.pb.h"
#include "tests/sim/caller.h"
#include "tests/sim/node.h"
#include "tests/sim/random.h"

namespace ch8::sim {

// What the mandate officers of all organizations do: they enter a decision with a ceiling, delegate
// parts of it, allot slices to the ledgers that spend, and revoke.
//
// Thread safety: none.
class MandateOfficers {
 public:
  explicit MandateOfficers(Random& random) : random_(random), caller_(random, "mandate") {}

  // What a new organization enters first: the decision that all rests on.
  std::vector<Call> FirstCalls();
  Call Any(const std::string& organization);
  void Learn(const std::string& organization, const Answer& answer);
  // Whether the organization has a decision to delegate from.
  bool Delegates(const std::string& organization) const { return known_.contains(organization); }
  // One that an offer of the ledger may name, mostly in force; empty when there is none.
  std::string AnyDelegation(const std::string& organization, const std::string& service);

 private:
  Call Propose(const std::string& parent);
  Call Confirm(const std::string& delegation);
  Call Allot(const std::string& delegation);
  Call Revoke(const std::string& delegation);
  std::vector<std::string> In(const std::string& organization,
                              chapter8::mandate::v1::Delegation::State state) const;

  Random& random_;
  Caller caller_;
  // Delegations of which a ledger may have a slice, by organization and service.
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> allotted_;
  // By organization and name, as last heard.
  std::map<std::string, std::map<std::string, chapter8::mandate::v1::Delegation::State>> known_;
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_MANDATE_OFFICERS_H_
