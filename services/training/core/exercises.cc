#include "services/training/core/exercises.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/training/v1/training_service.pb.h"
#include "services/books/postings.h"
#include "services/books/transfer_rows.h"
#include "services/kernel/authority.h"
#include "services/kernel/fields.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "services/kernel/spoken_ids.h"
#include "services/training/core/bookings.h"
#include "services/training/core/lines.h"
#include "services/training/core/standards.h"
#include "storage/base/status_macros.h"

namespace ch8::training {
namespace {

using chapter8::books::v1::AccountOpened;
using chapter8::directory::v1::Organization;
using chapter8::ledger::v1::Delivery;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using kernel::Verdict;
using v1::Booking;
using v1::Conference;
using v1::Exercise;
using v1::Line;

constexpr absl::string_view kCollection = "exercises/";
constexpr int64_t kDaysMax = 366;

// A line as it crosses: without what is one ledger's own.
void KeepOwn(Line& line) {
  if (line.state() != Line::ASKED) line.clear_state();
  line.clear_booking();
  line.clear_suggested();
  line.clear_decline_reason();
  line.clear_nominated();
  line.clear_leaders();
}

Exercise Crossing(const Exercise& exercise) {
  Exercise crossing = exercise;
  crossing.clear_made_by();
  crossing.clear_etag();
  crossing.clear_seats_account();
  crossing.clear_seats_source_account();
  crossing.clear_seats_given_account();
  for (Line& line : *crossing.mutable_lines()) KeepOwn(line);
  return crossing;
}

std::string OriginOf(const State& state, absl::string_view organization) {
  const auto found = kernel::FindOrganization(state.rows, organization);
  return found.has_value() ? absl::StrCat(found->trust_domain(), "/ch8/training") : "";
}

// Adds what gives a line's seats to its participant: a RESERVE, or a move at home.
struct SeatGiving {
  uint32_t next_account = 0;
  uint64_t ahead = 1;
  std::vector<kernel::Event>& events;
};
absl::Status GiveSeats(const Context& context, const State& state, const Exercise& exercise,
                       const Line& line, SeatGiving& giving) {
  Booking booking = BookingFor(context, state, exercise, line, giving.ahead);
  booking.set_receiver(line.organization());
  if (line.organization() != context.organization) {
    booking.set_receiver_origin(OriginOf(state, line.organization()));
    booking.set_account(exercise.seats_account());
    booking.set_counter_account(exercise.seats_given_account());
    ASSIGN_OR_RETURN(std::vector<kernel::Event> reserve,
                     ReserveEvents(context, {.booking = booking,
                                             .ahead = giving.ahead,
                                             .hold_seconds = exercise.hold_duration().seconds()}));
    for (kernel::Event& event : reserve) giving.events.push_back(std::move(event));
  } else {
    booking.set_receiver_origin(context.origin);
    booking.set_side(Booking::OWN);
    booking.set_state(Booking::POSTED);
    booking.set_counter_account(exercise.seats_account());
    kernel::Event& event = giving.events.emplace_back();
    giving.next_account += OpenBookingAccounts(kSeatUnit, giving.next_account, booking, event);
    books::Move({booking.counter_account(), booking.account()}, booking.quantity(), event);
    SetBookingRecorded(booking, event);
  }
  ++giving.ahead;
  return absl::OkStatus();
}

absl::Status SeatsExceeded(absl::string_view what, int64_t available, uint64_t wanted,
                           absl::string_view instead) {
  return kernel::NotNow("SEATS_EXCEEDED",
                        absl::StrCat(what, " has ", available, " seats left, fewer than ", wanted),
                        {{"rule", "T-6"},
                         {"available", absl::StrCat(available)},
                         {"wanted", absl::StrCat(wanted)},
                         {"instead", std::string(instead)}});
}

absl::Status CheckWhat(const Exercise& asked) {
  if (asked.kind() == Exercise::KIND_UNSPECIFIED || !Exercise::Kind_IsValid(asked.kind())) {
    return kernel::BadField("resource.kind", "is missing or unknown");
  }
  RETURN_IF_ERROR(kernel::CheckText(asked.title(), "resource.title"));
  if (asked.seats() > kSeatsMax) {
    return kernel::BadField("resource.seats", "must be at most 100,000");
  }
  if (asked.lines().empty() || asked.lines_size() > kLinesMax) {
    return kernel::BadField("resource.lines", "must be from 1 to 64");
  }
  return CheckHold(asked.hold_duration(), "resource.hold_duration");
}

// What two lines of one exercise may not share.
std::string KeyOf(const Line& line) {
  return line.kind() == Line::SEATS
             ? absl::StrCat(line.organization(), " ", v1::Category_Name(line.category()), " ",
                            line.unit())
             : line.bookable();
}

absl::Status AddLines(const Context& context, const State& state, const Exercise& asked,
                      const Days& days, Exercise& exercise) {
  std::set<std::string> keys;
  uint64_t seats = 0;
  for (const Line& wanted : asked.lines()) {
    absl::StatusOr<Line> line = NewLine(context, state, wanted, days);
    const uint32_t number = static_cast<uint32_t>(exercise.lines_size()) + 1;
    if (!line.ok()) {
      return kernel::Annotate(line.status(), absl::StrCat("line ", number, ": "),
                              {{"line", absl::StrCat(number)}});
    }
    if (!keys.insert(KeyOf(*line)).second) {
      return kernel::Invalid("DUPLICATE_LINE",
                             absl::StrCat("line ", number, " asks for the same as one before"),
                             {{"line", absl::StrCat(number)}});
    }
    if (line->kind() == Line::SEATS) seats += line->quantity();
    line->set_number(number);
    line->set_asked_version(exercise.version());
    line->set_state(Line::ASKED);
    *exercise.add_lines() = *std::move(line);
  }
  if (seats <= asked.seats()) return absl::OkStatus();
  return SeatsExceeded("the exercise", asked.seats(), seats, "ch8 exercise propose --help");
}

// The exercise as proposed, without its lines.
Exercise NewExercise(const Context& context, const State& state, const Exercise& asked,
                     const Days& days) {
  Exercise exercise;
  exercise.set_name(absl::StrCat(
      kCollection, kernel::NextSpokenId(state.rows, {.kind = kExerciseIdKind,
                                                     .organization = context.organization,
                                                     .time = context.time})));
  exercise.set_kind(asked.kind());
  exercise.set_title(asked.title());
  exercise.set_lead(context.organization);
  exercise.set_lead_origin(context.origin);
  *exercise.mutable_days() = asked.days();
  *exercise.mutable_conferences() = asked.conferences();
  exercise.set_seats(asked.seats());
  exercise.mutable_hold_duration()->set_seconds(asked.hold_duration().seconds());
  exercise.set_state(Exercise::PROPOSED);
  exercise.set_status(Exercise::EXERCISE);
  exercise.set_version(1);
  exercise.set_changed_us(absl::ToUnixMicros(context.time));
  for (const v1::PlanningWarning& warning :
       PlanningWarnings(state.rows, asked.conferences(), days.first)) {
    *exercise.add_warnings() = warning;
  }
  return exercise;
}

absl::StatusOr<Decision> ProposeExercise(const Context& context,
                                         const v1::ProposeExerciseRequest& request,
                                         const State& state) {
  const Exercise& asked = request.resource();
  RETURN_IF_ERROR(CheckWhat(asked));
  ASSIGN_OR_RETURN(const Days days, CheckDays(context, asked.days()));
  RETURN_IF_ERROR(CheckConferences(asked, days));
  Exercise exercise = NewExercise(context, state, asked, days);
  RETURN_IF_ERROR(AddLines(context, state, asked, days, exercise));

  const uint32_t first = state.accounts.next_account();
  kernel::Event recorded = RecordedEvent(state, exercise);
  v1::TrainingEvent event;
  *event.mutable_exercise_recorded()->mutable_exercise() = Crossing(exercise);
  event.mutable_exercise_recorded()->set_seats_source_account(first);
  event.mutable_exercise_recorded()->set_seats_account(first + 1);
  event.mutable_exercise_recorded()->set_seats_given_account(first + 2);
  recorded.entry.set_domain_event(event.SerializeAsString());
  books::OpenAccount({first, kSeatUnit, AccountOpened::NONE}, recorded);
  books::OpenAccount({first + 1, kSeatUnit, AccountOpened::CREDIT_BALANCE}, recorded);
  books::OpenAccount({first + 2, kSeatUnit, AccountOpened::NONE}, recorded);
  if (exercise.seats() > 0) books::Move({first, first + 1}, exercise.seats(), recorded);
  exercise.set_seats_account(first + 1);
  exercise.set_seats_given_account(first + 2);

  std::vector<kernel::Event> events = {std::move(recorded)};
  SeatGiving giving = {.next_account = first + 3, .ahead = 1, .events = events};
  for (const Line& line : exercise.lines()) {
    if (line.kind() != Line::SEATS) continue;
    RETURN_IF_ERROR(GiveSeats(context, state, exercise, line, giving));
  }
  return Decision{std::move(events), kernel::ReplyWith<Exercise>(exercise.name())};
}

absl::StatusOr<Decision> OfferSeats(const Context& context, const v1::OfferSeatsRequest& request,
                                    const State& state) {
  ASSIGN_OR_RETURN(const Exercise known, FindExercise(state.rows, request.name()));
  RETURN_IF_ERROR(CheckLead(context, known));
  RETURN_IF_ERROR(CheckProposed(known));
  if (request.line().kind() != Line::SEATS) {
    return kernel::BadField("line.kind", "must be SEATS");
  }
  if (known.lines_size() == kLinesMax) {
    return kernel::TooMany("TOO_MANY_LINES", absl::StrCat(known.name(), " has 64 lines"));
  }
  const std::optional<Days> days = DaysOf(known.days());
  if (!days.has_value()) return kernel::BadField("name", "has no days");
  ASSIGN_OR_RETURN(Line line, NewLine(context, state, request.line(), *days));
  ASSIGN_OR_RETURN(const kernel::Balance seats, state.accounts.Find(known.seats_account()));
  if (line.quantity() > seats.available()) {
    return SeatsExceeded(known.name(), seats.available(), line.quantity(),
                         absl::StrCat("ch8 exercise seats ", kernel::IdOf(known.name())));
  }
  Exercise exercise = NextVersion(context, known);
  line.set_number(static_cast<uint32_t>(exercise.lines_size()) + 1);
  line.set_asked_version(exercise.version());
  line.set_state(Line::ASKED);
  *exercise.add_lines() = line;
  std::vector<kernel::Event> events = {RecordedEvent(state, exercise)};
  SeatGiving giving = {.next_account = state.accounts.next_account(), .ahead = 1, .events = events};
  RETURN_IF_ERROR(GiveSeats(context, state, exercise, line, giving));
  return Decision{std::move(events), kernel::ReplyWith<Exercise>(exercise.name())};
}

absl::StatusOr<Exercise> GetExercise(const Context&, const v1::GetExerciseRequest& request,
                                     const State& state) {
  ASSIGN_OR_RETURN(const Exercise row, FindExercise(state.rows, request.name()));
  return kernel::WithEtag(row);
}

absl::StatusOr<v1::ListExercisesResponse> ListExercises(const Context&,
                                                        const v1::ListExercisesRequest& request,
                                                        const State& state) {
  return kernel::ListPage<Exercise, v1::ListExercisesRequest, v1::ListExercisesResponse>(
      state.rows, kCollection, request, [](const Exercise&) { return true; },
      [](const Exercise& row, v1::ListExercisesResponse& response) {
        *response.add_exercises() = kernel::WithEtag(row);
      });
}

bool WellFormedLines(const Exercise& exercise, const Days& days) {
  if (exercise.lines().empty() || exercise.lines_size() > kLinesMax) return false;
  std::set<std::string> bookables;
  uint32_t number = 0;
  for (const Line& line : exercise.lines()) {
    if (line.number() != ++number || line.asked_version() == 0 ||
        line.asked_version() > exercise.version() || !WellFormedLine(line, days) ||
        (line.kind() != Line::SEATS && !bookables.insert(KeyOf(line)).second)) {
      return false;
    }
  }
  return true;
}

bool WellFormed(const Exercise& exercise, const Organization& sender, absl::string_view origin) {
  const std::optional<Days> days = DaysOf(exercise.days());
  return kernel::CheckName(exercise.name(), "exercises/*", "name").ok() &&
         kernel::IsSpokenIdOf(kernel::IdOf(exercise.name()), kExerciseIdKind, sender.name()) &&
         exercise.lead_origin() == origin && CheckWhat(exercise).ok() && days.has_value() &&
         CheckConferences(exercise, *days).ok() && exercise.status() == Exercise::EXERCISE &&
         exercise.state() != Exercise::STATE_UNSPECIFIED &&
         Exercise::State_IsValid(exercise.state()) && exercise.version() > 0 &&
         WellFormedLines(exercise, *days);
}

Verdict Refuse(absl::string_view reason) {
  return {.verdict = Delivery::REFUSE, .reason = std::string(reason), .events = {}};
}

// What two deliveries of one version must have in common.
std::string FixedBytes(const Exercise& exercise) {
  Exercise fixed = Crossing(exercise);
  for (Line& line : *fixed.mutable_lines()) {
    line.clear_state();
    line.clear_location();
  }
  return fixed.SerializeAsString();
}

}  // namespace

absl::StatusOr<Exercise> FindExercise(const kernel::RowReader& rows, absl::string_view name) {
  return kernel::FindResource<Exercise>(rows, name, kExerciseKind);
}

absl::Status CheckLead(const Context& context, const Exercise& exercise) {
  if (exercise.lead() == context.organization) return absl::OkStatus();
  return kernel::NotNow(
      "NOT_LEAD",
      absl::StrCat("only ", exercise.lead(), ", which leads ", exercise.name(), ", does this"),
      {{"instead", kernel::ShowCommand(kExerciseKind, exercise.name())}});
}

absl::Status CheckProposed(const Exercise& exercise) {
  if (exercise.state() == Exercise::PROPOSED) return absl::OkStatus();
  const std::string state = Exercise::State_Name(exercise.state());
  return kernel::NotNow(
      "NOT_OPEN", absl::StrCat(exercise.name(), " is ", state, ", not PROPOSED"),
      {{"state", state}, {"instead", kernel::ShowCommand(kExerciseKind, exercise.name())}});
}

absl::StatusOr<Days> CheckDays(const Context& context, const v1::DateRange& range) {
  const std::optional<Days> days = DaysOf(range);
  if (!days.has_value() || days->count() > kDaysMax) {
    return kernel::Invalid("BAD_DATES", "days must be a first and a last day, at most a year apart",
                           {{"field", "days"}});
  }
  const absl::CivilDay today = kernel::DayOf(context.time);
  if (days->first >= today) return *days;
  return kernel::Invalid("BAD_DATES", "days begin in the past",
                         {{"field", "days"}, {"today", absl::FormatCivilTime(today)}});
}

// Rule T-4: at most one of each, in the order of their kinds, all before the first day.
absl::Status CheckConferences(const Exercise& exercise, const Days& days) {
  std::map<v1::ConferenceKind, absl::CivilDay> dates;
  for (const Conference& conference : exercise.conferences()) {
    const std::optional<absl::CivilDay> day = kernel::DayOf(conference.date());
    if (conference.kind() == v1::CONFERENCE_KIND_UNSPECIFIED ||
        !v1::ConferenceKind_IsValid(conference.kind()) || !day.has_value() ||
        !dates.emplace(conference.kind(), *day).second) {
      return kernel::BadField("resource.conferences", "must be IPC, MPC and FPC, each with a day");
    }
  }
  std::string before_name;
  std::optional<absl::CivilDay> before;
  dates.emplace(static_cast<v1::ConferenceKind>(v1::ConferenceKind_MAX + 1), days.first);
  for (const auto& [kind, day] : dates) {
    const std::string name = v1::ConferenceKind_IsValid(kind) ? v1::ConferenceKind_Name(kind)
                                                              : std::string("the first day");
    if (before.has_value() && day <= *before) {
      return kernel::Invalid(
          "CONFERENCE_ORDER",
          absl::StrCat(before_name, " on ", absl::FormatCivilTime(*before), " must be before ",
                       name, ", ", absl::FormatCivilTime(day)),
          {{"rule", "T-4"},
           {"held", absl::FormatCivilTime(*before)},
           {"wanted", absl::StrCat("before ", absl::FormatCivilTime(day))}});
    }
    before = day;
    before_name = name;
  }
  return absl::OkStatus();
}

kernel::Event RecordedEvent(const State& state, const Exercise& exercise) {
  v1::TrainingEvent event;
  *event.mutable_exercise_recorded()->mutable_exercise() = Crossing(exercise);
  kernel::Event recorded = kernel::DomainEvent(event);
  for (const Line& line : exercise.lines()) {
    if (line.organization() == exercise.lead()) continue;
    const std::string origin = OriginOf(state, line.organization());
    if (!origin.empty()) recorded.recipients.emplace_back(books::TrustDomainOf(origin));
  }
  return recorded;
}

Exercise NextVersion(const Context& context, const Exercise& exercise) {
  Exercise next = exercise;
  next.set_version(exercise.version() + 1);
  next.set_changed_us(absl::ToUnixMicros(context.time));
  for (Line& line : *next.mutable_lines()) line.clear_state();
  return next;
}

Verdict DecideExerciseDelivery(const Context& context, const kernel::Delivered& delivered,
                               const Organization& sender, const Exercise& exercise,
                               const State& state) {
  if (exercise.lead() != sender.name()) return Refuse("NOT_LEAD");
  if (!WellFormed(exercise, sender, delivered.origin)) return Refuse("BAD_EXERCISE");
  const auto known = kernel::TableReader<Exercise>(state.rows).Find(exercise.name());
  if (known.has_value() && exercise.version() < known->version()) return Refuse("OLD_VERSION");
  if (known.has_value() && exercise.version() == known->version()) {
    return FixedBytes(*known) == FixedBytes(exercise) ? Verdict{} : Refuse("OTHER_EXERCISE");
  }
  Exercise taken = exercise;
  bool addressed = false;
  for (Line& line : *taken.mutable_lines()) {
    const bool ours = line.organization() == context.organization;
    addressed = addressed || ours;
    const Line* before = known.has_value() ? FindLine(*known, line.number()) : nullptr;
    const bool anew = before == nullptr || before->asked_version() != line.asked_version();
    if (ours && anew) {
      line.set_state(Line::ASKED);
    } else {
      line.clear_state();
    }
  }
  if (!addressed) return Refuse("NOT_ADDRESSEE");
  v1::TrainingEvent event;
  *event.mutable_exercise_recorded()->mutable_exercise() = Crossing(taken);
  return {.verdict = Delivery::ACCEPT, .reason = "", .events = {kernel::DomainEvent(event)}};
}

void AddExerciseRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.training.v1.ExerciseService/";
  routes.AddCommand<v1::ProposeExerciseRequest>(service + "ProposeExercise", ProposeExercise);
  routes.AddCommand<v1::OfferSeatsRequest>(service + "OfferSeats", OfferSeats);
  routes.AddRead<v1::GetExerciseRequest>(service + "GetExercise", kernel::ReadPath::kSnapshot,
                                         GetExercise);
  routes.AddRead<v1::ListExercisesRequest>(service + "ListExercises", kernel::ReadPath::kSnapshot,
                                           ListExercises);
}

