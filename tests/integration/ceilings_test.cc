// Ceilings that the mandate ledger gives to the finance ledger of the same organization, and acts
// that spend them there: two ledgers, one ceiling (ledger.md §4, "Ceilings are accounts").
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "chapter8/mandate/v1/reference_service.pb.h"
#include "services/books/slices.h"
#include "services/finance/core/test_scenario.h"
#include "services/mandate/core/test_mandate.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using ::ch8::testing::IsOk;
using chapter8::finance::v1::Offer;
using chapter8::mandate::v1::Delegation;
using chapter8::mandate::v1::Slice;
using mandate::ReasonOr;

constexpr char kResolution[] = "decisions/sres-2809";

class CeilingsTest : public ::testing::Test {
 protected:
  CeilingsTest() {
    mandate_.AddResolution();
    delegation_ = *mandate_.Delegate(kResolution, "ceilings { unit: \"USD\" quantity: 50000 }");
    Exchange();
  }

  // Mandate and finance of the UN take over what they have for each other, until nothing is left.
  void Exchange() {
    while (finance().PullFrom(mandate_) + mandate_.PullFrom(finance()) > 0) {
    }
  }
  books::TestLedger& finance() { return scenario_.un; }

  Slice Allot(uint64_t quantity) {
    const auto slice = mandate_.Allot(delegation_, "finance", "USD", quantity);
    Check(slice.ok(), slice.status().ToString());
    Exchange();
    chapter8::mandate::v1::GetSliceRequest get;
    get.set_name(slice->name());
    return *mandate_.Get<Slice>("DelegationService/GetSlice", get);
  }

