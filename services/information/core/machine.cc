#include "services/information/core/machine.h"

#include "services/information/core/agreements.h"
#include "services/information/core/consents.h"
#include "services/information/core/deliveries.h"
#include "services/information/core/erasures.h"
#include "services/information/core/groups.h"
#include "services/information/core/legal_holds.h"
#include "services/information/core/recalls.h"
#include "services/information/core/releases.h"
#include "services/information/core/reports.h"
#include "services/information/core/rules.h"
#include "storage/base/check.h"

namespace ch8::information {

using v1::InformationEvent;

InformationMachine::InformationMachine() {
  AddReportRoutes(routes_);
  AddReleaseRoutes(routes_);
  AddRecallRoutes(routes_);
  AddConsentRoutes(routes_);
  AddGroupRoutes(routes_);
  AddAgreementRoutes(routes_);
  AddErasureRoutes(routes_);
  AddLegalHoldRoutes(routes_);
}

absl::string_view InformationMachine::domain() const { return "information.chapter8"; }

kernel::Verdict InformationMachine::DecideDelivery(const kernel::Context& context,
                                                   const kernel::Delivered& delivered,
                                                   const kernel::State& state) const {
  return DecideInformationDelivery(context, delivered, state);
}

std::vector<kernel::Event> InformationMachine::DecideDue(const kernel::Context& context,
                                                         const kernel::State& state) const {
  return DecideReportsDue(context, state);
}

void InformationMachine::Apply(const kernel::Applied& applied, kernel::Rows& rows) const {
  if (!applied.entry.has_domain_event()) return;
  InformationEvent event;
  Check(event.ParseFromString(applied.entry.domain_event()), "a logged event does not parse");
  switch (event.kind_case()) {
    case InformationEvent::kReportFiled:
      return ApplyReportFiled(applied, event.report_filed(), rows);
    case InformationEvent::kReportReviewed:
      return ApplyReportReviewed(applied, event.report_reviewed(), rows);
    case InformationEvent::kReportReleased:
      return ApplyReportReleased(event.report_released(), rows);
    case InformationEvent::kReportReceived:
      return ApplyReportReceived(applied, event.report_received(), rows);
    case InformationEvent::kReportRecalled:
      return ApplyReportRecalled(applied, event.report_recalled(), rows);
    case InformationEvent::kDisclosureRecorded:
      return ApplyDisclosureRecorded(event.disclosure_recorded(), rows);
    case InformationEvent::kReportExpired:
      return ApplyReportExpired(event.report_expired(), rows);
    case InformationEvent::kGroupCreated:
      return ApplyGroupCreated(event.group_created(), rows);
    case InformationEvent::kMembershipRecorded:
      return ApplyMembershipRecorded(event.membership_recorded(), rows);
    case InformationEvent::kAgreementRecorded:
      return ApplyAgreementRecorded(event.agreement_recorded(), rows);
    case InformationEvent::kConsentRecorded:
      return ApplyConsentRecorded(applied, event.consent_recorded(), rows);
    case InformationEvent::kConsentReceived:
      return ApplyConsentReceived(event.consent_received(), rows);
    case InformationEvent::kErasureRecorded:
      return ApplyErasureRecorded(event.erasure_recorded(), rows);
    case InformationEvent::kErasureOrdered:
      return ApplyErasureOrdered(applied, event.erasure_ordered(), rows);
    case InformationEvent::kLegalHoldRecorded:
      return ApplyLegalHoldRecorded(event.legal_hold_recorded(), rows);
    case InformationEvent::kReportAcknowledged:  // Our word to others: no row of ours.
    case InformationEvent::kRecallComplied:
    case InformationEvent::kErasureAnswered:
    case InformationEvent::KIND_NOT_SET:  // Of a newer release: it changes no row read here.
      return;
  }
}

bool InformationMachine::MayFetchBody(absl::string_view trust_domain, const Hash& digest,
                                      const kernel::RowReader& rows) const {
  return MayFetchReportBody(trust_domain, digest, rows);
}

bool InformationMachine::NamesBody(const Hash& digest, const kernel::RowReader& rows) const {
  return !ReportsWithBody(rows, digest.view()).empty();
}

std::vector<kernel::WantedBody> InformationMachine::WantedBodies(
    const kernel::RowReader& rows) const {
  return WantedReportBodies(rows);
}

}  // namespace ch8::information
