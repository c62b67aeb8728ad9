#include "chapter8/finance/v1/finance_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::finance::v1::CreateOperationRequest;
using chapter8::finance::v1::GetOperationRequest;
using chapter8::finance::v1::ListOperationsRequest;
using chapter8::finance::v1::ListOperationsResponse;
using chapter8::finance::v1::Operation;

absl::Status Add(const Arguments& arguments, Session& session) {
  CreateOperationRequest request;
  request.set_operation_id(arguments.Get("id"));
  request.mutable_resource()->set_title(arguments.Get("title"));
  request.mutable_resource()->set_lead(OrganizationName(arguments.Get("lead")));
  Operation created;
  RETURN_IF_ERROR(session.Act("finance.v1.OperationService.CreateOperation", request, created));
  session.ShowRecord(created);
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  GetOperationRequest request;
  request.set_name(OperationName(arguments.Get("operation")));
  Operation operation;
  RETURN_IF_ERROR(session.Read("finance.v1.OperationService.GetOperation", request, operation));
  session.ShowRecord(operation);
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  std::vector<Operation> operations;
  RETURN_IF_ERROR(ListAll<ListOperationsResponse>(
      session, "finance.v1.OperationService.ListOperations", ListOperationsRequest(),
      [&](const ListOperationsResponse& page) {
        operations.insert(operations.end(), page.operations().begin(), page.operations().end());
      }));
  session.ShowList(Pointers(operations), {{"operation", "name"},
                                          {"lead", "lead"},
                                          {"2719 funding", "funding_2719"},
                                          {"assessed cap", "assessed_cap"},
                                          {"assessed used", "assessed_used"},
                                          {"title", "title"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> OperationCommands() {
  return {{.path = {"operation", "add"},
           .summary = "enter an operation",
           .parameters = {Positional("id", "letters, digits and -, e.g. aussom"),
                          Required("title", "TEXT", "its full title"),
                          Required("lead", "ORG", "the organization that leads it")},
           .run = Add,
           .notes = ""},
          {.path = {"operation", "show"},
           .summary = "an operation with its confirmed references",
           .parameters = {Positional("operation", "e.g. aussom")},
           .run = Show,
           .notes = ""},
          {.path = {"operation", "list"},
           .summary = "all operations",
           .parameters = {},
           .run = List,
           .notes = ""}};
}

}  // namespace ch8::cli
