#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tests/integration/kills.h"

namespace ch8::testing {
namespace {

TEST(KillTest, FiftyKillsAtRandomInstantsLoseNothingAcknowledged) {
  RunKills({.kills = 50, .seed = std::random_device()()});
}

// CH8_KILL_SECONDS: another duration than ten minutes.
TEST(KillTest, TenMinutesOfKillsAmongThreeOrganizationsLoseNothing) {
  const char* seconds = std::getenv("CH8_KILL_SECONDS");
  RunThreeKills({.lasts = absl::Seconds(seconds == nullptr ? 600 : std::atoi(seconds)),
                 .seed = std::random_device()()});
}

}  // namespace
}  // namespace ch8::testing
