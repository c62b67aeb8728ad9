#include "clients/cli/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chapter8/authz/v1/rule.pb.h"
#include "chapter8/finance/v1/finance.pb.h"
#include "clients/cli/names.h"
#include "clients/cli/parse.h"
#include "clients/cli/suggest.h"
#include "clients/cli/table.h"
#include "tests/support/status_matchers.h"

namespace ch8::cli {
namespace {

using ::ch8::testing::StatusIs;
using ::testing::HasSubstr;

TEST(ParseDate, TakesDaysThatExist) {
  EXPECT_EQ(FormatDate(*ParseDate("2026-03-21")), "2026-03-21");
  EXPECT_EQ(FormatDate(*ParseDate("2024-02-29")), "2024-02-29");
  for (const char* text : {"2026-02-29", "2026-13-01", "2026-3-1", "21.03.2026", "", "2026-03-21T",
                           "2026-03-210", "26-03-21"}) {
    EXPECT_THAT(ParseDate(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

TEST(ParseDuration, TakesHoursAndDays) {
  EXPECT_EQ(*ParseDuration("72h"), absl::Hours(72));
  EXPECT_EQ(*ParseDuration("3d"), absl::Hours(72));
  EXPECT_EQ(*ParseDuration("1d12h"), absl::Hours(36));
  EXPECT_EQ(*ParseDuration("90m"), absl::Minutes(90));
  EXPECT_EQ(*ParseDuration("1.5h"), absl::Minutes(90));
  for (const char* text : {"", "72", "0h", "-3h", "-1d", "d", "3x", "inf", "99999999d"}) {
    EXPECT_THAT(ParseDuration(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

TEST(ParseHold, IsShownInWholeUnits) {
  EXPECT_EQ(FormatDuration(*ParseHold("3d")), "72 h");
  EXPECT_EQ(FormatDuration(*ParseHold("90m")), "90 min");
  EXPECT_EQ(FormatDuration(*ParseHold("45s")), "45 s");
}

TEST(ParseItemQuantity, IsNeverNegative) {
  EXPECT_EQ(ParseItemQuantity("TENT-10P=9223372036854775807")->quantity, INT64_MAX);
  for (const char* text : {"TENT-10P=9223372036854775808", "TENT-10P=-1", "TENT-10P=", "=1"}) {
    EXPECT_THAT(ParseItemQuantity(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

TEST(ParseEnum, TakesEitherSpellingAndNeverTheUnspecified) {
  const auto& kinds = *chapter8::mandate::v1::Reference::Kind_descriptor();
  EXPECT_EQ(*ParseEnum(kinds, "au-psc-request"), 1);
  EXPECT_EQ(*ParseEnum(kinds, "AU_PSC_REQUEST"), 1);
  EXPECT_THAT(ParseEnum(kinds, "kind-unspecified"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseEnum(*chapter8::authz::v1::Role_descriptor(), "king"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("administrator, mandate-")));
}

TEST(Names, AreMadeFromWhatPeopleType) {
  EXPECT_EQ(OperationName("AUSSOM"), "operations/aussom");
  EXPECT_EQ(OperationName("operations/aussom"), "operations/aussom");
  EXPECT_EQ(OrganizationName("AU"), "organizations/au");
  EXPECT_EQ(RequestName("req-au-26-0041"), "requests/REQ-AU-26-0041");
  EXPECT_EQ(OfferName("OFF-UN-26-0107"), "offers/OFF-UN-26-0107");
  EXPECT_EQ(FundName("Trust", "un"), "organizations/un/funds/trust");
  EXPECT_EQ(FundName("AU/crisis", "un"), "organizations/au/funds/crisis");
  EXPECT_EQ(FundName("organizations/un/funds/trust", "au"), "organizations/un/funds/trust");
  EXPECT_EQ(BudgetLineName("stipends", "au"), "organizations/au/budgetLines/stipends");
  EXPECT_EQ(ContributionName("con-un-26-0001", "un"),
            "organizations/un/contributions/CON-UN-26-0001");
}

TEST(Names, AreShownShort) {
  EXPECT_EQ(ShortName("requests/REQ-AU-26-0041", "un"), "REQ-AU-26-0041");
  EXPECT_EQ(ShortName("organizations/un/funds/trust", "un"), "trust");
  EXPECT_EQ(ShortName("organizations/au/budgetLines/stipends", "un"), "au/stipends");
  EXPECT_EQ(ShortName("Tents and/or tarpaulins", "un"), "Tents and/or tarpaulins");
  EXPECT_EQ(ShortName("un.example/ch8/finance", "un"), "un.example/ch8/finance");
}

TEST(NormalFingerprint, ForgivesHowItWasCopied) {
  const std::string hex(64, 'a');
  std::string groups;
  for (int i = 0; i < 16; ++i) groups += i == 0 ? "aaaa" : " aaaa";
  EXPECT_EQ(NormalFingerprint(hex), groups);
  EXPECT_EQ(NormalFingerprint(groups), groups);
  EXPECT_EQ(NormalFingerprint(std::string(64, 'A') + "\n"), groups);
  EXPECT_EQ(NormalFingerprint("no fingerprint"), "no fingerprint");
  EXPECT_EQ(NormalFingerprint("aaaa"), "aaaa");
}

TEST(DidYouMean, FindsWhatIsNear) {
  const std::vector<std::string> nouns = {"budget",  "contribution", "fund",   "offer",
                                          "officer", "operation",    "request"};
  EXPECT_EQ(DidYouMean("ofer", nouns), "offer");
  EXPECT_EQ(DidYouMean("offre", nouns), "offer");
  EXPECT_EQ(DidYouMean("requets", nouns), "request");
  EXPECT_EQ(DidYouMean("contrib", nouns), "contribution");
  EXPECT_EQ(DidYouMean("FUNDS", nouns), "fund");
  EXPECT_EQ(DidYouMean("stock", nouns), "");
}

TEST(EditDistance, CountsInsertionsRemovalsReplacementsAndSwaps) {
  EXPECT_EQ(EditDistance("", "abc"), 3);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3);
  EXPECT_EQ(EditDistance("ab", "ba"), 1);
  EXPECT_EQ(EditDistance("same", "same"), 0);
}

TEST(DisplayWidth, IsTheTerminalsNotTheBytes) {
  EXPECT_EQ(DisplayWidth("Côte d'Ivoire"), 13u);
  EXPECT_EQ(DisplayWidth("e\xcc\x81"), 1u);                         // e and a combining acute.
  EXPECT_EQ(DisplayWidth("\xe5\x9c\xb0"), 2u);                      // A wide character.
  EXPECT_EQ(DisplayWidth("\xd8\xa7\xd9\x84\xd8\xb5\xd9\x88"), 4u);  // Arabic.
}

TEST(Printable, LetsNobodySteerTheTerminal) {
  EXPECT_EQ(Printable("Trust fund é"), "Trust fund é");
  EXPECT_EQ(Printable("a\x1b[2Jb"), "a\xef\xbf\xbd[2Jb");
  EXPECT_EQ(Printable("a\r\nb"),
            "a\xef\xbf\xbd\xef\xbf\xbd"
            "b");
  EXPECT_EQ(Printable("a\xe2\x80\xae"
                      "b"),
            "a\xef\xbf\xbd"
            "b");  // Right-to-left override.
  EXPECT_EQ(Printable("a\xff"), "a\xef\xbf\xbd");
}

TEST(RenderTable, AlignsByWidth) {
  const Table table = {.columns = {{"donor"}, {"amount", Column::Align::kRight}},
                       .rows = {{"Côte d'Ivoire", "USD 5.00"}, {"UK", "USD 1,000.00"}}};
  EXPECT_EQ(RenderTable(table, Color::kNo),
            "DONOR                AMOUNT\n"
            "Côte d'Ivoire      USD 5.00\n"
            "UK             USD 1,000.00\n");
}

TEST(RenderCsv, QuotesWhatNeedsIt) {
  const Table table = {.columns = {{"a"}, {"b"}}, .rows = {{"x,y", "say \"hi\""}, {"", "1\n2"}}};
  EXPECT_EQ(RenderCsv(table), "a,b\n\"x,y\",\"say \"\"hi\"\"\"\n,\"1\n2\"\n");
}

}  // namespace
}  // namespace ch8::cli
