// Ceilings that the mandate ledger gives to the logistics ledger of the same organization, spent by
// the value of the goods that leave under them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "services/books/slices.h"
#include "services/logistics/core/test_scenario.h"
#include "services/mandate/core/test_mandate.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using ::ch8::testing::IsOk;
using chapter8::logistics::v1::SupplyOffer;
using chapter8::mandate::v1::Delegation;
using chapter8::mandate::v1::Slice;
using logistics::ReasonOr;

constexpr char kResolution[] = "decisions/sres-2809";
constexpr int64_t kTentMinor = 98'000;

class GoodsCeilingsTest : public ::testing::Test {
 protected:
  GoodsCeilingsTest() {
    mandate_.AddResolution();
    delegation_ = *mandate_.Delegate(
        kResolution, "post: \"posts/supply\" ceilings { unit: \"USD\" quantity: 20000000 }");
    scenario_.Stock(scenario_.un, "tent-10p", 500);
    request_ = scenario_.Request(300);
    Exchange();
  }

  // Mandate and logistics of the UN take over what they have for each other.
  void Exchange() {
    while (supplies().PullFrom(mandate_) + mandate_.PullFrom(supplies()) > 0) {
    }
  }
  books::TestLedger& supplies() { return scenario_.un; }

  // A slice of the value of `tents`.
  void Allot(int64_t tents) {
    const auto slice =
        mandate_.Allot(delegation_, "logistics", "USD", static_cast<uint64_t>(tents * kTentMinor));
    Check(slice.ok(), slice.status().ToString());
    Exchange();
  }

  absl::StatusOr<std::string> Make(int64_t tents, int64_t hold_seconds = 3'600) {
    return scenario_.TryOffer({.request = request_,
                               .quantity = tents,
                               .hold_seconds = hold_seconds,
                               .delegation = delegation_});
  }

  std::string Accepted(int64_t tents) {
    const auto offer = Make(tents);
    Check(offer.ok(), offer.status().ToString());
    Check(scenario_.Approve(*offer).ok(), "an approval that fails");
    scenario_.Settle();
    Check(scenario_.Accept(scenario_.au, *offer).ok(), "an acceptance that fails");
    scenario_.Settle();
    return *offer;
  }

  void Revoke() {
    chapter8::mandate::v1::RevokeDelegationRequest revoke;
    revoke.set_name(delegation_);
    revoke.set_reason("recalled");
    ASSERT_THAT(
        mandate_.Call<Delegation>("mandate-b", "DelegationService/RevokeDelegation", revoke),
        IsOk());
    Exchange();
  }

  // In tents.
  struct Spent {
    int64_t left = 0;
    int64_t held = 0;
    int64_t used = 0;
    bool operator==(const Spent& other) const = default;
  };
  Spent SpentOf() {
    const auto snapshot = supplies().Snapshot();
    const auto slice = books::FindSlice(kernel::SnapshotRows(*snapshot), delegation_, "USD");
    Check(slice.has_value(), "logistics has no slice");
    const auto account = *supplies().books().Find(slice->account());
    const auto used = *supplies().books().Find(slice->used_account());
    return {.left = account.available() / kTentMinor,
            .held = static_cast<int64_t>(account.debits_held) / kTentMinor,
            .used = static_cast<int64_t>(used.credits_posted) / kTentMinor};
  }

  logistics::Scenario scenario_;
  mandate::TestMandate mandate_;
  std::string delegation_;
  std::string request_;
};

TEST_F(GoodsCeilingsTest, TheDraftHoldsAndDispatchSpends) {
  EXPECT_EQ(ReasonOr(Make(1)), "NO_SLICE");
  Allot(120);
  const std::string offer = Accepted(100);
  EXPECT_EQ(SpentOf(), (Spent{.left = 20, .held = 100, .used = 0}));
  const auto over = Make(21);
  EXPECT_EQ(ReasonOr(over), "OVER_CEILING");
  const auto info = kernel::ErrorInfoOf(over.status());
  EXPECT_EQ(info.metadata().at("available"), absl::StrCat(20 * kTentMinor));
  EXPECT_EQ(info.metadata().at("wanted"), absl::StrCat(21 * kTentMinor));
  EXPECT_EQ(info.metadata().at("instead"),
            absl::StrCat("ch8 delegation show ", kernel::IdOf(delegation_)));

  ASSERT_EQ(ReasonOr(scenario_.Dispatch(scenario_.un, offer, "WB-1")), "OK");
  EXPECT_EQ(SpentOf(), (Spent{.left = 20, .held = 0, .used = 100}));
  scenario_.Settle();
  EXPECT_EQ(scenario_.OfferAt(scenario_.au, offer).delegation(), "")
      << "which delegation a giver acts under is its own";
  EXPECT_EQ(supplies().StoredRows(), supplies().ReplayedRows());
  EXPECT_EQ(supplies().books().StateDigest(), supplies().ReplayedBooksDigest());
}

