// Nodes that stop, vanish or cannot hear each other in the middle of a transfer: the giver's logged
// POST or VOID decides, and healing settles both sides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "absl/time/clock.h"
#include "tests/support/node_two.h"
#include "tests/support/node_wait.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

using chapter8::finance::v1::Offer;
using ::testing::IsEmpty;

constexpr int64_t kReceived = 100'000'000;
constexpr int64_t kAmount = 1'000'000;

bool HasStep(const Offer& offer, const std::string& name) {
  return std::any_of(
      offer.steps().begin(), offer.steps().end(),
      [&](const chapter8::books::v1::StepPlace& step) { return step.step() == name; });
}

class PartitionTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { nodes_ = new TwoNodes({.received_minor = kReceived}); }
  static void TearDownTestSuite() {
    delete nodes_;
    nodes_ = nullptr;
  }

  // The money that moved, as both ledgers have it; nothing held, nothing pending.
  static void ExpectQuietSums(int64_t given_minor) {
    EXPECT_TRUE(WaitUntil([] {
      return nodes_->Fund().held_minor() == 0 && nodes_->BudgetLine().receivable_minor() == 0;
    }));
    const auto fund = nodes_->Fund();
    EXPECT_EQ(fund.given_minor(), given_minor);
    EXPECT_EQ(fund.available_minor(), kReceived - given_minor);
    EXPECT_EQ(nodes_->BudgetLine().received_minor(), given_minor);
  }

  static Offer Half(OrganizationNode& node, const std::string& offer) {
    return TwoNodes::Read(node, offer).value_or(Offer());
  }

  static TwoNodes* nodes_;
};
TwoNodes* PartitionTest::nodes_ = nullptr;

TEST_F(PartitionTest, AHoldRunsOutAtTheGiverAlone) {
  const std::string request = nodes_->MakeRequest(kAmount);
  const int64_t given = nodes_->Fund().given_minor();
  nodes_->au().process().Signal(SIGSTOP);
  const std::string offer =
      nodes_->Reserve(request, {.amount_minor = kAmount, .hold = absl::Seconds(1)});
  EXPECT_TRUE(TwoNodes::Await(nodes_->un(), offer, Offer::EXPIRED));
  const Offer alone = Half(nodes_->un(), offer);
  EXPECT_TRUE(HasStep(alone, "VOID"));
  EXPECT_FALSE(HasStep(alone, "MIRROR"));
  EXPECT_EQ(nodes_->Fund().held_minor(), 0);

  nodes_->au().process().Signal(SIGCONT);
  EXPECT_TRUE(TwoNodes::Await(nodes_->au(), offer, Offer::EXPIRED));
  EXPECT_TRUE(WaitUntil([&] { return HasStep(Half(nodes_->un(), offer), "SETTLED"); }));
  EXPECT_THAT(Differences(Half(nodes_->un(), offer), Half(nodes_->au(), offer)), IsEmpty());
  ExpectQuietSums(given);
}

// The receiver accepts while the giver is down; when the giver is back its hold has run out before
// it hears of that.
TEST_F(PartitionTest, AnAcceptThatComesAfterTheVoidChangesNothing) {
  const std::string request = nodes_->MakeRequest(kAmount);
  const int64_t given = nodes_->Fund().given_minor();
  const std::string offer =
      nodes_->Reserve(request, {.amount_minor = kAmount, .hold = absl::Seconds(3)});
  ASSERT_TRUE(TwoNodes::Await(nodes_->au(), offer, Offer::RESERVED));
  nodes_->un().Kill();
  const absl::Time over = absl::Now() + absl::Seconds(3);
  ASSERT_THAT(nodes_->Accept(offer), IsOk());
  EXPECT_EQ(nodes_->BudgetLine().receivable_minor(), kAmount);
  nodes_->au().process().Signal(SIGSTOP);
  ASSERT_TRUE(WaitUntil([&] { return absl::Now() > over; }));
  nodes_->un().Start();
  EXPECT_TRUE(TwoNodes::Await(nodes_->un(), offer, Offer::EXPIRED));
  EXPECT_FALSE(HasStep(Half(nodes_->un(), offer), "ACCEPT"));

  nodes_->au().process().Signal(SIGCONT);
  EXPECT_TRUE(TwoNodes::Await(nodes_->au(), offer, Offer::EXPIRED));
  EXPECT_TRUE(WaitUntil([&] { return HasStep(Half(nodes_->un(), offer), "SETTLED"); }));
  EXPECT_EQ(Half(nodes_->un(), offer).state(), Offer::EXPIRED);
  EXPECT_EQ(Half(nodes_->un(), offer).posted_minor(), 0);
  EXPECT_EQ(Half(nodes_->au(), offer).posted_minor(), 0);
  EXPECT_THAT(Differences(Half(nodes_->un(), offer), Half(nodes_->au(), offer)), IsEmpty());
  ExpectQuietSums(given);
}

TEST_F(PartitionTest, AGiverKilledBetweenAcceptAndPostPostsWhenItIsBack) {
  const std::string request = nodes_->MakeRequest(kAmount);
  const int64_t given = nodes_->Fund().given_minor();
  const std::string offer = nodes_->Reserve(request, {.amount_minor = kAmount});
  ASSERT_TRUE(TwoNodes::Await(nodes_->au(), offer, Offer::RESERVED));
  nodes_->un().Kill();
  ASSERT_THAT(nodes_->Accept(offer), IsOk());
  EXPECT_EQ(Half(nodes_->au(), offer).state(), Offer::ACCEPTED);
  EXPECT_EQ(nodes_->BudgetLine().received_minor(), given);
  nodes_->un().Start();
  EXPECT_TRUE(TwoNodes::Await(nodes_->un(), offer, Offer::SETTLED));
  EXPECT_TRUE(TwoNodes::Await(nodes_->au(), offer, Offer::POSTED));
  EXPECT_THAT(Differences(Half(nodes_->un(), offer), Half(nodes_->au(), offer)), IsEmpty());
  ExpectQuietSums(given + kAmount);
}

TEST_F(PartitionTest, AReceiverKilledAfterItsAcceptMirrorsWhenItIsBack) {
  const std::string request = nodes_->MakeRequest(kAmount);
  const int64_t given = nodes_->Fund().given_minor();
  const std::string offer = nodes_->Reserve(request, {.amount_minor = kAmount});
  ASSERT_TRUE(TwoNodes::Await(nodes_->au(), offer, Offer::RESERVED));
  ASSERT_THAT(nodes_->Accept(offer), IsOk());
  nodes_->au().Kill();
  nodes_->au().Start();
  EXPECT_TRUE(TwoNodes::Await(nodes_->un(), offer, Offer::SETTLED));
  EXPECT_TRUE(TwoNodes::Await(nodes_->au(), offer, Offer::POSTED));
  EXPECT_THAT(Differences(Half(nodes_->un(), offer), Half(nodes_->au(), offer)), IsEmpty());
  ExpectQuietSums(given + kAmount);
}

}  // namespace
}  // namespace ch8::testing
