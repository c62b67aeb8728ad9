#ifndef CH8_SERVICES_TRAINING_CORE_EXERCISES_H_
#define CH8_SERVICES_TRAINING_CORE_EXERCISES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/kernel/machine.h"
#include "services/training/core/slots.h"
#include "services/training/core/vocabulary.h"

// Exercises: proposed by the lead to every organization that a line names. The lead's ledger is the
// truth about what the exercise is; what each organization gives, its own ledger decides.
namespace ch8::training {

// Proposing, offering seats, reading.
void AddExerciseRoutes(kernel::Routes& routes);

// Errors: kInvalidArgument/BAD_NAME; kNotFound/UNKNOWN_EXERCISE.
absl::StatusOr<v1::Exercise> FindExercise(const kernel::RowReader& rows, absl::string_view name);
// Errors: kFailedPrecondition/NOT_LEAD.
absl::Status CheckLead(const kernel::Context& context, const v1::Exercise& exercise);
// Errors: kFailedPrecondition/NOT_OPEN unless PROPOSED.
absl::Status CheckProposed(const v1::Exercise& exercise);

// Days and conferences that an exercise may have. Errors: kInvalidArgument/BAD_DATES,
// CONFERENCE_ORDER (rule T-4).
absl::StatusOr<Days> CheckDays(const kernel::Context& context, const v1::DateRange& days);
absl::Status CheckConferences(const v1::Exercise& exercise, const Days& days);

// The event that makes `exercise` the newest version, addressed to everyone that a line names.
// Lines that are ASKED in it are asked anew; of the others each ledger keeps what it knows.
kernel::Event RecordedEvent(const kernel::State& state, const v1::Exercise& exercise);
// The next version, with no line asked anew yet.
v1::Exercise NextVersion(const kernel::Context& context, const v1::Exercise& exercise);

// Another organization's exercise. Refused: NOT_LEAD, BAD_EXERCISE, NOT_ADDRESSEE, OLD_VERSION,
// OTHER_EXERCISE (one of this number and version says something else).
kernel::Verdict DecideExerciseDelivery(const kernel::Context& context,
                                       const kernel::Delivered& delivered,
                                       const chapter8::directory::v1::Organization& sender,
                                       const v1::Exercise& exercise, const kernel::State& state);

void ApplyExerciseRecorded(const kernel::Applied& applied,
                           const v1::TrainingEvent::ExerciseRecorded& event, kernel::Rows& rows);

}  // namespace ch8::training

#endif  // CH8_SERVICES_TRAINING_CORE_EXERCISES_H_
