#include "services/training/core/nominations.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/training/v1/training_service.pb.h"
#include "services/books/postings.h"
#include "services/books/transfer_rows.h"
#include "services/kernel/mandate_facts.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"
#include "services/training/core/exercises.h"
#include "services/training/core/lines.h"
#include "storage/base/status_macros.h"

namespace ch8::training {
namespace {

using chapter8::directory::v1::Organization;
using chapter8::ledger::v1::Delivery;
using chapter8::type::v1::PersonCount;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using kernel::Verdict;
using v1::Booking;
using v1::Exercise;
using v1::Line;

void Add(const PersonCount& more, PersonCount& count) {
  count.set_female(count.female() + more.female());
  count.set_male(count.male() + more.male());
  count.set_unstated(count.unstated() + more.unstated());
}

// Whether every figure of `part` is within that of `whole`.
bool IsWithin(const PersonCount& part, const PersonCount& whole) {
  return part.female() <= whole.female() && part.male() <= whole.male() &&
         part.unstated() <= whole.unstated();
}

// The posted line of ours that the request is about.
absl::StatusOr<Line> NominatedLine(const Context& context, const Exercise& exercise,
                                   uint32_t number) {
  const std::string show = kernel::ShowCommand(kExerciseKind, exercise.name());
  const std::string what = absl::StrCat("line ", number, " of ", exercise.name());
  const Line* line = FindLine(exercise, number);
  if (line == nullptr || line->kind() != Line::SEATS) {
    return kernel::Unknown("UNKNOWN_LINE", absl::StrCat(what, " for seats"), show);
  }
  if (line->organization() != context.organization) {
    return kernel::NotNow("NOT_ADDRESSEE",
                          absl::StrCat(what, " gives seats to ", line->organization()),
                          {{"instead", show}});
  }
  if (exercise.state() == Exercise::CANCELLED) {
    return kernel::NotNow("NOT_OPEN", absl::StrCat(exercise.name(), " is CANCELLED"),
                          {{"state", "CANCELLED"}, {"instead", show}});
  }
  if (line->state() != Line::POSTED) {
    const std::string state = Line::State_Name(line->state());
    return kernel::NotNow("NOT_POSTED", absl::StrCat(what, " is ", state, ", not POSTED"),
                          {{"state", state}, {"instead", show}});
  }
  return *line;
}

absl::StatusOr<Decision> NominateSeats(const Context& context,
                                       const v1::NominateSeatsRequest& request,
                                       const State& state) {
  ASSIGN_OR_RETURN(const Exercise exercise, FindExercise(state.rows, request.name()));
  const uint64_t more = TotalOf(request.nominated());
  if (more == 0 || more > kSeatsMax) {
    return kernel::BadField("nominated", "must be from 1 to 100,000 persons");
  }
  if (!IsWithin(request.leaders(), request.nominated())) {
    return kernel::BadField("leaders", "are more than are nominated");
  }
  ASSIGN_OR_RETURN(const Line line, NominatedLine(context, exercise, request.line()));
  Nominees nominees = {.nominated = line.nominated(), .leaders = line.leaders()};
  Add(request.nominated(), nominees.nominated);
  Add(request.leaders(), nominees.leaders);
  RETURN_IF_ERROR(CheckNominees(exercise, line, nominees));

  const Booking booking =
      kernel::TableReader<Booking>(state.rows).Find(line.booking()).value_or(Booking());
  v1::TrainingEvent event;
  auto& nominated = *event.mutable_seats_nominated();
  nominated.set_exercise(exercise.name());
  nominated.set_line(line.number());
  *nominated.mutable_nominated() = nominees.nominated;
  *nominated.mutable_leaders() = nominees.leaders;
  kernel::Event logged = kernel::DomainEvent(event);
  books::Move({booking.account(), booking.filled_account()}, more, logged);
  if (exercise.lead() != context.organization) {
    logged.recipients.emplace_back(books::TrustDomainOf(exercise.lead_origin()));
  }
  return Decision{{std::move(logged)}, kernel::ReplyWith<Exercise>(exercise.name())};
}

absl::StatusOr<v1::SeatTable> GetSeatTable(const Context&, const v1::GetSeatTableRequest& request,
                                           const State& state) {
  ASSIGN_OR_RETURN(const Exercise exercise, FindExercise(state.rows, request.name()));
  v1::SeatTable table;
  table.set_exercise(exercise.name());
  for (const Line& line : exercise.lines()) {
    if (line.kind() != Line::SEATS || line.state() == Line::STATE_UNSPECIFIED) continue;
    v1::SeatRow& row = *table.add_rows();
    row.set_line(line.number());
    row.set_organization(line.organization());
    row.set_category(line.category());
    row.set_state(line.state());
    row.set_seats(line.quantity());
    row.set_women_min(line.women_min());
    row.set_leadership(line.leadership());
    *row.mutable_nominated() = line.nominated();
    *row.mutable_leaders() = line.leaders();
    if (TotalOf(line.nominated()) > 0) row.set_women_bp(WomenBp(line.nominated()));
    table.set_seats(table.seats() + line.quantity());
    Add(line.nominated(), *table.mutable_nominated());
    Add(line.leaders(), *table.mutable_leaders());
  }
  if (TotalOf(table.nominated()) > 0) table.set_women_bp(WomenBp(table.nominated()));
  if (TotalOf(table.leaders()) > 0) table.set_women_leaders_bp(WomenBp(table.leaders()));
  return table;
}

}  // namespace

Verdict DecideNominationDelivery(const Context& context, const Organization& sender,
                                 const v1::TrainingEvent::SeatsNominated& nominated,
                                 const State& state) {
  const auto exercise = kernel::TableReader<Exercise>(state.rows).Find(nominated.exercise());
  const Line* line = exercise.has_value() ? FindLine(*exercise, nominated.line()) : nullptr;
  if (line == nullptr || exercise->lead() != context.organization || line->kind() != Line::SEATS ||
      line->organization() != sender.name() || line->state() != Line::POSTED ||
      !IsWithin(line->nominated(), nominated.nominated()) ||
      !IsWithin(line->leaders(), nominated.leaders()) ||
      !IsWithin(nominated.leaders(), nominated.nominated()) ||
      !CheckNominees(*exercise, *line, {nominated.nominated(), nominated.leaders()}).ok()) {
    return {.verdict = Delivery::REFUSE, .reason = "BAD_NOMINATION", .events = {}};
  }
  // It waits for the clearance: the participant has taken its seats already.
  const absl::Status cleared =
      kernel::CheckSupport(context, state.rows, line->unit(), "ch8 clearance list");
  if (!cleared.ok()) {
    return {.verdict = Delivery::DEFER, .reason = kernel::ReasonOf(cleared), .events = {}};
  }
  v1::TrainingEvent event;
  *event.mutable_seats_nominated() = nominated;
  return {.verdict = Delivery::ACCEPT, .reason = "", .events = {kernel::DomainEvent(event)}};
}

void AddNominationRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.training.v1.ExerciseService/";
  routes.AddCommand<v1::NominateSeatsRequest>(service + "NominateSeats", NominateSeats);
  routes.AddRead<v1::GetSeatTableRequest>(service + "GetSeatTable", kernel::ReadPath::kSnapshot,
                                          GetSeatTable);
}

void ApplySeatsNominated(const v1::TrainingEvent::SeatsNominated& event, kernel::Rows& rows) {
  ChangeLine({event.exercise(), event.line()}, rows, [&](Line& line) {
    *line.mutable_nominated() = event.nominated();
    *line.mutable_leaders() = event.leaders();
  });
}

}  // namespace ch8::training
