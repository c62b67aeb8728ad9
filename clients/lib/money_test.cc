#include "clients/lib/money.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "clients/lib/currencies.h"
#include "tests/support/status_matchers.h"

namespace ch8::client {
namespace {

using ::ch8::testing::StatusIs;
using ::testing::HasSubstr;

// Rule F-14 names these.
TEST(Currencies, HaveTheMinorUnitsOfIso4217) {
  for (const char* code : {"BIF", "DJF", "RWF", "UGX", "XAF", "XOF"}) {
    EXPECT_EQ(MinorUnits(code), 0) << code;
  }
  for (const char* code : {"TND", "KWD"}) EXPECT_EQ(MinorUnits(code), 3) << code;
  for (const char* code : {"USD", "EUR", "KES", "ETB", "SOS", "NGN"}) {
    EXPECT_EQ(MinorUnits(code), 2) << code;
  }
}

TEST(Currencies, AreNothingElse) {
  for (const char* code : {"", "usd", "XAU", "XTS", "CURRENCY_UNSPECIFIED", "US", "USDX"}) {
    EXPECT_EQ(MinorUnits(code), std::nullopt) << code;
  }
}

TEST(ParseMoney, ReadsMinorUnitsOfEachCurrency) {
  struct Row {
    const char* text;
    const char* code;
    int64_t minor;
  };
  for (const Row& row :
       {Row{"USD:1000000.00", "USD", 100000000}, Row{"USD:5", "USD", 500},
        Row{"usd:0.5", "USD", 50}, Row{"XOF:10", "XOF", 10}, Row{"TND:1.234", "TND", 1234},
        Row{"USD:92233720368547758.07", "USD", std::numeric_limits<int64_t>::max()}}) {
    const auto money = ParseMoney(row.text);
    ASSERT_TRUE(money.ok()) << row.text << ": " << money.status();
    EXPECT_EQ(money->currency_code(), row.code);
    EXPECT_EQ(money->amount_minor(), row.minor) << row.text;
  }
}

TEST(ParseMoney, RefusesWithTheReason) {
  struct Row {
    const char* text;
    const char* says;
  };
  for (const Row& row :
       {Row{"XOF:10.50", "XOF has no decimals"}, Row{"UGX:1.0", "UGX has no decimals"},
        Row{"USD:1.005", "USD has 2 decimals"}, Row{"USD", "write CURRENCY:AMOUNT"},
        Row{"1000", "write CURRENCY:AMOUNT"}, Row{"USX:1", "not an ISO 4217 currency"},
        Row{"USD:", "not an amount"}, Row{"USD:-1", "not an amount"},
        Row{"USD:1,000", "not an amount"}, Row{"USD:1e3", "not an amount"},
        Row{"USD:.5", "not an amount"}, Row{"USD:5.", "not an amount"},
        Row{"USD:1.2.3", "not an amount"}, Row{"USD:92233720368547758.08", "more than can be"},
        Row{"USD:1:2", "write CURRENCY:AMOUNT"}}) {
    EXPECT_THAT(ParseMoney(row.text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(row.says)))
        << row.text;
  }
}

TEST(FormatMoney, ShowsEachCurrencysDecimals) {
  EXPECT_EQ(FormatMoney("USD", 100000000), "USD 1,000,000.00");
  EXPECT_EQ(FormatMoney("USD", 5), "USD 0.05");
  EXPECT_EQ(FormatMoney("USD", -12345), "USD -123.45");
  EXPECT_EQ(FormatMoney("XOF", 1234567), "XOF 1,234,567");
  EXPECT_EQ(FormatMoney("TND", 1234), "TND 1.234");
  EXPECT_EQ(FormatMoney("QQQ", 12), "QQQ 12 minor units");
  EXPECT_EQ(FormatAmount(std::numeric_limits<int64_t>::min(), "USD", Grouping::kNone),
            "-92233720368547758.08");
}

TEST(FormatMoney, IsReadBackAsTheSame) {
  for (const int64_t minor : {0L, 1L, 99L, 100L, 101L, 123456789L}) {
    for (const char* code : {"USD", "XOF", "TND"}) {
      EXPECT_EQ(*ParseAmount(FormatAmount(minor, code, Grouping::kNone), code), minor);
    }
  }
}

}  // namespace
}  // namespace ch8::client
