#include "services/finance/core/machine.h"

#include "services/books/internal_accounts.h"
#include "services/books/slices.h"
#include "services/finance/core/allotments.h"
#include "services/finance/core/budget_ceilings.h"
#include "services/finance/core/budget_lines.h"
#include "services/finance/core/contributions.h"
#include "services/finance/core/deliveries.h"
#include "services/finance/core/funds.h"
#include "services/finance/core/offers.h"
#include "services/finance/core/operations.h"
#include "services/finance/core/requests.h"
#include "services/finance/core/transfers.h"
#include "storage/base/check.h"

namespace ch8::finance {

using v1::FinanceEvent;

FinanceMachine::FinanceMachine() {
  AddOperationRoutes(routes_);
  AddFundRoutes(routes_);
  AddAllotmentRoutes(routes_);
  AddContributionRoutes(routes_);
  AddBudgetLineRoutes(routes_);
  AddRequestRoutes(routes_);
  AddOfferRoutes(routes_);
  books::AddTransferRoutes(routes_);
}

absl::string_view FinanceMachine::domain() const { return "finance.chapter8"; }

kernel::Verdict FinanceMachine::DecideDelivery(const kernel::Context& context,
                                               const kernel::Delivered& delivered,
                                               const kernel::State& state) const {
  return DecideFinanceDelivery(context, delivered, state);
}

std::vector<kernel::Event> FinanceMachine::DecideFact(
    const chapter8::mandate::v1::MandateEvent& fact, const kernel::State& state) const {
  return DecideBudgetFact(fact, state);
}

std::vector<kernel::Event> FinanceMachine::DecideDue(const kernel::Context& context,
                                                     const kernel::State& state) const {
  std::vector<kernel::Event> events = DecideOffersDue(context, state);
  return events.empty() ? books::DecideSliceReturns(context, state) : events;
}

void FinanceMachine::Apply(const kernel::Applied& applied, kernel::Rows& rows) const {
  if (applied.entry.has_step() || applied.entry.has_peer_step()) {
    return ApplyTransferStep(applied, rows);
  }
  if (!applied.entry.has_domain_event()) return;
  FinanceEvent event;
  Check(event.ParseFromString(applied.entry.domain_event()), "a logged event does not parse");
  switch (event.kind_case()) {
    case FinanceEvent::kOperationCreated:
      return ApplyOperationCreated(event.operation_created(), rows);
    case FinanceEvent::kBudgetCeilingMoved:
      return ApplyBudgetCeilingMoved(event.budget_ceiling_moved(), rows);
    case FinanceEvent::kFundCreated:
      return ApplyFundCreated(event.fund_created(), rows);
    case FinanceEvent::kAllotmentRecorded:
      return ApplyAllotmentRecorded(event.allotment_recorded(), rows);
    case FinanceEvent::kContributionRecorded:
      return ApplyContributionRecorded(event.contribution_recorded(), rows);
    case FinanceEvent::kBudgetLineCreated:
      return ApplyBudgetLineCreated(event.budget_line_created(), rows);
    case FinanceEvent::kRequestRecorded:
      return ApplyRequestRecorded(applied, event.request_recorded(), rows);
    case FinanceEvent::kOfferRecorded:
      return ApplyOfferRecorded(applied, event.offer_recorded(), rows);
    case FinanceEvent::KIND_NOT_SET:
      return;  // Of a newer release: it changes no row that this one reads.
  }
}

}  // namespace ch8::finance
