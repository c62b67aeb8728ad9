#ifndef CH8_SERVICES_TRAINING_CORE_STANDARDS_H_
#define CH8_SERVICES_TRAINING_CORE_STANDARDS_H_

#include <optional>
#include <vector>

#include "services/kernel/machine.h"
#include "services/training/core/slots.h"
#include "services/training/core/vocabulary.h"

// Dated standards: shares of women by category (rule T-8) and gaps between planning conferences and
// the exercise (rule T-4). They are rows of the ledger, entered by one person and confirmed by
// another, so they change without a release.
namespace ch8::training {

void AddStandardRoutes(kernel::Routes& routes);

// The confirmed women's share in force on `day`; of several, the one confirmed last.
std::optional<v1::Standard> WomenStandard(const kernel::RowReader& rows, v1::Category category,
                                          absl::CivilDay day);
// The least number of women among `seats` for a share, rounded up.
uint32_t WomenNeeded(uint32_t seats, uint32_t women_bp);

// The conferences that come later before `start` than the standards in force on that day ask for.
std::vector<v1::PlanningWarning> PlanningWarnings(
    const kernel::RowReader& rows,
    const google::protobuf::RepeatedPtrField<v1::Conference>& conferences, absl::CivilDay start);

void ApplyStandardRecorded(const kernel::Applied& applied,
                           const v1::TrainingEvent::StandardRecorded& event, kernel::Rows& rows);

}  // namespace ch8::training

#endif  // CH8_SERVICES_TRAINING_CORE_STANDARDS_H_
