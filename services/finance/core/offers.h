#ifndef CH8_SERVICES_FINANCE_CORE_OFFERS_H_
#define CH8_SERVICES_FINANCE_CORE_OFFERS_H_

#include <vector>

#include "absl/status/status.h"
#include "services/finance/core/vocabulary.h"
#include "services/kernel/machine.h"

// What officers do with offers. The giver makes one and holds the money (DRAFT), a second person's
// approval logs RESERVE; the receiver accepts or rejects; all else follows by itself from delivered
// steps (deliveries.h) and from time.
namespace ch8::finance {

void AddOfferRoutes(kernel::Routes& routes);

// Rule A-3: the delegation that the offer names is in force; none is named where none is needed.
// Errors: those of kernel::CheckDelegated().
absl::Status CheckDelegation(const kernel::Context& context, const kernel::State& state,
                             const v1::FundingRequest& request, const v1::Offer& offer);

// Ends the holds that ran out by the ledger's time: VOID for what was reserved, EXPIRED for drafts
// nobody approved. At most 256 events.
std::vector<kernel::Event> DecideOffersDue(const kernel::Context& context,
                                           const kernel::State& state);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_OFFERS_H_
