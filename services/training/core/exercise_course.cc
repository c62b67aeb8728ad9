#include "services/training/core/exercise_course.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "chapter8/training/v1/training_service.pb.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"
#include "services/training/core/bookings.h"
#include "services/training/core/exercises.h"
#include "services/training/core/lines.h"
#include "services/training/core/standards.h"
#include "storage/base/status_macros.h"

namespace ch8::training {
namespace {

using chapter8::books::v1::Void;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::Booking;
using v1::Exercise;
using v1::Line;

// Days of venues and instructors that the exercise has had posted, given back. What is still on its
// way is given back, or rejected, when it arrives.
std::vector<kernel::Event> Returns(const State& state, const Exercise& exercise) {
  std::vector<kernel::Event> events;
  for (const Line& line : exercise.lines()) {
    if (line.kind() == Line::SEATS || line.state() != Line::POSTED) continue;
    const auto booking = kernel::TableReader<Booking>(state.rows).Find(line.booking());
    if (booking.has_value() && booking->state() == Booking::POSTED) {
      events.push_back(ReturnEvent(*booking));
    }
  }
  return events;
}

absl::StatusOr<Decision> MoveExercise(const Context& context,
                                      const v1::MoveExerciseRequest& request, const State& state) {
  ASSIGN_OR_RETURN(const Exercise known, FindExercise(state.rows, request.name()));
  RETURN_IF_ERROR(CheckLead(context, known));
  RETURN_IF_ERROR(CheckProposed(known));
  ASSIGN_OR_RETURN(const Days days, CheckDays(context, request.days()));
  RETURN_IF_ERROR(CheckConferences(known, days));
  std::vector<kernel::Event> events = Returns(state, known);
  Exercise moved = NextVersion(context, known);
  *moved.mutable_days() = request.days();
  moved.clear_warnings();
  for (const v1::PlanningWarning& warning :
       PlanningWarnings(state.rows, moved.conferences(), days.first)) {
    *moved.add_warnings() = warning;
  }
  for (Line& line : *moved.mutable_lines()) {
    if (line.kind() == Line::SEATS) continue;
    line.set_quantity(static_cast<uint32_t>(days.count()));
    line.set_asked_version(moved.version());
    line.set_state(Line::ASKED);
    line.clear_location();
  }
  events.push_back(RecordedEvent(state, moved));
  return Decision{std::move(events), kernel::ReplyWith<Exercise>(moved.name())};
}

bool GoesWithout(const v1::ConfirmExerciseRequest& request, const Line& line) {
  return std::find(request.without().begin(), request.without().end(), line.number()) !=
         request.without().end();
}

bool IsPending(const Line& line) {
  return line.state() == Line::ASKED || line.state() == Line::RESERVED;
}

// "3 SEATS of organizations/ecowas: RESERVED".
std::string LineText(const Line& line) {
  return absl::StrCat(line.number(), " ", Line::Kind_Name(line.kind()), " of ", line.organization(),
                      ": ", Line::State_Name(line.state()));
}

absl::Status CheckAllPosted(const Exercise& exercise, const v1::ConfirmExerciseRequest& request) {
  std::vector<std::string> missing;
  std::vector<std::string> held;
  std::string confirm = absl::StrCat("ch8 exercise confirm ", kernel::IdOf(exercise.name()));
  bool pending = false;
  for (const Line& line : exercise.lines()) {
    if (line.state() == Line::POSTED) {
      held.push_back(LineText(line));
      continue;
    }
    if (!IsPending(line)) absl::StrAppend(&confirm, " --without ", line.number());
    pending = pending || IsPending(line);
    if (IsPending(line) || !GoesWithout(request, line)) missing.push_back(LineText(line));
  }
  if (missing.empty()) return absl::OkStatus();
  return kernel::NotNow(
      "NOT_ALL_POSTED",
      absl::StrCat(exercise.name(), " waits for line ", absl::StrJoin(missing, ", line ")),
      {{"missing", absl::StrJoin(missing, ", ")},
       {"held", absl::StrJoin(held, ", ")},
       {"instead", pending ? kernel::ShowCommand(kExerciseKind, exercise.name()) : confirm}});
}

absl::StatusOr<Decision> ConfirmExercise(const Context& context,
                                         const v1::ConfirmExerciseRequest& request,
                                         const State& state) {
  ASSIGN_OR_RETURN(const Exercise known, FindExercise(state.rows, request.name()));
  RETURN_IF_ERROR(CheckLead(context, known));
  RETURN_IF_ERROR(CheckProposed(known));
  for (const uint32_t number : request.without()) {
    if (FindLine(known, number) == nullptr) {
      return kernel::Unknown("UNKNOWN_LINE", absl::StrCat("line ", number, " of ", known.name()),
                             kernel::ShowCommand(kExerciseKind, known.name()));
    }
  }
  RETURN_IF_ERROR(CheckAllPosted(known, request));
  Exercise confirmed = NextVersion(context, known);
  confirmed.set_state(Exercise::CONFIRMED);
  return Decision{{RecordedEvent(state, confirmed)}, kernel::ReplyWith<Exercise>(confirmed.name())};
}

absl::StatusOr<Decision> CancelExercise(const Context& context,
                                        const v1::CancelExerciseRequest& request,
                                        const State& state) {
  ASSIGN_OR_RETURN(const Exercise known, FindExercise(state.rows, request.name()));
  RETURN_IF_ERROR(CheckLead(context, known));
  if (known.state() == Exercise::CANCELLED) {
    return kernel::NotNow("ALREADY_CANCELLED", absl::StrCat(known.name(), " is cancelled already"),
                          {{"instead", kernel::ShowCommand(kExerciseKind, known.name())}});
  }
  std::vector<kernel::Event> events = Returns(state, known);
  for (const Line& line : known.lines()) {
    if (line.kind() != Line::SEATS) continue;
    const auto booking = kernel::TableReader<Booking>(state.rows).Find(line.booking());
    if (!booking.has_value() || booking->state() != Booking::RESERVED) continue;
    ASSIGN_OR_RETURN(kernel::Event freed, VoidEvent(context, state, *booking, Void::CANCELLED));
    events.push_back(std::move(freed));
  }
  Exercise cancelled = NextVersion(context, known);
  cancelled.set_state(Exercise::CANCELLED);
  events.push_back(RecordedEvent(state, cancelled));
  return Decision{std::move(events), kernel::ReplyWith<Exercise>(cancelled.name())};
}

}  // namespace

void AddExerciseCourseRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.training.v1.ExerciseService/";
  routes.AddCommand<v1::MoveExerciseRequest>(service + "MoveExercise", MoveExercise);
  routes.AddCommand<v1::ConfirmExerciseRequest>(service + "ConfirmExercise", ConfirmExercise);
  routes.AddCommand<v1::CancelExerciseRequest>(service + "CancelExercise", CancelExercise);
}

}  // namespace ch8::training
