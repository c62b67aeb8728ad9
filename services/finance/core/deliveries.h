#ifndef CH8_SERVICES_FINANCE_CORE_DELIVERIES_H_
#define CH8_SERVICES_FINANCE_CORE_DELIVERIES_H_

#include "services/kernel/machine.h"

namespace ch8::finance {

// Decides an entry of another organization's finance ledger: a request for money, or a step of a
// transfer. Reasons beside those of DecideRequestDelivery() and books::OnPeerStep():
//   deferred: UNKNOWN_ORGANIZATION, the sender is not pinned in this ledger's facts yet.
//   refused:  NOT_FINANCE, MALFORMED_EVENT, UNEXPECTED_ENTRY.
// A RESERVE that is well-formed but whose terms this ledger's rules forbid is accepted as a fact
// and answered at once by REJECT{RULES}; the verdict's reason says why: BAD_TERMS, UNKNOWN_REQUEST,
// NOT_ADDRESSEE, OTHER_TERMS, NOT_OPEN. A verified ACCEPT is answered by POST, or by VOID when rule
// F-1 or the delegation no longer lets the money go. Slices of delegated ceilings come from the own
// mandate ledger (services/books/slices.h).
kernel::Verdict DecideFinanceDelivery(const kernel::Context& context,
                                      const kernel::Delivered& delivered,
                                      const kernel::State& state);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_DELIVERIES_H_
