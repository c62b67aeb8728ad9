#include "services/training/core/machine.h"

#include "services/training/core/answers.h"
#include "services/training/core/bookables.h"
#include "services/training/core/bookings.h"
#include "services/training/core/calendars.h"
#include "services/training/core/deliveries.h"
#include "services/training/core/exercise_course.h"
#include "services/training/core/exercises.h"
#include "services/training/core/nominations.h"
#include "services/training/core/standards.h"
#include "storage/base/check.h"

namespace ch8::training {

using v1::TrainingEvent;

TrainingMachine::TrainingMachine() {
  AddBookableRoutes(routes_);
  AddCalendarRoutes(routes_);
  AddBookingRoutes(routes_);
  AddStandardRoutes(routes_);
  AddExerciseRoutes(routes_);
  AddExerciseCourseRoutes(routes_);
  AddAnswerRoutes(routes_);
  AddNominationRoutes(routes_);
}

absl::string_view TrainingMachine::domain() const { return "training.chapter8"; }

kernel::Verdict TrainingMachine::DecideDelivery(const kernel::Context& context,
                                                const kernel::Delivered& delivered,
                                                const kernel::State& state) const {
  return DecideTrainingDelivery(context, delivered, state);
}

std::vector<kernel::Event> TrainingMachine::DecideDue(const kernel::Context& context,
                                                      const kernel::State& state) const {
  return DecideBookingsDue(context, state);
}

void TrainingMachine::Apply(const kernel::Applied& applied, kernel::Rows& rows) const {
  if (applied.entry.has_step() || applied.entry.has_peer_step()) {
    return ApplyTransferStep(applied, rows);
  }
  if (!applied.entry.has_domain_event()) return;
  TrainingEvent event;
  Check(event.ParseFromString(applied.entry.domain_event()), "a logged event does not parse");
  switch (event.kind_case()) {
    case TrainingEvent::kVenueAdded:
      return ApplyVenueAdded(event.venue_added(), rows);
    case TrainingEvent::kInstructorAdded:
      return ApplyInstructorAdded(event.instructor_added(), rows);
    case TrainingEvent::kCalendarBlocked:
      return PutEntry(event.calendar_blocked().entry(), rows);
    case TrainingEvent::kCalendarUnblocked:
      return DeleteEntry(event.calendar_unblocked().entry(), rows);
    case TrainingEvent::kStandardRecorded:
      return ApplyStandardRecorded(applied, event.standard_recorded(), rows);
    case TrainingEvent::kExerciseRecorded:
      return ApplyExerciseRecorded(applied, event.exercise_recorded(), rows);
    case TrainingEvent::kBookingRecorded:
      return ApplyBookingRecorded(event.booking_recorded(), rows);
    case TrainingEvent::kLinesDeclined:
      return ApplyLinesDeclined(event.lines_declined(), rows);
    case TrainingEvent::kSeatsNominated:
      return ApplySeatsNominated(event.seats_nominated(), rows);
    case TrainingEvent::kBookingReturned:
      return ApplyBookingReturned(event.booking_returned(), rows);
    case TrainingEvent::KIND_NOT_SET:
      return;  // Of a newer release: it changes no row that this one reads.
  }
}

}  // namespace ch8::training
