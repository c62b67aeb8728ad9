#include "absl/strings/str_cat.h"
#include "chapter8/information/v1/erasure_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::information::v1::ApproveErasureRequest;
using chapter8::information::v1::DeclineErasureRequest;
using chapter8::information::v1::Erasure;
using chapter8::information::v1::GetErasureRequest;
using chapter8::information::v1::LegalHold;
using chapter8::information::v1::LiftLegalHoldRequest;
using chapter8::information::v1::ListErasuresRequest;
using chapter8::information::v1::ListErasuresResponse;
using chapter8::information::v1::ListLegalHoldsRequest;
using chapter8::information::v1::ListLegalHoldsResponse;
using chapter8::information::v1::PlaceLegalHoldRequest;
using chapter8::information::v1::RequestErasureRequest;

absl::Status Request(const Arguments& arguments, Session& session) {
  RequestErasureRequest request;
  request.set_report(ReportName(arguments.Get("report")));
  ASSIGN_OR_RETURN(const int basis,
                   ParseEnum(*Erasure::Basis_descriptor(), arguments.Get("basis")));
  request.set_basis(static_cast<Erasure::Basis>(basis));
  request.set_reference(arguments.Get("reference"));
  Erasure requested;
  RETURN_IF_ERROR(session.Act("information.v1.ErasureService.RequestErasure", request, requested));
  session.ShowRecord(requested);
  if (!session.globals().dry_run) {
    session.Say(absl::StrCat("next: another person: ch8 erasure approve ", IdOf(requested.name())));
  }
  return absl::OkStatus();
}

absl::StatusOr<Erasure> Get(const Arguments& arguments, Session& session) {
  GetErasureRequest request;
  request.set_name(ErasureName(arguments.Get("report")));
  Erasure erasure;
  RETURN_IF_ERROR(session.Read("information.v1.ErasureService.GetErasure", request, erasure));
  return erasure;
}

// The officer agrees to what is there now, which the etag holds the node to.
absl::Status Approve(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const Erasure read, Get(arguments, session));
  if (read.state() == Erasure::REQUESTED) {
    RETURN_IF_ERROR(session.Agree(
        read, absl::StrCat("Destroy the content of ", IdOf(read.report()), " for good?")));
  }
  ApproveErasureRequest request;
  request.set_name(read.name());
  request.set_etag(read.etag());
  Erasure erased;
  RETURN_IF_ERROR(session.Act("information.v1.ErasureService.ApproveErasure", request, erased));
  session.ShowRecord(erased);
  if (!session.globals().dry_run) {
    session.Say(absl::StrCat("next: recipients answer by themselves: ch8 report who ",
                             IdOf(erased.report())));
  }
  return absl::OkStatus();
}

absl::Status Decline(const Arguments& arguments, Session& session) {
  DeclineErasureRequest request;
  request.set_name(ErasureName(arguments.Get("report")));
  Erasure declined;
  RETURN_IF_ERROR(session.Act("information.v1.ErasureService.DeclineErasure", request, declined));
  session.ShowRecord(declined);
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const Erasure erasure, Get(arguments, session));
  session.ShowRecord(erasure);
  return absl::OkStatus();
}

absl::Status List(const Arguments& arguments, Session& session) {
  ListErasuresRequest request;
  if (arguments.Has("state")) {
    ASSIGN_OR_RETURN(const int state,
                     ParseEnum(*Erasure::State_descriptor(), arguments.Get("state")));
    request.set_state(static_cast<Erasure::State>(state));
  }
  std::vector<Erasure> erasures;
  RETURN_IF_ERROR(ListAll<ListErasuresResponse>(
      session, "information.v1.ErasureService.ListErasures", request,
      [&](const ListErasuresResponse& page) {
        erasures.insert(erasures.end(), page.erasures().begin(), page.erasures().end());
      }));
  session.ShowList(Pointers(erasures), {{"report", "report"},
                                        {"state", "state"},
                                        {"basis", "basis"},
                                        {"reference", "reference"},
                                        {"originator", "originator"},
                                        {"requested_by", "requested_post"},
                                        {"decided_by", "decided_post"}});
  return absl::OkStatus();
}

