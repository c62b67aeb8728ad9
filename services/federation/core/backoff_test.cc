#include "services/federation/core/backoff.h"

#include <gtest/gtest.h>

#include <limits>

namespace ch8::federation {
namespace {

constexpr uint32_t kLeast = 0;

TEST(BackoffTest, DoublesUpToItsCapAndStartsAgainAfterASuccess) {
  Backoff backoff({.first = absl::Milliseconds(100), .cap = absl::Seconds(1)});
  for (const int half_ms : {50, 100, 200, 400, 500, 500}) {
    EXPECT_EQ(backoff.NextWait(kLeast), absl::Milliseconds(half_ms));
  }
  EXPECT_EQ(backoff.failures(), 6);
  backoff.Reset();
  EXPECT_EQ(backoff.failures(), 0);
  EXPECT_EQ(backoff.NextWait(kLeast), absl::Milliseconds(50));
}

TEST(BackoffTest, SpreadsOverTheUpperHalf) {
  absl::Duration least = absl::InfiniteDuration();
  absl::Duration most = absl::ZeroDuration();
  for (uint32_t random = 0; random < 100'002; ++random) {
    Backoff backoff({.first = absl::Milliseconds(100), .cap = absl::Seconds(1)});
    const absl::Duration wait = backoff.NextWait(random);
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_EQ(least, absl::Milliseconds(50));
  EXPECT_EQ(most, absl::Milliseconds(100));
}

TEST(BackoffTest, NeverLeavesItsBoundsHoweverOftenItFails) {
  Backoff backoff;
  for (int i = 0; i < 10'000; ++i) {
    const absl::Duration wait = backoff.NextWait(std::numeric_limits<uint32_t>::max() - i);
    EXPECT_GE(wait, absl::Milliseconds(125));
    EXPECT_LE(wait, absl::Seconds(60));
  }
}

}  // namespace
}  // namespace ch8::federation
