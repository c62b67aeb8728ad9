#ifndef CH8_SERVICES_MANDATE_CORE_REFERENCES_H_
#define CH8_SERVICES_MANDATE_CORE_REFERENCES_H_

#include "services/kernel/machine.h"

// The dated documents that an operation's assessed money rests on (rule F-1): entered by one person
// and confirmed by another, they reach the finance ledger as facts.
//
// Thread safety: all functions are pure.
namespace ch8::mandate {

void AddReferenceRoutes(kernel::Routes& routes);

}  // namespace ch8::mandate

#endif  // CH8_SERVICES_MANDATE_CORE_REFERENCES_H_
