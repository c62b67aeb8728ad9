#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "clients/cli/contribution_file.h"
#include "clients/cli/csv.h"
#include "clients/lib/currencies.h"
#include "tests/support/data.h"

namespace ch8::cli {
namespace {

using ::ch8::testing::DataPath;
using ::ch8::testing::ReadFile;
using ::chapter8::finance::v1::Contribution;

// OCHA's own flows of 2020, as published: 1,106 rows.
ContributionFile RealFlows() {
  auto file = ReadContributions(ReadFile(DataPath("fts/fts_incoming_funding_global.csv")),
                                {.name = "organizations/un/funds/fts", .currency_code = "USD"});
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? *std::move(file) : ContributionFile();
}

TEST(RealFlows, AllMapOrAreOfNothingOrRepeat) {
  const ContributionFile file = RealFlows();
  EXPECT_EQ(file.rows.size() + file.rejected.size(), 1106u);
  std::map<std::string, int> problems;
  for (const RejectedRow& row : file.rejected) {
    const bool repeat = row.problem.find("repeats line") == 0;
    ++problems[repeat ? "repeats" : row.problem];
  }
  const std::map<std::string, int> expected = {{"repeats", 3},
                                               {"the flow is of nothing: its amount is zero", 74}};
  EXPECT_EQ(problems, expected);
}

// What OCHA itself converted is the oracle. It rounds rates to three decimals and some amounts to
// thousands, so that most flows agree to a dollar and nearly all to a percent.
TEST(RealFlows, ConvertToWhatOchaConvertedThem) {
  const ContributionFile file = RealFlows();
  std::map<std::string, size_t> columns;
  for (size_t i = 0; i < file.header.size(); ++i) columns[file.header[i]] = i;
  size_t with_rate = 0;
  size_t to_a_dollar = 0;
  size_t to_a_percent = 0;
  for (const ContributionRow& row : file.rows) {
    const Contribution& contribution = row.contribution;
    const double published = std::stod(row.record.cells[columns["amountUSD"]]);
    const int decimals = *client::MinorUnits(contribution.original().currency_code());
    const double original =
        static_cast<double>(contribution.original().amount_minor()) / std::pow(10.0, decimals);
    if (contribution.exchange_rate().empty()) {
      EXPECT_EQ(original, published) << "line " << row.record.line;
      continue;
    }
    ++with_rate;
    const double off = std::abs(original / std::stod(contribution.exchange_rate()) - published);
    if (off <= 1) ++to_a_dollar;
    if (off <= published / 100) ++to_a_percent;
  }
  EXPECT_EQ(with_rate, 609u);
  EXPECT_EQ(to_a_dollar, 566u);
  EXPECT_EQ(to_a_percent, 593u);
}

}  // namespace
}  // namespace ch8::cli
