// Commands of one stream: their order, the end of it, and a queue that is full.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/kernel/refusal.h"
#include "services/node/sequencer.h"
#include "services/node/toy_node.h"
#include "storage/ledger/mem_ledger.h"
#include "tests/support/node_wait.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::node {
namespace {

namespace toy = kernel::toy;
using ch8::testing::IsOk;
using ch8::testing::StatusIs;
using chapter8::books::v1::PostTransfersResponse;
using kernel::Outcome;
using kernel::ReasonOf;

constexpr uint32_t kAccounts = 2;
constexpr uint32_t kLargeRows = 300;  // Of a batch that has another lane than a small one.

// Counts what has its place.
class TestStream final : public kernel::CommandStream {
 public:
  void Queued() override {
    std::lock_guard<std::mutex> lock(mutex_);
    ++queued_;
  }
  int queued() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return queued_;
  }

 private:
  mutable std::mutex mutex_;
  int queued_ = 0;
};

// Where a sequencer stops before each group while it is shut.
class Door {
 public:
  // Returns when the sequencer stands before it, with nothing taken.
  void Shut() {
    std::unique_lock<std::mutex> lock(mutex_);
    is_open_ = false;
    changed_.wait(lock, [this] { return stands_; });
  }
  void Open() {
    std::lock_guard<std::mutex> lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  // What groups may write from now on.
  void Admit(const absl::Status& status) {
    std::lock_guard<std::mutex> lock(mutex_);
    admitted_ = status;
  }
  absl::Status Pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    stands_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_open_; });
    stands_ = false;
    return admitted_;
  }

 private:
  std::mutex mutex_;  // Guards what follows.
  std::condition_variable changed_;
  bool is_open_ = true;
  bool stands_ = false;
  absl::Status admitted_;
};

class SequencerStreamTest : public ::testing::Test {
 protected:
  SequencerStreamTest() { std::filesystem::create_directory(state_); }

  void Start(size_t queue_requests_max = 4'096) {
    node_.emplace(ToyNode::Options{.ledger = ledger_.get(),
                                   .state_directory = state_,
                                   .queue_requests_max = queue_requests_max,
                                   .admit_writes = [this] { return door_.Pass(); }});
    ASSERT_THAT(Call(sequencer(), OpenAccounts(kAccounts, "open")).status, IsOk());
  }

  void Submit(const std::shared_ptr<kernel::CommandStream>& stream, const BatchParts& parts) {
    kernel::Command command = PostTransfers(parts);
    command.stream = stream;
    sequencer().Submit(std::move(command), answers_.Expect());
  }
  Sequencer& sequencer() { return node_->sequencer(); }

  Door door_;
  Answers answers_;
  const ch8::testing::TempDir directory_;
  const std::string state_ = directory_ / "state";
  const std::unique_ptr<Ledger> ledger_ = *MemLedger::Create(toy::ToyGenesis());
  std::optional<ToyNode> node_;
};

// Otherwise a small batch would pass a large one.
TEST_F(SequencerStreamTest, BatchesOfAStreamKeepTheirOrderWhateverTheirSize) {
  Start();
  const auto stream = std::make_shared<TestStream>();
  door_.Shut();
  for (uint64_t number = 0; number < 6; ++number) {
    Submit(stream, {.number = number, .rows = number % 2 == 0 ? kLargeRows : 1});
  }
  EXPECT_EQ(stream->queued(), 6);
  door_.Open();
  std::vector<uint64_t> indices;
  for (const Outcome& outcome : answers_.WaitForAll()) {
    ASSERT_THAT(outcome.status, IsOk());
    indices.push_back(outcome.receipt.index());
  }
  EXPECT_TRUE(std::is_sorted(indices.begin(), indices.end()));
  PostTransfersResponse last;
  ASSERT_TRUE(last.ParseFromString(answers_.WaitForAll().back().reply));
  EXPECT_EQ(last.applied(), 1u) << "answers come in that order, too";
}

TEST_F(SequencerStreamTest, NothingOfAStreamIsDecidedAfterARefusal) {
  Start();
  ASSERT_THAT(Call(sequencer(), PostTransfers({.number = 1})).status, IsOk());
  const auto stream = std::make_shared<TestStream>();
  const auto other = std::make_shared<TestStream>();
  door_.Shut();
  Submit(stream, {.number = 0});
  Submit(stream, {.number = 1, .rows = 2});  // Its request id has another body.
  Submit(stream, {.number = 2});
  Submit(other, {.number = 3});
  door_.Open();
  const std::vector<Outcome> outcomes = answers_.WaitForAll();
  EXPECT_THAT(outcomes[0].status, IsOk());
  EXPECT_THAT(outcomes[1].status, StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(outcomes[2].status, StatusIs(absl::StatusCode::kAborted));
  EXPECT_EQ(ReasonOf(outcomes[2].status), "EARLIER_REFUSED");
  EXPECT_THAT(outcomes[3].status, IsOk()) << "of another stream";
  Outcome again = Call(sequencer(), PostTransfers({.number = 2}));
  ASSERT_THAT(again.status, IsOk());
  PostTransfersResponse response;
  ASSERT_TRUE(response.ParseFromString(again.reply));
  EXPECT_EQ(response.applied(), 1u) << "it was not applied before";
}

TEST_F(SequencerStreamTest, ARefusalForTheDisksSakeCountsToo) {
  Start();
  const auto stream = std::make_shared<TestStream>();
  door_.Admit(absl::ResourceExhaustedError("the disk is full"));
  Submit(stream, {.number = 0});
  EXPECT_THAT(answers_.WaitForAll().back().status, StatusIs(absl::StatusCode::kResourceExhausted));
  door_.Admit(absl::OkStatus());
  Submit(stream, {.number = 1});
  EXPECT_EQ(ReasonOf(answers_.WaitForAll().back().status), "EARLIER_REFUSED");
}

TEST_F(SequencerStreamTest, AFullQueueHoldsAStreamBackAndRefusesOthers) {
  Start(4);
  const auto stream = std::make_shared<TestStream>();
  door_.Shut();
  uint64_t number = 0;
  while (stream->queued() == static_cast<int>(number)) Submit(stream, {.number = number++});
  EXPECT_EQ(number, 4u) << "three quarters of the queue, and one that waits for room";
  const Outcome other = Call(sequencer(), PostTransfers({.number = 100, .rows = kLargeRows}));
  EXPECT_EQ(ReasonOf(other.status), "QUEUE_FULL");
  EXPECT_EQ(stream->queued(), 3);
  door_.Open();
  EXPECT_TRUE(ch8::testing::WaitUntil([&] { return stream->queued() == 4; }));
  for (const Outcome& outcome : answers_.WaitForAll()) EXPECT_THAT(outcome.status, IsOk());
}

TEST_F(SequencerStreamTest, ADrainAnswersWhatWaitsForRoom) {
  Start(4);
  const auto stream = std::make_shared<TestStream>();
  door_.Shut();
  for (uint64_t number = 0; number < 4; ++number) Submit(stream, {.number = number});
  sequencer().Drain();
  EXPECT_EQ(ReasonOf(Call(sequencer(), PostTransfers({.number = 9})).status), "DRAINING");
  door_.Open();
  for (const Outcome& outcome : answers_.WaitForAll()) EXPECT_THAT(outcome.status, IsOk());
}

}  // namespace
}  // namespace ch8::node
