#ifndef CH8_SERVICES_FINANCE_CORE_FUNDS_H_
#define CH8_SERVICES_FINANCE_CORE_FUNDS_H_

#include <cstdint>
#include <string>

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

// Rule F-19: the fund's money may go to the operation that `purpose` (a request, an allotment) is
// for. Errors: kFailedPrecondition/EARMARK.
struct Earmarked {
  std::string operation;
  std::string purpose;
  std::string instead;  // The next command when the fund is for another operation.
};
absl::Status CheckEarmark(const v1::Fund& fund, const Earmarked& wanted);

// Rule F-15: an account of the books has what is wanted of it.
struct Spending {
  std::string holder;  // Whose account it is: a fund or an allotment.
  uint32_t account = 0;
  chapter8::type::v1::Money wanted;
  std::string instead;  // The next command when it has less.
};
// Errors: kFailedPrecondition/INSUFFICIENT (metadata: available, wanted).
absl::Status CheckAvailable(const Spending& spending, const kernel::Accounts& accounts);

// The command that lists what may be given for the operation, with what extra-budgetary funds of
// the currency have available: "ch8 fund list --for AUSSOM  2 extra-budgetary funds, USD 1.00
// available".
std::string VoluntaryCommand(const kernel::Context& context, const kernel::State& state,
                             const v1::Operation& operation, absl::string_view currency_code);
// "ch8 fund list --for AUSSOM".
std::string FundListCommand(absl::string_view operation);

void ApplyFundCreated(const v1::FinanceEvent::FundCreated& event, kernel::Rows& rows);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_FUNDS_H_
