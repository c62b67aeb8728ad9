#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "tests/sim/apart.h"

// What sim_test shows in the worlds that it knows, shown in many that nobody has chosen.
namespace ch8::sim {
namespace {

TEST(SweepTest, NoInvariantBreaks) {
  Counts counts;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const RunReport report = sim::Run({.seed = seed});
    ASSERT_TRUE(report.status.ok()) << "seed " << seed << ", " << report.status.message();
    counts.Add(report.counts);
  }
  for (const CountInfo& info : kCounts) EXPECT_GT(counts.*info.count, 0u) << "none " << info.name;
}

class PlantedBugTest : public ::testing::TestWithParam<BugInfo> {};

TEST_P(PlantedBugTest, IsFoundByWhoeverSearches) {
  std::vector<uint64_t> seeds(300);
  std::iota(seeds.begin(), seeds.end(), 1);
  const absl::Status found = SearchFor(GetParam(), seeds);
  EXPECT_TRUE(found.ok()) << found.message();
}

std::string TestName(const ::testing::TestParamInfo<BugInfo>& info) {
  std::string name(info.param.name);
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBugTest, ::testing::ValuesIn(Bugs()), TestName);

}  // namespace
}  // namespace ch8::sim
