// Feeds over real ledgers and machines, in one process: what a source may do to a ledger, honest or
// not. The lies that need a connection are lying_peer_test's.
#include "services/federation/rpc/feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <utility>

#include "chapter8/finance/v1/finance_service.pb.h"
#include "clients/lib/client.h"
#include "services/federation/core/peer_log.h"
#include "services/kernel/refusal.h"
#include "tests/integration/peer_feed.h"
#include "tests/support/node_forged_log.h"
#include "tests/support/node_lies.h"
#include "tests/support/node_wait.h"

namespace ch8::federation {
namespace {

using chapter8::authz::v1::Role;
using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;
using chapter8::finance::v1::CreateOperationRequest;
using testing::ForgedLog;
using testing::WaitUntil;

class FeedTest : public ::testing::Test {
 protected:
  uint64_t size() { return peer_.un().finance().ledger().durable_size(); }
  void AnswerHonestly() {
    peer_.PeerAnswers([this](const PullRequest& request) { return peer_.Honest(request); });
  }

  testing::PeerFeed peer_;
};

TEST_F(FeedTest, OfficerConfirmedInTheDirectoryCanActInFinance) {
  CreateOperationRequest request;
  request.set_operation_id("second");
  request.mutable_resource()->set_title("An operation");
  request.mutable_resource()->set_lead("organizations/au");
  request.set_request_id(client::NewRequestId());
  const auto as_late = [&] {
    return peer_.un()
        .Run(peer_.un().finance(), "late", "finance.v1.OperationService.CreateOperation", request)
        .status;
  };
  EXPECT_EQ(kernel::ReasonOf(as_late()), "UNKNOWN_OFFICER");
  peer_.un().Appoint("late", Role::MANDATE_OFFICER);
  EXPECT_TRUE(WaitUntil([&] { return as_late().ok(); }));
}

TEST_F(FeedTest, GoesOnFromTheLedgersOwnCursorAfterARestart) {
  peer_.LogRequest(1);
  peer_.StartPeerFeed();
  ASSERT_TRUE(WaitUntil([this] { return peer_.HasRequest(1); }));
  peer_.StopPeerFeed();
  peer_.StopDirectoryFeed();
  peer_.un().RestartFinance();
  const uint64_t size_before = size();

  std::promise<PullRequest> asked;
  peer_.PeerAnswers([&, first = true](const PullRequest& request) mutable {
    if (std::exchange(first, false)) asked.set_value(request);
    return peer_.Honest(request);
  });
  peer_.StartPeerFeed();
  const PullRequest request = asked.get_future().get();
  EXPECT_EQ(request.after_number(), 1u);
  EXPECT_EQ(request.verified_size(), peer_.log().size());
  peer_.LogRequest(2);
  ASSERT_TRUE(WaitUntil([this] { return peer_.HasRequest(2); }));
  // One delivery: its request entry and its event. Nothing was taken a second time.
  EXPECT_EQ(size(), size_before + 2);
}

TEST_F(FeedTest, ErrorsOfTheNetworkAreRetriedAndAreNoLies) {
  peer_.LogRequest(1);
  std::atomic<int> asked{0};
  peer_.PeerAnswers([&](const PullRequest&) -> absl::StatusOr<PullResponse> {
    ++asked;
    return absl::UnavailableError("no route");
  });
  peer_.StartPeerFeed();
  ASSERT_TRUE(WaitUntil([&] { return asked >= 3; }));
  const FeedHealth sick = peer_.health();
  EXPECT_EQ(sick.last_error.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(sick.verification_failures, 0u);
  EXPECT_FALSE(peer_.HasRequest(1));
  AnswerHonestly();
  ASSERT_TRUE(WaitUntil([this] { return peer_.HasRequest(1); }));
  EXPECT_TRUE(WaitUntil([this] { return peer_.health().last_error.ok(); }));
  // Not once an attempt: when it began, and when it was over.
  EXPECT_THAT(peer_.told(),
              ::testing::ElementsAre(absl::StatusCode::kUnavailable, absl::StatusCode::kOk));
}

// How old facts are is counted from there: a ledger at rest must not look dead.
TEST_F(FeedTest, ThatTheSourceAnswersIsRememberedWithoutNewsToo) {
  std::atomic<uint32_t> first_wait{1};
  std::atomic<uint32_t> newest_wait{0};
  peer_.PeerAnswers([&, first = true](const PullRequest& request) mutable {
    if (std::exchange(first, false)) first_wait = request.wait_ms();
    newest_wait = request.wait_ms();
    return peer_.Honest(request);
  });
  peer_.LogRequest(1);
  peer_.StartPeerFeed();
  ASSERT_TRUE(WaitUntil([this] { return peer_.HasRequest(1); }));
  const auto heard_at = [&] {
    const std::string& origin = peer_.log().origin();
    const auto row =
        peer_.un().finance().ledger().TakeSnapshot()->Get(Table::kPeer, PeerStateKey(origin));
    return absl::FromUnixMicros(PeerStateFrom(origin, *row)->verified_at_us());
  };
  const absl::Time before = heard_at();
  peer_.clock().StepAhead(absl::Seconds(31));
  EXPECT_TRUE(WaitUntil([&] { return heard_at() >= before + absl::Seconds(31); }));
  EXPECT_EQ(first_wait.load(), 0u) << "a start learns at once how fresh the facts are";
  EXPECT_EQ(newest_wait.load(), 10'000u);
  peer_.StopPeerFeed();
}

TEST_F(FeedTest, SilenceHoldsUpNobodyElse) {
  std::promise<void> released;
  std::shared_future<void> release = released.get_future().share();
  peer_.PeerAnswers([release](const PullRequest&) -> absl::StatusOr<PullResponse> {
    release.wait();
    return absl::DeadlineExceededError("silence");
  });
  peer_.StartPeerFeed();
  peer_.un().Appoint("late", Role::MANDATE_OFFICER);
  chapter8::finance::v1::ListOperationsRequest list;
  EXPECT_TRUE(WaitUntil([&] {
    return peer_.un()
        .Run(peer_.un().finance(), "late", "finance.v1.OperationService.ListOperations", list)
        .status.ok();
  }));
  released.set_value();
  peer_.StopPeerFeed();
}

TEST_F(FeedTest, EveryLieIsCountedTakesNothingAndHonestyGoesOnAfterIt) {
  peer_.LogRequest(1);
  peer_.StartPeerFeed();
  ASSERT_TRUE(WaitUntil([this] { return peer_.HasRequest(1); }));
  int requests = 1;
  for (const testing::LieCase& lie : testing::AllLies()) {
    SCOPED_TRACE(lie.name);
    const uint64_t size_before = size();
    const uint64_t failures = peer_.health().verification_failures;
    peer_.PeerAnswers([&](const PullRequest& request) -> absl::StatusOr<PullResponse> {
      absl::StatusOr<PullResponse> honest = peer_.Honest(request);
      if (!honest.ok() || honest->entries_size() < 2) return absl::UnavailableError("not yet");
      return testing::Told(lie.lie, peer_.log().key(), *std::move(honest));
    });
    peer_.LogRequest(++requests);
    peer_.LogRequest(++requests);
    ASSERT_TRUE(WaitUntil([&] { return peer_.health().verification_failures > failures; }));
    EXPECT_EQ(kernel::ReasonOf(peer_.health().last_error), lie.reason);
    EXPECT_FALSE(peer_.HasRequest(requests - 1));
    EXPECT_FALSE(peer_.HasRequest(requests));
    EXPECT_EQ(size(), size_before);

    AnswerHonestly();
    ASSERT_TRUE(WaitUntil([&] { return peer_.HasRequest(requests); }));
    EXPECT_TRUE(peer_.HasRequest(requests - 1));
    EXPECT_EQ(size(), size_before + 4);
  }
}

TEST_F(FeedTest, AnotherHistoryOfTheSameSizeIsEvidence) {
  ForgedLog other({.origin = peer_.log().origin(),
                   .key = peer_.log().key(),
                   .organization_record = peer_.au_record(),
                   .salt_seed = "another history"});
  peer_.LogRequest(1);
  chapter8::ledger::v1::Entry entry;
  entry.set_domain_event("another history");
  other.Append(std::move(entry), peer_.un().domain());
  ASSERT_EQ(other.size(), peer_.log().size());
  peer_.StartPeerFeed();
  ASSERT_TRUE(WaitUntil([this] { return peer_.HasRequest(1); }));
  const uint64_t size_before = size();
  peer_.PeerAnswers(
      [&](const PullRequest& request) { return other.Pull(request, peer_.un().domain()); });
  ASSERT_TRUE(WaitUntil([this] { return peer_.health().verification_failures > 0; }));
  const absl::Status error = peer_.health().last_error;
  EXPECT_EQ(kernel::ReasonOf(error), "EQUIVOCATION");
  EXPECT_TRUE(EvidenceOf(error).has_value());
  EXPECT_EQ(size(), size_before);
  peer_.StopPeerFeed();
}

TEST_F(FeedTest, AShorterLogThanBeforeIsRefused) {
  ForgedLog shorter({.origin = peer_.log().origin(),
                     .key = peer_.log().key(),
                     .organization_record = peer_.au_record()});
  peer_.LogRequest(1);
  peer_.StartPeerFeed();
  ASSERT_TRUE(WaitUntil([this] { return peer_.HasRequest(1); }));
  // An honest server would say CURSOR_AHEAD; this one leaves the sizes out of its mind.
  peer_.PeerAnswers([&](const PullRequest&) {
    PullRequest from_the_start;
    from_the_start.set_origin(peer_.log().origin());
    return shorter.Pull(from_the_start, peer_.un().domain());
  });
  ASSERT_TRUE(WaitUntil([this] { return peer_.health().verification_failures > 0; }));
  EXPECT_EQ(kernel::ReasonOf(peer_.health().last_error), "OLD_CHECKPOINT");
  peer_.StopPeerFeed();
}

TEST_F(FeedTest, AHeadWithoutEntriesIsRememberedAcrossARestart) {
  ForgedLog other({.origin = peer_.log().origin(),
                   .key = peer_.log().key(),
                   .organization_record = peer_.au_record()});
  chapter8::ledger::v1::Entry same;
  peer_.LogRequest(1);
  EXPECT_EQ(peer_.log().size(), 3u);
  // The same first request in both, then an entry for somebody else in which they differ.
  PullRequest all;
  all.set_origin(peer_.log().origin());
  const auto page = peer_.Honest(all);
  ASSERT_TRUE(page.ok());
  ASSERT_TRUE(same.ParseFromString(page->entries(0).payload()));
  same.clear_addresses();
  other.Append(same, peer_.un().domain());
  peer_.StartPeerFeed();
  ASSERT_TRUE(WaitUntil([this] { return peer_.HasRequest(1); }));
  chapter8::ledger::v1::Entry one;
  one.set_domain_event("one");
  peer_.log().Append(one, "eu.example");
  one.set_domain_event("two");
  other.Append(one, "eu.example");
  ASSERT_TRUE(WaitUntil([this] { return peer_.health().verified_size == 5; }));
  peer_.StopPeerFeed();
  peer_.StopDirectoryFeed();
  peer_.un().RestartFinance();
  peer_.PeerAnswers([&](const PullRequest& request) { return other.Pull(request, "un.example"); });
  peer_.StartPeerFeed();
  EXPECT_TRUE(
      WaitUntil([this] { return peer_.health().verification_failures > 0; }, absl::Seconds(5)));
  peer_.StopPeerFeed();
}

}  // namespace
}  // namespace ch8::federation
