#include "services/node/growth.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>

#include "services/kernel/refusal.h"
#include "services/kernel/toy_machine.h"
#include "storage/ledger/mem_ledger.h"
#include "tests/support/status_matchers.h"

namespace ch8::node {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using kernel::ReasonOf;

constexpr absl::Duration kLong = absl::Hours(1);

// A call that waits: its answer is the size that it found.
class Waiting {
 public:
  Waiting(Growth& growth, const Ledger& ledger, uint64_t size, absl::Duration timeout)
      : status_(growth.Watch(size, timeout, [&ledger, answered = answered_] {
          answered->set_value(ledger.durable_size());
        })) {}

  const absl::Status& status() const { return status_; }
  uint64_t Answer() { return answer_.get(); }
  bool IsAnswered() const {
    return answer_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

 private:
  const std::shared_ptr<std::promise<uint64_t>> answered_ =
      std::make_shared<std::promise<uint64_t>>();
  std::future<uint64_t> answer_ = answered_->get_future();
  const absl::Status status_;
};

class GrowthTest : public ::testing::Test {
 protected:
  GrowthTest() {
    growth_.emplace([this] { return ledger_->durable_size(); }, 2);
  }

  void Grow() {
    RequestEntries group;
    group.entries.push_back(MakeEntry(
        ledger_->log_id(), Hash(),
        {.entry_class = EntryClass::kDomain, .tag = {}, .row = 0, .payload = "an entry"}));
    Ledger::CommitRequest commit;
    commit.requests.push_back(std::move(group));
    ASSERT_THAT(ledger_->Commit(commit), IsOk());
    ASSERT_THAT(ledger_->Sync(), IsOk());
    growth_->Notify();
  }
  Waiting Watch(uint64_t size, absl::Duration timeout = kLong) {
    return Waiting(*growth_, *ledger_, size, timeout);
  }

  const std::unique_ptr<MemLedger> ledger_ = *MemLedger::Create(kernel::toy::ToyGenesis());
  std::optional<Growth> growth_;
};

TEST_F(GrowthTest, ACallIsAnsweredOnceItsEntryIsThereAndNotBefore) {
  Waiting next = Watch(1);
  Waiting later = Watch(2);
  growth_->Notify();
  Grow();
  EXPECT_EQ(next.Answer(), 2u);
  EXPECT_FALSE(later.IsAnswered());
  Grow();
  EXPECT_EQ(later.Answer(), 3u);
}

TEST_F(GrowthTest, WhatIsThereAlreadyIsNotWaitedFor) { EXPECT_EQ(Watch(0).Answer(), 1u); }

TEST_F(GrowthTest, ACallIsAnsweredWhenItsTimeIsUpWhateverOthersWaitFor) {
  const Waiting patient = Watch(1);
  EXPECT_EQ(Watch(1, absl::Milliseconds(5)).Answer(), 1u);
  EXPECT_FALSE(patient.IsAnswered());
}

TEST_F(GrowthTest, OnlySoManyWaitAndAnAnswerMakesRoom) {
  Waiting first = Watch(1);
  const Waiting second = Watch(7);
  EXPECT_THAT(Watch(1).status(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(ReasonOf(Watch(1).status()), "TOO_MANY_WAITING");
  Grow();
  EXPECT_EQ(first.Answer(), 2u);
  EXPECT_THAT(Watch(2).status(), IsOk());
}

TEST_F(GrowthTest, AtTheCloseAllAreAnsweredAndNoneMayWait) {
  Waiting waiting = Watch(1);
  growth_->Close();
  EXPECT_EQ(waiting.Answer(), 1u);
  EXPECT_EQ(ReasonOf(Watch(1).status()), "DRAINING");
}

TEST_F(GrowthTest, ItsEndAnswersToo) {
  Waiting waiting = Watch(1);
  growth_.reset();
  EXPECT_TRUE(waiting.IsAnswered());
}

TEST_F(GrowthTest, AThreadWaitsToo) {
  auto size = std::async(std::launch::async, [this] { return growth_->Wait(1, kLong); });
  Grow();
  EXPECT_EQ(size.get(), 2u);
  EXPECT_EQ(growth_->Wait(2, absl::Milliseconds(5)), 2u);
}

}  // namespace
}  // namespace ch8::node
