#include "services/information/core/consents.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "services/information/core/releases.h"
#include "services/information/core/reports.h"
#include "services/information/core/rules.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "services/kernel/resources.h"
#include "services/kernel/spoken_ids.h"
#include "storage/base/status_macros.h"

namespace ch8::information {
namespace {

using chapter8::directory::v1::Organization;
using chapter8::ledger::v1::Delivery;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::Consent;
using v1::InformationEvent;
using v1::Report;

constexpr absl::string_view kCollection = "consents/";

// The consent as it crosses: without what each ledger keeps for itself.
Consent Crossing(const Consent& consent) {
  Consent crossing = consent;
  crossing.clear_decided_by();
  crossing.clear_answer();
  crossing.clear_etag();
  return crossing;
}

kernel::Event RecordedEvent(const Consent& consent) {
  InformationEvent event;
  *event.mutable_consent_recorded()->mutable_consent() = consent;
  return kernel::DomainEvent(event);
}

Decision DecisionFor(const Consent& consent, std::vector<std::string> recipients) {
  kernel::Event event = RecordedEvent(Crossing(consent));
  event.recipients = std::move(recipients);
  return Decision{{event}, kernel::ReplyWith<Consent>(consent.name())};
}

absl::Status CheckNotAsked(const Report& report, absl::string_view recipient, const State& state) {
  const std::optional<std::string> name =
      state.rows.Get(Table::kRows, ConsentKey(report.name(), recipient));
  if (!name.has_value()) return absl::OkStatus();
  const std::optional<Consent> known = kernel::TableReader<Consent>(state.rows).Find(*name);
  if (!known.has_value() || known->state() == Consent::DENIED) return absl::OkStatus();
  return kernel::NotNow(
      "ALREADY_ASKED",
      absl::StrCat(known->name(), " asks for that and is ", Consent::State_Name(known->state())),
      {{"instead", kernel::ShowCommand(kConsents, known->name())}});
}

absl::Status CheckReadable(const Report& report) {
  if (IsReadable(report)) return absl::OkStatus();
  return kernel::NotNow("ENDED",
                        absl::StrCat(report.name(), " is ", Report::State_Name(report.state())),
                        {{"instead", kernel::ShowCommand(kReports, report.name())}});
}

absl::StatusOr<Decision> AskConsent(const Context& context, const v1::AskConsentRequest& request,
                                    const State& state) {
  ASSIGN_OR_RETURN(const Report report, FindReport(state.rows, request.report()));
  RETURN_IF_ERROR(kernel::CheckName(request.recipient(), "organizations/*", "recipient"));
  if (report.originator() == context.organization) {
    return kernel::NotNow(
        "OWN_REPORT", absl::StrCat(report.name(), " is our own: nobody need be asked"),
        {{"instead",
          absl::StrCat("ch8 report release ", kernel::IdOf(report.name()), " --to ORG")}});
  }
  if (request.recipient() == context.organization || request.recipient() == report.originator()) {
    return kernel::Invalid("BAD_RECIPIENTS", "recipient has it already", {{"field", "recipient"}});
  }
  RETURN_IF_ERROR(CheckReadable(report));
  RETURN_IF_ERROR(FindPinned(state.rows, request.recipient(), "recipient").status());
  ASSIGN_OR_RETURN(const Organization originator,
                   FindPinned(state.rows, report.originator(), "report"));
  RETURN_IF_ERROR(CheckNotAsked(report, request.recipient(), state));
  Consent consent;
  consent.set_name(absl::StrCat(
      kCollection, kernel::NextSpokenId(state.rows, {.kind = kConsentKind,
                                                     .organization = context.organization,
                                                     .time = context.time})));
  consent.set_report(report.name());
  consent.set_asker(context.organization);
  consent.set_recipient(request.recipient());
  consent.set_originator(report.originator());
  consent.set_state(Consent::ASKED);
  return DecisionFor(consent, {originator.trust_domain()});
}

// The consent that an officer of the originator may decide now.
absl::StatusOr<Consent> FindUndecided(const Context& context, absl::string_view name,
                                      const State& state) {
  ASSIGN_OR_RETURN(Consent consent, kernel::FindResource<Consent>(state.rows, name, kConsents));
  const std::string show = kernel::ShowCommand(kConsents, consent.name());
  if (consent.originator() != context.organization) {
    return kernel::NotNow(
        "NOT_ORIGINATOR",
        absl::StrCat(consent.name(), " is for ", consent.originator(), " to decide"),
        {{"rule", "I-4"}, {"originator", consent.originator()}, {"instead", show}});
  }
  if (consent.state() != Consent::ASKED) {
    return kernel::NotNow(
        "NOT_ASKED", absl::StrCat(consent.name(), " is ", Consent::State_Name(consent.state())),
        {{"instead", show}});
  }
  return consent;
}

absl::StatusOr<Decision> GrantConsent(const Context& context,
                                      const v1::GrantConsentRequest& request, const State& state) {
  ASSIGN_OR_RETURN(Consent consent, FindUndecided(context, request.name(), state));
  ASSIGN_OR_RETURN(const Report report, FindReport(state.rows, consent.report()));
  RETURN_IF_ERROR(CheckReadable(report));
  ASSIGN_OR_RETURN(const Organization asker, FindPinned(state.rows, consent.asker(), "name"));
  ASSIGN_OR_RETURN(const Organization recipient,
                   FindPinned(state.rows, consent.recipient(), "name"));
  consent.set_state(Consent::GRANTED);
  return DecisionFor(consent, {asker.trust_domain(), recipient.trust_domain()});
}

absl::StatusOr<Decision> DenyConsent(const Context& context, const v1::DenyConsentRequest& request,
                                     const State& state) {
  ASSIGN_OR_RETURN(Consent consent, FindUndecided(context, request.name(), state));
  ASSIGN_OR_RETURN(const Organization asker, FindPinned(state.rows, consent.asker(), "name"));
  consent.set_state(Consent::DENIED);
  return DecisionFor(consent, {asker.trust_domain()});
}

absl::StatusOr<Consent> GetConsent(const Context&, const v1::GetConsentRequest& request,
                                   const State& state) {
  ASSIGN_OR_RETURN(const Consent row,
                   kernel::FindResource<Consent>(state.rows, request.name(), kConsents));
  return kernel::WithEtag(row);
}

absl::StatusOr<v1::ListConsentsResponse> ListConsents(const Context&,
                                                      const v1::ListConsentsRequest& request,
                                                      const State& state) {
  return kernel::ListPage<Consent, v1::ListConsentsRequest, v1::ListConsentsResponse>(
      state.rows, kCollection, request, [](const Consent&) { return true; },
      [](const Consent& row, v1::ListConsentsResponse& response) {
        *response.add_consents() = kernel::WithEtag(row);
      });
}

bool SameQuestion(const Consent& a, const Consent& b) {
  return a.report() == b.report() && a.asker() == b.asker() && a.recipient() == b.recipient() &&
         a.originator() == b.originator();
}

kernel::Verdict DecideQuestion(const Context& context, const Organization& sender,
                               const Consent& consent, const State& state) {
  if (consent.asker() != sender.name() ||
      !kernel::IsSpokenIdOf(kernel::IdOf(consent.name()), kConsentKind, sender.name()) ||
      !kernel::CheckName(consent.name(), kConsents.pattern, "name").ok() ||
      !kernel::CheckName(consent.report(), kReports.pattern, "report").ok() ||
      !kernel::CheckName(consent.recipient(), "organizations/*", "recipient").ok()) {
    return RefuseEntry("BAD_CONSENT");
  }
  if (consent.originator() != context.organization) return RefuseEntry("NOT_ORIGINATOR");
  if (!WasGivenTo(state.rows, consent.report(), sender.name())) {
    return RefuseEntry("NOT_DISCLOSED");
  }
  if (kernel::TableReader<Consent>(state.rows).Find(consent.name()).has_value()) {
    return RefuseEntry("OTHER_CONSENT");
  }
  return {.verdict = Delivery::ACCEPT, .reason = "", .events = {RecordedEvent(Crossing(consent))}};
}

kernel::Verdict DecideAnswer(const Context& context, const Organization& sender,
                             const kernel::Delivered& delivered, const Consent& consent,
                             const State& state) {
  const std::optional<Consent> known =
      kernel::TableReader<Consent>(state.rows).Find(consent.name());
  if (!known.has_value() || known->asker() != context.organization) {
    return RefuseEntry("NOT_ASKED");
  }
  if (known->originator() != sender.name()) return RefuseEntry("NOT_ORIGINATOR");
  if (!SameQuestion(*known, consent)) return RefuseEntry("OTHER_CONSENT");
  if (known->state() != Consent::ASKED) return RefuseEntry("NOT_ASKED");
  Consent answered = *known;
  answered.set_state(consent.state());
  *answered.mutable_answer() = ProofOf(context, delivered);
  return {.verdict = Delivery::ACCEPT, .reason = "", .events = {RecordedEvent(answered)}};
}

// The originator lets a relay give us its report: kept under the report, whose name only its
// originator can give, and not under the consent's, which is the asker's.
kernel::Verdict DecideConsentToUs(const Context& context, const Organization& sender,
                                  const kernel::Delivered& delivered, const Consent& consent) {
  if (consent.state() != Consent::GRANTED || consent.originator() != sender.name() ||
      !kernel::IsSpokenIdOf(kernel::IdOf(consent.report()), kReportKind, sender.name()) ||
      !kernel::CheckName(consent.name(), kConsents.pattern, "name").ok() ||
      !kernel::CheckName(consent.report(), kReports.pattern, "report").ok() ||
      !kernel::CheckName(consent.asker(), "organizations/*", "asker").ok()) {
    return RefuseEntry("BAD_CONSENT");
  }
  InformationEvent event;
  Consent& received = *event.mutable_consent_received()->mutable_consent();
  received = Crossing(consent);
  *received.mutable_answer() = ProofOf(context, delivered);
  return {.verdict = Delivery::ACCEPT, .reason = "", .events = {kernel::DomainEvent(event)}};
}

}  // namespace

void AddConsentRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.information.v1.ConsentService/";
  routes.AddCommand<v1::AskConsentRequest>(service + "AskConsent", AskConsent);
  routes.AddCommand<v1::GrantConsentRequest>(service + "GrantConsent", GrantConsent);
  routes.AddCommand<v1::DenyConsentRequest>(service + "DenyConsent", DenyConsent);
  routes.AddRead<v1::GetConsentRequest>(service + "GetConsent", kernel::ReadPath::kSnapshot,
                                        GetConsent);
  routes.AddRead<v1::ListConsentsRequest>(service + "ListConsents", kernel::ReadPath::kSnapshot,
                                          ListConsents);
}

