#ifndef CH8_SERVICES_LOGISTICS_CORE_CONSIGNMENTS_H_
#define CH8_SERVICES_LOGISTICS_CORE_CONSIGNMENTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/kernel/machine.h"
#include "services/logistics/core/vocabulary.h"

// Goods on their way. Dispatch is the POST: in transit, they stand in the giver's ledger only, and
// nothing but a count closes that. Who has them is the last leg's carrier (rule L-11).
namespace ch8::logistics {

void AddConsignmentRoutes(kernel::Routes& routes);

// "ch8 consignment show un/WB-7781": a waybill's number alone may be two givers'.
std::string ShowConsignment(absl::string_view name);

// Errors: kInvalidArgument/BAD_NAME; kNotFound/UNKNOWN_CONSIGNMENT.
absl::StatusOr<v1::Consignment> FindConsignment(const kernel::RowReader& rows,
                                                absl::string_view name);

// The giver's word that goods left. Deferred: UNKNOWN_OFFER, NEEDS_POST. Refused: NOT_GIVER,
// BAD_CONSIGNMENT, NOT_DISPATCHED, SECOND_CONSIGNMENT.
kernel::Verdict DecideConsignmentDelivery(const kernel::Context& context,
                                          const chapter8::directory::v1::Organization& sender,
                                          const v1::Consignment& consignment,
                                          const kernel::State& state);
// The giver's word on another leg. Deferred: UNKNOWN_CONSIGNMENT, NEEDS_LEG. Refused: NOT_GIVER,
// BAD_LEG.
kernel::Verdict DecideLegDelivery(const chapter8::directory::v1::Organization& sender,
                                  const v1::LogisticsEvent::LegRecorded& recorded,
                                  const kernel::State& state);

void ApplyConsignmentRecorded(const v1::LogisticsEvent::ConsignmentRecorded& event,
                              kernel::Rows& rows);
void ApplyLegRecorded(const v1::LogisticsEvent::LegRecorded& event, kernel::Rows& rows);

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_CONSIGNMENTS_H_
