#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/sim/world.h"

namespace ch8::sim {
namespace {

RunReport RunSeed(uint64_t seed, Bug bug) { return Run({.seed = seed, .bug = bug}); }

TEST(SimTest, NoInvariantBreaks) {
  uint64_t posted = 0;
  FaultCounts faults;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    const RunReport report = RunSeed(seed, Bug::kNone);
    ASSERT_TRUE(report.status.ok()) << "seed " << seed << ", " << report.status.message();
    posted += report.posted;
    faults.Add(report.faults);
  }
  EXPECT_GT(posted, 30u);
  for (size_t i = 0; i < kFaultCount; ++i) {
    EXPECT_GT(faults.fired[i], 0u) << NameOf(static_cast<Fault>(i)) << " never happened";
  }
}

TEST(SimTest, OneSeedIsOneRun) {
  const RunReport first = RunSeed(7, Bug::kNone);
  const RunReport second = RunSeed(7, Bug::kNone);
  EXPECT_EQ(first.entries, second.entries);
  EXPECT_EQ(first.posted, second.posted);
  EXPECT_EQ(first.faults.fired, second.faults.fired);
}

class PlantedBugTest : public ::testing::TestWithParam<Bug> {};

TEST_P(PlantedBugTest, IsFound) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    if (!RunSeed(seed, GetParam()).status.ok()) return;
  }
  FAIL() << NameOf(GetParam()) << " is not found in 300 seeds";
}

std::vector<Bug> AllBugs() {
  std::vector<Bug> bugs;
  for (const BugInfo& info : Bugs()) bugs.push_back(info.bug);
  return bugs;
}

std::string TestName(const ::testing::TestParamInfo<Bug>& info) {
  std::string name(NameOf(info.param));
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBugTest, ::testing::ValuesIn(AllBugs()), TestName);

}  // namespace
}  // namespace ch8::sim
