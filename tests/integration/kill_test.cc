#include <gtest/gtest.h>

#include <random>

#include "tests/integration/kills.h"

namespace ch8::testing {
namespace {

TEST(KillTest, FiftyKillsAtRandomInstantsLoseNothingAcknowledged) {
  RunKills({.kills = 50, .seed = std::random_device()()});
}

}  // namespace
}  // namespace ch8::testing
