#include "chapter8/finance/v1/finance_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::finance::v1::BudgetLine;
using chapter8::finance::v1::CreateBudgetLineRequest;
using chapter8::finance::v1::GetBudgetLineRequest;
using chapter8::finance::v1::ListBudgetLinesRequest;
using chapter8::finance::v1::ListBudgetLinesResponse;

absl::Status Add(const Arguments& arguments, Session& session) {
  CreateBudgetLineRequest request;
  request.set_budget_line_id(arguments.Get("id"));
  BudgetLine& line = *request.mutable_resource();
  line.set_title(arguments.Get("title"));
  line.set_operation(OperationName(arguments.Get("operation")));
  line.set_currency_code(arguments.Get("currency"));
  BudgetLine created;
  RETURN_IF_ERROR(session.Act("finance.v1.BudgetService.CreateBudgetLine", request, created));
  session.ShowRecord(created);
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  GetBudgetLineRequest request;
  request.set_name(BudgetLineName(arguments.Get("line"), session.own()));
  BudgetLine line;
  RETURN_IF_ERROR(session.Read("finance.v1.BudgetService.GetBudgetLine", request, line));
  session.ShowRecord(line);
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  std::vector<BudgetLine> lines;
  RETURN_IF_ERROR(ListAll<ListBudgetLinesResponse>(
      session, "finance.v1.BudgetService.ListBudgetLines", ListBudgetLinesRequest(),
      [&](const ListBudgetLinesResponse& page) {
        lines.insert(lines.end(), page.budget_lines().begin(), page.budget_lines().end());
      }));
  session.ShowList(Pointers(lines), {{"line", "name"},
                                     {"operation", "operation"},
                                     {"received", "received_minor"},
                                     {"receivable", "receivable_minor"},
                                     {"title", "title"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> BudgetCommands() {
  return {{.path = {"budget", "add"},
           .summary = "add a budget line: where given money lands",
           .parameters = {Positional("id", "letters, digits and -"),
                          Required("title", "TEXT", "what it pays for"),
                          Required("operation", "OPERATION", "e.g. aussom"),
                          Required("currency", "USD", "ISO 4217")},
           .run = Add,
           .notes = ""},
          {.path = {"budget", "show"},
           .summary = "a budget line with its balances",
           .parameters = {Positional("line", "its id")},
           .run = Show,
           .notes = ""},
          {.path = {"budget", "list"},
           .summary = "all budget lines with their balances",
           .parameters = {},
           .run = List,
           .notes = ""}};
}

}  // namespace ch8::cli
