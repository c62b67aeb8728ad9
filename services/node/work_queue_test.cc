#include "services/node/work_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "services/federation/core/pull.h"
#include "services/kernel/refusal.h"
#include "tests/support/status_matchers.h"

namespace ch8::node {
namespace {

using ch8::testing::IsOk;
using kernel::ReasonOf;

Work Small(const std::string& name, size_t bytes = 0) {
  Work work;
  work.command.request_id = name;
  work.command.request = std::string(bytes, 'x');
  return work;
}

Work Large(const std::string& name) {
  Work work = Small(name);
  work.kind = Work::Kind::kInbound;
  work.inbound.resize(federation::kPullEntriesMax);
  return work;
}

absl::Status Push(WorkQueue& queue, Work work) { return queue.Push(work); }

std::vector<std::string> Names(const std::deque<Work>& lane) {
  std::vector<std::string> names;
  for (const Work& work : lane) names.push_back(work.command.request_id);
  return names;
}

TEST(WorkQueueTest, SmallRequestsHaveALaneOfTheirOwn) {
  WorkQueue queue(10, 1 << 24);
  ASSERT_THAT(Push(queue, Large("import-1")), IsOk());
  ASSERT_THAT(Push(queue, Small("one")), IsOk());
  ASSERT_THAT(Push(queue, Large("import-2")), IsOk());
  ASSERT_THAT(Push(queue, Small("two")), IsOk());
  Lanes out;
  EXPECT_TRUE(queue.Take(absl::ZeroDuration(), out));
  EXPECT_THAT(Names(out.small), ::testing::ElementsAre("one", "two"));
  EXPECT_THAT(Names(out.large), ::testing::ElementsAre("import-1", "import-2"));
}

// What stays in a full lane of the taker's holds up neither the other lane nor the bounds.
TEST(WorkQueueTest, EachLaneIsToppedUpByItself) {
  WorkQueue queue(6, 1 << 24);
  Lanes out;
  for (int i = 0; i < 4; ++i) ASSERT_THAT(Push(queue, Large("import")), IsOk());
  queue.Take(absl::ZeroDuration(), out);
  ASSERT_THAT(Push(queue, Large("later")), IsOk());
  ASSERT_THAT(Push(queue, Small("one")), IsOk());
  queue.Take(absl::ZeroDuration(), out);
  EXPECT_EQ(out.large.size(), 4u) << "the fifth waits in the queue, within its bounds";
  EXPECT_THAT(Names(out.small), ::testing::ElementsAre("one"));
  EXPECT_EQ(queue.size(), 1u);
}

TEST(WorkQueueTest, BothLanesShareTheBounds) {
  WorkQueue requests(2, 1 << 20);
  ASSERT_THAT(Push(requests, Large("import")), IsOk());
  ASSERT_THAT(Push(requests, Small("one")), IsOk());
  Work third = Small("two");
  EXPECT_EQ(ReasonOf(requests.Push(third)), "QUEUE_FULL");
  EXPECT_EQ(third.command.request_id, "two") << "it is the caller's still";
  EXPECT_EQ(requests.refused(), 1u);

  WorkQueue bytes(10, 10'000);
  EXPECT_THAT(Push(bytes, Small("first", 20'000)), IsOk()) << "one alone may be larger";
  Work second = Small("second");
  EXPECT_EQ(ReasonOf(bytes.Push(second)), "QUEUE_FULL");
  Lanes out;
  bytes.Take(absl::ZeroDuration(), out);
  EXPECT_THAT(bytes.Push(second), IsOk()) << "what was taken frees its bytes";
}

TEST(WorkQueueTest, AnImportLeavesRoomForOthers) {
  WorkQueue queue(8, 1 << 24);
  for (int i = 0; i < 6; ++i) ASSERT_THAT(Push(queue, Large("import")), IsOk());
  EXPECT_EQ(ReasonOf(Push(queue, Large("import"))), "QUEUE_FULL");
  EXPECT_THAT(Push(queue, Small("one")), IsOk());
  EXPECT_THAT(Push(queue, Small("two")), IsOk());
  EXPECT_EQ(ReasonOf(Push(queue, Small("three"))), "QUEUE_FULL");
}

TEST(WorkQueueTest, AClosedQueueIsEmptiedAndTakesNothing) {
  WorkQueue queue(10, 1 << 24);
  ASSERT_THAT(Push(queue, Small("one")), IsOk());
  queue.Close();
  EXPECT_EQ(ReasonOf(Push(queue, Small("late"))), "DRAINING");
  Lanes out;
  EXPECT_TRUE(queue.Take(absl::ZeroDuration(), out));
  EXPECT_EQ(out.small.size(), 1u);
  EXPECT_FALSE(queue.Take(absl::ZeroDuration(), out));
}

}  // namespace
}  // namespace ch8::node
