#include <gtest/gtest.h>

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "services/logistics/core/identifiers.h"
#include "tests/support/csv.h"
#include "tests/support/data.h"

// The form of a UN/LOCODE against UNECE's own list of Africa and of the world's ports and airports.
namespace ch8::logistics {
namespace {

TEST(LocodesDataTest, EveryPlaceOfTheListHasTheForm) {
  std::set<std::string> places;
  for (const char* file :
       {"unlocode/unlocode_africa_2024.csv", "unlocode/unlocode_world_ports_airports_2024.csv"}) {
    for (const auto& row : testing::ReadCsv(testing::ReadFile(testing::DataPath(file)))) {
      const std::string code = absl::StrCat(row.at("country"), row.at("location"));
      EXPECT_TRUE(IsLocode(code)) << code;
      places.insert(code);
    }
  }
  EXPECT_GT(places.size(), 10'000u);
  for (const char* depot : {"KEMBA", "SOMGQ", "SOKMU", "SLFNA"}) {
    EXPECT_TRUE(places.contains(depot)) << depot;
  }
}

}  // namespace
}  // namespace ch8::logistics
