#include "services/finance/core/operations.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "services/finance/core/assessed.h"
#include "services/finance/core/budget_ceilings.h"
#include "services/kernel/fields.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"

namespace ch8::finance {
namespace {

using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::Operation;

constexpr absl::string_view kCollection = "operations/";

// The stored row with what follows from the ledger's day and the books.
Operation Shown(Operation operation, absl::CivilDay day, const kernel::Accounts& accounts) {
  operation.set_etag(kernel::EtagOf(operation));
  operation.set_funding_2719(Funding2719On(operation, day));
  const std::optional<Ceiling> ceiling = CeilingOn(operation, day, accounts);
  if (!ceiling.has_value()) return operation;
  operation.mutable_assessed_cap()->set_currency_code(ceiling->currency_code);
  operation.mutable_assessed_cap()->set_amount_minor(ceiling->cap_minor);
  operation.mutable_assessed_used()->set_currency_code(ceiling->currency_code);
  operation.mutable_assessed_used()->set_amount_minor(ceiling->used_minor);
  operation.set_ceiling_breach(ceiling->breached());
  return operation;
}

std::function<std::string(const State&)> ReplyWith(std::string name, absl::CivilDay day) {
  return [name = std::move(name), day](const State& state) {
    const auto row = FindOperation(state.rows, name);
    return Shown(row.value_or(Operation()), day, state.accounts).SerializeAsString();
  };
}

absl::StatusOr<Decision> CreateOperation(const Context& context,
                                         const v1::CreateOperationRequest& request,
                                         const State& state) {
  RETURN_IF_ERROR(kernel::CheckId(request.operation_id(), "operation_id"));
  RETURN_IF_ERROR(kernel::CheckText(request.resource().title(), "resource.title"));
  RETURN_IF_ERROR(kernel::CheckName(request.resource().lead(), "organizations/*", "resource.lead"));
  const std::string name = absl::StrCat(kCollection, request.operation_id());
  if (kernel::TableReader<Operation>(state.rows).Find(name).has_value()) {
    return kernel::Taken("OPERATION_EXISTS", name,
                         absl::StrCat("ch8 operation show ", request.operation_id()));
  }
  v1::FinanceEvent event;
  Operation& operation = *event.mutable_operation_created()->mutable_operation();
  operation.set_name(name);
  operation.set_title(request.resource().title());
  operation.set_lead(request.resource().lead());
  return Decision{{kernel::DomainEvent(event)}, ReplyWith(name, kernel::DayOf(context.time))};
}

absl::StatusOr<Operation> GetOperation(const Context& context,
                                       const v1::GetOperationRequest& request, const State& state) {
  ASSIGN_OR_RETURN(const Operation operation, FindOperation(state.rows, request.name()));
  return Shown(operation, kernel::DayOf(context.time), state.accounts);
}

absl::StatusOr<v1::ListOperationsResponse> ListOperations(const Context& context,
                                                          const v1::ListOperationsRequest& request,
                                                          const State& state) {
  return kernel::ListPage<Operation, v1::ListOperationsRequest, v1::ListOperationsResponse>(
      state.rows, kCollection, request, [](const Operation&) { return true; },
      [&](const Operation& row, v1::ListOperationsResponse& response) {
        *response.add_operations() =
            Shown(WithGrounds(row, state.rows), kernel::DayOf(context.time), state.accounts);
      });
}

}  // namespace

absl::StatusOr<Operation> FindOperation(const kernel::RowReader& rows, absl::string_view name) {
  RETURN_IF_ERROR(kernel::CheckName(name, "operations/*", "operation"));
  std::optional<Operation> row = kernel::TableReader<Operation>(rows).Find(name);
  if (!row.has_value()) return kernel::Unknown("UNKNOWN_OPERATION", name, "ch8 operation list");
  return WithGrounds(*std::move(row), rows);
}

void AddOperationRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.finance.v1.OperationService/";
  routes.AddCommand<v1::CreateOperationRequest>(service + "CreateOperation", CreateOperation);
  routes.AddRead<v1::GetOperationRequest>(service + "GetOperation", kernel::ReadPath::kSequenced,
                                          GetOperation);
  routes.AddRead<v1::ListOperationsRequest>(service + "ListOperations",
                                            kernel::ReadPath::kSequenced, ListOperations);
}

void ApplyOperationCreated(const v1::FinanceEvent::OperationCreated& event, kernel::Rows& rows) {
  kernel::PutRow(rows, event.operation());
}

}  // namespace ch8::finance
