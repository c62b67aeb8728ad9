#ifndef CH8_SERVICES_FINANCE_CORE_BUDGET_CEILINGS_H_
#define CH8_SERVICES_FINANCE_CORE_BUDGET_CEILINGS_H_

#include <vector>

#include "chapter8/mandate/v1/mandate.pb.h"
#include "services/finance/core/vocabulary.h"
#include "services/kernel/machine.h"

// Ceilings on assessed money as accounts: each budget period of an operation has one, which follows
// the budgets that the mandate ledger confirms (rules F-2, F-3).
//
// Thread safety: none; as the rows.
namespace ch8::finance {

// A confirmed budget opens the ceiling of its period, or moves it to the cap that counts from now
// on. What is already held or posted stays where it is.
std::vector<kernel::Event> DecideBudgetFact(const chapter8::mandate::v1::MandateEvent& fact,
                                            const kernel::State& state);

// The operation with what this ledger knows of its references and budget periods.
v1::Operation WithGrounds(v1::Operation operation, const kernel::RowReader& rows);

void ApplyBudgetCeilingMoved(const v1::FinanceEvent::BudgetCeilingMoved& event, kernel::Rows& rows);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_BUDGET_CEILINGS_H_
