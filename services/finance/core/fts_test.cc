#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/finance/core/test_scenario.h"
#include "services/kernel/money.h"
#include "tests/support/csv.h"
#include "tests/support/data.h"
#include "tests/support/status_matchers.h"

// All 1,106 incoming flows of a real extract of the Financial Tracking Service (UN OCHA), imported
// as an operation of their own. FTS publishes amountUSD in whole dollars, our fund keeps cents, so
// amounts are compared after rounding ours half away from zero to whole dollars.
namespace ch8::finance {
namespace {

using ::ch8::testing::IsOk;
using v1::Contribution;
using Row = std::map<std::string, std::string>;

constexpr int kBatch = 250;

int64_t ToInteger(const std::string& text) {
  int64_t value = 0;
  ch8::Check(absl::SimpleAtoi(text, &value), "an FTS number that is not whole");
  return value;
}

chapter8::type::v1::Date ToDate(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '-');
  chapter8::type::v1::Date date;
  date.set_year(static_cast<int32_t>(ToInteger(parts.at(0))));
  date.set_month(static_cast<int32_t>(ToInteger(parts.at(1))));
  date.set_day(static_cast<int32_t>(ToInteger(parts.at(2))));
  return date;
}

// Rows that name an original amount and the rate it was converted at.
bool IsConverted(const Row& row) {
  return !row.at("originalAmount").empty() && row.at("originalAmount") != "0" &&
         !row.at("exchangeRate").empty() && row.at("originalCurrency") != "USD";
}

Contribution ToContribution(const Row& row) {
  static const std::map<std::string, Contribution::State> kStates = {
      {"pledge", Contribution::PLEDGED},
      {"commitment", Contribution::COMMITTED},
      {"paid", Contribution::PAID}};
  Contribution contribution;
  // Some flows name no source; ours must.
  contribution.set_donor(row.at("srcOrganization").empty() ? "not named by FTS"
                                                           : row.at("srcOrganization"));
  contribution.set_state(kStates.at(row.at("status")));
  contribution.set_form(row.at("contributionType") == "in kind" ? Contribution::IN_KIND
                                                                : Contribution::FINANCIAL);
  const bool converted = IsConverted(row);
  const std::string currency = converted ? row.at("originalCurrency") : "USD";
  int64_t minor = ToInteger(row.at(converted ? "originalAmount" : "amountUSD"));
  for (int i = 0; i < kernel::MinorUnitDecimals(currency).value(); ++i) minor *= 10;
  contribution.mutable_original()->set_currency_code(currency);
  contribution.mutable_original()->set_amount_minor(minor);
  if (converted) {
    contribution.set_exchange_rate(row.at("exchangeRate"));
    contribution.set_rate_source("FTS");
    *contribution.mutable_rate_date() = ToDate(row.at("date"));
  }
  *contribution.mutable_decided_on() =
      ToDate(row.at("decisionDate").empty() ? row.at("date") : row.at("decisionDate"));
  contribution.set_external_id(absl::StrCat("fts-", row.at("id")));
  return contribution;
}

int64_t WholeDollars(int64_t cents) { return (cents + 50) / 100; }

class FtsTest : public ::testing::Test {
 protected:
  FtsTest()
      : rows_(testing::ReadCsv(
            testing::ReadFile(testing::DataPath("fts/fts_incoming_funding_global.csv")))) {
    AddFund(scenario_.un, "fts", "source: EXTRA_BUDGETARY", 0);
  }

  absl::StatusOr<v1::ImportContributionsResponse> Import(const std::vector<Row>& rows) {
    v1::ImportContributionsRequest request;
    request.set_fund("organizations/un/funds/fts");
    for (const Row& row : rows) *request.add_contributions() = ToContribution(row);
    return scenario_.un.Call<v1::ImportContributionsResponse>(
        "manager", "FundService/ImportContributions", request);
  }

  // Imports every row that states an amount and was not seen before; others are offered one by one
  // and must be refused for that reason.
  void ImportAll() {
    std::vector<Row> batch;
    std::set<std::string> seen;
    const auto flush = [&] {
      const auto imported = Import(batch);
      ASSERT_THAT(imported, IsOk());
      for (size_t i = 0; i < batch.size(); ++i) {
        imported_.emplace_back(batch[i], imported->contributions(static_cast<int>(i)));
      }
      batch.clear();
    };
    std::vector<Row> duplicates;
    for (const Row& row : rows_) {
      if (row.at("amountUSD") == "0") {
        EXPECT_EQ(ReasonOr(Import({row})), "BAD_AMOUNT") << row.at("id");
        ++without_amount_;
      } else if (!seen.insert(row.at("id")).second) {
        duplicates.push_back(row);
      } else {
        batch.push_back(row);
        if (batch.size() == kBatch) flush();
      }
    }
    flush();
    for (const Row& row : duplicates) {
      EXPECT_EQ(ReasonOr(Import({row})), "CONTRIBUTION_EXISTS") << row.at("id");
      ++listed_twice_;
    }
  }

