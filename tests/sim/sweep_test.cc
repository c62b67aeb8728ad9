#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "tests/sim/apart.h"

// What sim_test shows in the worlds that it knows, shown in many that nobody has chosen.
namespace ch8::sim {
namespace {

TEST(SweepTest, NoInvariantBreaks) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const RunReport report = sim::Run({.seed = seed});
    ASSERT_TRUE(report.status.ok()) << "seed " << seed << ", " << report.status.message();
  }
}

class PlantedBugTest : public ::testing::TestWithParam<BugInfo> {};

TEST_P(PlantedBugTest, IsFoundByWhoeverSearches) {
  std::string last;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const RunReport report = RunApart({.seed = seed, .bug = GetParam().bug});
    if (absl::StrContains(report.status.message(), GetParam().shows)) return;
    if (!report.status.ok()) last = std::string(report.status.message());
  }
  FAIL() << GetParam().name << " is not found in 300 seeds; last: " << last;
}

std::string TestName(const ::testing::TestParamInfo<BugInfo>& info) {
  std::string name(info.param.name);
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBugTest, ::testing::ValuesIn(Bugs()), TestName);

}  // namespace
}  // namespace ch8::sim
