#include "services/mandate/core/machine.h"

#include "services/books/transfer_rows.h"
#include "services/kernel/names.h"
#include "services/kernel/spoken_ids.h"
#include "services/mandate/core/clearances.h"
#include "services/mandate/core/decisions.h"
#include "services/mandate/core/delegations.h"
#include "services/mandate/core/references.h"
#include "services/mandate/core/slices.h"
#include "services/mandate/core/strength.h"
#include "services/mandate/core/vocabulary.h"
#include "storage/base/check.h"

namespace ch8::mandate {

using chapter8::ledger::v1::Delivery;
using v1::MandateEvent;

MandateMachine::MandateMachine() {
  AddDecisionRoutes(routes_);
  AddDelegationRoutes(routes_);
  AddSliceRoutes(routes_);
  AddClearanceRoutes(routes_);
  AddStrengthRoutes(routes_);
  AddReferenceRoutes(routes_);
}

absl::string_view MandateMachine::domain() const { return "mandate.chapter8"; }

kernel::Verdict MandateMachine::DecideDelivery(const kernel::Context& context,
                                               const kernel::Delivered& delivered,
                                               const kernel::State& state) const {
  if (books::TrustDomainOf(delivered.origin) != context.trust_domain) {
    return {.verdict = Delivery::REFUSE, .reason = "NOT_MANDATE", .events = {}};
  }
  if (delivered.entry.has_step()) return DecideSliceStep(context, delivered, state);
  if (delivered.entry.has_mandate_fact()) return DecideAcknowledgement(delivered, state);
  return {.verdict = Delivery::REFUSE, .reason = "UNEXPECTED_ENTRY", .events = {}};
}

std::vector<kernel::Event> MandateMachine::DecideDue(const kernel::Context& context,
                                                     const kernel::State& state) const {
  return DecideDelegationsDue(context, state);
}

void MandateMachine::Apply(const kernel::Applied& applied, kernel::Rows& rows) const {
  if (applied.entry.has_step() || applied.entry.has_peer_step()) {
    return ApplySliceStep(applied, rows);
  }
  if (!applied.entry.has_domain_event()) return;
  MandateEvent event;
  Check(event.ParseFromString(applied.entry.domain_event()), "a logged event does not parse");
  switch (event.kind_case()) {
    case MandateEvent::kDecisionRecorded:
      return kernel::PutRow(rows, event.decision_recorded());
    case MandateEvent::kDelegationRecorded:
      return ApplyDelegationRecorded(event.delegation_recorded(), rows);
    case MandateEvent::kClearanceRecorded:
      return kernel::PutRow(rows, event.clearance_recorded());
    case MandateEvent::kStrengthReported:
      kernel::CountSpokenId(kernel::IdOf(event.strength_reported().name()), rows);
      return kernel::PutRow(rows, event.strength_reported());
    case MandateEvent::kGenderTargetRecorded:
      return kernel::PutRow(rows, event.gender_target_recorded());
    case MandateEvent::kSliceRecorded:
      return ApplySliceRecorded(event.slice_recorded(), rows);
    case MandateEvent::kReferenceRecorded:
      return kernel::PutRow(rows, event.reference_recorded());
    case MandateEvent::KIND_NOT_SET:
      return;  // Of a newer release: it changes no row that this one reads.
  }
}

}  // namespace ch8::mandate