absl::Status Place(const Arguments& arguments, Session& session) {
  PlaceLegalHoldRequest request;
  request.set_report(ReportName(arguments.Get("report")));
  ASSIGN_OR_RETURN(const int reason,
                   ParseEnum(*LegalHold::Reason_descriptor(), arguments.Get("reason")));
  request.set_reason(static_cast<LegalHold::Reason>(reason));
  request.set_reference(arguments.Get("reference"));
  LegalHold placed;
  RETURN_IF_ERROR(session.Act("information.v1.ErasureService.PlaceLegalHold", request, placed));
  session.ShowRecord(placed);
  return absl::OkStatus();
}

absl::Status Lift(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const uint64_t number, ParseNumber(arguments.Get("number"), "the hold to lift"));
  LiftLegalHoldRequest request;
  request.set_name(
      absl::StrCat("legalHolds/", IdOf(ReportName(arguments.Get("report"))), "/", number));
  RETURN_IF_ERROR(session.Confirm(
      absl::StrCat("Lift hold ", number, "? An erasure that is owed follows the last one.")));
  LegalHold lifted;
  RETURN_IF_ERROR(session.Act("information.v1.ErasureService.LiftLegalHold", request, lifted));
  session.ShowRecord(lifted);
  return absl::OkStatus();
}

absl::Status ListHolds(const Arguments& arguments, Session& session) {
  ListLegalHoldsRequest request;
  if (arguments.Has("report")) request.set_report(ReportName(arguments.Get("report")));
  std::vector<LegalHold> holds;
  RETURN_IF_ERROR(ListAll<ListLegalHoldsResponse>(
      session, "information.v1.ErasureService.ListLegalHolds", request,
      [&](const ListLegalHoldsResponse& page) {
        holds.insert(holds.end(), page.legal_holds().begin(), page.legal_holds().end());
      }));
  session.ShowList(Pointers(holds), {{"report", "report"},
                                     {"number", "number"},
                                     {"reason", "reason"},
                                     {"reference", "reference"},
                                     {"placed_by", "placed_post"},
                                     {"placed", "placed_us"},
                                     {"lifted_by", "lifted_post", "stands"},
                                     {"lifted", "lifted_us"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> ErasureCommands() {
  const Parameter report = Positional("report", "e.g. RPT-ECOWAS-26-0001");
  const Parameter reference =
      Required("reference", "LEG/2026/114", "the file's number: letters, digits, . / -");
  return {
      {.path = {"erasure", "request"},
       .summary = "ask for a report's content to be destroyed, on a legal basis (I-11)",
       .parameters = {report,
                      Required("basis", "BASIS", "the legal basis",
                               EnumWords(*Erasure::Basis_descriptor())),
                      reference},
       .run = Request,
       .notes = "It has no effect before another person approves it. What is known of the "
                "report, and all entries, stay."},
      {.path = {"erasure", "approve"},
       .summary = "destroy the content that another person wants erased, here and at recipients",
       .parameters = {report},
       .run = Approve,
       .notes = "Of a received report the own copy alone. A legal hold beats it (X-8)."},
      {.path = {"erasure", "decline"},
       .summary = "decline a requested erasure, one's own too",
       .parameters = {report},
       .run = Decline,
       .notes = ""},
      {.path = {"erasure", "show"},
       .summary = "the erasure of a report",
       .parameters = {report},
       .run = Show,
       .notes = ""},
      {.path = {"erasure", "list"},
       .summary = "all erasures",
       .parameters = {Optional("state", "STATE", "only those in this state",
                               EnumWords(*Erasure::State_descriptor()))},
       .run = List,
       .notes = ""},
      {.path = {"hold", "place"},
       .summary = "keep a report's content from being erased, for a case (X-8)",
       .parameters = {report,
                      Required("reason", "REASON", "what it is for",
                               EnumWords(*LegalHold::Reason_descriptor())),
                      reference},
       .run = Place,
       .notes = ""},
      {.path = {"hold", "lift"},
       .summary = "lift a legal hold that another person placed",
       .parameters = {report, Positional("number", "the hold's number on that report")},
       .run = Lift,
       .notes = ""},
      {.path = {"hold", "list"},
       .summary = "legal holds, lifted ones too",
       .parameters = {Optional("report", "REPORT", "only those on this report")},
       .run = ListHolds,
       .notes = ""}};
}

}  // namespace ch8::cli
