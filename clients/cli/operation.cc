#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::finance::v1::ConfirmReferenceRequest;
using chapter8::finance::v1::CreateOperationRequest;
using chapter8::finance::v1::GetOperationRequest;
using chapter8::finance::v1::ListOperationsRequest;
using chapter8::finance::v1::ListOperationsResponse;
using chapter8::finance::v1::Operation;
using chapter8::finance::v1::ProposeReferenceRequest;
using chapter8::finance::v1::Reference;

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

// The optional parts of a reference.
absl::Status ReadDetails(const Arguments& arguments, Reference& reference) {
  if (arguments.Has("budget")) {
    ASSIGN_OR_RETURN(*reference.mutable_budget(), client::ParseMoney(arguments.Get("budget")));
  }
  if (arguments.Has("share-bp")) {
    ASSIGN_OR_RETURN(const uint64_t share, ParseNumber(arguments.Get("share-bp"), "basis points"));
    if (share > 10000) return absl::InvalidArgumentError("a share is at most 10000 basis points");
    reference.set_assessed_share_bp(static_cast<uint32_t>(share));
  }
  if (arguments.Has("state")) {
    ASSIGN_OR_RETURN(const int state,
                     ParseEnum(*Reference::Funding2719_descriptor(), arguments.Get("state")));
    reference.set_funding_2719(static_cast<Reference::Funding2719>(state));
  }
  if (arguments.Has("document")) {
    ASSIGN_OR_RETURN(*reference.mutable_document_sha256(), FileDigest(arguments.Get("document")));
  }
  return absl::OkStatus();
}

absl::Status AddReference(const Arguments& arguments, Session& session) {
  ProposeReferenceRequest request;
  request.set_operation(OperationName(arguments.Get("operation")));
  Reference& reference = *request.mutable_reference();
  ASSIGN_OR_RETURN(const int kind, ParseEnum(*Reference::Kind_descriptor(), arguments.Get("kind")));
  reference.set_kind(static_cast<Reference::Kind>(kind));
  reference.set_symbol(arguments.Get("symbol"));
  ASSIGN_OR_RETURN(*reference.mutable_decided_on(), ParseDate(arguments.Get("decided")));
  ASSIGN_OR_RETURN(*reference.mutable_valid_from(), ParseDate(arguments.Get("from")));
  ASSIGN_OR_RETURN(*reference.mutable_valid_to(), ParseDate(arguments.Get("to")));
  RETURN_IF_ERROR(ReadDetails(arguments, reference));
  Operation operation;
  RETURN_IF_ERROR(session.Act("finance.v1.OperationService.ProposeReference", request, operation));
  session.ShowRecord(operation);
  if (!session.globals().dry_run && operation.references_size() > 0) {
    session.Say(absl::StrCat("next: another person confirms it: ch8 reference confirm ",
                             IdOf(operation.name()), " ",
                             operation.references(operation.references_size() - 1).number()));
  }
  return absl::OkStatus();
}

absl::Status ConfirmReference(const Arguments& arguments, Session& session) {
  ConfirmReferenceRequest request;
  request.set_operation(OperationName(arguments.Get("operation")));
  ASSIGN_OR_RETURN(const uint64_t number,
                   ParseNumber(arguments.Get("number"), "a reference's number"));
  request.set_number(static_cast<uint32_t>(number));
  if (request.number() != number) return absl::NotFoundError("there is no such reference");
  Operation operation;
  RETURN_IF_ERROR(session.Act("finance.v1.OperationService.ConfirmReference", request, operation));
  session.ShowRecord(operation);
  return absl::OkStatus();
}

Command AddReferenceCommand() {
  return {.path = {"reference", "add"},
          .summary = "enter a dated decision that an operation's money rests on (F-1)",
          .parameters = {Positional("operation", "e.g. aussom"),
                         Required("kind", "KIND", "what it decides",
                                  EnumWords(*Reference::Kind_descriptor())),
                         Required("symbol", "TEXT", "the document's symbol"),
                         Required("decided", "2025-12-23", "the day it was decided"),
                         Required("from", "2026-01-01", "first day in force"),
                         Required("to", "2026-12-31", "last day in force"),
                         Optional("budget", "USD:166500000.00", "budget-approval: the amount"),
                         Optional("share-bp", "7500", "budget-approval: cap on assessed money"),
                         Optional("state", "STATE", "funding-2719: the state",
                                  EnumWords(*Reference::Funding2719_descriptor())),
                         Optional("document", "FILE", "the document; its SHA-256 is recorded")},
          .run = AddReference,
          .notes = "It counts once another person has confirmed it."};
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
           .summary = "an operation with its references",
           .parameters = {Positional("operation", "e.g. aussom")},
           .run = Show,
           .notes = ""},
          {.path = {"operation", "list"},
           .summary = "all operations",
           .parameters = {},
           .run = List,
           .notes = ""},
          AddReferenceCommand(),
          {.path = {"reference", "confirm"},
           .summary = "confirm a reference that another person entered",
           .parameters = {Positional("operation", "e.g. aussom"),
                          Positional("number", "from ch8 operation show")},
           .run = ConfirmReference,
           .notes = ""}};
}

}  // namespace ch8::cli
