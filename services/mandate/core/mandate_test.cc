#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/kernel/mandate_facts.h"
#include "services/mandate/core/decisions.h"
#include "services/mandate/core/strength.h"
#include "services/mandate/core/test_mandate.h"
#include "tests/support/status_matchers.h"

namespace ch8::mandate {
namespace {

using ::ch8::testing::IsOk;
using ::testing::ElementsAre;

// A decision's request with one field changed; all else is in order.
v1::ProposeDecisionRequest Decision(absl::string_view fields) {
  auto request = Parsed<v1::ProposeDecisionRequest>(R"pb(
    decision_id: "psc-1"
    resource {
      body: AU_PEACE_AND_SECURITY_COUNCIL
      symbol: "PSC/PR/COMM.1 (exercise)"
      title: "Requests"
      operation: "operations/aussom"
      decided_on { year: 2025 month: 12 day: 1 }
      valid_from { year: 2026 month: 1 day: 1 }
      valid_to { year: 2026 month: 12 day: 31 }
      use_of_force: NONE
      document_sha256: "0123456789abcdef0123456789abcdef"
    })pb");
  request.MergeFrom(Parsed<v1::ProposeDecisionRequest>(fields));
  return request;
}

TEST(DecisionTest, IsRefusedInOrder) {
  TestMandate un;
  const auto propose = [&](absl::string_view fields) {
    return ReasonOr(
        un.Call<v1::Decision>("mandate-a", "DecisionService/ProposeDecision", Decision(fields)));
  };
  EXPECT_EQ(propose("decision_id: \"S/RES/2809\""), "BAD_ID");
  EXPECT_EQ(propose("resource { body: 99 }"), "BAD_FIELD");
  EXPECT_EQ(propose("resource { title: \"a\\tb\" }"), "BAD_FIELD");
  EXPECT_EQ(propose("resource { operation: \"aussom\" }"), "BAD_NAME");
  EXPECT_EQ(propose("resource { decided_on { month: 2 day: 30 } }"), "BAD_DATES");
  EXPECT_EQ(propose("resource { valid_to { year: 2025 } }"), "BAD_DATES");
  EXPECT_EQ(propose("resource { document_sha256: \"short\" }"), "BAD_FIELD");
  EXPECT_EQ(propose("resource { places: \"Kismayo\" }"), "BAD_FIELD");
  EXPECT_EQ(propose("resource { ceilings { unit: \"USD\" quantity: 0 } }"), "BAD_CEILING");
  EXPECT_EQ(propose("resource { ceilings { unit: \"USD\" quantity: 1 } ceilings { unit: \"USD\" "
                    "quantity: 1 } }"),
            "BAD_CEILING");
  EXPECT_EQ(propose("resource { reporting_interval_days: 367 }"), "BAD_FIELD");
  // Rule A-4: enforcement on the AU's word alone.
  EXPECT_EQ(propose("resource { use_of_force: ENFORCEMENT }"), "NO_AUTHORISATION");
  EXPECT_EQ(propose("resource { use_of_force: ENFORCEMENT body: UN_SECURITY_COUNCIL }"), "OK");
  EXPECT_EQ(propose(""), "DECISION_EXISTS");

  const auto confirm = [&](absl::string_view officer) {
    return ReasonOr(
        un.Call<v1::Decision>(officer, "DecisionService/ConfirmDecision",
                              Parsed<v1::ConfirmDecisionRequest>("name: \"decisions/psc-1\"")));
  };
  EXPECT_EQ(confirm("mandate-a"), "SAME_PERSON");
  EXPECT_EQ(ReasonOr(un.Propose("decisions/psc-1")), "PARENT_NOT_IN_FORCE");
  EXPECT_EQ(confirm("mandate-b"), "OK");
  EXPECT_EQ(confirm("mandate-b"), "NOT_PROPOSED");
  EXPECT_EQ(un.StoredRows(), un.ReplayedRows());
}

// Rule A-5: amber a day late, red fifteen days late, counted from the newest report.
TEST(DecisionTest, ReportsUnderArticle54FallDue) {
  v1::Decision decision = Decision("resource { reporting_interval_days: 30 }").resource();
  EXPECT_FALSE(DueOn(decision, absl::CivilDay(2026, 6, 1)).has_value()) << "not confirmed";
  decision.set_state(v1::Decision::CONFIRMED);
  const auto colour = [&](int month, int day) {
    return v1::ReportDue::Colour_Name(DueOn(decision, absl::CivilDay(2026, month, day))->colour());
  };
  EXPECT_EQ(colour(1, 31), "GREEN");
  EXPECT_EQ(colour(2, 1), "AMBER");
  EXPECT_EQ(colour(2, 14), "AMBER");
  EXPECT_EQ(colour(2, 15), "RED");
  EXPECT_EQ(DueOn(decision, absl::CivilDay(2026, 2, 15))->days_late(), 15);
  *decision.mutable_last_reported_on() =
      Parsed<chapter8::type::v1::Date>("year: 2026 month: 2 day: 15");
  EXPECT_EQ(colour(3, 17), "GREEN");
  EXPECT_EQ(colour(3, 18), "AMBER");
  EXPECT_FALSE(DueOn(decision, absl::CivilDay(2027, 1, 1)).has_value()) << "over";
}

TEST(DecisionTest, FilingAReportPutsTheNextOneOff) {
  TestMandate un;
  un.AddResolution();
  const auto due = [&] {
    const auto list = un.Get<v1::ListReportsDueResponse>("DecisionService/ListReportsDue",
                                                         v1::ListReportsDueRequest());
    return absl::StrCat(list->reports_due(0).due_on().month(), "/",
                        list->reports_due(0).due_on().day(), " ",
                        v1::ReportDue::Colour_Name(list->reports_due(0).colour()));
  };
  EXPECT_EQ(due(), "1/31 RED");
  auto file = Parsed<v1::FileReportRequest>(
      "name: \"decisions/sres-2809\" document_sha256: \"0123456789abcdef0123456789abcdef\" "
      "reported_on { year: 2026 month: 3 day: 3 }");
  EXPECT_EQ(ReasonOr(un.Call<v1::Decision>("mandate-a", "DecisionService/FileReport", file)),
            "BAD_DATES");
  file.mutable_reported_on()->set_day(1);
  EXPECT_EQ(ReasonOr(un.Call<v1::Decision>("mandate-a", "DecisionService/FileReport", file)), "OK");
  EXPECT_EQ(due(), "3/31 GREEN");
}

v1::ProposeClearanceRequest Clearance(absl::string_view fields) {
  auto request = Parsed<v1::ProposeClearanceRequest>(R"pb(
    resource {
      unit: "units/aussom-s6-bn1"
      risk: LOW
      outcome: PROCEED
      assessed_on { year: 2026 month: 2 day: 28 }
      valid_to { year: 2027 month: 2 day: 28 }
    })pb");
  request.mutable_resource()->MergeFrom(Parsed<v1::Clearance>(fields));
  return request;
}

class ClearanceTest : public ::testing::Test {
 protected:
  std::string Propose(absl::string_view fields) {
    return ReasonOr(un_.Call<v1::Clearance>("clearance-a", "ClearanceService/ProposeClearance",
                                            Clearance(fields)));
  }
  std::string Etag() {
    v1::GetClearanceRequest request;
    request.set_name(kName);
    return un_.Get<v1::Clearance>("ClearanceService/GetClearance", request)->etag();
  }
  std::string Confirm(absl::string_view officer) { return ConfirmAsRead(officer, Etag()); }
  std::string ConfirmAsRead(absl::string_view officer, const std::string& etag) {
    v1::ConfirmClearanceRequest request;
    request.set_name(kName);
    request.set_etag(etag);
    return ReasonOr(un_.Call<v1::Clearance>(officer, "ClearanceService/ConfirmClearance", request));
  }
  std::string Suspend() {
    v1::SuspendClearanceRequest request;
    request.set_name(kName);
    request.set_reason("an intervention case is open");
    return ReasonOr(
        un_.Call<v1::Clearance>("clearance-b", "ClearanceService/SuspendClearance", request));
  }
  // What another ledger makes of the facts that this one has told it, `later` from now.
  std::string Support(absl::Duration later = absl::ZeroDuration()) {
    books::TestLedger finance({.organization = "un",
                               .pinned = {},
                               .service = "finance",
                               .machine = &kTestMachine,  // Facts are the kernel's, whatever it is.
                               .officers = kTestOfficers});
    finance.PullFrom(un_);
    kernel::Context context;
    context.time = un_.time() + later;
    return ReasonOr(Checked(context, finance));
  }

