#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/books/transfer.h"
#include "services/mandate/core/scope.h"
#include "services/mandate/core/test_mandate.h"
#include "tests/support/status_matchers.h"

namespace ch8::mandate {
namespace {

using ::ch8::testing::IsOk;
using ::testing::ElementsAre;

constexpr char kResolution[] = "decisions/sres-2809";

// A decision's row is no delegation's: protobuf would complain of it.
TEST(DelegationTest, ADecisionIsReadAsOne) {
  TestMandate un;
  un.AddResolution();
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(ReasonOr(un.Delegate("decisions/sres-2809")), "OK");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

// Rule A-2, dimension by dimension. Each row widens one thing of a delegation that fits.
TEST(ScopeTest, ADelegationLiesWithinItsParentInEveryDimension) {
  const Scope parent{.name = "decisions/x",
                     .operation = "operations/aussom",
                     .from = absl::CivilDay(2026, 1, 1),
                     .to = absl::CivilDay(2026, 12, 31),
                     .use_of_force = v1::PROTECTION_OF_CIVILIANS,
                     .places = {"SO", "KEMBA"},
                     .ceilings = {Parsed<v1::Ceiling>("unit: \"USD\" quantity: 100")},
                     .sub_delegable = true};
  Scope child = parent;
  child.places = {"SOKMU", "KEMBA"};
  EXPECT_FALSE(ExcessOver(parent, parent).has_value());
  EXPECT_FALSE(ExcessOver(parent, child).has_value());

  const auto dimension = [&](auto widen) {
    Scope wider = child;
    widen(wider);
    const auto excess = ExcessOver(parent, wider);
    return excess.has_value() ? excess->dimension : std::string("none");
  };
  EXPECT_EQ(dimension([](Scope& s) { s.use_of_force = v1::ENFORCEMENT; }), "USE_OF_FORCE");
  EXPECT_EQ(dimension([](Scope& s) { s.from = absl::CivilDay(2025, 12, 31); }), "DATES");
  EXPECT_EQ(dimension([](Scope& s) { s.to = absl::CivilDay(2027, 1, 1); }), "DATES");
  EXPECT_EQ(dimension([](Scope& s) { s.places.push_back("KENBO"); }), "PLACES");
  EXPECT_EQ(dimension([](Scope& s) { s.places = {}; }), "PLACES");
  EXPECT_EQ(dimension([](Scope& s) { s.places = {"KE"}; }), "PLACES");
  EXPECT_EQ(dimension([](Scope& s) { s.ceilings[0].set_quantity(101); }), "CEILING");
  EXPECT_EQ(dimension([](Scope& s) { s.ceilings[0].set_unit("EUR"); }), "CEILING");
  EXPECT_EQ(dimension([](Scope& s) { s.ceilings.clear(); }), "none");
}

TEST(DelegationTest, IsRefusedInOrder) {
  TestMandate un;
  un.AddResolution();
  const std::string closed = *un.Delegate(kResolution);
  const std::string open =
      *un.Delegate(kResolution, "sub_delegable: true use_of_force: SELF_DEFENCE");
  EXPECT_EQ(ReasonOr(un.Propose("decisions/unknown")), "UNKNOWN_PARENT");
  EXPECT_EQ(ReasonOr(un.Propose(kResolution, "post: \"posts/unknown\"")), "UNKNOWN_POST");
  EXPECT_EQ(ReasonOr(un.Propose(closed)), "NOT_SUB_DELEGABLE");
  EXPECT_EQ(ReasonOr(un.Propose(open, "use_of_force: PROTECTION_OF_CIVILIANS")),
            "WIDER_THAN_PARENT");
  EXPECT_EQ(ReasonOr(un.Propose(kResolution, "valid_to { year: 2027 }")), "WIDER_THAN_PARENT");
  EXPECT_EQ(ReasonOr(un.Propose(kResolution, "valid_to { month: 13 }")), "BAD_DATES");
  EXPECT_EQ(ReasonOr(un.Propose(kResolution, "ceilings { unit: \"usd cents\" quantity: 1 }")),
            "BAD_CEILING");
  EXPECT_EQ(
      ReasonOr(un.Propose(kResolution, "ceilings { unit: \"USD\" quantity: 1000000000000001 }")),
      "BAD_CEILING");
  EXPECT_EQ(ReasonOr(un.Propose(kResolution, "ceilings { unit: \"USD\" quantity: 100000001 }")),
            "WIDER_THAN_PARENT");
  EXPECT_EQ(ReasonOr(un.Propose(open)), "OK");

  v1::ConfirmDelegationRequest confirm;
  confirm.set_name(*un.Propose(kResolution));
  const auto confirmed = [&](absl::string_view officer) {
    return ReasonOr(
        un.Call<v1::Delegation>(officer, "DelegationService/ConfirmDelegation", confirm));
  };
  EXPECT_EQ(confirmed("auditor"), "NO_ROLE");
  EXPECT_EQ(confirmed("mandate-a"), "SAME_PERSON");
  EXPECT_EQ(confirmed("mandate-twin"), "SAME_PERSON");
  EXPECT_EQ(confirmed("mandate-b"), "OK");
  EXPECT_EQ(confirmed("mandate-b"), "NOT_PROPOSED");
}

// Two delegations that each fit do not both: the ceiling is an account.
TEST(DelegationTest, CeilingsLeaveTheParentsAccount) {
  TestMandate un;
  un.AddResolution();
  ASSERT_THAT(un.Delegate(kResolution, "ceilings { unit: \"USD\" quantity: 60000000 }"), IsOk());
  EXPECT_EQ(un.LeftOfResolution("USD"), 40'000'000);
  const auto second = un.Delegate(kResolution, "ceilings { unit: \"USD\" quantity: 60000000 }");
  EXPECT_EQ(ReasonOr(second), "OVER_CEILING");
  EXPECT_EQ(kernel::ErrorInfoOf(second.status()).metadata().at("available"), "40000000");
  EXPECT_EQ(un.LeftOfResolution("USD"), 40'000'000);
}

// Rule A-7: revoking cascades, deletes nothing, and gives back what is left, through every level.
TEST(DelegationTest, RevokingTakesAllThatRestsOnIt) {
  TestMandate un;
  un.AddResolution();
  const std::string top = *un.Delegate(
      kResolution, "sub_delegable: true ceilings { unit: \"USD\" quantity: 50000000 }");
  const std::string middle =
      *un.Delegate(top, "sub_delegable: true ceilings { unit: \"USD\" quantity: 30000000 }");
  const std::string bottom = *un.Delegate(middle, "ceilings { unit: \"USD\" quantity: 10000000 }");
  ASSERT_THAT(un.Allot(bottom, "finance", "USD", 4'000'000), IsOk());

  v1::RevokeDelegationRequest revoke;
  revoke.set_name(top);
  revoke.set_reason("the officer was recalled");
  const auto revoked =
      un.Call<v1::Delegation>("mandate-b", "DelegationService/RevokeDelegation", revoke);
  ASSERT_THAT(revoked, IsOk());
  for (const std::string& name : {top, middle, bottom}) {
    EXPECT_EQ(un.DelegationOf(name).state(), v1::Delegation::REVOKED) << name;
  }
  // The slice on its way to finance stays counted as used.
  EXPECT_EQ(un.LeftOfResolution("USD"), 100'000'000 - 4'000'000);
  std::vector<std::string> silent;
  for (const auto& each : revoked->acknowledgements()) {
    if (!each.logged()) silent.push_back(each.origin());
  }
  EXPECT_THAT(silent, ElementsAre("finance", "logistics", "training"));
  EXPECT_EQ(
      ReasonOr(un.Call<v1::Delegation>("mandate-b", "DelegationService/RevokeDelegation", revoke)),
      "NOT_ACTIVE");
  EXPECT_EQ(un.StoredRows(), un.ReplayedRows());
}

// A decision with as much as one can have: 16 ceilings, names and texts as long as they may be.
std::string AddLongestDecision(TestMandate& un) {
  auto propose = Parsed<v1::ProposeDecisionRequest>(R"pb(
    resource {
      body: UN_SECURITY_COUNCIL
      symbol: "S/RES/1"
      title: "Long"
      decided_on { year: 2025 month: 12 day: 23 }
      valid_from { year: 2026 month: 1 day: 1 }
      valid_to { year: 2026 month: 12 day: 31 }
      use_of_force: NONE
      places: "SO"
    })pb");
  propose.set_decision_id(std::string(63, 'd'));
  v1::Decision& decision = *propose.mutable_resource();
  decision.set_operation("operations/" + std::string(63, 'o'));
  decision.set_document_sha256(std::string(32, 's'));
  for (char unit = 'a'; unit < 'a' + 16; ++unit) {
    v1::Ceiling& ceiling = *decision.add_ceilings();
    ceiling.set_unit(std::string(31, 'u') + unit);
    ceiling.set_quantity(1'000'000'000'000'000);
  }
  const auto made = un.Call<v1::Decision>("mandate-a", "DecisionService/ProposeDecision", propose);
  Check(made.ok(), made.status().ToString());
  v1::ConfirmDecisionRequest confirm;
  confirm.set_name(made->name());
  Check(un.Call<v1::Decision>("mandate-b", "DecisionService/ConfirmDecision", confirm).ok(),
        "a decision that is not confirmed");
  return made->name();
}

// The fields of a delegation of `quantity` in each of its units, with as much text as it may have.
std::string LongestFields(int64_t quantity) {
  std::string fields =
      absl::StrCat("sub_delegable: true purpose: \"", std::string(200, 'p'), "\" ");
  for (int i = 0; i < 99; ++i) {  // And SOKMU.
    absl::StrAppend(&fields, "places: \"SOA", std::string(1, static_cast<char>('A' + i / 10)),
                    std::string(1, static_cast<char>('A' + i % 10)), "\" ");
  }
  for (char unit = 'a'; unit < 'a' + 16; ++unit) {
    absl::StrAppend(&fields, "ceilings { unit: \"", std::string(31, 'u'), std::string(1, unit),
                    "\" quantity: ", quantity, " } ");
  }
  return fields;
}

// Rule A-7: a revocation takes all that rests on it, in one commit, however much that may be.
TEST(DelegationTest, TheLargestTreeIsRevocable) {
  constexpr int kTreeMax = 500;
  TestMandate un;
  const std::string top = *un.Delegate(AddLongestDecision(un), LongestFields(999'000'000'000'000));
  for (int child = 1; child < kTreeMax; ++child) {
    ASSERT_THAT(un.Delegate(top, LongestFields(1'000'000'000'000)), IsOk()) << child;
  }
  const auto one_more = un.Propose(top);
  EXPECT_EQ(ReasonOr(one_more), "TREE_TOO_LARGE");
  EXPECT_EQ(kernel::ErrorInfoOf(one_more.status()).metadata().at("held"), "500");

  v1::RevokeDelegationRequest revoke;
  revoke.set_name(top);
  revoke.set_reason(std::string(200, 'r'));
  const auto revoked =
      un.Call<v1::Delegation>("mandate-b", "DelegationService/RevokeDelegation", revoke);
  ASSERT_THAT(revoked, IsOk());
  EXPECT_EQ(revoked->state(), v1::Delegation::REVOKED);
  int open = 0;
  for (const auto& [key, value] : un.StoredRows()) {
    v1::Delegation row;
    if (key.rfind("delegations/", 0) != 0 || !row.ParseFromString(value)) continue;
    open += row.state() == v1::Delegation::REVOKED ? 0 : 1;
  }
  EXPECT_EQ(open, 0);
}

TEST(DelegationTest, EndsByItselfAfterItsLastDay) {
  TestMandate un;
  un.AddResolution();
  const std::string name = *un.Delegate(
      kResolution, "valid_to { month: 3 day: 31 } ceilings { unit: \"USD\" quantity: 100000000 }");
  EXPECT_EQ(un.LeftOfResolution("USD"), 0);
  // The tests begin on 2 March 2026, 09:00 UTC: one second before midnight of 31 March it stands.
  un.Advance(absl::Hours(24 * 30 - 9) - absl::Seconds(1));
  EXPECT_EQ(un.DelegationOf(name).state(), v1::Delegation::ACTIVE);
  EXPECT_GT(un.Advance(absl::Seconds(1)), 0);
  EXPECT_EQ(un.DelegationOf(name).state(), v1::Delegation::EXPIRED);
  EXPECT_EQ(un.LeftOfResolution("USD"), 100'000'000);
  EXPECT_EQ(ReasonOr(un.Allot(name, "finance", "USD", 1)), "NOT_ACTIVE");
}

// 200 callers for the last 100 units: half of them take a slice, half delegate further.
TEST(SliceTest, TheLastUnitsOfACeilingAreGivenOnce) {
  TestMandate un;
  un.AddResolution();
  const std::string name =
      *un.Delegate(kResolution, "sub_delegable: true ceilings { unit: \"USD\" quantity: 100 }");
  int given = 0;
  for (int caller = 0; caller < 200; ++caller) {
    const std::string reason =
        caller % 2 == 0 ? ReasonOr(un.Allot(name, "finance", "USD", 1))
                        : ReasonOr(un.Delegate(name, "ceilings { unit: \"USD\" quantity: 1 }"));
    given += reason == "OK" ? 1 : 0;
    EXPECT_EQ(reason, caller < 100 ? "OK" : "OVER_CEILING");
  }
  EXPECT_EQ(given, 100);
  EXPECT_EQ(un.DelegationOf(name).ceilings(0).available(), 0);
  EXPECT_EQ(un.DelegationOf(name).ceilings(0).held(), 50);
}

// A ledger of the own organization that gives back more than it got makes no ceiling out of
// nothing.
TEST(SliceTest, NoMoreComesBackThanWasGiven) {
  TestMandate un;
  un.AddResolution();
  const std::string delegation =
      *un.Delegate("decisions/sres-2809", "ceilings { unit: \"USD\" quantity: 50000 }");
  v1::SliceTerms terms;
  terms.set_delegation(delegation);
  terms.set_unit("USD");
  const auto reserve = books::DecideReserve({.transfer_id = "0123456789abcdef",
                                             .giver_origin = "un.example/ch8/finance",
                                             .receiver_origin = un.origin(),
                                             .terms = terms.SerializeAsString(),
                                             .quantity = 1,
                                             .quantity_min = 1,
                                             .hold_duration_s = 60,
                                             .accounts = {.debit = 1, .credit = 2}});
  ASSERT_THAT(reserve, IsOk());
  kernel::Delivered delivered{
      .origin = "un.example/ch8/finance", .index = 7, .leaf_hash = Sha256("a return"), .entry = {}};
  *delivered.entry.mutable_step() = reserve->step;
  const auto delivery = un.Deliver(delivered);
  EXPECT_EQ(delivery.verdict(), chapter8::ledger::v1::Delivery::REFUSE);
  EXPECT_EQ(delivery.reason(), "OVER_SLICES");
  EXPECT_EQ(un.DelegationOf(delegation).ceilings(0).available(), 50'000);
}

TEST(SliceTest, IsRefusedInOrder) {
  TestMandate un;
  un.AddResolution();
  const std::string name = *un.Delegate(kResolution, "ceilings { unit: \"USD\" quantity: 100 }");
  EXPECT_EQ(ReasonOr(un.Allot(name, "finance", "usd", 0)), "BAD_CEILING");
  EXPECT_EQ(ReasonOr(un.Allot(name, "training", "USD", 1)), "BAD_FIELD");
  EXPECT_EQ(ReasonOr(un.Allot("delegations/DEL-UN-26-9999", "finance", "USD", 1)),
            "UNKNOWN_DELEGATION");
  EXPECT_EQ(ReasonOr(un.Allot(name, "finance", "EUR", 1)), "OVER_CEILING");
  EXPECT_EQ(ReasonOr(un.Allot(name, "finance", "USD", 101)), "OVER_CEILING");
  EXPECT_EQ(ReasonOr(un.Allot(name, "finance", "USD", 100)), "OK");
  EXPECT_EQ(un.ReplayedBooksDigest(), un.books().StateDigest());
  EXPECT_EQ(un.StoredRows(), un.ReplayedRows());
}

}  // namespace
}  // namespace ch8::mandate