void ApplyExerciseRecorded(const kernel::Applied& applied,
                           const v1::TrainingEvent::ExerciseRecorded& event, kernel::Rows& rows) {
  Exercise row = event.exercise();
  const auto before = kernel::TableReader<Exercise>(rows).Find(row.name());
  if (before.has_value()) {
    row.set_made_by(before->made_by());
    row.set_seats_account(before->seats_account());
    row.set_seats_source_account(before->seats_source_account());
    row.set_seats_given_account(before->seats_given_account());
  } else if (!applied.request.has_delivery()) {
    row.set_made_by(applied.request.person());
    row.set_seats_account(event.seats_account());
    row.set_seats_source_account(event.seats_source_account());
    row.set_seats_given_account(event.seats_given_account());
    kernel::CountSpokenId(kernel::IdOf(row.name()), rows);
  }
  for (Line& line : *row.mutable_lines()) {
    const Line* known = before.has_value() ? FindLine(*before, line.number()) : nullptr;
    if (line.state() == Line::ASKED || known == nullptr) continue;
    line.set_state(known->state());
    line.set_booking(known->booking());
    *line.mutable_suggested() = known->suggested();
    line.set_decline_reason(known->decline_reason());
    if (known->has_nominated()) *line.mutable_nominated() = known->nominated();
    if (known->has_leaders()) *line.mutable_leaders() = known->leaders();
    if (known->has_location()) *line.mutable_location() = known->location();
  }
  kernel::PutRow(rows, row);
}

}  // namespace ch8::training
