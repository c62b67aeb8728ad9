#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chapter8/mandate/v1/reference_service.pb.h"
#include "services/mandate/core/test_mandate.h"
#include "tests/support/status_matchers.h"

namespace ch8::mandate {
namespace {

using ::ch8::testing::IsOk;
using ::testing::ElementsAre;
using v1::Reference;

constexpr absl::string_view kDates =
    "decided_on { year: 2026 month: 1 day: 1 } valid_from { year: 2026 month: 1 day: 1 } "
    "valid_to { year: 2026 month: 2 day: 28 } ";

absl::StatusOr<Reference> Propose(TestMandate& un, absl::string_view fields) {
  v1::ProposeReferenceRequest request;
  *request.mutable_resource() = Parsed<Reference>(fields);
  return un.Call<Reference>("mandate-a", "ReferenceService/ProposeReference", request);
}

absl::StatusOr<Reference> Confirm(TestMandate& un, absl::string_view officer,
                                  const std::string& name) {
  v1::ConfirmReferenceRequest request;
  request.set_name(name);
  return un.Call<Reference>(officer, "ReferenceService/ConfirmReference", request);
}

TEST(ReferenceTest, IsRefusedInOrder) {
  TestMandate un;
  const std::string op = "operation: \"operations/aussom\" ";
  const std::string funding = absl::StrCat(op, "kind: FUNDING_2719 symbol: \"X\" ", kDates);
  const std::string budget = absl::StrCat(op, "kind: BUDGET_APPROVAL symbol: \"X\" ", kDates);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"BAD_NAME", "operation: \"aussom\""},
      {"BAD_FIELD", op},
      {"BAD_FIELD", op + "kind: 99 symbol: \"X\""},
      {"BAD_FIELD", op + "kind: FUNDING_2719"},
      {"BAD_DATES", op + "kind: FUNDING_2719 symbol: \"X\""},
      {"BAD_DATES",
       op + "kind: FUNDING_2719 symbol: \"X\" decided_on { year: 2026 month: 2 day: 29 }"},
      {"BAD_DATES",
       op + "kind: FUNDING_2719 symbol: \"X\" decided_on { year: 2026 month: 2 day: 28 }"},
      {"BAD_FIELD", funding + "document_sha256: \"short\""},
      {"BAD_FIELD", funding},
      {"OK", funding + "funding_2719: REQUESTED"},
      {"UNKNOWN_CURRENCY", budget},
      {"BAD_AMOUNT", budget + "budget { currency_code: \"USD\" amount_minor: -1 }"},
      {"BAD_SHARE",
       budget + "budget { currency_code: \"USD\" amount_minor: 1 } assessed_share_bp: 7501"},
      {"OK", budget + "budget { currency_code: \"USD\" amount_minor: 1 } assessed_share_bp: 7500"}};
  for (const auto& [want, fields] : cases) {
    EXPECT_EQ(ReasonOr(Propose(un, fields)), want) << fields;
  }
}

TEST(ReferenceTest, TakesTwoPersons) {
  TestMandate un;
  const std::string name =
      Propose(un,
              absl::StrCat("operation: \"operations/aussom\" kind: EXIT_STRATEGY symbol: \"X\" ",
                           kDates))
          ->name();
  EXPECT_EQ(name, "references/aussom/001");
  EXPECT_EQ(ReasonOr(Confirm(un, "mandate-a", name)), "SAME_PERSON");
  EXPECT_EQ(ReasonOr(Confirm(un, "mandate-twin", name)), "SAME_PERSON");
  EXPECT_EQ(ReasonOr(Confirm(un, "mandate-b", "references/aussom/002")), "UNKNOWN_REFERENCE");
  EXPECT_EQ(ReasonOr(Confirm(un, "mandate-b", "references/aussom")), "BAD_NAME");
  const auto confirmed = Confirm(un, "mandate-b", name);
  ASSERT_THAT(confirmed, IsOk());
  EXPECT_EQ(confirmed->state(), Reference::CONFIRMED);
  EXPECT_EQ(confirmed->confirmed_by(), 2u);
  EXPECT_EQ(ReasonOr(Confirm(un, "mandate-b", name)), "NOT_PROPOSED");
  EXPECT_EQ(un.StoredRows(), un.ReplayedRows());
}

// Other ledgers learn of what is confirmed, and of nothing else.
TEST(ReferenceTest, OnlyTheConfirmationIsAFact) {
  TestMandate un;
  const std::string name =
      Propose(un,
              absl::StrCat("operation: \"operations/aussom\" kind: APPROPRIATION symbol: \"X\" ",
                           kDates))
          ->name();
  EXPECT_FALSE(un.Addressed("un.example", 1).has_value());
  ASSERT_THAT(Confirm(un, "mandate-b", name), IsOk());
  ASSERT_TRUE(un.Addressed("un.example", 1).has_value());
  EXPECT_FALSE(un.Addressed("un.example", 2).has_value());
}

// Rule F-2: a budget period has one first and last day and one currency.
TEST(ReferenceTest, ABudgetPeriodIsOneThing) {
  TestMandate un;
  const auto confirm_budget = [&](absl::string_view fields) {
    const auto made = Propose(
        un, absl::StrCat("operation: \"operations/aussom\" kind: BUDGET_APPROVAL symbol: \"X\" "
                         "decided_on { year: 2026 month: 1 day: 1 } ",
                         fields));
    Check(made.ok(), made.status().ToString());
    return ReasonOr(Confirm(un, "mandate-b", made->name()));
  };
  const std::string usd = " budget { currency_code: \"USD\" amount_minor: 100 }";
  const std::string eur = " budget { currency_code: \"EUR\" amount_minor: 100 }";
  const std::string this_year =
      "valid_from { year: 2026 month: 1 day: 1 } valid_to { year: 2026 month: 12 day: 31 }";
  const std::string half_of_it =
      "valid_from { year: 2026 month: 7 day: 1 } valid_to { year: 2027 month: 6 day: 30 }";
  const std::string next_year =
      "valid_from { year: 2027 month: 1 day: 1 } valid_to { year: 2027 month: 12 day: 31 }";
  EXPECT_EQ(confirm_budget(this_year + usd), "OK");
  EXPECT_EQ(confirm_budget(half_of_it + usd), "OVERLAPPING_BUDGET");
  EXPECT_EQ(confirm_budget(this_year + eur), "CURRENCY_MISMATCH");
  EXPECT_EQ(confirm_budget(this_year + usd), "OK");
  EXPECT_EQ(confirm_budget(next_year + eur), "OK");
}

TEST(ReferenceTest, AreListedByOperationAndCounted) {
  TestMandate un;
  for (const absl::string_view operation : {"aussom", "afisma", "aussom"}) {
    ASSERT_THAT(Propose(un, absl::StrCat("operation: \"operations/", operation,
                                         "\" kind: AU_PSC_REQUEST symbol: \"X\" ", kDates)),
                IsOk());
  }
  const auto names = [&](absl::string_view operation) {
    v1::ListReferencesRequest request;
    request.set_operation(std::string(operation));
    std::vector<std::string> found;
    const auto page =
        un.Get<v1::ListReferencesResponse>("ReferenceService/ListReferences", request);
    for (const Reference& reference : page->references()) found.push_back(reference.name());
    return found;
  };
  EXPECT_THAT(names("operations/aussom"),
              ElementsAre("references/aussom/001", "references/aussom/002"));
  EXPECT_THAT(names(""), ElementsAre("references/afisma/001", "references/aussom/001",
                                     "references/aussom/002"));
}

}  // namespace
}  // namespace ch8::mandate
