#include "services/kernel/money.h"

#include <gtest/gtest.h>

#include <array>

#include "services/finance/core/conversion.h"

namespace ch8::finance {
namespace {

struct Conversion {
  int64_t amount_minor;
  absl::string_view from;
  absl::string_view rate;
  int64_t want_minor;
};

std::optional<int64_t> ToDollars(const Conversion& row) {
  return Convert({.amount_minor = row.amount_minor,
                  .from = row.from,
                  .to = "USD",
                  .rate = *ParseExchangeRate(row.rate)});
}

// Real flows of the Financial Tracking Service, in cents; FTS publishes them in whole dollars.
TEST(ConversionTest, MatchesPublishedFlows) {
  constexpr Conversion kRows[] = {
      {50'000'000, "EUR", "0.824", 60'679'612},    // FTS 228238: USD 606,796.
      {300'000'000, "CAD", "1.298", 231'124'807},  // FTS 228103: USD 2,311,248.
      {121'940'000, "EUR", "0.91", 134'000'000},   // Published as USD 1,340,000.
  };
  for (const Conversion& row : kRows) EXPECT_EQ(ToDollars(row), row.want_minor) << row.rate;
}

TEST(ConversionTest, RoundsHalfAwayFromZero) {
  constexpr Conversion kRows[] = {
      {1, "EUR", "2", 1},   {3, "EUR", "2", 2},  {1, "EUR", "2.000000000001", 0},
      {1, "EUR", "3", 0},   {2, "EUR", "3", 1},  {5, "EUR", "10", 1},
      {15, "EUR", "10", 2}, {4, "EUR", "10", 0},
  };
  for (const Conversion& row : kRows) EXPECT_EQ(ToDollars(row), row.want_minor) << row.rate;
}

// A thousand shillings are 1,000 minor units, not 100,000.
TEST(ConversionTest, KnowsMinorUnits) {
  constexpr Conversion kRows[] = {
      {3'700, "UGX", "3700", 100},
      {655, "XOF", "655", 100},
      {3'070, "KWD", "0.307", 1'000},
      {177'721, "DJF", "177.721", 100'000},
  };
  for (const Conversion& row : kRows) EXPECT_EQ(ToDollars(row), row.want_minor) << row.from;
}

TEST(ConversionTest, SaysWhenTheResultDoesNotFit) {
  EXPECT_EQ(ToDollars({INT64_MAX, "EUR", "0.5", 0}), std::nullopt);
  EXPECT_EQ(ToDollars({INT64_MAX, "UGX", "0.000000000001", 0}), std::nullopt);
  EXPECT_EQ(ToDollars({INT64_MAX, "EUR", "1", 0}), INT64_MAX);
  EXPECT_EQ(ToDollars({INT64_MAX, "EUR", "999999999999.999999999999", 0}), 9'223'372);
}

TEST(ConversionTest, RatesAreStrict) {
  for (const absl::string_view bad :
       {"", "0", "0.0", ".5", "5.", "-1", "+1", "1e3", "1,5", " 1", "1 ", "1.2.3", "0x1",
        "1234567890123", "0.1234567890123", "NaN"}) {
    EXPECT_FALSE(ParseExchangeRate(bad).has_value()) << bad;
  }
  EXPECT_TRUE(ParseExchangeRate("999999999999.999999999999").has_value());
  EXPECT_EQ(ParseExchangeRate("104.5002")->digits, 1'045'002);
  EXPECT_EQ(ParseExchangeRate("104.5002")->scale, 4);
}

// Rule F-2: the cap is floored, so no cent above 75 percent is ever given.
TEST(ShareTest, IsFloored) {
  EXPECT_EQ(ShareOf(10'000'000'000, 7'500), 7'500'000'000);
  EXPECT_EQ(ShareOf(101, 7'500), 75);
  EXPECT_EQ(ShareOf(1, 7'500), 0);
  EXPECT_EQ(ShareOf(INT64_MAX, 10'000), INT64_MAX);
}

TEST(CurrenciesTest, FormatsForPeople) {
  EXPECT_EQ(kernel::FormatAmount("USD", 7'500'000'000), "USD 75,000,000.00");
  EXPECT_EQ(kernel::FormatAmount("USD", 5), "USD 0.05");
  EXPECT_EQ(kernel::FormatAmount("XOF", 1'500), "XOF 1,500");
  EXPECT_EQ(kernel::FormatAmount("KWD", -125), "KWD -0.125");
  EXPECT_EQ(kernel::FormatAmount("USD", INT64_MIN), "USD -92,233,720,368,547,758.08");
}

TEST(CurrenciesTest, UnknownOnesHaveNoMinorUnit) {
  for (const absl::string_view code :
       {"", "usd", "US", "USDX", "XAU", "XDR", "XTS", "DEM", "ZZZ"}) {
    EXPECT_FALSE(kernel::MinorUnitDecimals(code).has_value()) << code;
  }
}

}  // namespace
}  // namespace ch8::finance
