#ifndef CH8_SERVICES_MANDATE_CORE_CLEARANCES_H_
#define CH8_SERVICES_MANDATE_CORE_CLEARANCES_H_

#include "services/kernel/machine.h"
#include "services/mandate/core/vocabulary.h"

// Human rights due diligence (rule F-20): one clearance for each unit, assessed by one person and
// confirmed by another; suspended by one, because that must be quick and gives nobody anything.
namespace ch8::mandate {

void AddClearanceRoutes(kernel::Routes& routes);

}  // namespace ch8::mandate

#endif  // CH8_SERVICES_MANDATE_CORE_CLEARANCES_H_
