#ifndef CH8_SERVICES_INFORMATION_CORE_DELIVERIES_H_
#define CH8_SERVICES_INFORMATION_CORE_DELIVERIES_H_

#include "services/kernel/machine.h"

namespace ch8::information {

// What this ledger makes of another organization's entry: a report given to us is kept and
// acknowledged, a recall ends it here and goes on to whom we gave it, and receipts come back. The
// verdicts stand in services/information/README.md.
kernel::Verdict DecideInformationDelivery(const kernel::Context& context,
                                          const kernel::Delivered& delivered,
                                          const kernel::State& state);

}  // namespace ch8::information

#endif  // CH8_SERVICES_INFORMATION_CORE_DELIVERIES_H_
