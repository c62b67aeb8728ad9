#include "services/information/core/releases.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "services/information/core/agreements.h"
#include "services/information/core/hops.h"
#include "services/information/core/reports.h"
#include "services/information/core/rules.h"
#include "services/kernel/authority.h"
#include "services/kernel/fields.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"
#include "services/kernel/resources.h"
#include "storage/base/status_macros.h"

namespace ch8::information {
namespace {

using chapter8::directory::v1::Organization;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::Consent;
using v1::Disclosure;
using v1::InformationEvent;
using v1::Report;
using v1::SharingAgreement;

constexpr int kRecipientsMax = 100;

bool IsCovered(const Context& context, absl::string_view organization, const State& state) {
  bool covered = false;
  ForAgreementsOf(state.rows, {context.organization, organization},
                  [&](const SharingAgreement& agreement) {
                    covered = covered || InForce(agreement, context.time);
                  });
  return covered;
}

// Whether the originator may have given the report under this agreement.
bool Covers(const SharingAgreement& agreement, const Report& report) {
  const auto& kinds = agreement.kinds();
  return (kinds.empty() || std::find(kinds.begin(), kinds.end(), report.kind()) != kinds.end()) &&
         report.classification() <= agreement.max_classification() &&
         report.tlp() <= agreement.max_tlp();
}

ReleaseQuestion::Onward OnwardUnder(const Context& context, const Report& report,
                                    const State& state) {
  auto onward = ReleaseQuestion::Onward::kForbidden;
  ForAgreementsOf(state.rows, {context.organization, report.originator()},
                  [&](const SharingAgreement& agreement) {
                    if (agreement.onward_transfer() && Covers(agreement, report) &&
                        InForce(agreement, context.time)) {
                      onward = ReleaseQuestion::Onward::kAllowed;
                    }
                  });
  return onward;
}

bool HasIt(const Context& context, const Report& report, absl::string_view recipient,
           const State& state) {
  const std::optional<Disclosure> row =
      kernel::TableReader<Disclosure>(state.rows)
          .Find(DisclosureName(
              {.report = report.name(), .giver = context.organization, .recipient = recipient}));
  return row.has_value() && row->recalled_us() == 0;
}

// The report as it crosses: without what each ledger keeps for itself, and without the names of
// groups that the recipient was not reached by.
Report Crossing(const Report& report, const std::string& group) {
  Report crossing = report;
  crossing.clear_groups();
  if (!group.empty()) crossing.add_groups(group);
  crossing.clear_state();
  crossing.clear_derived_from();
  crossing.clear_author();
  crossing.clear_reviewer();
  crossing.clear_received_from();
  crossing.clear_superseded_by();
  crossing.clear_etag();
  return crossing;
}

kernel::Event ReleasedEvent(const Context& context, const Report& report, const Hop& hop,
                            const Answer& answer) {
  InformationEvent event;
  InformationEvent::ReportReleased& released = *event.mutable_report_released();
  *released.mutable_report() = Crossing(report, hop.group);
  Disclosure& disclosure = *released.mutable_disclosure();
  disclosure.set_name(DisclosureName(
      {.report = report.name(), .giver = context.organization, .recipient = hop.recipient.name()}));
  disclosure.set_report(report.name());
  disclosure.set_recipient(hop.recipient.name());
  disclosure.set_giver(context.organization);
  disclosure.set_group(hop.group);
  disclosure.set_agreement(answer.agreement);
  disclosure.set_released_us(absl::ToUnixMicros(context.time));
  if (hop.consent.has_value()) {
    disclosure.set_consent(hop.consent->name());
    *released.mutable_consent() = *hop.consent;
  }
  kernel::Event logged = kernel::DomainEvent(event);
  logged.recipients.push_back(hop.recipient.trust_domain());
  return logged;
}

absl::Status AlreadyReleased(const Report& report) {
  return kernel::NotNow(
      "ALREADY_RELEASED", absl::StrCat("whoever this names has ", report.name(), " already"),
      {{"instead", absl::StrCat("ch8 report who ", kernel::IdOf(report.name()))}});
}

absl::Status BadRecipients(std::string why) {
  return kernel::Invalid("BAD_RECIPIENTS", std::move(why), {{"field", "organizations"}});
}

absl::StatusOr<std::vector<Hop>> NamedHops(const Context& context, const Report& report,
                                           const v1::ReleaseReportRequest& request,
                                           const State& state) {
  const std::set<std::string> names(request.organizations().begin(), request.organizations().end());
  if (request.organizations_size() > kRecipientsMax) {
    return BadRecipients("organizations are more than 100");
  }
  std::vector<Hop> hops;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(Organization recipient, FindPinned(state.rows, name, "organizations"));
    if (name == context.organization) {
      return BadRecipients("organizations names the own organization");
    }
    if (HasIt(context, report, name, state)) return AlreadyReleased(report);
    Hop hop{.recipient = std::move(recipient),
            .question = QuestionOf(report, context),
            .group = "",
            .consent = std::nullopt};
    hop.question.relation = Relation::kNamed;
    hops.push_back(std::move(hop));
  }
  return hops;
}

absl::StatusOr<std::vector<Hop>> GroupHops(const Context& context, const Report& report,
                                           const std::string& name, const State& state) {
  ASSIGN_OR_RETURN(const v1::Group group,
                   kernel::FindResource<v1::Group>(state.rows, name, kGroups));
  if (!report.groups().empty() &&
      std::find(report.groups().begin(), report.groups().end(), name) == report.groups().end()) {
    return kernel::NotNow("NOT_MARKED_FOR_GROUP",
                          absl::StrCat(report.name(), " is not marked for ", name),
                          {{"instead", kernel::ShowCommand(kReports, report.name())}});
  }
  std::vector<Hop> hops;
  Hop hop{.recipient = Organization(),
          .question = QuestionOf(report, context),
          .group = name,
          .consent = std::nullopt};
  hop.question.relation = Relation::kGroupMember;
  hop.question.group = ReleaseQuestion::Group::kHasMembers;
  for (const std::string& member : group.members()) {
    if (member == context.organization) continue;
    ASSIGN_OR_RETURN(hop.recipient, FindPinned(state.rows, member, "group"));
    hops.push_back(hop);
  }
  if (hops.empty()) {
    hop.question.group = ReleaseQuestion::Group::kEmpty;
    return ReleaseRefusal(report, hop, {.test = FirstFailing(hop.question), .agreement = ""});
  }
  return hops;
}

std::vector<Hop> CommunityHops(const Context& context, const Report& report, const State& state) {
  std::vector<Hop> hops;
  for (Organization& recipient : kernel::PinnedOrganizations(state.rows)) {
    if (recipient.name() == context.organization) continue;
    Hop hop{.recipient = std::move(recipient),
            .question = QuestionOf(report, context),
            .group = "",
            .consent = std::nullopt};
    if (IsCovered(context, hop.recipient.name(), state)) {
      hop.question.relation = Relation::kCommunity;
    }
    hops.push_back(std::move(hop));
  }
  return hops;
}

// Gives it to all of them; a community to those that the tests let through. What somebody of a
// group or community has already is not sent again.
absl::StatusOr<Decision> Give(const Context& context, const Report& report,
                              const std::vector<Hop>& hops, const State& state) {
  Decision decision;
  decision.reply = kernel::ReplyWith<Report>(report.name());
  std::optional<Answer> worst;
  const Hop* refused = nullptr;
  for (const Hop& hop : hops) {
    const Answer answer = AskRelease(context, report, hop, state);
    if (answer.test == ReleaseTest::kNone) {
      if (HasIt(context, report, hop.recipient.name(), state)) continue;
      decision.events.push_back(ReleasedEvent(context, report, hop, answer));
      continue;
    }
    const bool of_community = hop.question.relation == Relation::kCommunity ||
                              hop.question.relation == Relation::kOutsider;
    if (!of_community) return ReleaseRefusal(report, hop, answer);
    if (!worst.has_value() || answer.test > worst->test) {
      worst = answer;
      refused = &hop;
    }
  }
  if (!decision.events.empty()) return decision;
  if (worst.has_value()) return ReleaseRefusal(report, *refused, *worst);
  return AlreadyReleased(report);
}

absl::StatusOr<Decision> ReleaseReport(const Context& context,
                                       const v1::ReleaseReportRequest& request,
                                       const State& state) {
  ASSIGN_OR_RETURN(const Report report, FindOwnReport(context, state.rows, request.name()));
  RETURN_IF_ERROR(
      kernel::CheckEtag(report, request.etag(), kernel::ShowCommand(kReports, report.name())));
  const int ways = (request.organizations().empty() ? 0 : 1) + (request.group().empty() ? 0 : 1) +
                   (request.community() ? 1 : 0);
  if (ways != 1) {
    return BadRecipients("name organizations, or a group, or the community: one of the three");
  }
  std::vector<Hop> hops;
  if (!request.organizations().empty()) {
    ASSIGN_OR_RETURN(hops, NamedHops(context, report, request, state));
  } else if (!request.group().empty()) {
    ASSIGN_OR_RETURN(hops, GroupHops(context, report, request.group(), state));
  } else {
    hops = CommunityHops(context, report, state);
    if (hops.empty()) return BadRecipients("no other organization is pinned here");
  }
  return Give(context, report, hops, state);
}

std::optional<Consent> GrantedConsent(const Report& report, absl::string_view recipient,
                                      const State& state) {
  const std::optional<std::string> name =
      state.rows.Get(Table::kRows, ConsentKey(report.name(), recipient));
  if (!name.has_value()) return std::nullopt;
  std::optional<Consent> consent = kernel::TableReader<Consent>(state.rows).Find(*name);
  if (!consent.has_value() || consent->state() != Consent::GRANTED) return std::nullopt;
  return consent;
}

absl::StatusOr<Decision> RelayReport(const Context& context, const v1::RelayReportRequest& request,
                                     const State& state) {
  ASSIGN_OR_RETURN(const Report report, FindReport(state.rows, request.name()));
  if (report.originator() == context.organization) {
    return kernel::NotNow("OWN_REPORT", absl::StrCat(report.name(), " is our own: release it"),
                          {{"instead", absl::StrCat("ch8 report release ",
                                                    kernel::IdOf(report.name()), " --to ORG")}});
  }
  ASSIGN_OR_RETURN(Organization recipient,
                   FindPinned(state.rows, request.organization(), "organization"));
  if (recipient.name() == context.organization || recipient.name() == report.originator()) {
    return BadRecipients("organization has it already: it is the own one, or the originator");
  }
  if (HasIt(context, report, recipient.name(), state)) return AlreadyReleased(report);
  Hop hop{.recipient = std::move(recipient),
          .question = QuestionOf(report, context),
          .group = "",
          .consent = std::nullopt};
  hop.question.relation = Relation::kNamed;
  hop.question.onward = OnwardUnder(context, report, state);
  hop.consent = GrantedConsent(report, hop.recipient.name(), state);
  if (hop.consent.has_value()) hop.question.consent = ReleaseQuestion::Consent::kGranted;
  const Answer answer = AskRelease(context, report, hop, state);
  if (answer.test != ReleaseTest::kNone) return ReleaseRefusal(report, hop, answer);

  Decision decision;
  decision.reply = kernel::ReplyWith<Report>(report.name());
  const kernel::Event released = ReleasedEvent(context, report, hop, answer);
  InformationEvent event;
  if (!event.ParseFromString(released.entry.domain_event())) {
    return absl::InternalError("an event made here does not parse");
  }
  std::optional<kernel::Event> told =
      TellOriginator(context, report, event.report_released().disclosure(), state);
  if (told.has_value()) decision.events.push_back(*std::move(told));
  decision.events.push_back(released);
  return decision;
}

std::string OwnOrganization(const kernel::RowReader& rows) {
  for (const Organization& organization : kernel::PinnedOrganizations(rows)) {
    if (organization.own()) return organization.name();
  }
  return "";
}

}  // namespace

void AddReleaseRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.information.v1.ReportService/";
  routes.AddCommand<v1::ReleaseReportRequest>(service + "ReleaseReport", ReleaseReport);
  routes.AddCommand<v1::RelayReportRequest>(service + "RelayReport", RelayReport);
}

std::optional<kernel::Event> TellOriginator(const Context& context, const Report& report,
                                            const Disclosure& disclosure, const State& state) {
  if (report.originator() == context.organization) return std::nullopt;
  const std::optional<Organization> originator = MaybePinned(state.rows, report.originator());
  if (!originator.has_value()) return std::nullopt;
  InformationEvent event;
  Disclosure& told = *event.mutable_disclosure_recorded()->mutable_disclosure();
  told = disclosure;
  told.clear_agreement();  // Between the relay and its recipient.
  kernel::Event logged = kernel::DomainEvent(event);
  logged.recipients.push_back(originator->trust_domain());
  return logged;
}

bool WasGivenTo(const kernel::RowReader& rows, absl::string_view report,
                absl::string_view organization) {
  bool given = false;
  kernel::TableReader<Disclosure>(rows).Scan(DisclosuresOf(report), "", [&](const Disclosure& row) {
    given = row.recipient() == organization;
    return !given;
  });
  return given;
}

bool MayFetchReportBody(absl::string_view trust_domain, const Hash& digest,
                        const kernel::RowReader& rows) {
  const std::optional<Organization> asker = kernel::FindTrustDomain(rows, trust_domain);
  if (!asker.has_value()) return false;
  const std::string own = OwnOrganization(rows);
  const std::vector<std::string> names = ReportsWithBody(rows, digest.view());
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    const std::optional<Report> report = kernel::TableReader<Report>(rows).Find(name);
    if (!report.has_value() || !IsReadable(*report)) return false;
    const std::optional<Disclosure> given = kernel::TableReader<Disclosure>(rows).Find(
        DisclosureName({.report = name, .giver = own, .recipient = asker->name()}));
    return given.has_value() && given->recalled_us() == 0;
  });
}