  absl::StatusOr<Offer> Make(int64_t amount_minor) {
    chapter8::finance::v1::MakeOfferRequest request;
    Offer& offer = *request.mutable_resource();
    offer.set_request(scenario_.Request(amount_minor));
    offer.set_fund("organizations/un/funds/trust");
    offer.mutable_amount()->set_currency_code("USD");
    offer.mutable_amount()->set_amount_minor(amount_minor);
    offer.mutable_hold_duration()->set_seconds(3'600);
    offer.set_delegation(delegation_);
    return scenario_.un.Call<Offer>("manager", "OfferService/MakeOffer", request);
  }

  struct Spent {
    int64_t left = 0;
    uint64_t held = 0;
    uint64_t used = 0;
    bool operator==(const Spent& other) const = default;
  };
  Spent SpentOf() {
    const auto snapshot = finance().Snapshot();
    const auto slice = books::FindSlice(kernel::SnapshotRows(*snapshot), delegation_, "USD");
    Check(slice.has_value(), "finance has no slice");
    const auto account = *finance().books().Find(slice->account());
    return {.left = account.available(),
            .held = account.debits_held,
            .used = finance().books().Find(slice->used_account())->credits_posted};
  }

  finance::Scenario scenario_;
  mandate::TestMandate mandate_;
  std::string delegation_;
};

TEST_F(CeilingsTest, ASliceCrossesByTheFourStepsAndNothingIsCountedTwice) {
  const Slice slice = Allot(30'000);
  EXPECT_EQ(slice.state(), Slice::POSTED);
  std::string steps;
  for (const auto& step : slice.steps()) absl::StrAppend(&steps, step.step(), " ");
  EXPECT_EQ(steps, "RESERVE ACCEPT POST MIRROR SETTLED ");
  EXPECT_EQ(SpentOf(), (Spent{.left = 30'000, .held = 0, .used = 0}));
  EXPECT_EQ(mandate_.DelegationOf(delegation_).ceilings(0).available(), 20'000);
  EXPECT_EQ(ReasonOr(mandate_.Allot(delegation_, "finance", "USD", 20'001)), "OVER_CEILING");
  EXPECT_EQ(Allot(20'000).state(), Slice::POSTED);
  EXPECT_EQ(SpentOf().left, 50'000) << "one slice for a delegation and unit, added to";
  EXPECT_EQ(finance().StoredRows(), finance().ReplayedRows());
  EXPECT_EQ(mandate_.StoredRows(), mandate_.ReplayedRows());
  EXPECT_EQ(finance().books().StateDigest(), finance().ReplayedBooksDigest());
  EXPECT_EQ(mandate_.books().StateDigest(), mandate_.ReplayedBooksDigest());
}

TEST_F(CeilingsTest, ReserveHoldsPostSpendsAndVoidFrees) {
  EXPECT_EQ(ReasonOr(Make(100)), "NO_SLICE");
  Allot(30'000);
  const auto first = Make(20'000);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(SpentOf(), (Spent{.left = 10'000, .held = 20'000, .used = 0}));
  const auto over = Make(10'001);
  EXPECT_EQ(ReasonOr(over), "OVER_CEILING");
  EXPECT_EQ(kernel::ErrorInfoOf(over.status()).metadata().at("available"), "10000");

  ASSERT_THAT(scenario_.Approve(first->name()), IsOk());
  scenario_.Settle();
  ASSERT_THAT(scenario_.Accept(first->name()), IsOk());
  scenario_.Settle();
  EXPECT_EQ(SpentOf(), (Spent{.left = 10'000, .held = 0, .used = 20'000}));

  const auto second = Make(10'000);
  ASSERT_THAT(second, IsOk());
  ASSERT_THAT(scenario_.Cancel(second->name()), IsOk());
  EXPECT_EQ(SpentOf(), (Spent{.left = 10'000, .held = 0, .used = 20'000}));
  EXPECT_EQ(finance().books().StateDigest(), finance().ReplayedBooksDigest());
}

// 200 callers for the last 100 units of a slice.
TEST_F(CeilingsTest, TheLastUnitIsSpentOnce) {
  Allot(100);
  int made = 0;
  for (int caller = 0; caller < 200; ++caller) made += Make(1).ok() ? 1 : 0;
  EXPECT_EQ(made, 100);
  EXPECT_EQ(SpentOf(), (Spent{.left = 0, .held = 100, .used = 0}));
}

// Rule A-7: it binds where finance logs it, and mandate knows that finance has.
TEST_F(CeilingsTest, ARevocationBindsWhereItIsLogged) {
  Allot(30'000);
  const auto open = Make(10'000);
  ASSERT_THAT(open, IsOk());
  ASSERT_THAT(scenario_.Approve(open->name()), IsOk());
  chapter8::mandate::v1::RevokeDelegationRequest revoke;
  revoke.set_name(delegation_);
  revoke.set_reason("recalled");
  ASSERT_THAT(mandate_.Call<Delegation>("mandate-b", "DelegationService/RevokeDelegation", revoke),
              IsOk());
  const auto acknowledged = [&] {
    int count = 0;
    const Delegation row = mandate_.DelegationOf(delegation_);
    for (const auto& each : row.acknowledgements()) count += each.logged() ? 1 : 0;
    return count;
  };
  EXPECT_EQ(acknowledged(), 0);
  EXPECT_THAT(Make(1), IsOk()) << "finance has not logged it";
  Exchange();
  EXPECT_EQ(acknowledged(), 1);
  EXPECT_EQ(mandate_.DelegationOf(delegation_).acknowledgements(0).origin(),
            "un.example/ch8/finance");
  EXPECT_EQ(ReasonOr(Make(1)), "DELEGATION_NOT_IN_FORCE");

  // What was reserved under it is not posted any more: the giver decides.
  scenario_.Settle();
  ASSERT_THAT(scenario_.Accept(open->name()), IsOk());
  scenario_.Settle();
  EXPECT_EQ(scenario_.OfferAt(scenario_.un, open->name()).state(), Offer::CANCELLED);
  EXPECT_EQ(SpentOf().used, 0u);
}

// What a slice has left when its delegation ends counts as used by nobody: it goes back as it came,
// and on to what the delegation rested on. What an act still holds follows once it is freed.
TEST_F(CeilingsTest, WhatIsLeftGoesBackWhenTheDelegationEnds) {
  Allot(30'000);
  const auto given = Make(20'000);
  ASSERT_THAT(given, IsOk());
  ASSERT_THAT(scenario_.Approve(given->name()), IsOk());
  scenario_.Settle();
  ASSERT_THAT(scenario_.Accept(given->name()), IsOk());
  scenario_.Settle();
  const auto draft = Make(4'000);
  ASSERT_THAT(draft, IsOk());
  finance().Advance(absl::Seconds(1));
  Exchange();
  EXPECT_EQ(SpentOf().left, 6'000) << "nothing returns while the delegation is in force";

  chapter8::mandate::v1::RevokeDelegationRequest revoke;
  revoke.set_name(delegation_);
  revoke.set_reason("recalled");
  ASSERT_THAT(mandate_.Call<Delegation>("mandate-b", "DelegationService/RevokeDelegation", revoke),
              IsOk());
  EXPECT_EQ(mandate_.LeftOfResolution("USD"), 100'000'000 - 30'000);
  Exchange();
  finance().Advance(absl::Seconds(1));
  Exchange();
  EXPECT_EQ(SpentOf(), (Spent{.left = 0, .held = 4'000, .used = 20'000}));
  EXPECT_EQ(mandate_.LeftOfResolution("USD"), 100'000'000 - 24'000);

  ASSERT_THAT(scenario_.Cancel(draft->name()), IsOk());
  finance().Advance(absl::Seconds(1));
  Exchange();
  EXPECT_EQ(finance().Advance(absl::Seconds(1)), 0) << "and only once";
  EXPECT_EQ(SpentOf(), (Spent{.left = 0, .held = 0, .used = 20'000}));
  EXPECT_EQ(mandate_.LeftOfResolution("USD"), 100'000'000 - 20'000);
  EXPECT_EQ(finance().StoredRows(), finance().ReplayedRows());
  EXPECT_EQ(mandate_.StoredRows(), mandate_.ReplayedRows());
  EXPECT_EQ(finance().books().StateDigest(), finance().ReplayedBooksDigest());
  EXPECT_EQ(mandate_.books().StateDigest(), mandate_.ReplayedBooksDigest());
}

// At the end of its last day alike; it goes to the nearest that is in force.
TEST_F(CeilingsTest, WhatIsLeftGoesToTheNearestInForce) {
  const std::string top = *mandate_.Delegate(
      kResolution, "sub_delegable: true ceilings { unit: \"USD\" quantity: 1000 }");
  delegation_ = *mandate_.Delegate(
      top, "valid_to { month: 3 day: 31 } ceilings { unit: \"USD\" quantity: 1000 }");
  Exchange();
  Allot(1'000);
  mandate_.Advance(absl::Hours(24 * 30));
  EXPECT_EQ(mandate_.DelegationOf(delegation_).state(), Delegation::EXPIRED);
  Exchange();
  finance().Advance(absl::Seconds(1));
  Exchange();
  EXPECT_EQ(SpentOf().left, 0);
  EXPECT_EQ(mandate_.DelegationOf(top).ceilings(0).available(), 1'000);
}

TEST_F(CeilingsTest, OnlyTheDelegateActsAndOnlyForTheOperation) {
  Allot(30'000);
  chapter8::finance::v1::MakeOfferRequest request;
  Offer& offer = *request.mutable_resource();
  offer.set_request(scenario_.Request(100));
  offer.set_fund("organizations/un/funds/trust");
  offer.mutable_amount()->set_currency_code("USD");
  offer.mutable_amount()->set_amount_minor(100);
  offer.mutable_hold_duration()->set_seconds(3'600);
  const auto make = [&](const std::string& delegation) {
    offer.set_delegation(delegation);
    return ReasonOr(scenario_.un.Call<Offer>("manager", "OfferService/MakeOffer", request));
  };
  EXPECT_EQ(make("delegations/DEL-UN-26-9999"), "UNKNOWN_DELEGATION");
  const std::string to_another = *mandate_.Delegate(kResolution, "post: \"posts/auditor\"");
  Exchange();
  EXPECT_EQ(make(to_another), "NOT_DELEGATE");
  EXPECT_EQ(make(delegation_), "OK");
}

// Rules F-1 and F-2: what mandate confirms opens, and later lowers, finance's cap.
TEST_F(CeilingsTest, AConfirmedBudgetIsFinancesCap) {
  using chapter8::mandate::v1::Reference;
  const auto confirm_budget = [&](int64_t budget_minor) {
    auto request = mandate::Parsed<chapter8::mandate::v1::ProposeReferenceRequest>(R"pb(
      resource {
        operation: "operations/aussom"
        kind: BUDGET_APPROVAL
        symbol: "A/RES/80/1 (exercise)"
        decided_on { year: 2026 month: 1 day: 1 }
        valid_from { year: 2026 month: 1 day: 1 }
        valid_to { year: 2026 month: 12 day: 31 }
        budget { currency_code: "USD" }
      })pb");
    request.mutable_resource()->mutable_budget()->set_amount_minor(budget_minor);
    const auto made =
        mandate_.Call<Reference>("mandate-a", "ReferenceService/ProposeReference", request);
    chapter8::mandate::v1::ConfirmReferenceRequest confirm;
    confirm.set_name(made->name());
    ASSERT_THAT(mandate_.Call<Reference>("mandate-b", "ReferenceService/ConfirmReference", confirm),
                IsOk());
  };
  const auto cap_minor = [&] {
    chapter8::finance::v1::GetOperationRequest get;
    get.set_name("operations/aussom");
    return finance()
        .Get<chapter8::finance::v1::Operation>("OperationService/GetOperation", get)
        ->assessed_cap()
        .amount_minor();
  };
  confirm_budget(10'000);
  EXPECT_EQ(cap_minor(), 0) << "finance has not heard of it";
  Exchange();
  EXPECT_EQ(cap_minor(), 7'500);
  confirm_budget(4'001);
  Exchange();
  EXPECT_EQ(cap_minor(), 3'000) << "rounded down";
  EXPECT_EQ(finance().StoredRows(), finance().ReplayedRows());
  EXPECT_EQ(finance().books().StateDigest(), finance().ReplayedBooksDigest());
}

// Rule A-3: what has been delegated is not done beside the delegation, nor after its end.
TEST(UndelegatedTest, NeedsADelegationOnceSuchActsAreDelegated) {
  finance::Scenario scenario;
  mandate::TestMandate mandate;
  const auto exchange = [&] {
    while (scenario.un.PullFrom(mandate) + mandate.PullFrom(scenario.un) > 0) {
    }
  };
  const auto make = [&] {
    return scenario.TryOffer({.request = scenario.Request(100), .amount_minor = 100});
  };
  mandate.AddResolution();
  ASSERT_THAT(mandate.Delegate(kResolution), IsOk());
  ASSERT_THAT(mandate.Delegate(kResolution, "ceilings { unit: \"person-police\" quantity: 1 }"),
              IsOk());
  ASSERT_THAT(mandate.Propose(kResolution, "ceilings { unit: \"USD\" quantity: 1 }"), IsOk());
  exchange();
  const auto draft = make();
  ASSERT_THAT(draft, IsOk()) << "no money is delegated by what is not confirmed";

  const std::string delegation =
      *mandate.Delegate(kResolution, "ceilings { unit: \"USD\" quantity: 50000 }");
  exchange();
  const absl::Status refused = scenario.Approve(*draft);
  EXPECT_EQ(kernel::ReasonOf(refused), "DELEGATION_NEEDED");
  const auto info = kernel::ErrorInfoOf(refused);
  EXPECT_EQ(info.metadata().at("unit"), "USD");
  EXPECT_EQ(info.metadata().at("operation"), "operations/aussom");
  EXPECT_EQ(info.metadata().at("instead"),
            absl::StrCat("ch8 delegation show ", kernel::IdOf(delegation)));
  EXPECT_EQ(ReasonOr(make()), "DELEGATION_NEEDED");

  chapter8::mandate::v1::RevokeDelegationRequest revoke;
  revoke.set_name(delegation);
  revoke.set_reason("recalled");
  ASSERT_THAT(mandate.Call<Delegation>("mandate-b", "DelegationService/RevokeDelegation", revoke),
              IsOk());
  exchange();
  EXPECT_EQ(ReasonOr(make()), "DELEGATION_NEEDED") << "a revocation frees nobody";
}

}  // namespace
}  // namespace ch8
