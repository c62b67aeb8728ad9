#ifndef CH8_SERVICES_FINANCE_CORE_OPERATIONS_H_
#define CH8_SERVICES_FINANCE_CORE_OPERATIONS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "services/finance/core/vocabulary.h"
#include "services/kernel/machine.h"

// Operations that money is asked and given for.
namespace ch8::finance {

void AddOperationRoutes(kernel::Routes& routes);

// With its references and budget periods. Errors: kInvalidArgument/BAD_NAME;
// kNotFound/UNKNOWN_OPERATION.
absl::StatusOr<v1::Operation> FindOperation(const kernel::RowReader& rows, absl::string_view name);

void ApplyOperationCreated(const v1::FinanceEvent::OperationCreated& event, kernel::Rows& rows);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_OPERATIONS_H_
