#include "clients/cli/contribution_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/cli/csv.h"
#include "clients/cli/values.h"
#include "tests/support/status_matchers.h"

namespace ch8::cli {
namespace {

using ::ch8::testing::StatusIs;
using ::chapter8::finance::v1::Contribution;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const TargetFund kFund = {.name = "organizations/un/funds/trust", .currency_code = "USD"};

constexpr char kHeader[] =
    "donor,state,form,currency,amount,decided_on,exchange_rate,rate_source,rate_date,external_id\n";

TEST(ParseCsv, ReadsWhatSpreadsheetsWrite) {
  const auto records = ParseCsv(
      "\xef\xbb\xbf"
      "a,\"b,\"\"c\"\"\"\r\n\r\n\"two\nlines\",\r\nlast,x");
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ(records->size(), 3u);
  EXPECT_THAT((*records)[0].cells, ElementsAre("a", "b,\"c\""));
  EXPECT_THAT((*records)[1].cells, ElementsAre("two\nlines", ""));
  EXPECT_EQ((*records)[1].line, 3u);
  EXPECT_THAT((*records)[2].cells, ElementsAre("last", "x"));
  EXPECT_EQ((*records)[2].line, 5u);
}

TEST(ParseCsv, NamesTheLineOfABrokenQuote) {
  EXPECT_THAT(ParseCsv("a\nb,\"c\nd"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 2")));
  EXPECT_THAT(ParseCsv("a\n\"b\"c\n"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 2")));
}

TEST(ReadContributions, MapsOurColumns) {
  const auto file = ReadContributions(
      std::string(kHeader) + "#org,#status,#x,#currency,#value,#date,#r,#s,#d,#id\n" +
          "GBR,pledged,financial,GBP,16500000.00,2025-02-14,0.80,UNORE,2025-02-01,uk-1\n" +
          "AU,paid,in-kind,USD,20000000,2025-07-01,,,,\n",
      kFund);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->rejected.size(), 0u);
  ASSERT_EQ(file->rows.size(), 2u);
  const Contribution& uk = file->rows[0].contribution;
  EXPECT_EQ(file->rows[0].record.line, 3u);
  EXPECT_EQ(uk.fund(), kFund.name);
  EXPECT_EQ(uk.donor(), "GBR");
  EXPECT_EQ(uk.state(), Contribution::PLEDGED);
  EXPECT_EQ(uk.original().currency_code(), "GBP");
  EXPECT_EQ(uk.original().amount_minor(), 1650000000);
  EXPECT_EQ(uk.exchange_rate(), "0.80");
  EXPECT_EQ(uk.rate_source(), "UNORE");
  EXPECT_EQ(FormatDate(uk.rate_date()), "2025-02-01");
  EXPECT_EQ(uk.external_id(), "uk-1");
  EXPECT_EQ(file->rows[1].contribution.form(), Contribution::IN_KIND);
  EXPECT_EQ(file->rows[1].contribution.exchange_rate(), "");
}

TEST(ReadContributions, SetsBadRowsAsideWithTheirProblem) {
  const auto file = ReadContributions(std::string(kHeader) +
                                          "A,pledged,financial,XOF,10.50,2025-02-14,,,,\n"
                                          ",pledged,financial,USD,1,2025-02-14,,,,\n"
                                          "B,promised,financial,USD,1,2025-02-14,,,,\n"
                                          "C,paid,financial,USD,1,14/02/2025,,,,\n"
                                          "D,paid,financial,USD\n"
                                          "E\xff,paid,financial,USD,1,2025-02-14,,,,\n"
                                          "F,paid,financial,USD,1,2025-02-14,,,,\n",
                                      kFund);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->rows.size(), 1u);
  std::vector<std::string> problems;
  for (const RejectedRow& row : file->rejected) problems.push_back(row.problem);
  EXPECT_THAT(problems,
              ElementsAre(HasSubstr("XOF has no decimals"), HasSubstr("no donor"),
                          HasSubstr("'promised' is none of: pledged"), HasSubstr("not a day"),
                          HasSubstr("4 cells, 10 columns"), HasSubstr("not UTF-8")));
  EXPECT_THAT(RejectsCsv(*file), HasSubstr("A,pledged,financial,XOF,10.50,2025-02-14,,,,,2,XOF"));
}

TEST(ReadContributions, SaysWhichColumnsAreMissing) {
  EXPECT_THAT(ReadContributions("donor,state\nA,paid\n", kFund),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("form, currency, amount, decided_on")));
  EXPECT_THAT(ReadContributions("", kFund), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadContributions("a,a\n1,2\n", kFund), StatusIs(absl::StatusCode::kInvalidArgument));
}

constexpr char kFtsHeader[] =
    "date,amountUSD,srcOrganization,contributionType,boundary,status,decisionDate,originalAmount,"
    "originalCurrency,exchangeRate,id\n";

TEST(ReadContributions, TakesAFlowOfTheTrackingServiceAtItsOriginalAmount) {
  const auto file = ReadContributions(
      std::string(kFtsHeader) +
          "2021-02-25,606796,\"Luxembourg, Government of\",financial,incoming,commitment,"
          "2021-02-24,500000,EUR,0.824,228238\n"
          "2020-03-12,2345890,\"Japan, Government of\",in kind,incoming,paid,,,JPY,,207176\n",
      kFund);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->rows.size(), 2u);
  const Contribution& luxembourg = file->rows[0].contribution;
  EXPECT_EQ(luxembourg.donor(), "Luxembourg, Government of");
  EXPECT_EQ(luxembourg.state(), Contribution::COMMITTED);
  EXPECT_EQ(luxembourg.original().currency_code(), "EUR");
  EXPECT_EQ(luxembourg.original().amount_minor(), 50000000);
  EXPECT_EQ(luxembourg.exchange_rate(), "0.824");
  EXPECT_EQ(luxembourg.rate_source(), "OCHA FTS");
  EXPECT_EQ(FormatDate(luxembourg.decided_on()), "2021-02-24");
  EXPECT_EQ(luxembourg.external_id(), "228238");
  const Contribution& japan = file->rows[1].contribution;
  EXPECT_EQ(japan.form(), Contribution::IN_KIND);
  EXPECT_EQ(japan.original().currency_code(), "USD");
  EXPECT_EQ(japan.original().amount_minor(), 234589000);
  EXPECT_EQ(japan.exchange_rate(), "");
  EXPECT_EQ(FormatDate(japan.decided_on()), "2020-03-12");
}

TEST(ReadContributions, CountsNoFlowTwiceAndNoInternalFlow) {
  const std::string row =
      "2020-03-19,24654545,Japan,financial,incoming,paid,2020-03-10,,,,207188\n";
  const auto file = ReadContributions(
      std::string(kFtsHeader) + row + row +
          "2020-03-19,5,CERF,financial,internal,paid,2020-03-10,,,,207189\n" +
          "2020-03-19,0,CERF,financial,incoming,paid,2020-03-10,0,EUR,0.9,207190\n",
      kFund);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->rows.size(), 1u);
  ASSERT_EQ(file->rejected.size(), 3u);
  EXPECT_THAT(file->rejected[0].problem, HasSubstr("repeats line 2"));
  EXPECT_THAT(file->rejected[1].problem, HasSubstr("internal"));
  EXPECT_THAT(file->rejected[2].problem, HasSubstr("zero"));
}

TEST(ReadContributions, TakesTheTrackingServiceOnlyIntoDollars) {
  EXPECT_THAT(
      ReadContributions(kFtsHeader, {.name = "organizations/au/funds/x", .currency_code = "EUR"}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("EUR")));
}

}  // namespace
}  // namespace ch8::cli
