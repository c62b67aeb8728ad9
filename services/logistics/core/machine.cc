#include "services/logistics/core/machine.h"

#include "services/books/slices.h"
#include "services/logistics/core/consignments.h"
#include "services/logistics/core/deliveries.h"
#include "services/logistics/core/depots.h"
#include "services/logistics/core/discrepancies.h"
#include "services/logistics/core/exposure.h"
#include "services/logistics/core/items.h"
#include "services/logistics/core/lots.h"
#include "services/logistics/core/offers.h"
#include "services/logistics/core/receipts.h"
#include "services/logistics/core/requests.h"
#include "services/logistics/core/transfers.h"
#include "storage/base/check.h"

namespace ch8::logistics {

using v1::LogisticsEvent;

LogisticsMachine::LogisticsMachine() {
  AddItemRoutes(routes_);
  AddDepotRoutes(routes_);
  AddStockRoutes(routes_);
  AddExposureRoutes(routes_);
  AddRequestRoutes(routes_);
  AddOfferRoutes(routes_);
  AddConsignmentRoutes(routes_);
  AddReceiptRoutes(routes_);
  AddDiscrepancyRoutes(routes_);
}

absl::string_view LogisticsMachine::domain() const { return "logistics.chapter8"; }

kernel::Verdict LogisticsMachine::DecideDelivery(const kernel::Context& context,
                                                 const kernel::Delivered& delivered,
                                                 const kernel::State& state) const {
  return DecideLogisticsDelivery(context, delivered, state);
}

std::vector<kernel::Event> LogisticsMachine::DecideDue(const kernel::Context& context,
                                                       const kernel::State& state) const {
  std::vector<kernel::Event> events = DecideOffersDue(context, state);
  return events.empty() ? books::DecideSliceReturns(context, state) : events;
}

std::optional<kernel::WitnessesWanted> LogisticsMachine::WantedWitnesses(
    absl::string_view origin, const kernel::RowReader& rows) const {
  return logistics::WantedWitnesses(origin, rows);
}

void LogisticsMachine::Apply(const kernel::Applied& applied, kernel::Rows& rows) const {
  if (applied.entry.has_step() || applied.entry.has_peer_step()) {
    return ApplyTransferStep(applied, rows);
  }
  if (!applied.entry.has_domain_event()) return;
  LogisticsEvent event;
  Check(event.ParseFromString(applied.entry.domain_event()), "a logged event does not parse");
  switch (event.kind_case()) {
    case LogisticsEvent::kItemCreated:
      return ApplyItemCreated(event.item_created(), rows);
    case LogisticsEvent::kDepotCreated:
      return ApplyDepotCreated(event.depot_created(), rows);
    case LogisticsEvent::kDailyRateSet:
      return ApplyDailyRateSet(event.daily_rate_set(), rows);
    case LogisticsEvent::kLotRecorded:
      return ApplyLotRecorded(event.lot_recorded(), rows);
    case LogisticsEvent::kLotChanged:
      return ApplyLotChanged(event.lot_changed(), rows);
    case LogisticsEvent::kRequestRecorded:
      return ApplyRequestRecorded(applied, event.request_recorded(), rows);
    case LogisticsEvent::kOfferRecorded:
      return ApplyOfferRecorded(event.offer_recorded(), rows);
    case LogisticsEvent::kConsignmentRecorded:
      return ApplyConsignmentRecorded(event.consignment_recorded(), rows);
    case LogisticsEvent::kLegRecorded:
      return ApplyLegRecorded(event.leg_recorded(), rows);
    case LogisticsEvent::kReceiptRecorded:
      return ApplyReceiptRecorded(applied, event.receipt_recorded(), rows);
    case LogisticsEvent::kDiscrepancyRecorded:
      return ApplyDiscrepancyRecorded(applied, event.discrepancy_recorded(), rows);
    case LogisticsEvent::kExposureLimitSet:
      return ApplyExposureLimitSet(event.exposure_limit_set(), rows);
    case LogisticsEvent::KIND_NOT_SET:
      return;  // Of a newer release: it changes no row that this one reads.
  }
}

}  // namespace ch8::logistics
