#ifndef CH8_SERVICES_MANDATE_CORE_STRENGTH_H_
#define CH8_SERVICES_MANDATE_CORE_STRENGTH_H_

#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "services/kernel/machine.h"
#include "services/mandate/core/vocabulary.h"

// Strength of operations by sex, category and contributor, held against the targets and ceilings
// in force (rule T-8). Shares are computed from counts, never from other shares.
namespace ch8::mandate {

void AddStrengthRoutes(kernel::Routes& routes);

// One total for each category in `lines`, in the categories' order, with the target in force on
// `day`: of several the one whose first day is the latest.
std::vector<v1::StrengthTotal> TotalsOf(const std::vector<v1::StrengthLine>& lines,
                                        const std::vector<v1::GenderTarget>& targets,
                                        absl::CivilDay day);

}  // namespace ch8::mandate

#endif  // CH8_SERVICES_MANDATE_CORE_STRENGTH_H_
