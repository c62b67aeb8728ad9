#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/finance/core/test_scenario.h"
#include "services/kernel/refusal.h"
#include "tests/support/status_matchers.h"

namespace ch8::finance {
namespace {

using ::ch8::testing::IsOk;
using v1::Contribution;

constexpr absl::string_view kDecided = "decided_on { year: 2026 month: 1 day: 5 } ";
constexpr absl::string_view kRate =
    "exchange_rate: \"0.824\" rate_source: \"UNORE\" rate_date { year: 2026 month: 1 day: 1 } ";

std::string Row(absl::string_view fields) {
  return absl::StrCat("contributions { donor: \"LUX\" form: FINANCIAL ", kDecided, fields, " }");
}

absl::StatusOr<v1::ImportContributionsResponse> Import(TestLedger& un, absl::string_view rows,
                                                       absl::string_view fund = "trust") {
  return un.Call<v1::ImportContributionsResponse>(
      "manager", "FundService/ImportContributions",
      Parsed<v1::ImportContributionsRequest>(
          absl::StrCat("fund: \"organizations/un/funds/", fund, "\" ", rows)));
}

absl::StatusOr<Contribution> Advance(TestLedger& un, const std::string& name,
                                     absl::string_view fields) {
  return un.Call<Contribution>(
      "manager", "FundService/AdvanceContribution",
      Parsed<v1::AdvanceContributionRequest>(absl::StrCat("name: \"", name, "\" ", fields)));
}

TEST(ContributionsTest, ImportRefusesInOrder) {
  Scenario scenario;
  const std::string eur = "original { currency_code: \"EUR\" amount_minor: 50000000 } ";
  const std::string usd = "original { currency_code: \"USD\" amount_minor: 100 } ";
  const std::string donor = absl::StrCat("donor: \"LUX\" ", kDecided);
  const std::string good = absl::StrCat(donor, "state: PLEDGED form: FINANCIAL ");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"BAD_ROW", ""},
      {"BAD_ROW", "donor: \"LUX\""},
      {"BAD_ROW", "donor: \"LUX\" state: PARTIALLY_PAID"},
      {"BAD_ROW", "donor: \"LUX\" state: PLEDGED"},
      {"BAD_ROW", "donor: \"LUX\" state: PLEDGED form: FINANCIAL"},
      {"BAD_ROW", good + "external_id: \"a\\nb\""},
      {"UNKNOWN_CURRENCY", good},
      {"UNKNOWN_CURRENCY", good + "original { currency_code: \"XAU\" amount_minor: 1 }"},
      {"BAD_AMOUNT", good + "original { currency_code: \"EUR\" amount_minor: 0 }"},
      {"BAD_AMOUNT", good + "original { currency_code: \"EUR\" amount_minor: -7 }"},
      {"BAD_RATE", good + usd + "exchange_rate: \"1\""},
      {"BAD_RATE", good + eur},
      {"BAD_RATE", good + eur + "exchange_rate: \"zero\""},
      {"BAD_RATE", good + eur + "exchange_rate: \"0.824\""},
      {"BAD_RATE", good + eur + "exchange_rate: \"0.824\" rate_source: \"UNORE\""},
      {"BAD_AMOUNT",
       good + "original { currency_code: \"UGX\" amount_minor: 1 } exchange_rate: \"3700\" "
              "rate_source: \"UNORE\" rate_date { year: 2026 month: 1 day: 1 }"},
      {"BAD_AMOUNT", good +
                         "original { currency_code: \"EUR\" amount_minor: 9223372036854775807 } " +
                         std::string(kRate)},
      {"BAD_AMOUNT", absl::StrCat(donor,
                                  "state: PAID form: FINANCIAL original { currency_code: "
                                  "\"USD\" amount_minor: 9223372036854775807 }")},
      {"UNKNOWN_PARENT", good + usd + "parent: \"organizations/un/contributions/CON-UN-26-9999\""},
      {"BAD_ROW", good + usd + "parent: \"organizations/un/contributions/CON-UN-26-0001\""},
      {"OK", good + eur + std::string(kRate) + "external_id: \"228238\""},
      {"CONTRIBUTION_EXISTS", good + usd + "external_id: \"228238\""},
  };
  for (const auto& [want, fields] : cases) {
    const auto rows = scenario.un.StoredRows();
    const auto result = Import(scenario.un, absl::StrCat("contributions { ", fields, " }"));
    EXPECT_EQ(ReasonOr(result), want) << fields << "\n" << result.status();
    if (result.ok()) continue;
    EXPECT_EQ(kernel::ErrorInfoOf(result.status()).metadata().at("row"), "1");
    EXPECT_EQ(scenario.un.StoredRows(), rows);
  }
}

