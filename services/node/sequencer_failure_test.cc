// The sequencer when the disk is slow, full or gone, the clock wrong, or facts do not come.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/federation/core/peer_log.h"
#include "services/kernel/refusal.h"
#include "services/node/gate_ledger.h"
#include "services/node/sequencer.h"
#include "services/node/toy_node.h"
#include "storage/ledger/mem_ledger.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::node {
namespace {

namespace toy = kernel::toy;
using ch8::testing::IsOk;
using ch8::testing::StatusIs;
using ch8::testing::TempDir;
using kernel::Outcome;
using kernel::ReasonOf;

// A clock that the test sets.
class SetClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(now_s.load()); }
  absl::Duration SinceBoot() const override { return absl::Seconds(since_boot_s.load()); }
  std::atomic<int64_t> now_s{absl::ToUnixSeconds(absl::Now())};
  std::atomic<int64_t> since_boot_s{1'000};
};

class SequencerFailure : public ::testing::Test {
 protected:
  SequencerFailure() { std::filesystem::create_directory(state_); }

  void Start(ToyNode::Options options = {}) {
    options.ledger = &gate_;
    options.state_directory = state_;
    node_.emplace(options);
  }
  Sequencer& sequencer() { return node_->sequencer(); }

  const TempDir directory_;
  const std::string state_ = directory_ / "state";
  const std::unique_ptr<MemLedger> ledger_ = *MemLedger::Create(toy::ToyGenesis());
  GateLedger gate_{*ledger_};
  std::optional<ToyNode> node_;
};

