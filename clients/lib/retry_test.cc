#include "clients/lib/retry.h"

#include <gtest/gtest.h>

#include <vector>

#include "clients/lib/status_details.h"
#include "tests/support/status_matchers.h"

namespace ch8::client {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;

class SteppedClock final : public Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Duration SinceBoot() const override { return now - absl::UnixEpoch(); }
  absl::Time now = absl::FromUnixSeconds(1772409600);  // 2 Mar 2026.
};

absl::Status Busy(absl::Duration delay) {
  return WithRetryDelay(absl::UnavailableError("the queue is full"), delay);
}

class Retries : public ::testing::Test {
 protected:
  absl::Status Run(std::vector<absl::Status> answers, absl::Duration patience) {
    const RetryWorld world = {.clock = clock_, .sleep = [this](absl::Duration delay) {
                                slept_.push_back(delay);
                                clock_.now += delay;
                              }};
    return CallWithRetry(world, RetryOptions(), clock_.now + patience, [&]() {
      const size_t answer = attempts_ < answers.size() ? attempts_ : answers.size() - 1;
      ++attempts_;
      return answers[answer];
    });
  }

  SteppedClock clock_;
  std::vector<absl::Duration> slept_;
  size_t attempts_ = 0;
};

TEST_F(Retries, AskAgainWhileTheQueueIsFull) {
  EXPECT_THAT(Run({Busy(absl::Milliseconds(10)), Busy(absl::Milliseconds(10)), absl::OkStatus()},
                  absl::Seconds(20)),
              IsOk());
  EXPECT_EQ(attempts_, 3u);
}

TEST_F(Retries, DoNotFollowAnyOtherStatus) {
  for (int code = 0; code <= 16; ++code) {
    if (code == static_cast<int>(absl::StatusCode::kUnavailable)) continue;
    attempts_ = 0;
    const absl::Status status(static_cast<absl::StatusCode>(code), "said so");
    Run({code == 0 ? status : WithRetryDelay(status, absl::ZeroDuration())}, absl::Seconds(20))
        .IgnoreError();
    EXPECT_EQ(attempts_, 1u) << code;
  }
}

TEST_F(Retries, DoNotFollowUnavailableWithoutRetryInfo) {
  EXPECT_THAT(Run({absl::UnavailableError("connection refused")}, absl::Seconds(20)),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(attempts_, 1u);
}

TEST_F(Retries, EndAtTheDeadlineWithTheLastAnswer) {
  const absl::Time start = clock_.now;
  EXPECT_THAT(Run({Busy(absl::Milliseconds(10))}, absl::Seconds(20)),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_GT(attempts_, 8u);
  EXPECT_LT(clock_.now, start + absl::Seconds(20));
}

TEST_F(Retries, WaitAtLeastAsLongAsTheServerAsks) {
  Run({Busy(absl::Seconds(3)), absl::OkStatus()}, absl::Seconds(20)).IgnoreError();
  ASSERT_EQ(slept_.size(), 1u);
  EXPECT_GE(slept_[0], absl::Seconds(3));
  EXPECT_LE(slept_[0], absl::Milliseconds(4500));
}

TEST(RetryDelay, DoublesUpToItsMaximumAndSpreads) {
  const RetryOptions options;
  const absl::Status busy = Busy(absl::ZeroDuration());
  EXPECT_EQ(*RetryDelay(busy, 1, 0, options), absl::Milliseconds(50));
  EXPECT_EQ(*RetryDelay(busy, 2, 0, options), absl::Milliseconds(100));
  EXPECT_EQ(*RetryDelay(busy, 3, 0, options), absl::Milliseconds(200));
  EXPECT_EQ(*RetryDelay(busy, 99, 0, options), absl::Seconds(2));
  EXPECT_GT(*RetryDelay(busy, 1, 65535, options), absl::Milliseconds(74));
  EXPECT_LT(*RetryDelay(busy, 1, 65535, options), absl::Milliseconds(75));
}

}  // namespace
}  // namespace ch8::client
