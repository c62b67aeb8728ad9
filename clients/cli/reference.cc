#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "chapter8/mandate/v1/reference_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::mandate::v1::ConfirmReferenceRequest;
using chapter8::mandate::v1::ListReferencesRequest;
using chapter8::mandate::v1::ListReferencesResponse;
using chapter8::mandate::v1::ProposeReferenceRequest;
using chapter8::mandate::v1::Reference;

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

absl::Status Add(const Arguments& arguments, Session& session) {
  ProposeReferenceRequest request;
  Reference& reference = *request.mutable_resource();
  reference.set_operation(OperationName(arguments.Get("operation")));
  ASSIGN_OR_RETURN(const int kind, ParseEnum(*Reference::Kind_descriptor(), arguments.Get("kind")));
  reference.set_kind(static_cast<Reference::Kind>(kind));
  reference.set_symbol(arguments.Get("symbol"));
  ASSIGN_OR_RETURN(*reference.mutable_decided_on(), ParseDate(arguments.Get("decided")));
  ASSIGN_OR_RETURN(*reference.mutable_valid_from(), ParseDate(arguments.Get("from")));
  ASSIGN_OR_RETURN(*reference.mutable_valid_to(), ParseDate(arguments.Get("to")));
  RETURN_IF_ERROR(ReadDetails(arguments, reference));
  Reference made;
  RETURN_IF_ERROR(session.Act("mandate.v1.ReferenceService.ProposeReference", request, made));
  session.ShowRecord(made);
  if (!session.globals().dry_run) {
    session.Say(absl::StrCat("next: another person confirms it: ch8 reference confirm ",
                             IdOf(made.operation()), " ", made.number()));
  }
  return absl::OkStatus();
}

absl::Status Confirm(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const uint64_t number,
                   ParseNumber(arguments.Get("number"), "a reference's number"));
  ConfirmReferenceRequest request;
  request.set_name(absl::StrFormat("references/%s/%03d",
                                   IdOf(OperationName(arguments.Get("operation"))), number));
  Reference confirmed;
  RETURN_IF_ERROR(session.Act("mandate.v1.ReferenceService.ConfirmReference", request, confirmed));
  session.ShowRecord(confirmed);
  return absl::OkStatus();
}

absl::Status List(const Arguments& arguments, Session& session) {
  ListReferencesRequest request;
  if (arguments.Has("for")) request.set_operation(OperationName(arguments.Get("for")));
  std::vector<Reference> references;
  RETURN_IF_ERROR(ListAll<ListReferencesResponse>(
      session, "mandate.v1.ReferenceService.ListReferences", request,
      [&](const ListReferencesResponse& page) {
        references.insert(references.end(), page.references().begin(), page.references().end());
      }));
  session.ShowList(Pointers(references), {{"operation", "operation"},
                                          {"number", "number"},
                                          {"kind", "kind"},
                                          {"symbol", "symbol"},
                                          {"from", "valid_from"},
                                          {"to", "valid_to"},
                                          {"state", "state"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> ReferenceCommands() {
  return {{.path = {"reference", "add"},
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
           .run = Add,
           .notes = "It counts once another person has confirmed it."},
          {.path = {"reference", "confirm"},
           .summary = "confirm a reference that another person entered",
           .parameters = {Positional("operation", "e.g. aussom"),
                          Positional("number", "from ch8 reference list")},
           .run = Confirm,
           .notes = ""},
          {.path = {"reference", "list"},
           .summary = "references, proposed and confirmed",
           .parameters = {Optional("for", "OPERATION", "only its own")},
           .run = List,
           .notes = ""}};
}

}  // namespace ch8::cli