  Scenario scenario_;
  const std::vector<Row> rows_;
  std::vector<std::pair<Row, Contribution>> imported_;
  int without_amount_ = 0;
  int listed_twice_ = 0;
};

TEST_F(FtsTest, EveryRowIsImportedOrRefusedForAReason) {
  ASSERT_EQ(rows_.size(), 1'106u);
  ImportAll();
  EXPECT_EQ(without_amount_, 74);  // Published with an amount of nothing.
  EXPECT_EQ(listed_twice_, 3);     // Flows 207188, 210819 and 209248 stand twice in the extract.
  EXPECT_EQ(imported_.size(), 1'029u);
}

TEST_F(FtsTest, ConversionsMatchWhatFtsPublishes) {
  ImportAll();
  int in_dollars = 0;
  int equal_in_cents = 0;
  int rounded_to_dollars = 0;
  int other_rate = 0;
  for (const auto& [row, contribution] : imported_) {
    const int64_t published = ToInteger(row.at("amountUSD"));
    if (!IsConverted(row)) {
      EXPECT_EQ(contribution.amount_minor(), published * 100);
      ++in_dollars;
      continue;
    }
    // An oracle of its own: extended floating point, exact enough for these magnitudes.
    const long double exact = static_cast<long double>(ToInteger(row.at("originalAmount"))) * 100 /
                              strtold(row.at("exchangeRate").c_str(), nullptr);
    EXPECT_LE(std::abs(static_cast<long double>(contribution.amount_minor()) - exact), 0.5000001L)
        << row.at("id");
    if (contribution.amount_minor() == published * 100) {
      ++equal_in_cents;
    } else if (WholeDollars(contribution.amount_minor()) == published) {
      ++rounded_to_dollars;  // E.g. EUR 500,000 / 0.824 = 606,796.12, published as 606,796.
    } else {
      ++other_rate;  // FTS converted at another rate than the one it prints, often the day's own.
    }
  }
  EXPECT_EQ(in_dollars + equal_in_cents + rounded_to_dollars + other_rate, 1'029);
  EXPECT_EQ(in_dollars, 420);
  EXPECT_EQ(equal_in_cents, 40);
  EXPECT_EQ(rounded_to_dollars, 511);
  EXPECT_EQ(other_rate, 58);
}

TEST_F(FtsTest, GoldenFlows) {
  ImportAll();
  const std::map<std::string, int64_t> golden = {{"228238", 606'796}, {"228103", 2'311'248}};
  size_t found = 0;
  for (const auto& [row, contribution] : imported_) {
    const auto want = golden.find(row.at("id"));
    if (want != golden.end()) {
      EXPECT_EQ(WholeDollars(contribution.amount_minor()), want->second);
      ++found;
    }
  }
  EXPECT_EQ(found, golden.size());
}

// Rules F-11, F-12: a pledge is beside the total, kind beside the cash.
TEST_F(FtsTest, TotalsExcludePledges) {
  ImportAll();
  int64_t cash = 0;
  int64_t kind = 0;
  int64_t pledged = 0;
  int64_t received = 0;
  for (const auto& [row, contribution] : imported_) {
    const int64_t amount = contribution.amount_minor();
    const bool in_kind = row.at("contributionType") == "in kind";
    if (row.at("status") == "pledge") {
      pledged += amount;
    } else {
      (in_kind ? kind : cash) += amount;
      if (row.at("status") == "paid" && !in_kind) received += amount;
    }
  }
  const v1::Fund fund = scenario_.FundOf("fts");
  EXPECT_EQ(fund.pledged_minor(), pledged);
  EXPECT_EQ(pledged, 11'074'906);  // Published as 81,128 and 29,621.
  EXPECT_EQ(fund.committed_minor(), cash);
  EXPECT_EQ(fund.in_kind_minor(), kind);
  EXPECT_EQ(fund.received_minor(), received);
  EXPECT_EQ(fund.available_minor(), received);
  EXPECT_GT(kind, 0);
  EXPECT_EQ(scenario_.un.StoredRows(), scenario_.un.ReplayedRows());
}

}  // namespace
}  // namespace ch8::finance
