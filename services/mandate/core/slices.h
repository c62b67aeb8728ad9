#ifndef CH8_SERVICES_MANDATE_CORE_SLICES_H_
#define CH8_SERVICES_MANDATE_CORE_SLICES_H_

#include "services/kernel/machine.h"
#include "services/mandate/core/vocabulary.h"

// Slices of a delegation's ceiling, given to another ledger of this organization by a two-sided
// transfer (ledger.md §4): this ledger is the giver, the other one accepts by itself
// (services/books/slices.h), and the POST follows its ACCEPT. What a slice has left when its
// delegation has ended comes back by a transfer the other way, accepted here by itself.
namespace ch8::mandate {

void AddSliceRoutes(kernel::Routes& routes);

// A step of another own ledger. Refused: BAD_TERMS of a return that names no ceiling.
kernel::Verdict DecideSliceStep(const kernel::Context& context, const kernel::Delivered& delivered,
                                const kernel::State& state);

void ApplySliceRecorded(const v1::Slice& slice, kernel::Rows& rows);
void ApplySliceStep(const kernel::Applied& applied, kernel::Rows& rows);

}  // namespace ch8::mandate

#endif  // CH8_SERVICES_MANDATE_CORE_SLICES_H_
