#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/training/core/test_scenario.h"
#include "tests/support/status_matchers.h"

namespace ch8::training {
namespace {

using ::ch8::testing::IsOk;
using chapter8::ledger::v1::Delivery;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using v1::Booking;
using v1::Exercise;
using v1::Line;

constexpr int64_t kDaysOf2026 = 365;

std::vector<std::string> StepsOf(const Booking& booking) {
  std::vector<std::string> steps;
  for (const auto& step : booking.steps()) steps.push_back(step.step());
  return steps;
}

// What stands posted on the account that a receiver's booking landed in.
int64_t LandedIn(Scenario& scenario, TestLedger& ledger, const std::string& booking) {
  const auto balance = ledger.books().Find(scenario.BookingAt(ledger, booking).account());
  return balance.ok() ? balance->available() : -1;
}

void ExpectReplays(Scenario& scenario) {
  for (TestLedger* ledger : scenario.ledgers()) {
    EXPECT_EQ(ledger->StoredRows(), ledger->ReplayedRows());
    EXPECT_EQ(ledger->books().StateDigest(), ledger->ReplayedBooksDigest());
  }
}

std::string JointLines() {
  return absl::StrCat(kNairobiLine, kUnInstructorLine, kEcowasInstructorLine, kEcowasSeatsLine,
                      kAuSeatsLine);
}

void Block(TestLedger& un, const std::string& days) {
  ASSERT_THAT(
      un.Call<v1::CalendarEntry>("planner", "CalendarService/SetBlackout",
                                 Parsed<v1::SetBlackoutRequest>(absl::StrCat(
                                     "bookable: \"organizations/un/venues/nairobi\" resource { "
                                     "reason: \"maintenance\" ",
                                     days, " }"))),
      IsOk());
}

// The demo: a joint CPX with a venue and instructors of two organizations.
TEST(ExercisesTest, AJointExerciseIsArrangedAfterAClash) {
  Scenario scenario;
  Block(scenario.un, absl::StrCat(MayDays(6, 6), " start_half: AFTERNOON"));
  const std::string exercise = scenario.Propose(JointLines(), 4, 8);
  EXPECT_EQ(exercise, "exercises/EXR-AU-26-0001");
  scenario.Settle();

  // The UN answers from its own calendar: no, with figures and what to type.
  const auto clash = scenario.Yes(scenario.un, exercise, {1, 2});
  EXPECT_EQ(ReasonOr(clash), "CLASH");
  EXPECT_EQ(MetadataOf(clash.status(), "rule"), "T-5");
  EXPECT_EQ(MetadataOf(clash.status(), "clashes_with"), "maintenance 2026-05-06 to 2026-05-06");
  EXPECT_EQ(MetadataOf(clash.status(), "next_free"),
            "2026-05-07 to 2026-05-11, 2026-05-12 to 2026-05-16, 2026-05-17 to 2026-05-21");
  EXPECT_EQ(MetadataOf(clash.status(), "instead"),
            "ch8 exercise answer EXR-AU-26-0001 --line 1 --decline --reason clash --suggest-from "
            "2026-05-07");
  EXPECT_THAT(scenario.BookingsAt(scenario.un), IsEmpty());  // All or none.
  ASSERT_THAT(scenario.No(scenario.un, exercise, {1}, 7), IsOk());
  scenario.Settle();
  const Line declined = scenario.LineAt(scenario.au, exercise, 1);
  EXPECT_EQ(declined.state(), Line::DECLINED);
  ASSERT_EQ(declined.suggested_size(), 3);
  EXPECT_EQ(declined.suggested(0).start().day(), 7);

  // The AU moves it there, and everyone says yes.
  ASSERT_THAT(scenario.Move(exercise, 7, 11), IsOk());
  scenario.Settle();
  ASSERT_THAT(scenario.Yes(scenario.un, exercise, {1, 2}), IsOk());
  ASSERT_THAT(scenario.Yes(scenario.ecowas, exercise, {3, 4}), IsOk());
  EXPECT_EQ(scenario.Nairobi().held_days(), 5);
  scenario.Settle();

  const Exercise arranged = scenario.ExerciseAt(scenario.au, exercise);
  for (const Line& line : arranged.lines()) EXPECT_EQ(line.state(), Line::POSTED) << line.number();
  EXPECT_EQ(arranged.lines(0).location().unlocode(), "KENBO");
  const v1::Venue nairobi = scenario.Nairobi();
  EXPECT_EQ(nairobi.available_days(), kDaysOf2026 - 5);
  EXPECT_EQ(nairobi.held_days(), 0);
  EXPECT_EQ(nairobi.given_days(), 5);
  EXPECT_EQ(LandedIn(scenario, scenario.au, "bookings/BKG-UN-26-0001"), 5);
  EXPECT_EQ(LandedIn(scenario, scenario.au, "bookings/BKG-UN-26-0002"), 5);
  EXPECT_EQ(LandedIn(scenario, scenario.au, "bookings/BKG-ECOWAS-26-0001"), 5);
  EXPECT_EQ(LandedIn(scenario, scenario.ecowas, "bookings/BKG-AU-26-0001"), 12);
  EXPECT_THAT(StepsOf(scenario.BookingAt(scenario.un, "bookings/BKG-UN-26-0001")),
              ElementsAre("RESERVE", "ACCEPT", "POST", "MIRROR", "SETTLED"));
  EXPECT_THAT(StepsOf(scenario.BookingAt(scenario.au, "bookings/BKG-UN-26-0001")),
              ElementsAre("RESERVE", "ACCEPT", "POST", "MIRROR"));
  EXPECT_EQ(scenario.BookingAt(scenario.au, "bookings/BKG-AU-26-0001").state(), Booking::SETTLED);
  const Booking seats = scenario.BookingAt(scenario.ecowas, "bookings/BKG-AU-26-0001");
  EXPECT_EQ(seats.women_min(), 4u);
  EXPECT_EQ(seats.leadership_women_min(), 1u);

  ASSERT_THAT(scenario.Confirm(exercise), IsOk());
  scenario.Settle();
  for (TestLedger* ledger : scenario.ledgers()) {
    const Exercise known = scenario.ExerciseAt(*ledger, exercise);
    EXPECT_EQ(known.state(), Exercise::CONFIRMED);
    EXPECT_EQ(known.version(), 3u);
    EXPECT_EQ(known.status(), Exercise::EXERCISE);
    EXPECT_EQ(known.lines(0).location().unlocode(), "KENBO");
    EXPECT_EQ(known.made_by(), ledger == &scenario.au ? 1u : 0u);
  }
  // Nobody sees what stands between others.
  EXPECT_EQ(scenario.LineAt(scenario.ecowas, exercise, 1).state(), Line::STATE_UNSPECIFIED);
  EXPECT_EQ(scenario.LineAt(scenario.un, exercise, 4).state(), Line::STATE_UNSPECIFIED);
  ExpectReplays(scenario);
}

TEST(ExercisesTest, SeatsAreCountedBySex) {
  Scenario scenario;
  const std::string exercise = scenario.Propose(absl::StrCat(kEcowasSeatsLine, kAuSeatsLine), 4, 8);
  scenario.Settle();
  ASSERT_THAT(scenario.Yes(scenario.ecowas, exercise, {1}), IsOk());
  scenario.Settle();
  const auto table = [&](TestLedger& ledger) {
    v1::GetSeatTableRequest request;
    request.set_name(exercise);
    return ledger.Get<v1::SeatTable>("ExerciseService/GetSeatTable", request).value();
  };
  EXPECT_FALSE(table(scenario.au).has_women_bp());  // Nobody yet: n/a, not 0 %.
  EXPECT_FALSE(table(scenario.au).rows(0).has_women_bp());

  ASSERT_THAT(
      scenario.Nominate(scenario.ecowas, exercise, 1, {.female = 3, .male = 6, .women_leaders = 1}),
      IsOk());
  ASSERT_THAT(scenario.Nominate(scenario.au, exercise, 2, {.female = 1, .male = 0}), IsOk());
  scenario.Settle();
  const v1::SeatTable all = table(scenario.au);
  ASSERT_EQ(all.rows_size(), 2);
  EXPECT_EQ(all.rows(0).women_bp(), 3'333u);
  EXPECT_EQ(all.rows(1).women_bp(), 10'000u);
  EXPECT_EQ(all.seats(), 22u);
  EXPECT_EQ(all.nominated().female(), 4u);
  EXPECT_EQ(all.nominated().male(), 6u);
  EXPECT_EQ(all.women_bp(), 4'000u);  // Of counts: 4 of 10. The mean of the shares is 66.7 %.
  EXPECT_EQ(all.women_leaders_bp(), 10'000u);
  EXPECT_EQ(table(scenario.ecowas).rows_size(), 1);  // The AU's are not ECOWAS's to see.
  const Booking seats = scenario.BookingAt(scenario.ecowas, "bookings/BKG-AU-26-0001");
  EXPECT_EQ(scenario.ecowas.books().Find(seats.account())->available(), 3);
  EXPECT_EQ(scenario.ecowas.books().Find(seats.filled_account())->credits_posted, 9u);
  ExpectReplays(scenario);
}

TEST(ExercisesTest, StandardsAreDatedData) {
  Scenario scenario;
  AddStandard(scenario.au, "category: EXPERTS_AND_STAFF_OFFICERS women_bp: 1000");
  AddStandard(scenario.au, "category: EXPERTS_AND_STAFF_OFFICERS women_bp: 3400");
  AddStandard(scenario.au, "conference: FPC months_min: 2");
  const auto refused = scenario.TryPropose(std::string(kEcowasSeatsLine), 4, 8);
  EXPECT_EQ(ReasonOr(refused), "WOMEN_MINIMUM");
  EXPECT_EQ(MetadataOf(refused.status(), "rule"), "T-8");
  EXPECT_EQ(MetadataOf(refused.status(), "women_min"), "4");
  EXPECT_EQ(MetadataOf(refused.status(), "needed"), "5");  // 34 % of 12, rounded up.
  EXPECT_EQ(MetadataOf(refused.status(), "standard"), "standards/STD-AU-26-0002");
  const auto warned =
      scenario.TryPropose(std::string(kNairobiLine), 4, 8,
                          "conferences { kind: FPC date { year: 2026 month: 3 day: 10 } }");
  ASSERT_THAT(warned, IsOk());
  ASSERT_EQ(warned->warnings_size(), 1);
  EXPECT_EQ(warned->warnings(0).latest().day(), 4);  // 4 March.
  EXPECT_EQ(warned->warnings(0).days_short(), 6u);
  EXPECT_THAT(scenario
                  .TryPropose(std::string(kNairobiLine), 11, 15,
                              "conferences { kind: FPC date { year: 2026 month: 3 day: 11 } }")
                  ->warnings(),
              IsEmpty());
}

TEST(ExercisesTest, TheLastFreeDayIsGivenOnce) {
  Scenario scenario;
  std::vector<std::string> exercises;
  for (int i = 0; i < 200; ++i) {
    exercises.push_back(scenario.Propose(std::string(kNairobiLine), 20, 20));
  }
  scenario.Settle();
  int granted = 0;
  int clashes = 0;
  for (const std::string& exercise : exercises) {
    const std::string reason = ReasonOr(scenario.Yes(scenario.un, exercise, {1}));
    granted += reason == "OK" ? 1 : 0;
    clashes += reason == "CLASH" ? 1 : 0;
  }
  EXPECT_EQ(granted, 1);
  EXPECT_EQ(clashes, 199);
  scenario.Settle();
  EXPECT_EQ(scenario.Nairobi().given_days(), 1);
  EXPECT_EQ(scenario.NairobiCalendar().size(), 1u);
  ExpectReplays(scenario);
}

TEST(ExercisesTest, TheLastSeatIsGivenAndFilledOnce) {
  Scenario scenario;
  const std::string exercise = scenario.Propose(
      "lines { kind: SEATS organization: \"organizations/un\" quantity: 29 category: TROOPS } ", 4,
      8);
  const auto offer = Parsed<v1::OfferSeatsRequest>(
      absl::StrCat("name: \"", exercise,
                   "\" line { kind: SEATS organization: \"organizations/ecowas\" quantity: 1 "
                   "category: TROOPS }"));
  int granted = 0;
  for (int i = 0; i < 200; ++i) {
    const auto offered = scenario.au.Call<Exercise>("planner", "ExerciseService/OfferSeats", offer);
    granted += offered.ok() ? 1 : 0;
    if (offered.ok()) continue;
    EXPECT_EQ(ReasonOr(offered), "SEATS_EXCEEDED");
    EXPECT_EQ(MetadataOf(offered.status(), "available"), "0");
  }
  EXPECT_EQ(granted, 1);
  scenario.Settle();
  ASSERT_THAT(scenario.Yes(scenario.ecowas, exercise, {2}), IsOk());
  scenario.Settle();
  int filled = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string reason =
        ReasonOr(scenario.Nominate(scenario.ecowas, exercise, 2, {.female = 1}));
    filled += reason == "OK" ? 1 : 0;
    EXPECT_TRUE(reason == "OK" || reason == "SEATS_FULL") << reason;
  }
  EXPECT_EQ(filled, 1);
  scenario.Settle();
  EXPECT_EQ(scenario.LineAt(scenario.au, exercise, 2).nominated().female(), 1u);
  ExpectReplays(scenario);
}

TEST(ExercisesTest, AHoldThatRunsOutFreesTheCalendarInTheSameEntry) {
  Scenario scenario;
  const std::string exercise = scenario.Propose(std::string(kNairobiLine), 4, 8);
  scenario.Settle();
  ASSERT_THAT(scenario.Yes(scenario.un, exercise, {1}), IsOk());
  EXPECT_EQ(scenario.un.Advance(absl::Minutes(59)), 0);
  const uint64_t before = scenario.un.size();
  EXPECT_GT(scenario.un.Advance(absl::Minutes(1)), 0);
  const auto entries = scenario.un.Entries(before);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_TRUE(entries[0].step().has_void_());
  EXPECT_THAT(scenario.NairobiCalendar(), IsEmpty());
  EXPECT_EQ(scenario.Nairobi().held_days(), 0);
  EXPECT_EQ(scenario.LineAt(scenario.un, exercise, 1).state(), Line::LAPSED);
  // The AU's ACCEPT comes too late; the UN says yes again.
  scenario.Settle();
  EXPECT_EQ(scenario.BookingAt(scenario.au, "bookings/BKG-UN-26-0001").state(), Booking::EXPIRED);
  EXPECT_EQ(scenario.LineAt(scenario.au, exercise, 1).state(), Line::LAPSED);
  ASSERT_THAT(scenario.Yes(scenario.un, exercise, {1}), IsOk());
  scenario.Settle();
  EXPECT_EQ(scenario.LineAt(scenario.au, exercise, 1).state(), Line::POSTED);
  EXPECT_EQ(scenario.LineAt(scenario.au, exercise, 1).booking(), "bookings/BKG-UN-26-0002");
  ExpectReplays(scenario);
}

// Wherever the steps are when the lead cancels or moves, the days come back.
TEST(ExercisesTest, DaysComeBackHoweverFarTheyGot) {
  for (const bool moved : {false, true}) {
    for (const int pulls : {0, 1, 2, 3}) {
      SCOPED_TRACE(absl::StrCat(moved ? "moved" : "cancelled", " after ", pulls, " deliveries"));
      Scenario scenario;
      const std::string exercise =
          scenario.Propose(absl::StrCat(kNairobiLine, kEcowasSeatsLine), 4, 8);
      scenario.Settle();
      ASSERT_THAT(scenario.Yes(scenario.un, exercise, {1}), IsOk());
      for (int pull = 1; pull <= pulls; ++pull) {
        if (pull % 2 == 1) {
          scenario.au.PullFrom(scenario.un);
        } else {
          scenario.un.PullFrom(scenario.au);
        }
      }
      EXPECT_EQ(scenario.NairobiCalendar().size(), 1u);
      ASSERT_THAT(moved ? scenario.Move(exercise, 11, 15) : scenario.Cancel(exercise), IsOk());
      scenario.Settle();
      EXPECT_THAT(scenario.NairobiCalendar(), IsEmpty());
      EXPECT_EQ(scenario.Nairobi().available_days(), kDaysOf2026);
      EXPECT_EQ(scenario.Nairobi().given_days(), 0);
      for (const Booking& booking : scenario.BookingsAt(scenario.au)) {
        if (booking.kind() == Line::SEATS) continue;
        EXPECT_EQ(LandedIn(scenario, scenario.au, booking.name()), 0) << booking.name();
      }
      const Line line = scenario.LineAt(scenario.un, exercise, 1);
      if (moved) {
        EXPECT_EQ(line.state(), Line::ASKED);
        ASSERT_THAT(scenario.Yes(scenario.un, exercise, {1}), IsOk());
        scenario.Settle();
        EXPECT_EQ(scenario.LineAt(scenario.au, exercise, 1).state(), Line::POSTED);
        EXPECT_EQ(scenario.Nairobi().given_days(), 5);
      } else {
        EXPECT_EQ(scenario.LineAt(scenario.au, exercise, 2).state(), Line::LAPSED);
        EXPECT_EQ(ReasonOr(scenario.Yes(scenario.ecowas, exercise, {2})), "NOT_OPEN");
      }
      ExpectReplays(scenario);
    }
  }
}

// Whoever gives may reserve and void as often as it likes: that costs the receiver no accounts.
TEST(ExercisesTest, ReservingAndVoidingOpensNoAccountsWithoutLimit) {
  Scenario scenario;
  const std::string exercise = scenario.Propose(std::string(kNairobiLine), 4, 8);
  scenario.Settle();
  uint32_t accounts = 0;
  for (int i = 0; i < 4; ++i) {
    ASSERT_THAT(scenario.Yes(scenario.un, exercise, {1}), IsOk());
    ASSERT_GT(scenario.un.Advance(absl::Hours(2)), 0) << "the hold runs out";
    scenario.Settle();
    ASSERT_EQ(scenario.LineAt(scenario.au, exercise, 1).state(), Line::LAPSED);
    if (i == 0) accounts = scenario.au.books().next_account();
  }
  ASSERT_THAT(scenario.Yes(scenario.un, exercise, {1}), IsOk());
  scenario.Settle();
  EXPECT_EQ(scenario.au.books().next_account(), accounts);
  EXPECT_EQ(scenario.BookingsAt(scenario.au).size(), 5u);
  const std::string booked = scenario.LineAt(scenario.au, exercise, 1).booking();
  EXPECT_EQ(scenario.BookingAt(scenario.au, booked).state(), Booking::POSTED);
  EXPECT_EQ(LandedIn(scenario, scenario.au, booked), 5);
  ExpectReplays(scenario);
}

// The seats of an exercise that its lead asks anew while the last offer of them is still open.
TEST(ExercisesTest, ALineHasOneOpenBookingWhateverItsVersion) {
  Scenario scenario;
  const std::string exercise = scenario.Propose(std::string(kEcowasSeatsLine), 4, 8);
  const auto proposed = scenario.au.Addressed("ecowas.example", 1);
  const auto reserve = scenario.au.Addressed("ecowas.example", 2);
  ASSERT_TRUE(proposed.has_value() && reserve.has_value() && reserve->entry.step().has_reserve());
  scenario.Settle();
  const uint32_t accounts = scenario.ecowas.books().next_account();

  kernel::Delivered anew = *proposed;
  v1::TrainingEvent event;
  ASSERT_TRUE(event.ParseFromString(anew.entry.domain_event()));
  Exercise& second = *event.mutable_exercise_recorded()->mutable_exercise();
  second.set_version(second.version() + 1);
  second.mutable_lines(0)->set_asked_version(second.version());
  anew.entry.set_domain_event(event.SerializeAsString());
  ASSERT_EQ(scenario.ecowas.Deliver(anew).reason(), "");

  kernel::Delivered again = *reserve;
  v1::BookingTerms terms;
  ASSERT_TRUE(terms.ParseFromString(again.entry.step().reserve().terms()));
  terms.set_booking("bookings/BKG-AU-26-0077");
  terms.set_asked_version(second.version());
  auto& step = *again.entry.mutable_step();
  step.set_transfer_id(std::string(16, 'x'));
  step.mutable_reserve()->set_terms(terms.SerializeAsString());
  step.set_terms_hash(std::string(Sha256(step.reserve().terms()).view()));
  EXPECT_EQ(scenario.ecowas.Deliver(again).reason(), "ALREADY_BOOKED");
  EXPECT_EQ(scenario.ecowas.books().next_account(), accounts);
}

TEST(ExercisesTest, DaysThatArePostedInPartAreNotBooked) {
  Scenario scenario;
  const std::string exercise = scenario.Propose(std::string(kNairobiLine), 4, 8);
  scenario.Settle();
  ASSERT_THAT(scenario.Yes(scenario.un, exercise, {1}), IsOk());
  scenario.au.PullFrom(scenario.un);
  scenario.un.PullFrom(scenario.au);
  auto post = scenario.un.Addressed("au.example", 2);
  ASSERT_TRUE(post.has_value() && post->entry.step().has_post());
  post->entry.mutable_step()->mutable_post()->set_quantity(4);
  scenario.au.Deliver(*post);
  EXPECT_EQ(scenario.BookingAt(scenario.au, "bookings/BKG-UN-26-0001").state(), Booking::CANCELLED);
  EXPECT_EQ(scenario.LineAt(scenario.au, exercise, 1).state(), Line::LAPSED);
  ExpectReplays(scenario);
}

TEST(ExercisesTest, TheLeadUsesItsOwnVenueWithoutATransfer) {
  Scenario scenario;
  ASSERT_THAT(scenario.au.Call<v1::Venue>(
                  "planner", "CalendarService/AddVenue",
                  Parsed<v1::AddVenueRequest>(
                      "venue_id: \"addis\" resource { location { title: \"Addis Ababa\" unlocode: "
                      "\"ETADD\" } capacity: 40 opening { start { year: 2026 month: 5 day: 1 } end "
                      "{ year: 2026 month: 5 day: 31 } } }")),
              IsOk());
  const std::string lines =
      "lines { kind: VENUE organization: \"organizations/au\" bookable: "
      "\"organizations/au/venues/addis\" } ";
  const std::string first = scenario.Propose(lines, 4, 8);
  const std::string second = scenario.Propose(lines, 8, 9);
  ASSERT_THAT(scenario.Yes(scenario.au, first, {1}), IsOk());
  const auto clash = scenario.Yes(scenario.au, second, {1});
  EXPECT_EQ(ReasonOr(clash), "CLASH");
  EXPECT_EQ(MetadataOf(clash.status(), "clashes_with"), "BKG-AU-26-0001 2026-05-04 to 2026-05-08");
  EXPECT_EQ(MetadataOf(clash.status(), "instead"),
            "ch8 exercise move EXR-AU-26-0002 --from 2026-05-09 --to 2026-05-10");
  ASSERT_THAT(scenario.Move(second, 9, 10), IsOk());
  ASSERT_THAT(scenario.Yes(scenario.au, second, {1}), IsOk());
  ASSERT_THAT(scenario.Confirm(first), IsOk());
  v1::GetVenueRequest get;
  get.set_name("organizations/au/venues/addis");
  const auto addis = [&] {
    return scenario.au.Get<v1::Venue>("CalendarService/GetVenue", get).value();
  };
  EXPECT_EQ(addis().available_days(), 31 - 5 - 2);
  EXPECT_EQ(addis().given_days(), 7);
  ASSERT_THAT(scenario.Cancel(first), IsOk());
  EXPECT_EQ(addis().available_days(), 31 - 2);
  ExpectReplays(scenario);
}

TEST(ExercisesTest, GoesWithoutWhatWasDeclined) {
  Scenario scenario;
  const std::string exercise = scenario.Propose(absl::StrCat(kNairobiLine, kEcowasSeatsLine), 4, 8);
  scenario.Settle();
  ASSERT_THAT(scenario.Yes(scenario.un, exercise, {1}), IsOk());
  ASSERT_THAT(scenario.No(scenario.ecowas, exercise, {2}), IsOk());
  scenario.Settle();
  const Line declined = scenario.LineAt(scenario.au, exercise, 2);
  EXPECT_EQ(declined.state(), Line::DECLINED);
  EXPECT_EQ(declined.decline_reason(), "clash");
  const auto refused = scenario.Confirm(exercise);
  EXPECT_EQ(ReasonOr(refused), "NOT_ALL_POSTED");
  EXPECT_EQ(MetadataOf(refused.status(), "missing"), "2 SEATS of organizations/ecowas: DECLINED");
  EXPECT_EQ(MetadataOf(refused.status(), "instead"),
            "ch8 exercise confirm EXR-AU-26-0001 --without 2");
  EXPECT_THAT(scenario.Confirm(exercise, {2}), IsOk());
}

// The entry of the AU's that the UN would get n-th, as `change` makes it.
template <typename Change>
std::string Deliver(Scenario& scenario, uint64_t number, Change change) {
  auto delivered = scenario.au.Addressed("un.example", number);
  v1::TrainingEvent event;
  EXPECT_TRUE(event.ParseFromString(delivered->entry.domain_event()));
  change(event);
  delivered->entry.set_domain_event(event.SerializeAsString());
  const Delivery verdict = scenario.un.Deliver(*delivered);
  return verdict.verdict() == Delivery::ACCEPT ? "ACCEPT" : verdict.reason();
}

TEST(ExercisesTest, WhatNoHonestNodeSendsIsRefused) {
  const struct {
    absl::string_view want;
    void (*change)(v1::TrainingEvent&);
  } cases[] = {
      {"NOT_LEAD",
       [](auto& e) {
         e.mutable_exercise_recorded()->mutable_exercise()->set_lead("organizations/ecowas");
       }},
      {"BAD_EXERCISE",
       [](auto& e) {
         e.mutable_exercise_recorded()->mutable_exercise()->set_name("exercises/EXR-UN-26-0001");
       }},
      {"BAD_EXERCISE",
       [](auto& e) { e.mutable_exercise_recorded()->mutable_exercise()->clear_status(); }},
      {"BAD_EXERCISE",
       [](auto& e) { e.mutable_exercise_recorded()->mutable_exercise()->set_version(0); }},
      {"BAD_EXERCISE",
       [](auto& e) {
         e.mutable_exercise_recorded()->mutable_exercise()->mutable_lines(0)->set_quantity(6);
       }},
      {"BAD_EXERCISE",
       [](auto& e) {
         v1::Location& location = *e.mutable_exercise_recorded()
                                       ->mutable_exercise()
                                       ->mutable_lines(0)
                                       ->mutable_location();
         location.set_title("Nairobi\x1b[2J");
         location.set_unlocode("KENBO");
       }},
      {"BAD_EXERCISE",  // One venue twice.
       [](auto& e) {
         Exercise& exercise = *e.mutable_exercise_recorded()->mutable_exercise();
         Line& twice = *exercise.add_lines();
         twice = exercise.lines(0);
         twice.set_number(2);
       }},
      {"NOT_ADDRESSEE",
       [](auto& e) {
         Line& line = *e.mutable_exercise_recorded()->mutable_exercise()->mutable_lines(0);
         line.set_organization("organizations/ecowas");
         line.set_bookable("organizations/ecowas/venues/x");
       }},
      {"BAD_ANSWER",
       [](auto& e) { e.mutable_lines_declined()->set_exercise("exercises/EXR-AU-26-0001"); }},
      {"BAD_NOMINATION", [](auto& e) { e.mutable_seats_nominated()->set_line(1); }},
      {"BAD_RETURN",
       [](auto& e) { e.mutable_booking_returned()->set_booking("bookings/BKG-UN-26-0001"); }},
      {"UNEXPECTED_ENTRY", [](auto& e) { e.mutable_standard_recorded(); }},
      {"ACCEPT", [](auto&) {}},
  };
  for (const auto& row : cases) {
    Scenario scenario;
    scenario.Propose(std::string(kNairobiLine), 4, 8);
    EXPECT_EQ(Deliver(scenario, 1, row.change), row.want);
  }
}

TEST(ExercisesTest, ADeliveryAgainChangesNothingAndAnotherWordIsRefused) {
  Scenario scenario;
  const std::string exercise = scenario.Propose(std::string(kNairobiLine), 4, 8);
  scenario.Settle();
  ASSERT_THAT(scenario.Yes(scenario.un, exercise, {1}), IsOk());
  const auto rows = scenario.un.StoredRows();
  EXPECT_EQ(Deliver(scenario, 1, [](auto&) {}), "ACCEPT");
  EXPECT_EQ(scenario.un.StoredRows(), rows);
  EXPECT_EQ(Deliver(scenario, 1,
                    [](auto& e) {
                      e.mutable_exercise_recorded()->mutable_exercise()->set_title("Other");
                    }),
            "OTHER_EXERCISE");
  EXPECT_EQ(scenario.un.StoredRows(), rows);
}

}  // namespace
}  // namespace ch8::training
