#ifndef CH8_SERVICES_MANDATE_CORE_DELEGATIONS_H_
#define CH8_SERVICES_MANDATE_CORE_DELEGATIONS_H_

#include <optional>
#include <vector>

#include "services/kernel/machine.h"
#include "services/mandate/core/vocabulary.h"

// Delegations from a decision, or from a wider delegation, to a post. Each narrows what it rests on
// (rule A-2) and takes its ceilings out of the parent's account, so no ceiling is given twice.
namespace ch8::mandate {

void AddDelegationRoutes(kernel::Routes& routes);

// Ends, with an event each, the delegations whose last day is over. At most 256 events.
std::vector<kernel::Event> DecideDelegationsDue(const kernel::Context& context,
                                                const kernel::State& state);

// Another own ledger says that it has logged the end of a delegation (rule A-7). Refused:
// UNEXPECTED_ENTRY.
kernel::Verdict DecideAcknowledgement(const kernel::Delivered& delivered,
                                      const kernel::State& state);

// What came back onto an ended delegation's account goes on to the nearest that it rested on and
// that is in force, at last the decision; nothing while the delegation itself is.
struct CameBack {
  absl::string_view unit;
  uint32_t account = 0;
  uint64_t quantity = 0;
};
std::optional<kernel::Event> PassOn(const kernel::RowReader& rows, const v1::Delegation& delegation,
                                    const CameBack& back);

void ApplyDelegationRecorded(const v1::Delegation& delegation, kernel::Rows& rows);

}  // namespace ch8::mandate

#endif  // CH8_SERVICES_MANDATE_CORE_DELEGATIONS_H_
