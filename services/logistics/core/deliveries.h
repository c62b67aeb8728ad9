#ifndef CH8_SERVICES_LOGISTICS_CORE_DELIVERIES_H_
#define CH8_SERVICES_LOGISTICS_CORE_DELIVERIES_H_

#include "services/kernel/machine.h"

namespace ch8::logistics {

// Decides another ledger's entry: its requests, the steps of transfers, what left and what was
// counted. Total.
//
// Deferred: UNKNOWN_ORGANIZATION and what each kind waits for. Refused: NOT_LOGISTICS,
// UNEXPECTED_ENTRY, MALFORMED_EVENT, and what each kind says. A well-formed RESERVE that our rules
// forbid is taken as a fact and answered by REJECT{RULES}, so that the giver's hold ends; the
// verdict's reason says which rule. An ACCEPT posts nothing: dispatch does, by an officer.
kernel::Verdict DecideLogisticsDelivery(const kernel::Context& context,
                                        const kernel::Delivered& delivered,
                                        const kernel::State& state);

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_DELIVERIES_H_
