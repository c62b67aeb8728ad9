#ifndef CH8_SERVICES_FINANCE_CORE_FUNDS_H_
#define CH8_SERVICES_FINANCE_CORE_FUNDS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/finance/core/vocabulary.h"
#include "services/kernel/machine.h"

// Funds: money of one source and one currency. Each has three accounts in the books: where received
// money comes from, what is available (never below zero, holds included), what was given.
namespace ch8::finance {

void AddFundRoutes(kernel::Routes& routes);

// Errors: kInvalidArgument/BAD_NAME; kNotFound/UNKNOWN_FUND.
absl::StatusOr<v1::Fund> FindFund(const kernel::RowReader& rows, absl::string_view name);

void ApplyFundCreated(const v1::FinanceEvent::FundCreated& event, kernel::Rows& rows);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_FUNDS_H_
