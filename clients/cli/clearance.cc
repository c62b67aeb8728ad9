#include "absl/strings/str_cat.h"
#include "chapter8/mandate/v1/mandate_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::mandate::v1::Clearance;
using chapter8::mandate::v1::Clearance_Outcome;
using chapter8::mandate::v1::Clearance_Outcome_descriptor;
using chapter8::mandate::v1::Clearance_Risk;
using chapter8::mandate::v1::Clearance_Risk_descriptor;
using chapter8::mandate::v1::ConfirmClearanceRequest;
using chapter8::mandate::v1::GetClearanceRequest;
using chapter8::mandate::v1::ListClearancesRequest;
using chapter8::mandate::v1::ListClearancesResponse;
using chapter8::mandate::v1::ProposeClearanceRequest;
using chapter8::mandate::v1::SuspendClearanceRequest;

absl::Status Propose(const Arguments& arguments, Session& session) {
  ProposeClearanceRequest request;
  Clearance& clearance = *request.mutable_resource();
  clearance.set_unit(UnitName(arguments.Get("unit")));
  ASSIGN_OR_RETURN(const int risk, ParseEnum(*Clearance_Risk_descriptor(), arguments.Get("risk")));
  clearance.set_risk(static_cast<Clearance_Risk>(risk));
  ASSIGN_OR_RETURN(const int outcome,
                   ParseEnum(*Clearance_Outcome_descriptor(), arguments.Get("outcome")));
  clearance.set_outcome(static_cast<Clearance_Outcome>(outcome));
  for (const std::string& text : arguments.All("mitigation")) clearance.add_mitigations(text);
  ASSIGN_OR_RETURN(*clearance.mutable_assessed_on(), ParseDate(arguments.Get("assessed")));
  ASSIGN_OR_RETURN(*clearance.mutable_valid_to(), ParseDate(arguments.Get("to")));
  Clearance made;
  RETURN_IF_ERROR(session.Act("mandate.v1.ClearanceService.ProposeClearance", request, made));
  session.ShowRecord(made);
  if (!session.globals().dry_run) {
    session.Say(absl::StrCat("next: another person confirms it: ch8 clearance confirm ",
                             IdOf(made.name())));
  }
  return absl::OkStatus();
}

absl::StatusOr<Clearance> Get(const Arguments& arguments, Session& session) {
  GetClearanceRequest request;
  request.set_name(ClearanceName(arguments.Get("unit")));
  Clearance clearance;
  RETURN_IF_ERROR(session.Read("mandate.v1.ClearanceService.GetClearance", request, clearance));
  return clearance;
}

absl::Status Confirm(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const Clearance read, Get(arguments, session));
  if (read.has_proposed()) {
    RETURN_IF_ERROR(session.Agree(
        read.proposed(), absl::StrCat("Confirm this assessment of ", IdOf(read.unit()), "?")));
  }
  ConfirmClearanceRequest request;
  request.set_name(read.name());
  request.set_etag(read.etag());
  Clearance clearance;
  RETURN_IF_ERROR(session.Act("mandate.v1.ClearanceService.ConfirmClearance", request, clearance));
  session.ShowRecord(clearance);
  return absl::OkStatus();
}

absl::Status Suspend(const Arguments& arguments, Session& session) {
  SuspendClearanceRequest request;
  request.set_name(ClearanceName(arguments.Get("unit")));
  request.set_reason(arguments.Get("reason"));
  RETURN_IF_ERROR(
      session.Confirm(absl::StrCat("Suspend all support to ", IdOf(request.name()), "?")));
  Clearance clearance;
  RETURN_IF_ERROR(session.Act("mandate.v1.ClearanceService.SuspendClearance", request, clearance));
  session.ShowRecord(clearance);
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const Clearance clearance, Get(arguments, session));
  session.ShowRecord(clearance);
  return absl::OkStatus();
}

absl::Status List(const Arguments& arguments, Session& session) {
  ListClearancesRequest request;
  if (arguments.Has("unit")) request.set_unit(UnitName(arguments.Get("unit")));
  std::vector<Clearance> clearances;
  RETURN_IF_ERROR(ListAll<ListClearancesResponse>(
      session, "mandate.v1.ClearanceService.ListClearances", request,
      [&](const ListClearancesResponse& page) {
        clearances.insert(clearances.end(), page.clearances().begin(), page.clearances().end());
      }));
  session.ShowList(Pointers(clearances), {{"unit", "unit"},
                                          {"state", "state"},
                                          {"outcome", "outcome"},
                                          {"risk", "risk"},
                                          {"until", "valid_to"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> ClearanceCommands() {
  const Parameter unit = Positional("unit", "e.g. AUSSOM-S6-BN1");
  return {{.path = {"clearance", "propose"},
           .summary = "enter a human rights due diligence assessment of a unit (F-20)",
           .parameters = {unit,
                          Required("risk", "RISK", "of grave violations by the unit",
                                   EnumWords(*Clearance_Risk_descriptor())),
                          Required("outcome", "OUTCOME", "what was decided",
                                   EnumWords(*Clearance_Outcome_descriptor())),
                          Repeated("mitigation", "TEXT", "for proceed-with-mitigation"),
                          Required("assessed", "2026-02-01", "the day of the assessment"),
                          Required("to", "2027-01-31", "last day; 12 months at most, 6 if high")},
           .run = Propose,
           .notes = "It counts once another person has confirmed it."},
          {.path = {"clearance", "confirm"},
           .summary = "confirm an assessment that another person entered",
           .parameters = {unit},
           .run = Confirm,
           .notes = "Shows it first. One that takes its place meanwhile is not confirmed."},
          {.path = {"clearance", "suspend"},
           .summary = "suspend support to a unit at once (F-21)",
           .parameters = {unit, Required("reason", "TEXT", "why; no names or details")},
           .run = Suspend,
           .notes = "A new assessment, confirmed by another person, lifts it."},
          {.path = {"clearance", "show"},
           .summary = "the clearance of a unit",
           .parameters = {unit},
           .run = Show,
           .notes = ""},
          {.path = {"clearance", "list"},
           .summary = "all clearances, or one unit's",
           .parameters = {Optional("unit", "UNIT", "only this one's")},
           .run = List,
           .notes = ""}};
}

}  // namespace ch8::cli
