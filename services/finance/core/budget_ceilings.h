#ifndef CH8_SERVICES_FINANCE_CORE_BUDGET_CEILINGS_H_
#define CH8_SERVICES_FINANCE_CORE_BUDGET_CEILINGS_H_

#include <cstdint>
#include <vector>

#include "chapter8/mandate/v1/mandate.pb.h"
#include "services/finance/core/assessed.h"
#include "services/finance/core/vocabulary.h"
#include "services/kernel/machine.h"

// Ceilings on assessed money as accounts: each budget period of an operation has one, which follows
// the budgets that the mandate ledger confirms (rules F-2, F-3).
//
// Thread safety: none; as the rows.
namespace ch8::finance {

// A confirmed budget opens the ceiling of its period, or moves it to the cap that counts from now
// on. What is already allotted stays where it is.
std::vector<kernel::Event> DecideBudgetFact(const chapter8::mandate::v1::MandateEvent& fact,
                                            const kernel::State& state);

// An allotment takes `quantity` of its period's ceiling, which has that much headroom.
void TakeFromCeiling(const Ceiling& ceiling, uint64_t quantity, kernel::Event& event);
// It gives `quantity` back; what is then above the cap leaves the books' ceiling.
void ReturnToCeiling(const Ceiling& ceiling, uint64_t quantity, kernel::Event& event);

// The operation with what this ledger knows of its references and budget periods.
v1::Operation WithGrounds(v1::Operation operation, const kernel::RowReader& rows);

void ApplyBudgetCeilingMoved(const v1::FinanceEvent::BudgetCeilingMoved& event, kernel::Rows& rows);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_BUDGET_CEILINGS_H_
