#ifndef CH8_SERVICES_FINANCE_CORE_BUDGET_LINES_H_
#define CH8_SERVICES_FINANCE_CORE_BUDGET_LINES_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/finance/core/vocabulary.h"
#include "services/kernel/machine.h"

// Budget lines of the receiving organization: where given money lands. Each has two accounts in the
// books: the givers' side, and the line itself, whose pending credits are receivables.
namespace ch8::finance {

void AddBudgetLineRoutes(kernel::Routes& routes);

// Errors: kInvalidArgument/BAD_NAME; kNotFound/UNKNOWN_BUDGET_LINE.
absl::StatusOr<v1::BudgetLine> FindBudgetLine(const kernel::RowReader& rows,
                                              absl::string_view name);

void ApplyBudgetLineCreated(const v1::FinanceEvent::BudgetLineCreated& event, kernel::Rows& rows);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_BUDGET_LINES_H_
