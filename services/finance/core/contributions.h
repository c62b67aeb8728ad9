#ifndef CH8_SERVICES_FINANCE_CORE_CONTRIBUTIONS_H_
#define CH8_SERVICES_FINANCE_CORE_CONTRIBUTIONS_H_

#include "services/finance/core/vocabulary.h"
#include "services/kernel/machine.h"

// Contributions to funds, from pledge over commitment to paid (rules F-9 to F-14). A pledge is
// never in a total, kind is never cash, and only what is paid in cash can be spent: it moves from
// the fund's source account to its available one in the entry that records it.
namespace ch8::finance {

void AddContributionRoutes(kernel::Routes& routes);

void ApplyContributionRecorded(const v1::FinanceEvent::ContributionRecorded& event,
                               kernel::Rows& rows);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_CONTRIBUTIONS_H_
