#ifndef CH8_SERVICES_TRAINING_CORE_BOOKABLES_H_
#define CH8_SERVICES_TRAINING_CORE_BOOKABLES_H_

#include "absl/status/status.h"
#include "services/kernel/machine.h"
#include "services/training/core/vocabulary.h"

// Venues and instructors. Each has three accounts in the books: where its days come from, the days
// themselves, and where given days go. All days of the opening are there from the beginning.
namespace ch8::training {

void AddBookableRoutes(kernel::Routes& routes);

// Where a venue is: a title, and a UN/LOCODE or coordinates. Errors: kInvalidArgument/BAD_FIELD.
absl::Status CheckLocation(const v1::Location& location);

void ApplyVenueAdded(const v1::TrainingEvent::VenueAdded& event, kernel::Rows& rows);
void ApplyInstructorAdded(const v1::TrainingEvent::InstructorAdded& event, kernel::Rows& rows);

}  // namespace ch8::training

#endif  // CH8_SERVICES_TRAINING_CORE_BOOKABLES_H_
