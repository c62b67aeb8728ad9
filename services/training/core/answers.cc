#include "services/training/core/answers.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "chapter8/training/v1/training_service.pb.h"
#include "services/books/postings.h"
#include "services/kernel/fields.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"
#include "services/training/core/bookings.h"
#include "services/training/core/calendars.h"
#include "services/training/core/exercises.h"
#include "services/training/core/lines.h"
#include "storage/base/status_macros.h"

namespace ch8::training {
namespace {

using chapter8::books::v1::Reject;
using chapter8::books::v1::TransferRecord;
using chapter8::directory::v1::Organization;
using chapter8::ledger::v1::Delivery;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using kernel::Verdict;
using v1::Booking;
using v1::Exercise;
using v1::Line;

constexpr int kSuggestedMax = 3;

std::string ShowCommand(const Exercise& exercise) {
  return kernel::ShowCommand(kExerciseKind, exercise.name());
}

// Whether the line waits for a word of its organization, which may change its no into a yes.
bool IsAnswerable(const Line& line) {
  if (line.kind() == Line::SEATS) return line.state() == Line::RESERVED;
  return line.state() == Line::ASKED || line.state() == Line::LAPSED ||
         line.state() == Line::DECLINED;
}

// The lines that the request names, all of them for us to answer.
absl::StatusOr<std::vector<Line>> AnsweredLines(const Context& context, const Exercise& exercise,
                                                const v1::AnswerExerciseRequest& request) {
  if (request.lines().empty()) return kernel::BadField("lines", "is missing");
  std::vector<Line> lines;
  const std::set<uint32_t> numbers(request.lines().begin(), request.lines().end());
  for (const uint32_t number : numbers) {
    const Line* line = FindLine(exercise, number);
    if (line == nullptr) {
      return kernel::Unknown("UNKNOWN_LINE", absl::StrCat("line ", number, " of ", exercise.name()),
                             ShowCommand(exercise));
    }
    if (line->organization() != context.organization) {
      return kernel::NotNow(
          "NOT_ADDRESSEE",
          absl::StrCat("line ", number, " of ", exercise.name(), " asks ", line->organization()),
          {{"instead", ShowCommand(exercise)}});
    }
    lines.push_back(*line);
  }
  RETURN_IF_ERROR(CheckProposed(exercise));
  for (const Line& line : lines) {
    if (IsAnswerable(line)) continue;
    const std::string state = Line::State_Name(line.state());
    return kernel::NotNow(
        "NOT_ASKED", absl::StrCat("line ", line.number(), " of ", exercise.name(), " is ", state),
        {{"state", state}, {"instead", ShowCommand(exercise)}});
  }
  return lines;
}

bool Has(const std::vector<std::string>& held, const std::string& wanted) {
  return wanted.empty() || std::find(held.begin(), held.end(), wanted) != held.end();
}

// Rule T-5: what a venue or instructor must be able to do.
absl::Status CheckFits(const Exercise& exercise, const Line& line, const Bookable& bookable) {
  if (line.kind() == Line::VENUE && bookable.capacity < exercise.seats()) {
    return kernel::NotNow(
        "CAPACITY",
        absl::StrCat(bookable.name, " takes ", bookable.capacity, " participants, fewer than the ",
                     exercise.seats(), " of ", exercise.name()),
        {{"rule", "T-5"},
         {"available", absl::StrCat(bookable.capacity)},
         {"wanted", absl::StrCat(exercise.seats())},
         {"instead", "ch8 venue list"}});
  }
  if (line.kind() == Line::INSTRUCTOR && (!Has(bookable.qualifications, line.qualification()) ||
                                          !Has(bookable.languages, line.language()))) {
    const std::string wanted = absl::StrCat(line.qualification(), " ", line.language());
    return kernel::NotNow("NOT_QUALIFIED", absl::StrCat(bookable.name, " does not have ", wanted),
                          {{"rule", "T-5"},
                           {"held", absl::StrCat(absl::StrJoin(bookable.qualifications, " "), " ",
                                                 absl::StrJoin(bookable.languages, " "))},
                           {"wanted", wanted},
                           {"instead", "ch8 instructor list"}});
  }
  return absl::OkStatus();
}

// What to type when the days clash: the lead moves the exercise, an owner says no with the days on
// which it could say yes.
std::string InsteadOfClash(const Context& context, const Exercise& exercise, const Line& line,
                           const std::vector<Days>& free) {
  if (free.empty()) return absl::StrCat("ch8 calendar show ", SpokenBookable(line.bookable()));
  const std::string id(kernel::IdOf(exercise.name()));
  const std::string first = absl::FormatCivilTime(free.front().first);
  if (exercise.lead() == context.organization) {
    return absl::StrCat("ch8 exercise move ", id, " --from ", first, " --to ",
                        absl::FormatCivilTime(free.front().last));
  }
  return absl::StrCat("ch8 exercise answer ", id, " --line ", line.number(),
                      " --decline --reason clash --suggest-from ", first);
}

// The booking of a venue or instructor for its line, checked against the own calendar.
absl::StatusOr<Booking> NewDays(const Context& context, const State& state,
                                const Exercise& exercise, const Line& line, uint64_t ahead) {
  ASSIGN_OR_RETURN(const Bookable bookable, FindBookable(state.rows, line.bookable()));
  RETURN_IF_ERROR(CheckFits(exercise, line, bookable));
  const std::optional<Days> days = DaysOf(exercise.days());
  if (!days.has_value()) return kernel::BadField("name", "has no days");
  const absl::Status free = CheckFree(state.rows, bookable, SlotsOf(*days));
  if (!free.ok()) {
    const std::vector<Days> next =
        FreeDays(state.rows, {bookable}, {.length_days = days->count(), .from = days->first});
    return kernel::Annotate(free, "",
                            {{"line", absl::StrCat(line.number())},
                             {"instead", InsteadOfClash(context, exercise, line, next)}});
  }
  Booking booking = BookingFor(context, state, exercise, line, ahead);
  booking.set_receiver(exercise.lead());
  booking.set_receiver_origin(exercise.lead_origin());
  booking.set_account(bookable.account);
  booking.set_counter_account(bookable.given_account);
  if (line.kind() == Line::VENUE) *booking.mutable_location() = bookable.location;
  return booking;
}

// The lead takes its own days at once: both halves of the tally are its own.
kernel::Event OwnDays(Booking booking) {
  const uint32_t days_account = booking.account();
  booking.set_account(booking.counter_account());
  booking.set_counter_account(days_account);
  booking.set_side(Booking::OWN);
  booking.set_state(Booking::POSTED);
  kernel::Event event;
  books::Move({booking.counter_account(), booking.account()}, booking.quantity(), event);
  SetBookingRecorded(booking, event);
  return event;
}

// The record of seats that wait for our answer.
absl::StatusOr<TransferRecord> SeatsRecord(const State& state, const Booking& booking) {
  auto record = books::FindTransfer(state.rows, booking.giver_origin(), booking.transfer_id());
  if (booking.side() == Booking::RECEIVER && booking.state() == Booking::RESERVED &&
      record.has_value()) {
    return *std::move(record);
  }
  const std::string state_name = Booking::State_Name(booking.state());
  return kernel::NotNow(
      "NOT_ASKED", absl::StrCat(booking.name(), " is ", state_name),
      {{"state", state_name}, {"instead", kernel::ShowCommand(kBookingKind, booking.name())}});
}

absl::StatusOr<kernel::Event> AcceptSeats(const State& state, const Line& line) {
  const Booking booking =
      kernel::TableReader<Booking>(state.rows).Find(line.booking()).value_or(Booking());
  ASSIGN_OR_RETURN(const TransferRecord record, SeatsRecord(state, booking));
  ASSIGN_OR_RETURN(
      const books::OwnStep own,
      books::DecideAccept(record, booking.quantity(),
                          {.debit = booking.counter_account(), .credit = booking.account()}));
  return books::StepEvent(own, books::TrustDomainOf(booking.giver_origin()));
}

absl::StatusOr<std::vector<kernel::Event>> SayYes(const Context& context, const State& state,
                                                  const Exercise& exercise,
                                                  const std::vector<Line>& lines,
                                                  const google::protobuf::Duration& hold) {
  std::vector<kernel::Event> events;
  uint64_t ahead = 1;
  for (const Line& line : lines) {
    if (line.kind() == Line::SEATS) {
      ASSIGN_OR_RETURN(kernel::Event accept, AcceptSeats(state, line));
      events.push_back(std::move(accept));
      continue;
    }
    ASSIGN_OR_RETURN(const Booking booking, NewDays(context, state, exercise, line, ahead));
    if (exercise.lead() == context.organization) {
      events.push_back(OwnDays(booking));
    } else {
      RETURN_IF_ERROR(CheckHold(hold, "hold_duration"));
      ASSIGN_OR_RETURN(
          std::vector<kernel::Event> reserve,
          ReserveEvents(context,
                        {.booking = booking, .ahead = ahead, .hold_seconds = hold.seconds()}));
      for (kernel::Event& event : reserve) events.push_back(std::move(event));
    }
    ++ahead;
  }
  return events;
}

// Days as long as the exercise on which all venues and instructors of the lines are free.
absl::StatusOr<std::vector<Days>> Suggested(const State& state, const Exercise& exercise,
                                            const std::vector<Line>& lines,
                                            const v1::AnswerExerciseRequest& request) {
  const std::optional<Days> days = DaysOf(exercise.days());
  if (!request.has_suggest_from() || !days.has_value()) return std::vector<Days>();
  const std::optional<absl::CivilDay> from = kernel::DayOf(request.suggest_from());
  if (!from.has_value()) return kernel::BadField("suggest_from", "is no day of the calendar");
  std::vector<Bookable> bookables;
  for (const Line& line : lines) {
    if (line.kind() == Line::SEATS) continue;
    ASSIGN_OR_RETURN(Bookable bookable, FindBookable(state.rows, line.bookable()));
    bookables.push_back(std::move(bookable));
  }
  return FreeDays(state.rows, bookables,
                  {.length_days = days->count(), .from = *from, .count_max = kSuggestedMax});
}

absl::StatusOr<std::vector<kernel::Event>> SayNo(const Context& context, const State& state,
                                                 const Exercise& exercise,
                                                 const std::vector<Line>& lines,
                                                 const v1::AnswerExerciseRequest& request) {
  RETURN_IF_ERROR(kernel::CheckText(request.reason(), "reason"));
  ASSIGN_OR_RETURN(const std::vector<Days> suggested, Suggested(state, exercise, lines, request));
  v1::TrainingEvent event;
  auto& declined = *event.mutable_lines_declined();
  declined.set_exercise(exercise.name());
  declined.set_version(exercise.version());
  declined.set_reason(request.reason());
  for (const Days& days : suggested) *declined.add_suggested() = RangeOf(days);
  std::vector<kernel::Event> rejects;
  for (const Line& line : lines) {
    declined.add_lines(line.number());
    if (line.kind() != Line::SEATS) continue;
    const Booking booking =
        kernel::TableReader<Booking>(state.rows).Find(line.booking()).value_or(Booking());
    ASSIGN_OR_RETURN(const TransferRecord record, SeatsRecord(state, booking));
    ASSIGN_OR_RETURN(const books::OwnStep own, books::DecideReject(record, Reject::NOT_NEEDED));
    rejects.push_back(books::StepEvent(own, books::TrustDomainOf(booking.giver_origin())));
  }
  std::vector<kernel::Event> events = {kernel::DomainEvent(event)};
  if (exercise.lead() != context.organization) {
    events.front().recipients.emplace_back(books::TrustDomainOf(exercise.lead_origin()));
  }
  for (kernel::Event& reject : rejects) events.push_back(std::move(reject));
  return events;
}

absl::StatusOr<Decision> AnswerExercise(const Context& context,
                                        const v1::AnswerExerciseRequest& request,
                                        const State& state) {
  ASSIGN_OR_RETURN(const Exercise exercise, FindExercise(state.rows, request.name()));
  if (request.answer() != v1::YES && request.answer() != v1::NO) {
    return kernel::BadField("answer", "must be YES or NO");
  }
  ASSIGN_OR_RETURN(const std::vector<Line> lines, AnsweredLines(context, exercise, request));
  std::vector<kernel::Event> events;
  if (request.answer() == v1::YES) {
    ASSIGN_OR_RETURN(events, SayYes(context, state, exercise, lines, request.hold_duration()));
  } else {
    ASSIGN_OR_RETURN(events, SayNo(context, state, exercise, lines, request));
  }
  return Decision{std::move(events), kernel::ReplyWith<Exercise>(exercise.name())};
}

}  // namespace

Verdict DecideDeclineDelivery(const Context& context, const Organization& sender,
                              const v1::TrainingEvent::LinesDeclined& declined,
                              const State& state) {
  const Verdict refused = {.verdict = Delivery::REFUSE, .reason = "BAD_ANSWER", .events = {}};
  const auto exercise = kernel::TableReader<Exercise>(state.rows).Find(declined.exercise());
  if (!exercise.has_value() || exercise->lead() != context.organization ||
      declined.version() > exercise->version() || declined.lines().empty() ||
      declined.lines_size() > kLinesMax || declined.suggested_size() > kSuggestedMax ||
      !kernel::CheckText(declined.reason(), "reason").ok()) {
    return refused;
  }
  for (const uint32_t number : declined.lines()) {
    const Line* line = FindLine(*exercise, number);
    if (line == nullptr || line->organization() != sender.name()) return refused;
  }
  for (const v1::DateRange& range : declined.suggested()) {
    if (!DaysOf(range).has_value()) return refused;
  }
  v1::TrainingEvent event;
  *event.mutable_lines_declined() = declined;
  return {.verdict = Delivery::ACCEPT, .reason = "", .events = {kernel::DomainEvent(event)}};
}

void AddAnswerRoutes(kernel::Routes& routes) {
  routes.AddCommand<v1::AnswerExerciseRequest>(
      "/chapter8.training.v1.ExerciseService/AnswerExercise", AnswerExercise);
}

void ApplyLinesDeclined(const v1::TrainingEvent::LinesDeclined& event, kernel::Rows& rows) {
  for (const uint32_t number : event.lines()) {
    ChangeLine({event.exercise(), number}, rows, [&](Line& line) {
      if (line.asked_version() > event.version()) return;  // Asked anew since.
      if (line.kind() != Line::SEATS) {
        if (!IsAnswerable(line)) return;
        line.set_state(Line::DECLINED);
        *line.mutable_suggested() = event.suggested();
      }
      line.set_decline_reason(event.reason());
    });
  }
}

}  // namespace ch8::training