kernel::Verdict DecideConsentDelivery(const Context& context, const Organization& sender,
                                      const kernel::Delivered& delivered, const Consent& consent,
                                      const State& state) {
  if (consent.recipient() == context.organization) {
    return DecideConsentToUs(context, sender, delivered, consent);
  }
  switch (consent.state()) {
    case Consent::ASKED:
      return DecideQuestion(context, sender, consent, state);
    case Consent::GRANTED:
    case Consent::DENIED:
      return DecideAnswer(context, sender, delivered, consent, state);
    default:
      return RefuseEntry("BAD_CONSENT");
  }
}

void ApplyConsentRecorded(const kernel::Applied& applied,
                          const InformationEvent::ConsentRecorded& event, kernel::Rows& rows) {
  Consent consent = event.consent();
  const bool ours = !applied.request.has_delivery();
  if (ours && consent.state() == Consent::ASKED) {
    kernel::CountSpokenId(kernel::IdOf(consent.name()), rows);
    rows.Put(Table::kRows, ConsentKey(consent.report(), consent.recipient()), consent.name());
  } else if (ours) {
    consent.set_decided_by(applied.request.person());
  }
  kernel::PutRow(rows, consent);
}

void ApplyConsentReceived(const InformationEvent::ConsentReceived& event, kernel::Rows& rows) {
  const Consent& consent = event.consent();
  rows.Put(Table::kRows, RelayKey(consent.report(), consent.asker()), consent.name());
}

}  // namespace ch8::information