TEST(ContributionsTest, ImportIsAllOrNone) {
  Scenario scenario;
  const std::string good = Row("state: PAID original { currency_code: \"USD\" amount_minor: 1 }");
  const auto result = Import(scenario.un, absl::StrCat(good, good,
                                                       Row("state: PAID original { currency_code: "
                                                           "\"UGX\" amount_minor: -1 }")));
  EXPECT_EQ(ReasonOr(result), "BAD_AMOUNT");
  EXPECT_EQ(kernel::ErrorInfoOf(result.status()).metadata().at("row"), "3");
  EXPECT_EQ(scenario.FundOf("trust").received_minor(), 100'000'000);
  EXPECT_EQ(ReasonOr(Import(scenario.un, "")), "BAD_BATCH");
  EXPECT_EQ(ReasonOr(Import(scenario.un, good, "x")), "UNKNOWN_FUND");
}

// Rules F-9 and F-11, story 3: totals move at the commitment, money is spendable once paid.
TEST(ContributionsTest, FromPledgeToPaid) {
  Scenario scenario;
  AddFund(scenario.un, "new", "source: EXTRA_BUDGETARY", 0);
  const auto imported = Import(
      scenario.un,
      Row(absl::StrCat("state: PLEDGED original { currency_code: \"EUR\" amount_minor: 50000000 } ",
                       kRate)),
      "new");
  ASSERT_THAT(imported, IsOk());
  const std::string name = imported->contributions(0).name();
  EXPECT_EQ(imported->contributions(0).amount_minor(), 60'679'612);
  v1::Fund fund = scenario.FundOf("new");
  EXPECT_EQ(fund.pledged_minor(), 60'679'612);
  EXPECT_EQ(fund.committed_minor(), 0);

  ASSERT_THAT(Advance(scenario.un, name, "state: COMMITTED"), IsOk());
  fund = scenario.FundOf("new");
  EXPECT_EQ(fund.pledged_minor(), 0);
  EXPECT_EQ(fund.committed_minor(), 60'679'612);
  EXPECT_EQ(fund.available_minor(), 0);

  ASSERT_THAT(Advance(scenario.un, name, "state: PARTIALLY_PAID paid_now_minor: 679612"), IsOk());
  EXPECT_EQ(ReasonOr(Advance(scenario.un, name, "state: PARTIALLY_PAID paid_now_minor: 60000001")),
            "PAID_EXCEEDS_COMMITTED");
  EXPECT_EQ(ReasonOr(Advance(scenario.un, name, "state: PARTIALLY_PAID")), "BAD_AMOUNT");
  EXPECT_EQ(ReasonOr(Advance(scenario.un, name, "state: CANCELLED amendment: \"A1\"")),
            "ILLEGAL_TRANSITION");
  fund = scenario.FundOf("new");
  EXPECT_EQ(fund.available_minor(), 679'612);
  EXPECT_EQ(fund.received_minor(), 679'612);
  EXPECT_EQ(fund.committed_minor(), 60'679'612);

  EXPECT_EQ(ReasonOr(Advance(scenario.un, name, "state: PAID paid_now_minor: 5")), "BAD_AMOUNT");
  const auto paid = Advance(scenario.un, name, "state: PAID");
  ASSERT_THAT(paid, IsOk());
  EXPECT_EQ(paid->paid_minor(), 60'679'612);
  EXPECT_EQ(scenario.FundOf("new").available_minor(), 60'679'612);
  EXPECT_EQ(ReasonOr(Advance(scenario.un, name, "state: PAID")), "ILLEGAL_TRANSITION");
}

TEST(ContributionsTest, OnlyTheListedTransitionsExist) {
  using State = Contribution::State;
  const std::vector<std::pair<State, State>> legal = {
      {Contribution::PLEDGED, Contribution::COMMITTED},
      {Contribution::PLEDGED, Contribution::WITHDRAWN},
      {Contribution::COMMITTED, Contribution::PARTIALLY_PAID},
      {Contribution::COMMITTED, Contribution::PAID},
      {Contribution::COMMITTED, Contribution::CANCELLED}};
  for (const State from : {Contribution::PLEDGED, Contribution::COMMITTED, Contribution::PAID}) {
    for (int to = 0; to <= Contribution::State_MAX + 1; ++to) {
      Scenario scenario;
      const auto imported = Import(
          scenario.un, Row(absl::StrCat("state: ", Contribution::State_Name(from),
                                        " original { currency_code: \"USD\" amount_minor: 9 }")));
      ASSERT_THAT(imported, IsOk());
      v1::AdvanceContributionRequest request;
      request.set_name(imported->contributions(0).name());
      request.set_state(static_cast<State>(to));
      if (to == Contribution::PARTIALLY_PAID) request.set_paid_now_minor(4);
      if (to == Contribution::CANCELLED) request.set_amendment("A1");
      const bool want = std::find(legal.begin(), legal.end(),
                                  std::make_pair(from, static_cast<State>(to))) != legal.end();
      EXPECT_EQ(ReasonOr(scenario.un.Call<Contribution>(
                    "manager", "FundService/AdvanceContribution", request)),
                want ? "OK" : "ILLEGAL_TRANSITION")
          << from << " to " << to;
    }
  }
}

// Rule F-12.
TEST(ContributionsTest, KindIsNeverSpendable) {
  Scenario scenario;
  AddFund(scenario.un, "new", "source: EXTRA_BUDGETARY", 0);
  ASSERT_THAT(
      Import(scenario.un,
             absl::StrCat("contributions { donor: \"KEN\" form: IN_KIND state: PAID ", kDecided,
                          "original { currency_code: \"USD\" amount_minor: 500 } }"),
             "new"),
      IsOk());
  const v1::Fund fund = scenario.FundOf("new");
  EXPECT_EQ(fund.in_kind_minor(), 500);
  EXPECT_EQ(fund.committed_minor(), 0);
  EXPECT_EQ(fund.received_minor(), 0);
  EXPECT_EQ(fund.available_minor(), 0);
}

// Rule F-11: what is passed on never exceeds what came, within one import and over several.
TEST(ContributionsTest, ChildrenNeverExceedTheirParent) {
  Scenario scenario;
  AddFund(scenario.un, "sub", "source: EXTRA_BUDGETARY", 0);
  const std::string parent = "organizations/un/contributions/CON-UN-26-0001";
  const auto child = [&](int64_t amount_minor) {
    return Row(absl::StrCat("state: PLEDGED parent: \"", parent,
                            "\" original { currency_code: \"USD\" amount_minor: ", amount_minor,
                            " }"));
  };
  EXPECT_EQ(ReasonOr(Import(scenario.un, child(60'000'000) + child(40'000'001), "sub")),
            "PARENT_EXCEEDED");
  const auto first = Import(scenario.un, child(60'000'000), "sub");
  ASSERT_THAT(first, IsOk());
  const auto refused = Import(scenario.un, child(40'000'001), "sub");
  EXPECT_EQ(ReasonOr(refused), "PARENT_EXCEEDED");
  EXPECT_EQ(kernel::ErrorInfoOf(refused.status()).metadata().at("available"), "40000000");
  EXPECT_EQ(ReasonOr(Import(scenario.un, child(40'000'000), "sub")), "OK");
  ASSERT_THAT(Advance(scenario.un, first->contributions(0).name(), "state: WITHDRAWN"), IsOk());
  EXPECT_EQ(ReasonOr(Import(scenario.un, child(60'000'000), "sub")), "OK");
  EXPECT_EQ(ReasonOr(Import(scenario.un, child(1), "sub")), "PARENT_EXCEEDED");
}

TEST(ContributionsTest, StaleEtagsAreRefused) {
  Scenario scenario;
  const std::string name = "organizations/un/contributions/CON-UN-26-0001";
  EXPECT_EQ(ReasonOr(Advance(scenario.un, name, "state: PAID etag: \"00\"")), "STALE_ETAG");
  EXPECT_EQ(ReasonOr(Advance(scenario.un, "organizations/un/contributions/x", "state: PAID")),
            "UNKNOWN_CONTRIBUTION");
}

}  // namespace
}  // namespace ch8::finance
