#include "services/information/core/deliveries.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/information/core/consents.h"
#include "services/information/core/erasures.h"
#include "services/information/core/recalls.h"
#include "services/information/core/releases.h"
#include "services/information/core/reports.h"
#include "services/information/core/rules.h"
#include "services/kernel/authority.h"
#include "services/kernel/erased_bodies.h"
#include "services/kernel/names.h"
#include "services/kernel/spoken_ids.h"

namespace ch8::information {
namespace {

using chapter8::directory::v1::Organization;
using chapter8::ledger::v1::Delivery;
using kernel::Context;
using kernel::Delivered;
using kernel::State;
using kernel::Verdict;
using v1::Consent;
using v1::Disclosure;
using v1::InformationEvent;
using v1::Report;

Verdict Accept() { return {.verdict = Delivery::ACCEPT, .reason = "", .events = {}}; }

std::optional<Report> Find(const State& state, absl::string_view name) {
  return kernel::TableReader<Report>(state.rows).Find(name);
}

// An event for whoever sent what is decided now.
void Answer(const InformationEvent& event, const Organization& sender, Verdict& verdict) {
  verdict.events.push_back(kernel::DomainEvent(event));
  verdict.events.back().recipients.push_back(sender.trust_domain());
}

bool IsNameOrEmpty(absl::string_view name, absl::string_view pattern) {
  return name.empty() || kernel::CheckName(name, pattern, "name").ok();
}

// Whether a report is one that an honest node lets cross.
bool WellFormed(const Report& report) {
  return kernel::CheckName(report.name(), kReports.pattern, "name").ok() &&
         kernel::CheckName(report.originator(), "organizations/*", "originator").ok() &&
         kernel::IsSpokenIdOf(kernel::IdOf(report.name()), kReportKind, report.originator()) &&
         CheckReportFields(report).ok() && report.body_digest().size() == Hash::kSize &&
         report.body_size_bytes() <= kernel::kBodyContentSizeMax && report.groups_size() <= 1 &&
         (report.groups().empty() || IsNameOrEmpty(report.groups(0), kGroups.pattern)) &&
         IsNameOrEmpty(report.supersedes(), kReports.pattern) &&
         report.state() == Report::STATE_UNSPECIFIED && report.derived_from().empty() &&
         report.author() == 0 && report.reviewer() == 0 && report.received_from().empty() &&
         report.superseded_by().empty() && report.etag().empty() &&
         report.recall_reason() == v1::Recall::REASON_UNSPECIFIED;
}

// Whether the disclosure says what this entry is: that the sender gives the report to us.
bool IsOurs(const Disclosure& disclosure, const Report& report, const Organization& sender,
            const Context& context) {
  return disclosure.report() == report.name() && disclosure.giver() == sender.name() &&
         disclosure.recipient() == context.organization;
}

// Whether the relay speaks of a consent to this very hop.
bool IsConsentToThis(const InformationEvent::ReportReleased& event, const Organization& sender,
                     const Context& context) {
  const Consent& consent = event.consent();
  return consent.state() == Consent::GRANTED && consent.report() == event.report().name() &&
         consent.asker() == sender.name() && consent.recipient() == context.organization &&
         consent.originator() == event.report().originator();
}

// Whether someone else than the originator may give it to us: by a marking that lets it, or by the
// originator's consent. What a relay says of a consent is the relay's word: it waits for the
// originator's own.
std::optional<Verdict> WhyNotRelayed(const InformationEvent::ReportReleased& event,
                                     const Organization& sender, const Context& context,
                                     const State& state) {
  const Report& report = event.report();
  if (event.has_consent()) {
    if (!IsConsentToThis(event, sender, context) ||
        !MaybePinned(state.rows, report.originator()).has_value()) {
      return RefuseEntry("RELAY_NOT_ALLOWED");
    }
    if (state.rows.Get(Table::kRows, RelayKey(report.name(), sender.name())).has_value()) {
      return std::nullopt;
    }
    return DeferEntry("NEEDS_CONSENT");
  }
  const bool open = report.tlp() == v1::CLEAR || report.tlp() == v1::GREEN;
  if (open && !report.originator_control()) return std::nullopt;
  return RefuseEntry("RELAY_NOT_ALLOWED");
}

// Whether `organization` gave us the report.
bool HasGiven(absl::string_view organization, absl::string_view report, const State& state) {
  return state.rows.Get(Table::kRows, GivenKey(report, organization)).has_value();
}

// Whether our own officers have erased the report, or its content under another name.
bool WasErasedHere(const Report& report, const State& state) {
  const auto digest = Hash::FromBytes(report.body_digest());
  const auto marked = digest.ok() ? kernel::WhyErased(state.rows, *digest) : std::nullopt;
  return ErasedByOwnDecision(state.rows, report.name()) ||
         (marked.has_value() && ErasedByOwnDecision(state.rows, *marked));
}

Verdict DecideReleased(const Context& context, const Organization& sender,
                       const InformationEvent::ReportReleased& event, const State& state) {
  const Report& report = event.report();
  if (!WellFormed(report)) return RefuseEntry("BAD_REPORT");
  if (!IsOurs(event.disclosure(), report, sender, context)) return RefuseEntry("NOT_ADDRESSEE");
  if (report.originator() == context.organization) return RefuseEntry("OWN_REPORT");
  if (report.originator() != sender.name()) {
    const std::optional<Verdict> why = WhyNotRelayed(event, sender, context, state);
    if (why.has_value()) return *why;
  }
  for (const std::string& name : ReportsWithBody(state.rows, report.body_digest())) {
    const std::optional<Report> other = Find(state, name);
    if (other.has_value() && other->originator() == context.organization) {
      return RefuseEntry("OTHER_REPORT");  // The content of our own report under another's name.
    }
  }
  // What a relay said of a report does not bind its originator.
  const bool first_word =
      report.originator() == sender.name() && !HasGiven(sender.name(), report.name(), state);
  const std::optional<Report> known = Find(state, report.name());
  if (WasErasedHere(report, state)) return RefuseEntry("ERASED");
  if (known.has_value() && !first_word) {
    if (IsErased(*known)) return RefuseEntry("ERASED");
    if (known->state() == Report::RECALLED) return RefuseEntry("RECALLED");
    if (known->body_digest() != report.body_digest()) return RefuseEntry("OTHER_REPORT");
  }
  Verdict verdict = Accept();
  InformationEvent received;
  *received.mutable_report_received()->mutable_report() = report;
  received.mutable_report_received()->set_received_from(sender.name());
  verdict.events.push_back(kernel::DomainEvent(received));
  InformationEvent acknowledged;
  acknowledged.mutable_report_acknowledged()->set_report(report.name());
  Answer(acknowledged, sender, verdict);
  return verdict;
}

// Our row for the sender, when we gave it this report.
std::optional<Disclosure> GivenTo(const Organization& sender, absl::string_view report,
                                  const Context& context, const State& state) {
  return kernel::TableReader<Disclosure>(state.rows)
      .Find(DisclosureName(
          {.report = report, .giver = context.organization, .recipient = sender.name()}));
}

// The register changes by a recipient's receipt; of a relayed report its originator is told.
Verdict RecordReceipt(const Context& context, const Disclosure& disclosure, const State& state) {
  Verdict verdict = Accept();
  const std::optional<Report> report = Find(state, disclosure.report());
  if (report.has_value()) {
    std::optional<kernel::Event> told = TellOriginator(context, *report, disclosure, state);
    if (told.has_value()) verdict.events.push_back(*std::move(told));
  }
  InformationEvent event;
  *event.mutable_disclosure_recorded()->mutable_disclosure() = disclosure;
  verdict.events.push_back(kernel::DomainEvent(event));
  return verdict;
}

Verdict DecideAcknowledged(const Context& context, const Organization& sender,
                           const Delivered& delivered,
                           const InformationEvent::ReportAcknowledged& event, const State& state) {
  std::optional<Disclosure> disclosure = GivenTo(sender, event.report(), context, state);
  if (!disclosure.has_value()) return RefuseEntry("NOT_DISCLOSED");
  if (disclosure->has_acknowledged()) return RefuseEntry("ACKNOWLEDGED_BEFORE");
  *disclosure->mutable_acknowledged() = ProofOf(context, delivered);
  return RecordReceipt(context, *disclosure, state);
}

// The originator's word, or that of a relay: what it gave it may take back, but not what its
// originator gave us too.
Verdict DecideRecalled(const Context& context, const Organization& sender,
                       const InformationEvent::ReportRecalled& event, const State& state) {
  if (!kernel::CheckName(event.report(), kReports.pattern, "report").ok() ||
      !IsSet(event.reason(), v1::Recall::Reason_IsValid) ||
      !kernel::IsSpokenIdOf(kernel::IdOf(event.report()), kReportKind, event.originator())) {
    return RefuseEntry("BAD_RECALL");
  }
  const bool own_word = event.originator() == sender.name();
  if (event.originator() == context.organization ||
      (!own_word && !HasGiven(sender.name(), event.report(), state))) {
    return RefuseEntry("NOT_ORIGINATOR");
  }
  Verdict verdict = Accept();
  const std::optional<Report> known = Find(state, event.report());
  const bool binds = own_word || !HasGiven(event.originator(), event.report(), state);
  if (binds && (!known.has_value() || known->state() != Report::RECALLED)) {
    verdict.events = RecallEvents(
        context,
        {.report = event.report(), .reason = event.reason(), .originator = event.originator()},
        state);
  }
  InformationEvent complied;
  complied.mutable_recall_complied()->set_report(event.report());
  Answer(complied, sender, verdict);
  return verdict;
}

Verdict DecideComplied(const Context& context, const Organization& sender,
                       const Delivered& delivered, const InformationEvent::RecallComplied& event,
                       const State& state) {
  std::optional<Disclosure> disclosure = GivenTo(sender, event.report(), context, state);
  if (!disclosure.has_value() || disclosure->recalled_us() == 0) {
    return RefuseEntry("NOT_RECALLED");
  }
  if (disclosure->has_complied()) return RefuseEntry("COMPLIED_BEFORE");
  *disclosure->mutable_complied() = ProofOf(context, delivered);
  return RecordReceipt(context, *disclosure, state);
}

Verdict DecideErasureAnswered(const Context& context, const Organization& sender,
                              const Delivered& delivered,
                              const InformationEvent::ErasureAnswered& event, const State& state) {
  std::optional<Disclosure> disclosure = GivenTo(sender, event.report(), context, state);
  if (!disclosure.has_value()) return RefuseEntry("NOT_DISCLOSED");
  switch (event.state()) {
    case v1::Erasure::ERASED:
      if (disclosure->has_erased()) return RefuseEntry("ERASED_BEFORE");
      *disclosure->mutable_erased() = ProofOf(context, delivered);
      break;
    case v1::Erasure::OWED:
      if (disclosure->has_erased() || disclosure->has_erasure_owed()) {
        return RefuseEntry("ERASED_BEFORE");
      }
      *disclosure->mutable_erasure_owed() = ProofOf(context, delivered);
      break;
    default:
      return RefuseEntry("BAD_ERASURE");
  }
  return RecordReceipt(context, *disclosure, state);
}

// A relay tells the originator whom it gave our report.
Verdict DecideRelayTold(const Context& context, const Organization& sender,
                        const Disclosure& disclosure, const State& state) {
  const std::optional<Report> report = Find(state, disclosure.report());
  if (!report.has_value() || report->originator() != context.organization) {
    return RefuseEntry("NOT_ORIGINATOR");
  }
  if (!WasGivenTo(state.rows, disclosure.report(), sender.name())) {
    return RefuseEntry("NOT_DISCLOSED");
  }
  const DisclosureParts parts = {
      .report = disclosure.report(), .giver = sender.name(), .recipient = disclosure.recipient()};
  if (disclosure.giver() != sender.name() || disclosure.name() != DisclosureName(parts) ||
      !kernel::CheckName(disclosure.recipient(), "organizations/*", "recipient").ok()) {
    return RefuseEntry("BAD_DISCLOSURE");
  }
  Verdict verdict = Accept();
  InformationEvent event;
  *event.mutable_disclosure_recorded()->mutable_disclosure() = disclosure;
  verdict.events.push_back(kernel::DomainEvent(event));
  return verdict;
}

}  // namespace

Verdict DecideInformationDelivery(const Context& context, const Delivered& delivered,
                                  const State& state) {
  const absl::string_view origin = delivered.origin;
  const absl::string_view trust_domain = origin.substr(0, origin.find('/'));
  const absl::string_view service = origin.substr(trust_domain.size());
  if (trust_domain == context.trust_domain ||
      (service != "/ch8/information" && !absl::StartsWith(service, "/ch8/information/"))) {
    return RefuseEntry("NOT_INFORMATION");
  }
  const std::optional<Organization> sender = kernel::FindTrustDomain(state.rows, trust_domain);
  if (!sender.has_value()) return DeferEntry("UNKNOWN_ORGANIZATION");
  if (!delivered.entry.has_domain_event()) return RefuseEntry("UNEXPECTED_ENTRY");
  InformationEvent event;
  if (!event.ParseFromString(delivered.entry.domain_event())) return RefuseEntry("MALFORMED_EVENT");
  switch (event.kind_case()) {
    case InformationEvent::kReportReleased:
      return DecideReleased(context, *sender, event.report_released(), state);
    case InformationEvent::kReportAcknowledged:
      return DecideAcknowledged(context, *sender, delivered, event.report_acknowledged(), state);
    case InformationEvent::kReportRecalled:
      return DecideRecalled(context, *sender, event.report_recalled(), state);
    case InformationEvent::kRecallComplied:
      return DecideComplied(context, *sender, delivered, event.recall_complied(), state);
    case InformationEvent::kErasureOrdered:
      return DecideErasureOrdered(context, *sender, delivered, event.erasure_ordered(), state);
    case InformationEvent::kErasureAnswered:
      return DecideErasureAnswered(context, *sender, delivered, event.erasure_answered(), state);
    case InformationEvent::kDisclosureRecorded:
      return DecideRelayTold(context, *sender, event.disclosure_recorded().disclosure(), state);
    case InformationEvent::kConsentRecorded:
      return DecideConsentDelivery(context, *sender, delivered, event.consent_recorded().consent(),
                                   state);
    default:
      return RefuseEntry("UNEXPECTED_ENTRY");
  }
}

}  // namespace ch8::information
