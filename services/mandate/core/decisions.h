#ifndef CH8_SERVICES_MANDATE_CORE_DECISIONS_H_
#define CH8_SERVICES_MANDATE_CORE_DECISIONS_H_

#include <optional>

#include "absl/time/civil_time.h"
#include "services/kernel/machine.h"
#include "services/mandate/core/vocabulary.h"

// Decision documents: the root of all authority. Their ceilings are accounts in the books.
namespace ch8::mandate {

void AddDecisionRoutes(kernel::Routes& routes);

// Confirmed, and its dates contain `day`.
bool InForce(const v1::Decision& decision, absl::CivilDay day);

// What is due to the Security Council under the decision on `day` (rule A-5); nothing when nothing
// is to be reported under it. The first report counts from the first day in force.
std::optional<v1::ReportDue> DueOn(const v1::Decision& decision, absl::CivilDay day);

}  // namespace ch8::mandate

#endif  // CH8_SERVICES_MANDATE_CORE_DECISIONS_H_