  TestMandate un_;

 private:
  static constexpr char kName[] = "clearances/aussom-s6-bn1";
  static absl::StatusOr<int> Checked(const kernel::Context& context,
                                     const books::TestLedger& ledger) {
    const auto snapshot = ledger.Snapshot();
    const absl::Status status =
        kernel::CheckClearance(context, kernel::SnapshotRows(*snapshot), "units/aussom-s6-bn1");
    if (!status.ok()) return status;
    return 0;
  }
};

TEST_F(ClearanceTest, IsRefusedInOrder) {
  EXPECT_EQ(Propose("unit: \"aussom\""), "BAD_NAME");
  EXPECT_EQ(Propose("risk: 99"), "BAD_FIELD");
  EXPECT_EQ(Propose("outcome: 99"), "BAD_FIELD");
  EXPECT_EQ(Propose("outcome: PROCEED_WITH_MITIGATION"), "BAD_FIELD");
  EXPECT_EQ(Propose("mitigations: \"monitoring\""), "BAD_FIELD");
  EXPECT_EQ(Propose("assessed_on { year: 2026 month: 3 day: 3 }"), "BAD_DATES");
  EXPECT_EQ(Propose("valid_to { year: 2027 month: 3 day: 1 }"), "BAD_DATES");
  EXPECT_EQ(Propose("risk: HIGH"), "BAD_DATES") << "six months at high risk";
  EXPECT_EQ(Propose("risk: HIGH valid_to { year: 2026 month: 8 day: 28 }"), "OK");
  EXPECT_EQ(Confirm("clearance-a"), "SAME_PERSON");
  EXPECT_EQ(Confirm("clearance-b"), "OK");
  EXPECT_EQ(Confirm("clearance-b"), "NOT_PROPOSED");
  EXPECT_EQ(un_.StoredRows(), un_.ReplayedRows());
}

// Between reading and confirming, the proposal is replaced: the second person has agreed to
// nothing.
TEST_F(ClearanceTest, IsConfirmedAsItWasRead) {
  ASSERT_EQ(Propose("outcome: WITHHOLD"), "OK");
  const std::string read = Etag();
  EXPECT_EQ(ConfirmAsRead("clearance-b", ""), "BAD_FIELD");
  ASSERT_EQ(Propose(""), "OK");
  EXPECT_EQ(ConfirmAsRead("clearance-b", read), "STALE_ETAG");
  EXPECT_EQ(Support(), "NO_CLEARANCE");
  EXPECT_EQ(ConfirmAsRead("clearance-b", Etag()), "OK");
  EXPECT_EQ(Support(), "OK");
}

// Rules F-20 and F-21, as the ledger of another service sees them.
TEST_F(ClearanceTest, DecidesWhatTheOtherLedgersAllow) {
  EXPECT_EQ(Support(), "NO_CLEARANCE");
  ASSERT_EQ(Propose(""), "OK");
  EXPECT_EQ(Support(), "NO_CLEARANCE") << "one person's word";
  ASSERT_EQ(Confirm("clearance-b"), "OK");
  EXPECT_EQ(Support(), "OK");
  EXPECT_EQ(Support(absl::Hours(24 * 362)), "OK") << "27 February 2027";
  EXPECT_EQ(Support(absl::Hours(24 * 364)), "CLEARANCE_ENDED") << "1 March 2027";
  ASSERT_EQ(Propose(""), "OK");
  ASSERT_EQ(Suspend(), "OK");
  EXPECT_EQ(Support(), "SUPPORT_SUSPENDED");
  EXPECT_EQ(Suspend(), "NOT_CONFIRMED");
  EXPECT_EQ(Confirm("clearance-b"), "NOT_PROPOSED") << "what was proposed before lifts nothing";
  ASSERT_EQ(Propose("outcome: WITHHOLD"), "OK");
  EXPECT_EQ(Support(), "SUPPORT_SUSPENDED") << "the old one stays in force until then";
  ASSERT_EQ(Confirm("clearance-b"), "OK");
  EXPECT_EQ(Support(), "SUPPORT_WITHHELD");
}

// Rule F-21: two persons of one office may assess a unit, and may not lift its suspension.
TEST_F(ClearanceTest, LiftingASuspensionTakesTwoOffices) {
  ASSERT_EQ(Propose(""), "OK");
  ASSERT_EQ(Confirm("clearance-a2"), "OK") << "not suspended: two persons are enough";
  ASSERT_EQ(Suspend(), "OK");
  ASSERT_EQ(Propose(""), "OK");
  EXPECT_EQ(Confirm("clearance-a"), "SAME_PERSON");
  EXPECT_EQ(Confirm("clearance-a2"), "SAME_OFFICE");
  EXPECT_EQ(Support(), "SUPPORT_SUSPENDED");
  EXPECT_EQ(Confirm("clearance-b"), "OK");
  EXPECT_EQ(Support(), "OK");
}

v1::StrengthLine Line(absl::string_view text) { return Parsed<v1::StrengthLine>(text); }

// Shares come from counts: two contributors with 0 of 100 and 20 of 20 women have 20 of 120, not
// the mean of 0 % and 100 %.
TEST(StrengthTest, TotalsAreOfPersons) {
  const std::vector<v1::StrengthLine> lines = {
      Line("contributor: \"UGA\" category: TROOPS women: 0 men: 100"),
      Line("contributor: \"KEN\" category: TROOPS women: 20 men: 0"),
      Line("contributor: \"NGA\" category: INDIVIDUAL_POLICE women: 0 men: 0")};
  const std::vector<v1::GenderTarget> targets = {
      Parsed<v1::GenderTarget>("category: TROOPS women_bp: 1200 valid_from { year: 2025 month: 1 "
                               "day: 1 } valid_to { year: 2028 month: 12 day: 31 }"),
      Parsed<v1::GenderTarget>("category: TROOPS women_bp: 1300 valid_from { year: 2026 month: 1 "
                               "day: 1 } valid_to { year: 2026 month: 12 day: 31 }")};
  const auto totals = TotalsOf(lines, targets, absl::CivilDay(2026, 2, 28));
  ASSERT_EQ(totals.size(), 2u);
  EXPECT_EQ(totals[0].women_bp(), 1'666u);
  EXPECT_EQ(totals[0].target_bp(), 1'300u);
  EXPECT_FALSE(totals[1].has_women_bp()) << "nobody is deployed: not 0 %";
  EXPECT_EQ(TotalsOf(lines, targets, absl::CivilDay(2025, 2, 28))[0].target_bp(), 1'200u);
  EXPECT_EQ(TotalsOf(lines, targets, absl::CivilDay(2029, 2, 28))[0].target_bp(), 0u);
}

TEST(StrengthTest, AReportIsHeldAgainstTheCeilingsInForce) {
  TestMandate un;
  un.AddResolution();
  const auto report = [&](uint32_t police) {
    auto request = Parsed<v1::ReportStrengthRequest>(R"pb(
      resource {
        operation: "operations/aussom"
        as_of { year: 2026 month: 2 day: 28 }
        lines { contributor: "UGA" category: TROOPS women: 400 men: 4100 men_leading: 10 }
        lines { contributor: "NGA" category: FORMED_POLICE women: 80 }
      })pb");
    request.mutable_resource()->mutable_lines(1)->set_men(police - 80);
    return un.Call<v1::StrengthReport>("mandate-a", "StrengthService/ReportStrength", request);
  };
  EXPECT_EQ(report(680)->above_ceiling_size(), 0);
  EXPECT_THAT(report(681)->above_ceiling(),
              ElementsAre("person-police 681 of 680 (S/RES/2809 (2025))"));
  EXPECT_EQ(report(680)->name(), "strengthReports/STR-UN-26-0003");

  const auto refused = [&](absl::string_view text) {
    return ReasonOr(un.Call<v1::StrengthReport>("mandate-a", "StrengthService/ReportStrength",
                                                Parsed<v1::ReportStrengthRequest>(text)));
  };
  EXPECT_EQ(refused("resource { operation: \"x\" }"), "BAD_NAME");
  const std::string of = "operation: \"operations/aussom\" as_of { year: 2026 month: 2 ";
  EXPECT_EQ(refused(absl::StrCat("resource { ", of, "day: 27 } }")), "BAD_DATES");
  EXPECT_EQ(refused("resource { operation: \"operations/aussom\" as_of { year: 2026 month: 3 day: "
                    "31 } }"),
            "BAD_DATES");
  EXPECT_EQ(refused(absl::StrCat("resource { ", of, "day: 28 } }")), "BAD_FIELD");
  EXPECT_EQ(refused(absl::StrCat("resource { ", of,
                                 "day: 28 } lines { contributor: \"Uganda\" category: TROOPS } }")),
            "BAD_FIELD");
  EXPECT_EQ(refused(absl::StrCat("resource { ", of,
                                 "day: 28 } lines { contributor: \"UGA\" category: TROOPS women: 1 "
                                 "women_leading: 2 } }")),
            "BAD_FIELD");
  EXPECT_EQ(un.StoredRows(), un.ReplayedRows());
}

// What every service does in the same way: retry, page.
TEST(ContractTest, RetriesAndPages) {
  TestMandate un;
  un.AddResolution();
  for (int i = 0; i < 5; ++i) ASSERT_THAT(un.Delegate("decisions/sres-2809"), IsOk());
  v1::ListDelegationsRequest list;
  list.set_page_size(2);
  std::vector<std::string> names;
  int pages = 0;
  do {
    const auto page =
        un.Get<v1::ListDelegationsResponse>("DelegationService/ListDelegations", list);
    ASSERT_THAT(page, IsOk());
    for (const auto& each : page->delegations()) names.push_back(each.name());
    list.set_page_token(page->next_page_token());
    ++pages;
  } while (!list.page_token().empty());
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(names, ElementsAre("delegations/DEL-UN-26-0001", "delegations/DEL-UN-26-0002",
                                 "delegations/DEL-UN-26-0003", "delegations/DEL-UN-26-0004",
                                 "delegations/DEL-UN-26-0005"));

  v1::RevokeDelegationRequest revoke;
  revoke.set_name(names[0]);
  revoke.set_reason("no longer needed");
  revoke.set_request_id("the-same");
  const auto first = un.Run({.officer = "mandate-a",
                             .method = "DelegationService/RevokeDelegation",
                             .request = revoke.SerializeAsString(),
                             .request_id = "the-same"});
  const uint64_t size = un.size();
  const auto again = un.Run({.officer = "mandate-a",
                             .method = "DelegationService/RevokeDelegation",
                             .request = revoke.SerializeAsString(),
                             .request_id = "the-same"});
  EXPECT_THAT(first.status, IsOk());
  EXPECT_EQ(again.reply, first.reply);
  EXPECT_EQ(un.size(), size);
  revoke.set_reason("another reason");
  const auto other = un.Run({.officer = "mandate-a",
                             .method = "DelegationService/RevokeDelegation",
                             .request = revoke.SerializeAsString(),
                             .request_id = "the-same"});
  EXPECT_EQ(kernel::ReasonOf(other.status), "REQUEST_ID_REUSED");
}

}  // namespace
}  // namespace ch8::mandate