// However an offer ends without its goods leaving, its ceiling is free again.
TEST_F(GoodsCeilingsTest, EveryOtherEndFrees) {
  Allot(100);
  const Spent all = {.left = 100, .held = 0, .used = 0};
  const auto draft = Make(100);
  ASSERT_THAT(scenario_.Cancel(*draft), IsOk());
  EXPECT_EQ(SpentOf(), all) << "a cancelled draft";

  ASSERT_THAT(Make(100, 1), IsOk());
  supplies().Advance(absl::Seconds(2));
  EXPECT_EQ(SpentOf(), all) << "a draft that ran out";

  ASSERT_THAT(scenario_.Cancel(Accepted(100)), IsOk());
  scenario_.Settle();
  EXPECT_EQ(SpentOf(), all) << "an accepted offer that was cancelled";

  const auto rejected = Make(100);
  ASSERT_THAT(scenario_.Approve(*rejected), IsOk());
  scenario_.Settle();
  ASSERT_THAT(scenario_.Reject(*rejected), IsOk());
  scenario_.Settle();
  EXPECT_EQ(SpentOf(), all) << "a rejected offer";

  Accepted(100);
  supplies().Advance(absl::Hours(2));
  EXPECT_EQ(SpentOf(), all) << "a hold that ran out";
  EXPECT_EQ(supplies().books().StateDigest(), supplies().ReplayedBooksDigest());
}

// Rule A-3: validity is checked at each act, dispatch included.
TEST_F(GoodsCeilingsTest, ARevokedDelegationStopsApprovalAndDispatch) {
  Allot(100);
  const std::string accepted = Accepted(50);
  const auto draft = Make(10);
  ASSERT_THAT(draft, IsOk());
  Revoke();
  EXPECT_EQ(kernel::ReasonOf(scenario_.Approve(*draft)), "DELEGATION_NOT_IN_FORCE");
  EXPECT_EQ(ReasonOr(scenario_.Dispatch(scenario_.un, accepted, "WB-1")),
            "DELEGATION_NOT_IN_FORCE");
  EXPECT_EQ(ReasonOr(Make(1)), "DELEGATION_NOT_IN_FORCE");
  ASSERT_THAT(scenario_.Cancel(accepted), IsOk());
  ASSERT_THAT(scenario_.Cancel(*draft), IsOk());
  EXPECT_EQ(SpentOf().held, 0);
}

// Rule A-3, and a return, which gives back what is the other's.
TEST_F(GoodsCeilingsTest, OnlyAReturnGoesWithoutADelegation) {
  Allot(100);
  const auto undelegated = scenario_.TryOffer({.request = request_, .quantity = 1});
  EXPECT_EQ(ReasonOr(undelegated), "DELEGATION_NEEDED");
  EXPECT_EQ(kernel::ErrorInfoOf(undelegated.status()).metadata().at("instead"),
            absl::StrCat("ch8 delegation show ", kernel::IdOf(delegation_)));
  const std::string offer = Accepted(10);
  const auto consignment = scenario_.Dispatch(scenario_.un, offer, "WB-1");
  ASSERT_THAT(consignment, IsOk());
  scenario_.Settle();
  ASSERT_EQ(ReasonOr(scenario_.Receive(scenario_.au, consignment->name(), {.good = 10})), "OK");
  scenario_.Settle();

  mandate::TestMandate au_mandate("au");
  au_mandate.AddResolution();
  ASSERT_THAT(au_mandate.Delegate(kResolution,
                                  "post: \"posts/supply\" ceilings { unit: \"USD\" quantity: 1 }"),
              IsOk());
  while (scenario_.au.PullFrom(au_mandate) + au_mandate.PullFrom(scenario_.au) > 0) {
  }
  const auto back = scenario_.Return(offer, 3);
  ASSERT_EQ(ReasonOr(back), "OK");
  EXPECT_THAT(scenario_.Approve(scenario_.au, back->name()), IsOk());
}

// One ceiling in two ledgers: what finance has got, logistics cannot have.
TEST_F(GoodsCeilingsTest, ASliceForFinanceIsNoneForLogistics) {
  ASSERT_THAT(mandate_.Allot(delegation_, "finance", "USD", 15'000'000), IsOk());
  EXPECT_EQ(ReasonOr(mandate_.Allot(delegation_, "logistics", "USD", 5'000'001)), "OVER_CEILING");
  EXPECT_THAT(mandate_.Allot(delegation_, "logistics", "USD", 5'000'000), IsOk());
  EXPECT_EQ(ReasonOr(mandate_.Allot(delegation_, "training", "USD", 1)), "BAD_FIELD");
}

}  // namespace
}  // namespace ch8