std::vector<kernel::WantedBody> WantedReportBodies(const kernel::RowReader& rows) {
  std::vector<kernel::WantedBody> wanted;
  constexpr absl::string_view kPrefix = "given/";
  rows.Scan(Table::kRows, kPrefix, "", [&](absl::string_view key, absl::string_view origin) {
    const absl::string_view id = absl::StripPrefix(key, kPrefix);
    const std::optional<Report> report = kernel::TableReader<Report>(rows).Find(
        absl::StrCat("reports/", id.substr(0, id.find('/'))));
    if (!report.has_value() || !IsReadable(*report)) return true;
    const absl::StatusOr<Hash> digest = Hash::FromBytes(report->body_digest());
    if (digest.ok()) wanted.push_back({.origin = std::string(origin), .digest = *digest});
    return true;
  });
  return wanted;
}

void ApplyReportReleased(const InformationEvent::ReportReleased& event, kernel::Rows& rows) {
  kernel::PutRow(rows, event.disclosure());
  std::optional<Report> report = kernel::TableReader<Report>(rows).Find(event.report().name());
  if (!report.has_value() || report->state() != Report::FILED) return;
  report->set_state(Report::RELEASED);
  kernel::PutRow(rows, *report);
}

void ApplyDisclosureRecorded(const InformationEvent::DisclosureRecorded& event,
                             kernel::Rows& rows) {
  kernel::PutRow(rows, event.disclosure());
}

}  // namespace ch8::information
