#include <gtest/gtest.h>

#include <map>
#include <set>

#include "services/kernel/money.h"
#include "tests/support/csv.h"
#include "tests/support/data.h"

namespace ch8::kernel {
namespace {

// The whole published ISO 4217 table: every code in use with a minor unit is known with its
// decimals, and no other code is.
TEST(CurrenciesTest, MatchPublishedTable) {
  const auto rows =
      testing::ReadCsv(testing::ReadFile(testing::DataPath("codes/currency-codes-iso4217.csv")));
  std::map<std::string, std::string> in_use;
  std::set<std::string> all;
  for (const auto& row : rows) {
    const std::string& code = row.at("AlphabeticCode");
    if (code.empty()) continue;
    all.insert(code);
    if (row.at("WithdrawalDate").empty()) in_use[code] = row.at("MinorUnit");
  }
  ASSERT_GT(in_use.size(), 170u);
  int known = 0;
  for (const std::string& code : all) {
    const std::optional<int> decimals = kernel::MinorUnitDecimals(code);
    const auto published = in_use.find(code);
    if (published == in_use.end() || published->second == "-") {
      EXPECT_FALSE(decimals.has_value()) << code;
    } else {
      EXPECT_EQ(decimals, std::stoi(published->second)) << code;
      ++known;
    }
  }
  EXPECT_EQ(known, 165);
}

}  // namespace
}  // namespace ch8::kernel
