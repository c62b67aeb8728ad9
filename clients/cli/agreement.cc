#include "absl/strings/str_replace.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::information::v1::Classification;
using chapter8::information::v1::Classification_descriptor;
using chapter8::information::v1::ConfirmAgreementRequest;
using chapter8::information::v1::GetAgreementRequest;
using chapter8::information::v1::ListAgreementsRequest;
using chapter8::information::v1::ListAgreementsResponse;
using chapter8::information::v1::ProposeAgreementRequest;
using chapter8::information::v1::Report;
using chapter8::information::v1::SharingAgreement;
using chapter8::information::v1::TerminateAgreementRequest;
using chapter8::information::v1::Tlp;
using chapter8::information::v1::Tlp_descriptor;

absl::Status Propose(const Arguments& arguments, Session& session) {
  ProposeAgreementRequest request;
  request.set_agreement_id(arguments.Get("id"));
  SharingAgreement& resource = *request.mutable_resource();
  resource.set_document(arguments.Get("document"));
  for (const std::string& word : arguments.All("kind")) {
    ASSIGN_OR_RETURN(const int kind, ParseEnum(*Report::Kind_descriptor(), word));
    resource.add_kinds(static_cast<Report::Kind>(kind));
  }
  ASSIGN_OR_RETURN(const int classification,
                   ParseEnum(*Classification_descriptor(), arguments.Get("class")));
  resource.set_max_classification(static_cast<Classification>(classification));
  ASSIGN_OR_RETURN(
      const int tlp,
      ParseEnum(*Tlp_descriptor(), absl::StrReplaceAll(arguments.Get("tlp"), {{"+", "-"}})));
  resource.set_max_tlp(static_cast<Tlp>(tlp));
  ASSIGN_OR_RETURN(*resource.mutable_valid_from(), ParseDate(arguments.Get("from")));
  ASSIGN_OR_RETURN(*resource.mutable_valid_to(), ParseDate(arguments.Get("to")));
  resource.set_onward_transfer(arguments.Has("onward"));
  RETURN_IF_ERROR(session.Connect());
  resource.add_parties(OrganizationName(session.own()));
  for (const std::string& party : arguments.All("with")) {
    resource.add_parties(OrganizationName(party));
  }
  SharingAgreement proposed;
  RETURN_IF_ERROR(
      session.Act("information.v1.AgreementService.ProposeAgreement", request, proposed));
  session.ShowRecord(proposed);
  if (!session.globals().dry_run) {
    session.Say("next: another person: ch8 agreement confirm " + IdOf(proposed.name()));
  }
  return absl::OkStatus();
}

absl::Status Confirm(const Arguments& arguments, Session& session) {
  ConfirmAgreementRequest request;
  request.set_name(AgreementName(arguments.Get("agreement")));
  SharingAgreement confirmed;
  RETURN_IF_ERROR(
      session.Act("information.v1.AgreementService.ConfirmAgreement", request, confirmed));
  session.ShowRecord(confirmed);
  return absl::OkStatus();
}

absl::Status End(const Arguments& arguments, Session& session) {
  TerminateAgreementRequest request;
  request.set_name(AgreementName(arguments.Get("agreement")));
  RETURN_IF_ERROR(session.Confirm("End " + IdOf(request.name()) + " now?"));
  SharingAgreement ended;
  RETURN_IF_ERROR(
      session.Act("information.v1.AgreementService.TerminateAgreement", request, ended));
  session.ShowRecord(ended);
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  GetAgreementRequest request;
  request.set_name(AgreementName(arguments.Get("agreement")));
  SharingAgreement agreement;
  RETURN_IF_ERROR(session.Read("information.v1.AgreementService.GetAgreement", request, agreement));
  session.ShowRecord(agreement);
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  std::vector<SharingAgreement> agreements;
  RETURN_IF_ERROR(ListAll<ListAgreementsResponse>(
      session, "information.v1.AgreementService.ListAgreements", ListAgreementsRequest(),
      [&](const ListAgreementsResponse& page) {
        agreements.insert(agreements.end(), page.agreements().begin(), page.agreements().end());
      }));
  session.ShowList(Pointers(agreements), {{"agreement", "name"},
                                          {"state", "state"},
                                          {"parties", "parties"},
                                          {"class", "max_classification"},
                                          {"tlp", "max_tlp"},
                                          {"from", "valid_from"},
                                          {"to", "valid_to"},
                                          {"onward", "onward_transfer"},
                                          {"document", "document"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> AgreementCommands() {
  const Parameter agreement = Positional("agreement", "its id");
  return {
      {.path = {"agreement", "propose"},
       .summary = "enter a sharing agreement with other organizations",
       .parameters = {Positional("id", "letters, digits and -"),
                      Required("document", "TEXT", "where it stands, e.g. \"AU-RECs MoU 2008\""),
                      RequiredRepeated("with", "ORG", "the other parties"),
                      Required("class", "CLASS", "the highest classification it covers",
                               EnumWords(*Classification_descriptor())),
                      Required("tlp", "TLP", "the strictest marking it covers",
                               EnumWords(*Tlp_descriptor())),
                      Required("from", "2026-01-01", "first day in force"),
                      Required("to", "2026-12-31", "last day in force"),
                      Repeated("kind", "KIND", "only for these reports",
                               EnumWords(*Report::Kind_descriptor())),
                      Flag("onward", "recipients may pass on what the marking lets them")},
       .run = Propose,
       .notes = "It has no effect before another person confirms it (rule I-6)."},
      {.path = {"agreement", "confirm"},
       .summary = "confirm an agreement that another person entered",
       .parameters = {agreement},
       .run = Confirm,
       .notes = ""},
      {.path = {"agreement", "end"},
       .summary = "end an agreement before its time",
       .parameters = {agreement},
       .run = End,
       .notes = ""},
      {.path = {"agreement", "show"},
       .summary = "an agreement",
       .parameters = {agreement},
       .run = Show,
       .notes = ""},
      {.path = {"agreement", "list"},
       .summary = "all agreements",
       .parameters = {},
       .run = List,
       .notes = ""}};
}

}  // namespace ch8::cli
