#include "services/training/core/test_scenario.h"

#include "absl/strings/str_cat.h"

namespace ch8::training {
namespace {

constexpr absl::string_view kIn2026 =
    "{ start { year: 2026 month: 1 day: 1 } end { year: 2026 month: 12 day: 31 } }";
constexpr int64_t kHoldSeconds = 3'600;

template <typename T>
T Must(absl::StatusOr<T> result) {
  ch8::Check(result.ok(), result.status().ToString());
  return *std::move(result);
}

void AddInstructor(TestLedger& ledger, absl::string_view id, absl::string_view fields) {
  Must(ledger.Call<v1::Instructor>(
      "planner", "CalendarService/AddInstructor",
      Parsed<v1::AddInstructorRequest>(absl::StrCat("instructor_id: \"", id, "\" resource { ",
                                                    fields, " opening ", kIn2026, " }"))));
}

}  // namespace

std::string MetadataOf(const absl::Status& refusal, const std::string& key) {
  const auto info = kernel::ErrorInfoOf(refusal);
  const auto found = info.metadata().find(key);
  return found == info.metadata().end() ? "" : found->second;
}

std::string MayDays(int first, int last) {
  return absl::StrCat("start { year: 2026 month: 5 day: ", first,
                      " } end { year: 2026 month: 5 day: ", last, " }");
}

Scenario::Scenario() {
  Must(un.Call<v1::Venue>(
      "planner", "CalendarService/AddVenue",
      Parsed<v1::AddVenueRequest>(absl::StrCat(
          "venue_id: \"nairobi\" resource { location { title: \"Nairobi\" unlocode: \"KENBO\" } "
          "capacity: 100 opening ",
          kIn2026, " }"))));
  AddInstructor(un, "i-7",
                "person: 7007 qualifications: \"CPX-CONTROL\" languages: \"en\" languages: \"fr\"");
  AddInstructor(ecowas, "i-3", "person: 3003 languages: \"fr\"");
}

absl::StatusOr<v1::Exercise> Scenario::TryPropose(const std::string& lines, int first, int last,
                                                  const std::string& more) {
  auto request = Parsed<v1::ProposeExerciseRequest>(
      absl::StrCat("resource { kind: CPX title: \"Amani\" hold_duration { seconds: ", kHoldSeconds,
                   " } days { ", MayDays(first, last), " } ", lines, more, " }"));
  if (request.resource().seats() == 0) request.mutable_resource()->set_seats(30);
  return au.Call<v1::Exercise>("planner", "ExerciseService/ProposeExercise", request);
}

std::string Scenario::Propose(const std::string& lines, int first, int last) {
  return Must(TryPropose(lines, first, last)).name();
}

absl::StatusOr<v1::Exercise> Scenario::Yes(TestLedger& ledger, const std::string& exercise,
                                           const std::vector<uint32_t>& lines) {
  v1::AnswerExerciseRequest request;
  request.set_name(exercise);
  for (const uint32_t line : lines) request.add_lines(line);
  request.set_answer(v1::YES);
  request.mutable_hold_duration()->set_seconds(kHoldSeconds);
  return ledger.Call<v1::Exercise>("planner", "ExerciseService/AnswerExercise", request);
}

absl::StatusOr<v1::Exercise> Scenario::No(TestLedger& ledger, const std::string& exercise,
                                          const std::vector<uint32_t>& lines,
                                          int suggest_from_may) {
  v1::AnswerExerciseRequest request;
  request.set_name(exercise);
  for (const uint32_t line : lines) request.add_lines(line);
  request.set_answer(v1::NO);
  request.set_reason("clash");
  if (suggest_from_may > 0) {
    request.mutable_suggest_from()->set_year(2026);
    request.mutable_suggest_from()->set_month(5);
    request.mutable_suggest_from()->set_day(suggest_from_may);
  }
  return ledger.Call<v1::Exercise>("planner", "ExerciseService/AnswerExercise", request);
}

absl::StatusOr<v1::Exercise> Scenario::Move(const std::string& exercise, int first, int last) {
  auto request =
      Parsed<v1::MoveExerciseRequest>(absl::StrCat("days { ", MayDays(first, last), " }"));
  request.set_name(exercise);
  return au.Call<v1::Exercise>("planner", "ExerciseService/MoveExercise", request);
}

absl::StatusOr<v1::Exercise> Scenario::Confirm(const std::string& exercise,
                                               const std::vector<uint32_t>& without) {
  v1::ConfirmExerciseRequest request;
  request.set_name(exercise);
  for (const uint32_t line : without) request.add_without(line);
  return au.Call<v1::Exercise>("planner", "ExerciseService/ConfirmExercise", request);
}

absl::StatusOr<v1::Exercise> Scenario::Cancel(const std::string& exercise) {
  v1::CancelExerciseRequest request;
  request.set_name(exercise);
  return au.Call<v1::Exercise>("planner", "ExerciseService/CancelExercise", request);
}

absl::StatusOr<v1::Exercise> Scenario::Nominate(TestLedger& ledger, const std::string& exercise,
                                                uint32_t line, const People& people) {
  v1::NominateSeatsRequest request;
  request.set_name(exercise);
  request.set_line(line);
  request.mutable_nominated()->set_female(people.female);
  request.mutable_nominated()->set_male(people.male);
  request.mutable_leaders()->set_female(people.women_leaders);
  request.mutable_leaders()->set_male(people.men_leaders);
  return ledger.Call<v1::Exercise>("planner", "ExerciseService/NominateSeats", request);
}

void Scenario::Settle() {
  for (int moved = 1; moved > 0;) {
    moved = 0;
    for (TestLedger* to : ledgers()) {
      for (TestLedger* from : ledgers()) {
        if (to != from) moved += to->PullFrom(*from);
      }
    }
  }
}

v1::Exercise Scenario::ExerciseAt(TestLedger& ledger, const std::string& exercise) {
  v1::GetExerciseRequest request;
  request.set_name(exercise);
  return Must(ledger.Get<v1::Exercise>("ExerciseService/GetExercise", request));
}

v1::Line Scenario::LineAt(TestLedger& ledger, const std::string& exercise, uint32_t line) {
  return ExerciseAt(ledger, exercise).lines(static_cast<int>(line) - 1);
}

v1::Booking Scenario::BookingAt(TestLedger& ledger, const std::string& booking) {
  v1::GetBookingRequest request;
  request.set_name(booking);
  return Must(ledger.Get<v1::Booking>("CalendarService/GetBooking", request));
}

std::vector<v1::Booking> Scenario::BookingsAt(TestLedger& ledger) {
  v1::ListBookingsRequest request;
  request.set_page_size(1'000);
  const auto page =
      Must(ledger.Get<v1::ListBookingsResponse>("CalendarService/ListBookings", request));
  return {page.bookings().begin(), page.bookings().end()};
}

v1::Venue Scenario::Nairobi() {
  v1::GetVenueRequest request;
  request.set_name("organizations/un/venues/nairobi");
  return Must(un.Get<v1::Venue>("CalendarService/GetVenue", request));
}

std::vector<v1::CalendarEntry> Scenario::NairobiCalendar() {
  v1::ListCalendarRequest request;
  request.set_bookable("organizations/un/venues/nairobi");
  const auto page = Must(un.Get<v1::ListCalendarResponse>("CalendarService/ListCalendar", request));
  return {page.entries().begin(), page.entries().end()};
}

void AddStandard(TestLedger& ledger, absl::string_view fields) {
  const auto standard = Must(ledger.Call<v1::Standard>(
      "planner", "StandardService/ProposeStandard",
      Parsed<v1::ProposeStandardRequest>(
          absl::StrCat("resource { source: \"UGPS\" in_force ", kIn2026, " ", fields, " }"))));
  v1::ConfirmStandardRequest confirm;
  confirm.set_name(standard.name());
  Must(ledger.Call<v1::Standard>("second", "StandardService/ConfirmStandard", confirm));
}

}  // namespace ch8::training
