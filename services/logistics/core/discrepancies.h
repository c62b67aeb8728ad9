#ifndef CH8_SERVICES_LOGISTICS_CORE_DISCREPANCIES_H_
#define CH8_SERVICES_LOGISTICS_CORE_DISCREPANCIES_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/kernel/machine.h"
#include "services/logistics/core/vocabulary.h"

// What a count found different. The receiver's ledger opens and closes it, the giver answers; each
// keeps a copy.
namespace ch8::logistics {

void AddDiscrepancyRoutes(kernel::Routes& routes);

// The discrepancy that a count opens by itself; nothing when all is good and nothing is over.
std::optional<v1::Discrepancy> Opened(const kernel::Context& context, const v1::Receipt& receipt,
                                      const v1::SupplyOffer& offer, const kernel::State& state);

// As it stands now, for `recipient` too.
kernel::Event DiscrepancyEvent(const v1::Discrepancy& discrepancy, absl::string_view recipient);

// Opened or closed by the receiver, answered by the giver. Deferred: UNKNOWN_RECEIPT,
// UNKNOWN_DISCREPANCY. Refused: NOT_OPENER, NOT_OWNER, BAD_DISCREPANCY.
kernel::Verdict DecideDiscrepancyDelivery(const kernel::Context& context,
                                          const chapter8::directory::v1::Organization& sender,
                                          const v1::Discrepancy& discrepancy,
                                          const kernel::State& state);

void ApplyDiscrepancyRecorded(const kernel::Applied& applied,
                              const v1::LogisticsEvent::DiscrepancyRecorded& event,
                              kernel::Rows& rows);

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_DISCREPANCIES_H_
