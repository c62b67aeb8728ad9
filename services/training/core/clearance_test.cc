#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "chapter8/mandate/v1/mandate.pb.h"
#include "services/kernel/refusal.h"
#include "services/training/core/test_scenario.h"

namespace ch8::training {
namespace {

using chapter8::mandate::v1::Clearance;
using v1::Booking;
using v1::Line;

// The AU leads and keeps clearances; ECOWAS gets seats.
class SeatClearanceTest : public ::testing::Test {
 protected:
  // A line of 12 seats for ECOWAS. `unit` may be empty.
  static std::string Seats(const std::string& unit) {
    return absl::StrCat("lines { kind: SEATS organization: \"organizations/ecowas\" quantity: 12 ",
                        "category: EXPERTS_AND_STAFF_OFFICERS unit: \"", unit, "\" } ");
  }
  std::string ReasonToPropose(const std::string& lines) {
    return ReasonOr(scenario_.TryPropose(lines, 4, 8));
  }

  // What the AU's mandate ledger says of a unit reaches its training ledger.
  void Say(Clearance::State state) {
    chapter8::mandate::v1::MandateEvent fact;
    Clearance& clearance = *fact.mutable_clearance_recorded();
    clearance.set_name("clearances/esf-bn-1");
    clearance.set_unit("units/esf-bn-1");
    clearance.set_state(state);
    clearance.set_outcome(Clearance::PROCEED);
    clearance.mutable_valid_to()->set_year(2026);
    clearance.mutable_valid_to()->set_month(12);
    clearance.mutable_valid_to()->set_day(31);
    scenario_.au.TakeFact(fact);
  }

  Scenario scenario_;
};

// Rule F-20: an exercise seat is support.
TEST_F(SeatClearanceTest, SeatsForAnotherOrganizationNeedAClearedUnit) {
  EXPECT_EQ(ReasonToPropose(Seats("")), "OK") << "no clearances are kept here";
  EXPECT_EQ(ReasonToPropose(Seats("units/esf-bn-1")), "NO_CLEARANCE");
  EXPECT_EQ(ReasonToPropose(Seats("esf-bn-1")), "BAD_NAME");
  Say(Clearance::CONFIRMED);
  EXPECT_EQ(ReasonToPropose(Seats("")), "UNIT_NEEDED");
  EXPECT_EQ(ReasonToPropose(Seats("units/esf-bn-2")), "NO_CLEARANCE");
  EXPECT_EQ(ReasonToPropose(Seats("units/esf-bn-1")), "OK");
  EXPECT_EQ(ReasonToPropose(std::string(kAuSeatsLine)), "OK") << "own seats are no support";
  Say(Clearance::SUSPENDED);
  EXPECT_EQ(ReasonToPropose(Seats("units/esf-bn-1")), "SUPPORT_SUSPENDED");
}

// Rule F-21: a suspension stops what is accepted later, and who is nominated later.
TEST_F(SeatClearanceTest, ASuspensionStopsPostAndNominations) {
  Say(Clearance::CONFIRMED);
  const std::string given = scenario_.Propose(Seats("units/esf-bn-1"), 4, 8);
  const std::string late = scenario_.Propose(Seats("units/esf-bn-1"), 11, 15);
  scenario_.Settle();
  EXPECT_EQ(scenario_.LineAt(scenario_.ecowas, given, 1).unit(), "units/esf-bn-1");
  ASSERT_EQ(ReasonOr(scenario_.Yes(scenario_.ecowas, given, {1})), "OK");
  scenario_.Settle();
  EXPECT_EQ(scenario_.LineAt(scenario_.au, given, 1).state(), Line::POSTED);

  Say(Clearance::SUSPENDED);
  ASSERT_EQ(ReasonOr(scenario_.Yes(scenario_.ecowas, late, {1})), "OK");
  ASSERT_EQ(ReasonOr(scenario_.Nominate(scenario_.ecowas, given, 1, {.female = 2})), "OK");
  scenario_.Settle();
  EXPECT_EQ(scenario_.LineAt(scenario_.au, late, 1).state(), Line::LAPSED);
  EXPECT_EQ(scenario_.LineAt(scenario_.ecowas, late, 1).state(), Line::LAPSED);
  EXPECT_EQ(scenario_.LineAt(scenario_.au, given, 1).nominated().female(), 0u);

  Say(Clearance::CONFIRMED);
  Say(Clearance::CONFIRMED);  // Another delivery: what waited is decided again.
  EXPECT_EQ(scenario_.LineAt(scenario_.au, given, 1).nominated().female(), 2u);
  ASSERT_EQ(ReasonOr(scenario_.Nominate(scenario_.ecowas, given, 1, {.female = 1})), "OK");
  scenario_.Settle();
  EXPECT_EQ(scenario_.LineAt(scenario_.au, given, 1).nominated().female(), 3u)
      << "nominations are all so far, not the newest alone";
  for (TestLedger* ledger : scenario_.ledgers()) {
    EXPECT_EQ(ledger->StoredRows(), ledger->ReplayedRows());
    EXPECT_EQ(ledger->books().StateDigest(), ledger->ReplayedBooksDigest());
  }
}

}  // namespace
}  // namespace ch8::training
