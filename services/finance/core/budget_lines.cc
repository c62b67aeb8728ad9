#include "services/finance/core/budget_lines.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "services/books/postings.h"
#include "services/finance/core/operations.h"
#include "services/kernel/fields.h"
#include "services/kernel/money.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"

namespace ch8::finance {
namespace {

using chapter8::books::v1::AccountOpened;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::BudgetLine;

std::string Collection(const Context& context) {
  return absl::StrCat(context.organization, "/budgetLines/");
}

// The stored row with its balances.
BudgetLine Shown(BudgetLine line, const kernel::Accounts& accounts) {
  line.set_etag(kernel::EtagOf(line));
  const absl::StatusOr<kernel::Balance> balance = accounts.Find(line.account());
  if (!balance.ok()) return line;  // A dry run's own line.
  line.set_received_minor(static_cast<int64_t>(balance->credits_posted));
  line.set_receivable_minor(static_cast<int64_t>(balance->credits_held));
  return line;
}

absl::StatusOr<Decision> CreateBudgetLine(const Context& context,
                                          const v1::CreateBudgetLineRequest& request,
                                          const State& state) {
  RETURN_IF_ERROR(kernel::CheckId(request.budget_line_id(), "budget_line_id"));
  const BudgetLine& asked = request.resource();
  RETURN_IF_ERROR(kernel::CheckText(asked.title(), "resource.title"));
  RETURN_IF_ERROR(kernel::CheckCurrency(asked.currency_code(), "resource.currency_code"));
  RETURN_IF_ERROR(FindOperation(state.rows, asked.operation()).status());
  const std::string name = absl::StrCat(Collection(context), request.budget_line_id());
  if (kernel::TableReader<BudgetLine>(state.rows).Find(name).has_value()) {
    return kernel::Taken("BUDGET_LINE_EXISTS", name,
                         absl::StrCat("ch8 budget show ", request.budget_line_id()));
  }
  const uint32_t first = state.accounts.next_account();
  v1::FinanceEvent event;
  auto& created = *event.mutable_budget_line_created();
  created.set_source_account(first);
  BudgetLine& line = *created.mutable_budget_line();
  line.set_name(name);
  line.set_title(asked.title());
  line.set_operation(asked.operation());
  line.set_currency_code(asked.currency_code());
  line.set_account(first + 1);
  kernel::Event logged = kernel::DomainEvent(event);
  books::OpenAccount({first, line.currency_code(), AccountOpened::NONE}, logged);
  books::OpenAccount({first + 1, line.currency_code(), AccountOpened::CREDIT_BALANCE}, logged);
  return Decision{{logged}, [name](const State& after) {
                    const auto row = kernel::TableReader<BudgetLine>(after.rows).Find(name);
                    return Shown(row.value_or(BudgetLine()), after.accounts).SerializeAsString();
                  }};
}

absl::StatusOr<BudgetLine> GetBudgetLine(const Context&, const v1::GetBudgetLineRequest& request,
                                         const State& state) {
  ASSIGN_OR_RETURN(const BudgetLine line, FindBudgetLine(state.rows, request.name()));
  return Shown(line, state.accounts);
}

absl::StatusOr<v1::ListBudgetLinesResponse> ListBudgetLines(
    const Context& context, const v1::ListBudgetLinesRequest& request, const State& state) {
  return kernel::ListPage<BudgetLine, v1::ListBudgetLinesRequest, v1::ListBudgetLinesResponse>(
      state.rows, Collection(context), request, [](const BudgetLine&) { return true; },
      [&](const BudgetLine& line, v1::ListBudgetLinesResponse& response) {
        *response.add_budget_lines() = Shown(line, state.accounts);
      });
}

}  // namespace

absl::StatusOr<BudgetLine> FindBudgetLine(const kernel::RowReader& rows, absl::string_view name) {
  RETURN_IF_ERROR(kernel::CheckName(name, "organizations/*/budgetLines/*", "budget_line"));
  std::optional<BudgetLine> row = kernel::TableReader<BudgetLine>(rows).Find(name);
  if (!row.has_value()) return kernel::Unknown("UNKNOWN_BUDGET_LINE", name, "ch8 budget list");
  return *std::move(row);
}

void AddBudgetLineRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.finance.v1.BudgetService/";
  routes.AddCommand<v1::CreateBudgetLineRequest>(service + "CreateBudgetLine", CreateBudgetLine);
  routes.AddRead<v1::GetBudgetLineRequest>(service + "GetBudgetLine", kernel::ReadPath::kSequenced,
                                           GetBudgetLine);
  routes.AddRead<v1::ListBudgetLinesRequest>(service + "ListBudgetLines",
                                             kernel::ReadPath::kSequenced, ListBudgetLines);
}

void ApplyBudgetLineCreated(const v1::FinanceEvent::BudgetLineCreated& event, kernel::Rows& rows) {
  BudgetLine line = event.budget_line();
  line.set_source_account(event.source_account());
  kernel::PutRow(rows, line);
}

}  // namespace ch8::finance
