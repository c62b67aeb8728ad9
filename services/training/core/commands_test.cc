#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/kernel/refusal.h"
#include "services/training/core/test_scenario.h"
#include "tests/support/status_matchers.h"

namespace ch8::training {
namespace {

using ::ch8::testing::IsOk;

// One row of a table test: the outcome wanted and a request in text form.
struct Case {
  absl::string_view want;
  std::string request;
};

// Runs every row as `officer` and compares reasons. Rows stand in descending precedence of the
// error: each repairs what the one before it got wrong. A refused row writes nothing but, at most,
// its refusal.
template <typename Request, typename Response>
void Expect(TestLedger& ledger, absl::string_view officer, absl::string_view method,
            const std::vector<Case>& cases) {
  for (const Case& row : cases) {
    const auto rows_before = ledger.StoredRows();
    const auto result = ledger.Call<Response>(officer, method, Parsed<Request>(row.request));
    EXPECT_EQ(ReasonOr(result), row.want) << method << ": " << row.request << "\n"
                                          << result.status();
    if (result.ok()) continue;
    EXPECT_EQ(ledger.StoredRows(), rows_before) << row.request;
    EXPECT_NE(kernel::ErrorInfoOf(result.status()).domain(), "");
  }
}

constexpr absl::string_view kOpening =
    "opening { start { year: 2026 month: 1 day: 1 } end { year: 2026 month: 12 day: 31 } } ";

TEST(CalendarCommandsTest, AddVenue) {
  Scenario scenario;
  const std::string id = "venue_id: \"x\" resource { ";
  const std::string title = id + "location { title: \"X\" ";
  Expect<v1::AddVenueRequest, v1::Venue>(scenario.un, "auditor", "CalendarService/AddVenue",
                                         {{"NO_ROLE", id + "}"}});
  Expect<v1::AddVenueRequest, v1::Venue>(
      scenario.un, "planner", "CalendarService/AddVenue",
      {{"BAD_ID", "venue_id: \"X Y\""},
       {"BAD_FIELD", id + "}"},
       {"BAD_FIELD", title + "unlocode: \"KE1BO\" } }"},
       {"BAD_FIELD", title + "} }"},
       {"BAD_FIELD", title + "coordinates { latitude_e6: 90000001 } } }"},
       {"BAD_FIELD", title + "coordinates { latitude_e6: -1292066 } } }"},
       {"BAD_FIELD", title + "unlocode: \"KENBO\" } capacity: 100001 }"},
       {"BAD_DATES", title + "unlocode: \"KENBO\" } capacity: 1 }"},
       {"BAD_DATES", title + "unlocode: \"KENBO\" } capacity: 1 opening { start { year: 2026 "
                             "month: 2 day: 2 } end { year: 2026 month: 2 day: 1 } } }"},
       {"OK", absl::StrCat(title, "unlocode: \"KENBO\" } capacity: 1 ", kOpening, " }")},
       {"VENUE_EXISTS",
        absl::StrCat(title, "unlocode: \"KENBO\" } capacity: 1 ", kOpening, " }")}});
}

TEST(CalendarCommandsTest, AddInstructor) {
  Scenario scenario;
  const std::string id = "instructor_id: \"x\" resource { ";
  Expect<v1::AddInstructorRequest, v1::Instructor>(
      scenario.un, "planner", "CalendarService/AddInstructor",
      {{"BAD_ID", ""},
       {"BAD_FIELD", id + "}"},
       {"BAD_FIELD", id + "person: 5 qualifications: \"cpx\" }"},
       {"BAD_FIELD", id + "person: 5 }"},
       {"BAD_FIELD", id + "person: 5 languages: \"FR\" }"},
       {"BAD_DATES", id + "person: 5 languages: \"fr\" }"},
       {"OK", absl::StrCat(id, "person: 5 languages: \"fr\" ", kOpening, "}")},
       {"INSTRUCTOR_EXISTS", absl::StrCat(id, "person: 5 languages: \"fr\" ", kOpening, "}")}});
}

TEST(CalendarCommandsTest, BlackoutsNeverOverlap) {
  Scenario scenario;
  const std::string venue = "bookable: \"organizations/un/venues/nairobi\" resource { ";
  const std::string because = venue + "reason: \"maintenance\" ";
  Expect<v1::SetBlackoutRequest, v1::CalendarEntry>(
      scenario.un, "planner", "CalendarService/SetBlackout",
      {{"BAD_NAME", "bookable: \"nairobi\""},
       {"UNKNOWN_VENUE", "bookable: \"organizations/un/venues/x\""},
       {"UNKNOWN_INSTRUCTOR", "bookable: \"organizations/un/instructors/x\""},
       {"BAD_FIELD", venue + "}"},
       {"BAD_DATES", because + "}"},
       {"BAD_DATES", because + MayDays(7, 6) + "}"},
       {"BAD_DATES", because + MayDays(6, 6) + "start_half: AFTERNOON end_half: MORNING }"},
       {"OK", because + MayDays(6, 7) + "start_half: AFTERNOON }"},
       {"CLASH", because + MayDays(7, 9) + "}"},
       {"CLASH", because + MayDays(5, 6) + "}"},
       {"OK", because + MayDays(5, 6) + "end_half: MORNING }"},
       {"CLASH", venue + "reason: \"x\" start { year: 2025 month: 12 day: 31 } end { year: 2026 "
                         "month: 1 day: 1 } }"}});
  const std::vector<v1::CalendarEntry> calendar = scenario.NairobiCalendar();
  ASSERT_EQ(calendar.size(), 2u);
  EXPECT_EQ(calendar[0].end_half(), v1::MORNING);
  const std::string first = absl::StrCat("name: \"", calendar[0].name(), "\"");
  Expect<v1::ClearBlackoutRequest, v1::CalendarEntry>(
      scenario.un, "planner", "CalendarService/ClearBlackout",
      {{"BAD_NAME", "name: \"x\""}, {"OK", first}, {"UNKNOWN_ENTRY", first}});
  EXPECT_EQ(scenario.NairobiCalendar().size(), 1u);
}

TEST(CalendarCommandsTest, FreeSlotsFollowTheCalendar) {
  Scenario scenario;
  const auto block = Parsed<v1::SetBlackoutRequest>(
      absl::StrCat("bookable: \"organizations/un/venues/nairobi\" resource { reason: \"x\" ",
                   MayDays(6, 6), "start_half: AFTERNOON }"));
  ASSERT_THAT(scenario.un.Call<v1::CalendarEntry>("planner", "CalendarService/SetBlackout", block),
              IsOk());
  const auto free = scenario.un.Get<v1::GetFreeSlotsResponse>(
      "CalendarService/GetFreeSlots",
      Parsed<v1::GetFreeSlotsRequest>("bookable: \"organizations/un/venues/nairobi\" days: 3 "
                                      "from { year: 2026 month: 5 day: 4 } count: 2"));
  ASSERT_THAT(free, IsOk());
  ASSERT_EQ(free->free_size(), 2);
  EXPECT_EQ(free->free(0).start().day(), 7);
  EXPECT_EQ(free->free(0).end().day(), 9);
  EXPECT_EQ(free->free(1).start().day(), 10);
}

TEST(StandardCommandsTest, TwoPersonsAndFigures) {
  TestLedger au("au", {"un"});
  const std::string women = "resource { category: TROOPS ";
  const std::string source = "source: \"UGPS 2018-2028\" ";
  const std::string dates =
      "in_force { start { year: 2026 month: 1 day: 1 } end { year: 2026 month: 12 day: 31 } } ";
  Expect<v1::ProposeStandardRequest, v1::Standard>(
      au, "planner", "StandardService/ProposeStandard",
      {{"BAD_FIELD", ""},
       {"BAD_FIELD", women + "conference: IPC }"},
       {"BAD_FIELD", "resource { category: 99 }"},
       {"BAD_FIELD", women + "}"},
       {"BAD_FIELD", women + "women_bp: 10001 }"},
       {"BAD_FIELD", "resource { conference: FPC months_min: 121 }"},
       {"BAD_FIELD", women + "women_bp: 1300 }"},
       {"BAD_DATES", women + "women_bp: 1300 " + source + "}"},
       {"OK", women + "women_bp: 1300 " + source + dates + "}"}});
  const std::string name = "name: \"standards/STD-AU-26-0001\"";
  const absl::string_view confirm = "StandardService/ConfirmStandard";
  Expect<v1::ConfirmStandardRequest, v1::Standard>(
      au, "twin", confirm,
      {{"UNKNOWN_STANDARD", "name: \"standards/STD-AU-26-0002\""}, {"SAME_PERSON", name}});
  Expect<v1::ConfirmStandardRequest, v1::Standard>(au, "second", confirm,
                                                   {{"OK", name}, {"NOT_PROPOSED", name}});
}

TEST(ExerciseCommandsTest, ProposeExercise) {
  Scenario scenario;
  AddStandard(scenario.au, "category: EXPERTS_AND_STAFF_OFFICERS women_bp: 2300");
  const std::string what = "resource { kind: CPX title: \"A\" ";
  const std::string nairobi(kNairobiLine);
  const std::string hold = "hold_duration { seconds: 60 } ";
  const std::string days = "days { " + MayDays(4, 8) + " } ";
  const std::string good = what + hold + days;
  const std::string seats =
      "lines { kind: SEATS organization: \"organizations/un\" category: EXPERTS_AND_STAFF_OFFICERS "
      "quantity: 12 ";
  Expect<v1::ProposeExerciseRequest, v1::Exercise>(
      scenario.au, "planner", "ExerciseService/ProposeExercise",
      {{"BAD_FIELD", ""},
       {"BAD_FIELD", "resource { kind: CPX }"},
       {"BAD_FIELD", what + "}"},
       {"BAD_HOLD_DURATION", what + nairobi + "}"},
       {"BAD_DATES", what + nairobi + hold + "}"},
       {"BAD_DATES", what + nairobi + hold +
                         "days { start { year: 2026 month: 3 day: 1 } end { year: 2026 month: 3 "
                         "day: 9 } } }"},
       {"BAD_FIELD", good + nairobi + "conferences { kind: IPC } }"},
       {"CONFERENCE_ORDER", good + nairobi +
                                "conferences { kind: MPC date { year: 2026 month: 3 day: 9 } } "
                                "conferences { kind: IPC date { year: 2026 month: 3 day: 9 } } }"},
       {"CONFERENCE_ORDER",
        good + nairobi + "conferences { kind: FPC date { year: 2026 month: 5 day: 4 } } }"},
       {"BAD_NAME", good + "lines { kind: SEATS } }"},
       {"NOT_PINNED", good + "lines { kind: SEATS organization: \"organizations/eu\" } }"},
       {"BAD_FIELD", good + "lines { organization: \"organizations/un\" } }"},
       {"BAD_NAME", good + "lines { kind: VENUE organization: \"organizations/un\" bookable: "
                           "\"organizations/ecowas/venues/x\" } }"},
       {"UNKNOWN_VENUE", good + "lines { kind: VENUE organization: \"organizations/au\" bookable: "
                                "\"organizations/au/venues/x\" } }"},
       {"BAD_FIELD", good + "lines { kind: SEATS organization: \"organizations/un\" } }"},
       {"BAD_FIELD", good + seats + "women_min: 13 } }"},
       {"BAD_FIELD", good + seats + "women_min: 3 leadership: 1 leadership_women_min: 2 } }"},
       {"WOMEN_MINIMUM", good + seats + "women_min: 2 } }"},
       {"DUPLICATE_LINE", good + nairobi + nairobi + "}"},
       {"SEATS_EXCEEDED", good + "seats: 11 " + seats + "women_min: 3 } }"},
       {"OK", good + "seats: 12 " + seats + "women_min: 3 } }"}});
}

TEST(ExerciseCommandsTest, AnswerExercise) {
  Scenario scenario;
  const std::string exercise =
      scenario.Propose(absl::StrCat(kNairobiLine, kUnInstructorLine, kEcowasSeatsLine), 4, 8);
  scenario.Settle();
  const std::string name = absl::StrCat("name: \"", exercise, "\" ");
  const absl::string_view method = "ExerciseService/AnswerExercise";
  Expect<v1::AnswerExerciseRequest, v1::Exercise>(
      scenario.un, "planner", method,
      {{"UNKNOWN_EXERCISE", "name: \"exercises/EXR-AU-26-0009\""},
       {"BAD_FIELD", name},
       {"BAD_FIELD", name + "answer: YES"},
       {"UNKNOWN_LINE", name + "answer: YES lines: 4"},
       {"NOT_ADDRESSEE", name + "answer: YES lines: 3"},
       {"BAD_HOLD_DURATION", name + "answer: YES lines: 1"},
       {"BAD_FIELD", name + "answer: NO lines: 1"},
       {"OK", name + "answer: NO lines: 1 reason: \"leave\""},
       {"OK", name + "answer: YES lines: [1, 2] hold_duration { seconds: 60 }"},
       {"NOT_ASKED", name + "answer: NO lines: 1 reason: \"leave\""}});
  Expect<v1::AnswerExerciseRequest, v1::Exercise>(
      scenario.ecowas, "planner", method,
      {{"OK", name + "answer: YES lines: 3"}, {"NOT_ASKED", name + "answer: YES lines: 3"}});
}

TEST(ExerciseCommandsTest, VenuesAndInstructorsMustFit) {
  Scenario scenario;
  const std::string big = scenario.Propose(absl::StrCat(kNairobiLine, "seats: 101 "), 4, 8);
  const std::string spoken = scenario.Propose(
      "lines { kind: INSTRUCTOR organization: \"organizations/ecowas\" bookable: "
      "\"organizations/ecowas/instructors/i-3\" language: \"pt\" } ",
      4, 8);
  scenario.Settle();
  const auto venue = scenario.Yes(scenario.un, big, {1});
  EXPECT_EQ(ReasonOr(venue), "CAPACITY");
  EXPECT_EQ(MetadataOf(venue.status(), "available"), "100");
  EXPECT_EQ(MetadataOf(venue.status(), "wanted"), "101");
  const auto instructor = scenario.Yes(scenario.ecowas, spoken, {1});
  EXPECT_EQ(ReasonOr(instructor), "NOT_QUALIFIED");
  EXPECT_EQ(MetadataOf(instructor.status(), "held"), " fr");
}

TEST(ExerciseCommandsTest, OnlyTheLeadSteers) {
  Scenario scenario;
  const std::string exercise = scenario.Propose(std::string(kNairobiLine), 4, 8);
  scenario.Settle();
  const std::string name = absl::StrCat("name: \"", exercise, "\" ");
  const std::string seats =
      "line { kind: SEATS organization: \"organizations/un\" category: TROOPS quantity: 31 }";
  for (TestLedger* ledger : {&scenario.un, &scenario.au}) {
    const bool lead = ledger == &scenario.au;
    Expect<v1::OfferSeatsRequest, v1::Exercise>(
        *ledger, "planner", "ExerciseService/OfferSeats",
        {{"UNKNOWN_EXERCISE", "name: \"exercises/X\""},
         {lead ? "BAD_FIELD" : "NOT_LEAD", name},
         {lead ? "SEATS_EXCEEDED" : "NOT_LEAD", name + seats}});
    Expect<v1::MoveExerciseRequest, v1::Exercise>(*ledger, "planner",
                                                  "ExerciseService/MoveExercise",
                                                  {{lead ? "BAD_DATES" : "NOT_LEAD", name}});
    Expect<v1::ConfirmExerciseRequest, v1::Exercise>(
        *ledger, "planner", "ExerciseService/ConfirmExercise",
        {{lead ? "UNKNOWN_LINE" : "NOT_LEAD", name + "without: 9"},
         {lead ? "NOT_ALL_POSTED" : "NOT_LEAD", name},
         {lead ? "NOT_ALL_POSTED" : "NOT_LEAD", name + "without: 1"}});  // It waits for an answer.
    Expect<v1::CancelExerciseRequest, v1::Exercise>(
        *ledger, "planner", "ExerciseService/CancelExercise",
        {{lead ? "OK" : "NOT_LEAD", name}, {lead ? "ALREADY_CANCELLED" : "NOT_LEAD", name}});
  }
  EXPECT_EQ(ReasonOr(scenario.Move(exercise, 11, 15)), "NOT_OPEN");
  EXPECT_EQ(ReasonOr(scenario.Confirm(exercise)), "NOT_OPEN");
  scenario.Settle();
  EXPECT_EQ(ReasonOr(scenario.Yes(scenario.un, exercise, {1})), "NOT_OPEN");
}

TEST(ExerciseCommandsTest, NominateSeats) {
  Scenario scenario;
  const std::string exercise = scenario.Propose(absl::StrCat(kNairobiLine, kEcowasSeatsLine), 4, 8);
  scenario.Settle();
  const std::string name = absl::StrCat("name: \"", exercise, "\" ");
  const absl::string_view method = "ExerciseService/NominateSeats";
  Expect<v1::NominateSeatsRequest, v1::Exercise>(
      scenario.ecowas, "planner", method,
      {{"UNKNOWN_EXERCISE", "name: \"exercises/X\""},
       {"BAD_FIELD", name},
       {"BAD_FIELD", name + "nominated { male: 1 } leaders { female: 1 }"},
       {"UNKNOWN_LINE", name + "nominated { male: 1 } line: 1"},
       {"NOT_POSTED", name + "nominated { male: 1 } line: 2"}});
  Expect<v1::NominateSeatsRequest, v1::Exercise>(
      scenario.un, "planner", method, {{"NOT_ADDRESSEE", name + "nominated { male: 1 } line: 2"}});
  ASSERT_THAT(scenario.Yes(scenario.ecowas, exercise, {2}), IsOk());
  scenario.Settle();
  Expect<v1::NominateSeatsRequest, v1::Exercise>(
      scenario.ecowas, "planner", method,
      {{"SEATS_FULL", name + "line: 2 nominated { female: 13 }"},
       {"LEADERSHIP_FULL", name + "line: 2 nominated { female: 2 } leaders { female: 2 }"},
       {"WOMEN_MINIMUM", name + "line: 2 nominated { male: 8 unstated: 1 }"},
       {"WOMEN_MINIMUM", name + "line: 2 nominated { male: 1 } leaders { male: 1 }"},
       {"OK", name + "line: 2 nominated { male: 8 }"},
       {"WOMEN_MINIMUM", name + "line: 2 nominated { male: 1 }"},
       {"OK", name + "line: 2 nominated { female: 4 } leaders { female: 1 }"},
       {"SEATS_FULL", name + "line: 2 nominated { female: 1 }"}});
}

}  // namespace
}  // namespace ch8::training