TEST_F(SequencerFailure, NothingIsAnsweredBeforeItsSync) {
  Start();
  gate_.Close();
  Answers answers;
  const kernel::Command command = CreatePost("supply", "r1");
  sequencer().Submit(command, answers.Expect());
  gate_.WaitForSync();
  // A retry, a read and a refusal have all seen what is not durable yet.
  sequencer().Submit(command, answers.Expect());
  sequencer().Submit(GetBalance(1), answers.Expect());
  sequencer().Submit(CreatePost("supply", "r2"), answers.Expect());
  while (gate_.commit_count() < 3) std::this_thread::yield();  // Genesis, and both commands'.
  EXPECT_EQ(answers.count(), 0u);

  gate_.Open();

  const std::vector<Outcome> outcomes = answers.WaitForAll();
  EXPECT_EQ(outcomes[0].reply, outcomes[1].reply);
  EXPECT_THAT(outcomes[2].status, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(ReasonOf(outcomes[3].status), "POST_EXISTS");
}

// Full batches that wait for the disk, and then one request: it is logged before the last of them,
// and none is left out.
TEST_F(SequencerFailure, ASingleRequestDoesNotStandBehindAnImport) {
  Start();
  ASSERT_THAT(Call(sequencer(), OpenAccounts(2, "accounts")).status, IsOk());
  gate_.Close();
  Answers answers;
  constexpr uint64_t kBatches = 14;  // More than there are groups on their way to the disk.
  for (uint64_t number = 1; number <= kBatches; ++number) {
    sequencer().Submit(PostTransfers({.number = number, .rows = 5'000}), answers.Expect());
  }
  gate_.WaitForSync();
  Answers single;
  sequencer().Submit(CreatePost("supply", "single"), single.Expect());
  gate_.Open();

  const std::vector<Outcome> outcomes = answers.WaitForAll();
  uint64_t last = 0;
  for (const Outcome& outcome : outcomes) {
    ASSERT_THAT(outcome.status, IsOk());
    last = std::max(last, outcome.receipt.index());
  }
  EXPECT_EQ(outcomes.size(), kBatches);
  EXPECT_LT(single.WaitForAll()[0].receipt.index(), last);
}

// A peer's entries, what falls due and retries are writes too: none may use up the last room.
TEST_F(SequencerFailure, WithoutRoomNothingIsWrittenAndReadsGoOn) {
  std::atomic<bool> room{true};
  Start({.admit_writes = [&] {
    return room ? absl::OkStatus() : absl::ResourceExhaustedError("full");
  }});
  Answers answers;
  sequencer().Submit(CreatePost("supply", "r1"), answers.Expect());
  answers.WaitForAll();
  room = false;
  const int commits = gate_.commit_count();

  Answers refused;
  sequencer().Submit(CreatePost("transport", "r2"), refused.Expect());
  sequencer().SubmitPeerRows({RowWrite{Table::kPeer, "peer/x", "y"}}, refused.Expect());
  sequencer().Submit(GetBalance(1), refused.Expect());
  const std::vector<Outcome> outcomes = refused.WaitForAll();
  EXPECT_THAT(outcomes[0].status, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(outcomes[1].status, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(outcomes[2].status, StatusIs(absl::StatusCode::kNotFound)) << "read and answered";
  EXPECT_EQ(gate_.commit_count(), commits);
  EXPECT_EQ(node_->stopped_count(), 0);

  room = true;
  Answers taken;
  sequencer().Submit(CreatePost("transport", "r2"), taken.Expect());
  EXPECT_THAT(taken.WaitForAll()[0].status, IsOk());
  node_->Stop();
}

// What was answered with UNAVAILABLE was not done; what was taken is, each once.
TEST_F(SequencerFailure, AFullQueueRefusesAndLosesNothing) {
  constexpr int kRequests = 400;
  ToyNode::Options options;
  options.queue_requests_max = 8;
  Start(options);
  const uint64_t before = ledger_->durable_size();
  gate_.Close();
  std::atomic<int> answered{0};
  std::atomic<int> refused_count{0};
  std::vector<std::atomic<bool>> refused(kRequests);
  const auto submit = [&](int i) {
    sequencer().Submit(
        CreatePost(absl::StrCat("p", i), absl::StrCat("r", i)), [&, i](const Outcome& outcome) {
          if (!outcome.status.ok()) {
            EXPECT_EQ(ReasonOf(outcome.status), "QUEUE_FULL");
            EXPECT_TRUE(
                outcome.status.GetPayload("type.googleapis.com/google.rpc.RetryInfo").has_value());
            refused[static_cast<size_t>(i)] = true;
            ++refused_count;
          }
          ++answered;
        });
  };
  for (int i = 0; i < kRequests; ++i) submit(i);
  // At the gate: the queue, and what the groups in flight took from it in turn.
  EXPECT_GT(refused_count.load(), kRequests / 2);
  EXPECT_EQ(sequencer().stats().refused_for_load, static_cast<uint64_t>(refused_count.load()));
  gate_.Open();
  while (answered.load() < kRequests) std::this_thread::yield();
  const int done = kRequests - refused_count.load();
  EXPECT_EQ(ledger_->durable_size(), before + 2 * static_cast<uint64_t>(done));

  for (int i = 0; i < kRequests; ++i) {
    if (!refused[static_cast<size_t>(i)]) continue;
    EXPECT_THAT(Call(sequencer(), CreatePost(absl::StrCat("p", i), absl::StrCat("r", i))).status,
                IsOk());
  }
  EXPECT_EQ(ledger_->durable_size(), before + 2 * kRequests);
}

// Everybody hears of it: those at the gate, those behind it, and those who come later. The read and
// the retry wrote nothing themselves, but have seen what is lost.
TEST_F(SequencerFailure, AFailedSyncStopsTheLedger) {
  Start();
  gate_.Close();
  Answers answers;
  const kernel::Command command = CreatePost("supply", "r1");
  sequencer().Submit(command, answers.Expect());
  gate_.WaitForSync();
  sequencer().Submit(command, answers.Expect());
  sequencer().Submit(GetBalance(1), answers.Expect());
  gate_.FailSyncs();
  gate_.Open();

  for (const Outcome& outcome : answers.WaitForAll()) {
    EXPECT_THAT(outcome.status, StatusIs(absl::StatusCode::kDataLoss));
    EXPECT_EQ(outcome.reply, "");
  }
  EXPECT_THAT(Call(sequencer(), GetBalance(1)).status, StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(Call(sequencer(), CreatePost("a", "r2")).status,
              StatusIs(absl::StatusCode::kDataLoss));
  node_->Stop();
  EXPECT_EQ(node_->stopped_count(), 1);
}

TEST_F(SequencerFailure, AFailedCommitStopsTheLedger) {
  Start();
  Answers answers;
  gate_.FailCommits();
  for (int i = 0; i < 50; ++i) {
    sequencer().Submit(CreatePost(absl::StrCat("p", i), absl::StrCat("r", i)), answers.Expect());
  }
  for (const Outcome& outcome : answers.WaitForAll()) {
    EXPECT_THAT(outcome.status, StatusIs(absl::StatusCode::kDataLoss));
  }
  node_->Stop();
  EXPECT_EQ(node_->stopped_count(), 1);
}

// It says why, and the next start has nothing to make good.
TEST_F(SequencerFailure, AStartThatCannotLogIsAnErrorAndLosesNothing) {
  gate_.FailCommits();
  const ToyNode::Options options{.ledger = &gate_, .state_directory = state_};
  EXPECT_THAT(ToyNode::Open(options).status(),
              StatusIs(absl::StatusCode::kDataLoss, ::testing::HasSubstr("a start logs first")));
  EXPECT_EQ(ledger_->durable_size(), 1u);
  node_.emplace(ToyNode::Options{.ledger = ledger_.get(), .state_directory = state_});
  EXPECT_THAT(Call(sequencer(), CreatePost("supply", "r1")).status, IsOk());
  node_->Stop();
}

// A row that cannot be read looks absent to a decision; that decision must not be logged.
TEST_F(SequencerFailure, AFailedReadStopsTheLedgerAndNothingIsWritten) {
  Start();
  Call(sequencer(), CreatePost("supply", "r1"));
  gate_.FailReads();
  const Outcome outcome = Call(sequencer(), CreatePost("supply", "r2"));
  EXPECT_THAT(outcome.status, StatusIs(absl::StatusCode::kDataLoss));
  const uint64_t size = ledger_->durable_size();
  node_->Stop();
  EXPECT_EQ(ledger_->durable_size(), size);
  EXPECT_EQ(ledger_->WrittenView().size(), size);
  EXPECT_EQ(node_->stopped_count(), 1);
}

TEST_F(SequencerFailure, DrainAnswersWhatIsQueuedAndRefusesTheRest) {
  Start();
  gate_.Close();
  Answers queued;
  for (int i = 0; i < 100; ++i) {
    sequencer().Submit(CreatePost(absl::StrCat("p", i), absl::StrCat("r", i)), queued.Expect());
  }
  sequencer().Drain();
  const Outcome late = Call(sequencer(), CreatePost("late", "late"));
  EXPECT_THAT(late.status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(ReasonOf(late.status), "DRAINING");
  gate_.Open();
  node_->Stop();
  for (const Outcome& outcome : queued.WaitForAll()) EXPECT_THAT(outcome.status, IsOk());
  EXPECT_EQ(node_->stopped_count(), 0);
}

TEST_F(SequencerFailure, AClockSetForwardIsRefusedUntilItIsRight) {
  SetClock clock;
  ToyNode::Options options;
  options.clock = &clock;
  Start(options);
  EXPECT_THAT(Call(sequencer(), CreatePost("a", "r1")).status, IsOk());
  clock.now_s += 3'000;
  EXPECT_EQ(ReasonOf(Call(sequencer(), CreatePost("b", "r2")).status), "CLOCK_STEPPED");
  clock.since_boot_s += 3'000;
  EXPECT_THAT(Call(sequencer(), CreatePost("b", "r2")).status, IsOk());
  clock.now_s -= 2'000;
  EXPECT_THAT(Call(sequencer(), CreatePost("c", "r3")).status, IsOk());
  node_->Stop();
}

// The own directory may have suspended the officer meanwhile.
TEST_F(SequencerFailure, ActsAreNotDecidedOnOldFacts) {
  SetClock clock;
  Start({.clock = &clock, .facts_age_max = absl::Minutes(5)});
  const auto hear = [&] {
    chapter8::federation::v1::PeerState state;
    state.set_origin(std::string(toy::kDirectoryOrigin));
    state.set_verified_size(7);
    state.set_verified_at_us(absl::ToUnixMicros(clock.Now()));
    Answers kept;
    sequencer().SubmitPeerRows({federation::PeerStateRow(state)}, kept.Expect());
    kept.WaitForAll();
  };
  hear();
  const Outcome done = Call(sequencer(), CreatePost("a", "r1"));
  ASSERT_THAT(done.status, IsOk());
  ASSERT_THAT(Call(sequencer(), OpenAccounts(2, "r2")).status, IsOk());
  const uint64_t size = ledger_->durable_size();
  clock.now_s += 301;
  clock.since_boot_s += 301;
  for (const kernel::Command& act : {CreatePost("b", "r3"), PostTransfers({.number = 1})}) {
    const Outcome outcome = Call(sequencer(), act);
    EXPECT_THAT(outcome.status, StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_EQ(ReasonOf(outcome.status), "FACTS_STALE");
  }
  EXPECT_THAT(Call(sequencer(), GetBalance(1)).status, IsOk()) << "reads go on";
  const Outcome again = Call(sequencer(), CreatePost("a", "r1"));
  EXPECT_THAT(again.status, IsOk()) << "what was done was done";
  EXPECT_EQ(again.reply, done.reply);
  EXPECT_EQ(ledger_->durable_size(), size);
  hear();
  EXPECT_THAT(Call(sequencer(), CreatePost("b", "r3")).status, IsOk());
  EXPECT_THAT(Call(sequencer(), PostTransfers({.number = 1})).status, IsOk());
  clock.now_s -= 2'000;  // The ledger's time stays; what is heard now is fresh all the same.
  hear();
  EXPECT_THAT(Call(sequencer(), CreatePost("c", "r4")).status, IsOk());
  node_->Stop();
}

}  // namespace
}  // namespace ch8::node
