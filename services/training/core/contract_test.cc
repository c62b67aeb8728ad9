#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "services/kernel/refusal.h"
#include "services/training/core/slots.h"
#include "services/training/core/test_scenario.h"
#include "tests/support/status_matchers.h"

// What every domain owes: paging, retries, dry runs, replay, and two halves that agree at rest
// whatever officers did and in whatever order it was delivered.
namespace ch8::training {
namespace {

using ::ch8::testing::IsOk;
using v1::Booking;
using v1::Line;

std::string ProposalBytes(absl::string_view title) {
  return Parsed<v1::ProposeExerciseRequest>(absl::StrCat("resource { kind: CPX title: \"", title,
                                                         "\" hold_duration { seconds: 60 } days { ",
                                                         MayDays(4, 8), " } ", kNairobiLine, " }"))
      .SerializeAsString();
}

TEST(ContractTest, ListsArePaged) {
  Scenario scenario;
  for (int i = 0; i < 5; ++i) scenario.Propose(std::string(kNairobiLine), 4, 8);
  v1::ListExercisesRequest request;
  request.set_page_size(2);
  std::vector<std::string> names;
  int pages = 0;
  do {
    const auto page =
        scenario.au.Get<v1::ListExercisesResponse>("ExerciseService/ListExercises", request);
    ASSERT_THAT(page, IsOk());
    for (const v1::Exercise& row : page->exercises()) names.push_back(row.name());
    request.set_page_token(page->next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(names, (std::vector<std::string>{"exercises/EXR-AU-26-0001", "exercises/EXR-AU-26-0002",
                                             "exercises/EXR-AU-26-0003", "exercises/EXR-AU-26-0004",
                                             "exercises/EXR-AU-26-0005"}));
}

TEST(ContractTest, ARetryGetsTheFirstAnswer) {
  Scenario scenario;
  const books::TestLedger::RawCommand first = {.officer = "planner",
                                               .method = "ExerciseService/ProposeExercise",
                                               .request = ProposalBytes("A"),
                                               .request_id = "retried"};
  const kernel::Outcome answer = scenario.au.Run(first);
  ASSERT_THAT(answer.status, IsOk());
  const uint64_t size = scenario.au.size();
  const kernel::Outcome again = scenario.au.Run(first);
  ASSERT_THAT(again.status, IsOk());
  EXPECT_EQ(again.reply, answer.reply);
  EXPECT_EQ(again.receipt.index(), answer.receipt.index());
  books::TestLedger::RawCommand other = first;
  other.request = ProposalBytes("B");
  const kernel::Outcome reused = scenario.au.Run(other);
  EXPECT_EQ(reused.status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(kernel::ReasonOf(reused.status), "REQUEST_ID_REUSED");
  EXPECT_EQ(scenario.au.size(), size);
}

TEST(ContractTest, DryRunAnswersAndWritesNothing) {
  Scenario scenario;
  const uint64_t size = scenario.au.size();
  const kernel::Outcome outcome =
      scenario.au.Run({"planner", "ExerciseService/ProposeExercise", ProposalBytes("A"),
                       kernel::Command::Mode::kValidateOnly});
  ASSERT_THAT(outcome.status, IsOk());
  v1::Exercise exercise;
  ASSERT_TRUE(exercise.ParseFromString(outcome.reply));
  EXPECT_EQ(exercise.lines(0).state(), Line::ASKED);
  EXPECT_EQ(scenario.au.size(), size);
}

TEST(ContractTest, BadBytesAreRefusedAndWriteNothing) {
  Scenario scenario;
  const uint64_t size = scenario.un.size();
  const std::string unknown_field = "\x9a\x3f\x01x";
  const std::string not_utf8 = std::string("\x0a\x02\xff\xfe", 4);
  for (const std::string& bytes : {unknown_field, not_utf8, std::string("\xff\xff")}) {
    const kernel::Outcome outcome = scenario.un.Run({"planner", "CalendarService/AddVenue", bytes});
    EXPECT_EQ(outcome.status.code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(scenario.un.size(), size);
}

void ExpectDoubleEntry(const TestLedger& ledger) {
  uint64_t debits = 0;
  uint64_t credits = 0;
  uint64_t debits_held = 0;
  uint64_t credits_held = 0;
  for (uint32_t account = 1; account < ledger.books().next_account(); ++account) {
    const auto balance = ledger.books().Find(account);
    ASSERT_TRUE(balance.ok());
    debits += balance->debits_posted;
    credits += balance->credits_posted;
    debits_held += balance->debits_held;
    credits_held += balance->credits_held;
  }
  EXPECT_EQ(debits, credits);
  EXPECT_EQ(debits_held, credits_held);
}

// Officers of three organizations do whatever comes to mind, with partial delivery in between.
class RandomOfficers {
 public:
  explicit RandomOfficers(uint64_t seed) : random_(seed) {}

  void Act() {
    switch (Pick(20)) {
      case 0:
        return Propose();
      case 1:
      case 2:
      case 3:
        return scenario_.Yes(scenario_.un, Any(), {static_cast<uint32_t>(1 + Pick(2))})
            .status()
            .IgnoreError();
      case 4:
        return scenario_.Yes(scenario_.ecowas, Any(), {3}).status().IgnoreError();
      case 5:
        return scenario_
            .No(*scenario_.ledgers()[static_cast<size_t>(1 + Pick(2))], Any(),
                {static_cast<uint32_t>(1 + Pick(3))}, 1 + static_cast<int>(Pick(20)))
            .status()
            .IgnoreError();
      case 6: {
        const int first = 1 + static_cast<int>(Pick(24));
        return scenario_.Move(Any(), first, first + static_cast<int>(Pick(5)))
            .status()
            .IgnoreError();
      }
      case 7:
        return (Pick(3) == 0 ? scenario_.Cancel(Any()) : scenario_.Confirm(Any()))
            .status()
            .IgnoreError();
      case 8:
        return scenario_
            .Nominate(
                scenario_.ecowas, Any(), 3,
                {.female = static_cast<uint32_t>(Pick(4)), .male = static_cast<uint32_t>(Pick(5))})
            .status()
            .IgnoreError();
      case 9:
        scenario_.ledgers()[static_cast<size_t>(Pick(3))]->Advance(absl::Seconds(Pick(600)));
        return;
      default: {
        TestLedger* const to = scenario_.ledgers()[static_cast<size_t>(Pick(3))];
        TestLedger* const from = scenario_.ledgers()[static_cast<size_t>(Pick(3))];
        if (to != from) to->PullFrom(*from, 1 + static_cast<int>(Pick(8)));
      }
    }
  }

  // The UN's calendar has no day twice, and is what its bookings say.
  void Check() {
    std::map<std::string, int64_t> days;  // By state of the booking: taken in the calendar.
    int64_t end = 0;
    for (const v1::CalendarEntry& entry : scenario_.NairobiCalendar()) {
      const Slots slots = SlotsOf(entry).value();
      EXPECT_LE(end, slots.begin) << entry.name();
      end = slots.end;
      const Booking booking = scenario_.BookingAt(scenario_.un, entry.booking());
      const bool held = booking.state() == Booking::RESERVED;
      EXPECT_TRUE(held || booking.state() == Booking::POSTED || booking.state() == Booking::SETTLED)
          << booking.name() << " " << Booking::State_Name(booking.state());
      days[held ? "held" : "given"] += booking.quantity();
    }
    const v1::Venue nairobi = scenario_.Nairobi();
    EXPECT_EQ(nairobi.held_days(), days["held"]);
    EXPECT_EQ(nairobi.given_days(), days["given"]);
    EXPECT_EQ(nairobi.available_days(), 365 - days["held"] - days["given"]);
    for (TestLedger* ledger : scenario_.ledgers()) ExpectDoubleEntry(*ledger);
  }

  // When everything has been delivered and all holds ran out, both sides agree.
  void CheckAtRest() {
    for (TestLedger* ledger : scenario_.ledgers()) ledger->Advance(absl::Hours(2));
    scenario_.Settle();
    for (TestLedger* ledger : scenario_.ledgers()) ledger->Advance(absl::Hours(2));
    scenario_.Settle();
    Check();
    EXPECT_EQ(scenario_.Nairobi().held_days(), 0);
    for (TestLedger* giver : scenario_.ledgers()) {
      for (const Booking& given : scenario_.BookingsAt(*giver)) {
        if (given.side() == Booking::GIVER) CheckHalves(*giver, given);
      }
      EXPECT_EQ(giver->StoredRows(), giver->ReplayedRows());
      EXPECT_EQ(giver->books().StateDigest(), giver->ReplayedBooksDigest());
    }
  }

  int settled() const { return settled_; }

 private:
  int64_t Pick(int64_t count) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(count));
  }

  std::string Any() {
    if (exercises_.empty()) return "exercises/NONE";
    const int64_t recent = std::min<int64_t>(static_cast<int64_t>(exercises_.size()), 4);
    return exercises_[exercises_.size() - 1 - static_cast<size_t>(Pick(recent))];
  }

  void Propose() {
    const int first = 1 + static_cast<int>(Pick(24));
    exercises_.push_back(
        scenario_.Propose(absl::StrCat(kNairobiLine, kUnInstructorLine, kEcowasSeatsLine), first,
                          first + static_cast<int>(Pick(6))));
  }

  void CheckHalves(TestLedger& giver, const Booking& given) {
    for (TestLedger* receiver : scenario_.ledgers()) {
      if (receiver == &giver || receiver->organization() != given.receiver()) continue;
      const auto rows = scenario_.BookingsAt(*receiver);
      const auto half = std::find_if(
          rows.begin(), rows.end(), [&](const Booking& row) { return row.name() == given.name(); });
      const bool posted = given.state() == Booking::SETTLED;
      settled_ += posted ? 1 : 0;
      if (half == rows.end()) {
        EXPECT_TRUE(given.state() == Booking::REJECTED || given.state() == Booking::EXPIRED)
            << given.name();  // Not asked for any more when it came.
        continue;
      }
      EXPECT_EQ(half->state(), posted ? Booking::POSTED : given.state()) << given.name();
      EXPECT_EQ(half->quantity(), given.quantity());
    }
  }

  std::mt19937_64 random_;
  Scenario scenario_;
  std::vector<std::string> exercises_;
  int settled_ = 0;
};

TEST(TrainingPropertyTest, CalendarsAndHalvesAgreeWhateverHappens) {
  int settled = 0;
  for (uint64_t seed = 1; seed <= 15; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomOfficers officers(seed);
    for (int step = 1; step <= 200; ++step) {
      officers.Act();
      if (step % 25 == 0) officers.Check();
    }
    officers.CheckAtRest();
    settled += officers.settled();
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(settled, 15);  // The officers got something done.
}

}  // namespace
}  // namespace ch8::training
