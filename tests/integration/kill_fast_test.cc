#include <gtest/gtest.h>

#include <random>

#include "tests/integration/kills.h"

namespace ch8::testing {
namespace {

TEST(KillFastTest, FiveKillsAtRandomInstantsLoseNothingAcknowledged) {
  RunKills({.kills = 5, .seed = std::random_device()()});
}

TEST(KillFastTest, TenSecondsOfKillsAmongThreeOrganizationsLoseNothing) {
  RunThreeKills({.lasts = absl::Seconds(10), .seed = std::random_device()()});
}

}  // namespace
}  // namespace ch8::testing
