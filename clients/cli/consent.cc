#include "chapter8/information/v1/information_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::information::v1::Consent;
using chapter8::information::v1::GetConsentRequest;
using chapter8::information::v1::ListConsentsRequest;
using chapter8::information::v1::ListConsentsResponse;

absl::Status Show(const Arguments& arguments, Session& session) {
  GetConsentRequest request;
  request.set_name(ConsentName(arguments.Get("consent")));
  Consent consent;
  RETURN_IF_ERROR(session.Read("information.v1.ConsentService.GetConsent", request, consent));
  session.ShowRecord(consent);
  const bool asked_of_us = IdOf(consent.originator()) == session.own();
  if (asked_of_us && consent.state() == Consent::ASKED) {
    session.Say("next: ch8 report consent " + IdOf(consent.name()) + " --grant (or --deny)");
  } else if (!asked_of_us && consent.state() == Consent::GRANTED) {
    session.Say("next: ch8 report relay " + IdOf(consent.report()) + " --to " +
                IdOf(consent.recipient()));
  }
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  std::vector<Consent> consents;
  RETURN_IF_ERROR(ListAll<ListConsentsResponse>(
      session, "information.v1.ConsentService.ListConsents", ListConsentsRequest(),
      [&](const ListConsentsResponse& page) {
        consents.insert(consents.end(), page.consents().begin(), page.consents().end());
      }));
  session.ShowList(Pointers(consents), {{"consent", "name"},
                                        {"state", "state"},
                                        {"report", "report"},
                                        {"asker", "asker"},
                                        {"for", "recipient"},
                                        {"originator", "originator"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> ConsentCommands() {
  return {{.path = {"consent", "show"},
           .summary = "what was asked of a report's originator, and the answer",
           .parameters = {Positional("consent", "e.g. CNS-AU-26-0001")},
           .run = Show,
           .notes = ""},
          {.path = {"consent", "list"},
           .summary = "all consents asked for, by us and of us",
           .parameters = {},
           .run = List,
           .notes = ""}};
}

}  // namespace ch8::cli
