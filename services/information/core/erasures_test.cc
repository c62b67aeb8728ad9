#include "services/information/core/erasures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/information/core/test_scenario.h"
#include "tests/support/status_matchers.h"

// Bodies that two persons have erased, and the legal holds that keep them.
namespace ch8::information {
namespace {

using ::ch8::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using v1::Erasure;
using v1::InformationEvent;
using v1::LegalHold;
using v1::Report;

absl::StatusOr<Erasure> Request(TestLedger& ledger, absl::string_view officer,
                                const std::string& report) {
  v1::RequestErasureRequest request;
  request.set_report(report);
  request.set_basis(Erasure::SUBJECT_REQUEST);
  request.set_reference("LEG/2026/114");
  return ledger.Call<Erasure>(officer, "ErasureService/RequestErasure", request);
}

absl::StatusOr<Erasure> Read(TestLedger& ledger, const std::string& report) {
  v1::GetErasureRequest request;
  request.set_name(absl::StrCat("erasures/", kernel::IdOf(report)));
  return ledger.Get<Erasure>("ErasureService/GetErasure", request);
}

// Approves what is there now.
absl::StatusOr<Erasure> Approve(TestLedger& ledger, absl::string_view officer,
                                const std::string& report) {
  v1::ApproveErasureRequest request;
  request.set_name(absl::StrCat("erasures/", kernel::IdOf(report)));
  request.set_etag(Read(ledger, report).value_or(Erasure()).etag());
  return ledger.Call<Erasure>(officer, "ErasureService/ApproveErasure", request);
}

absl::StatusOr<Erasure> Decline(TestLedger& ledger, absl::string_view officer,
                                const std::string& report) {
  v1::DeclineErasureRequest request;
  request.set_name(absl::StrCat("erasures/", kernel::IdOf(report)));
  return ledger.Call<Erasure>(officer, "ErasureService/DeclineErasure", request);
}

absl::StatusOr<LegalHold> Hold(TestLedger& ledger, absl::string_view officer,
                               const std::string& report,
                               LegalHold::Reason reason = LegalHold::INQUIRY) {
  v1::PlaceLegalHoldRequest request;
  request.set_report(report);
  request.set_reason(reason);
  request.set_reference("OIOS-7.1");
  return ledger.Call<LegalHold>(officer, "ErasureService/PlaceLegalHold", request);
}

absl::StatusOr<LegalHold> Lift(TestLedger& ledger, absl::string_view officer,
                               const std::string& hold) {
  v1::LiftLegalHoldRequest request;
  request.set_name(hold);
  return ledger.Call<LegalHold>(officer, "ErasureService/LiftLegalHold", request);
}

void Erase(TestLedger& ledger, const std::string& report) {
  ASSERT_THAT(Request(ledger, "analyst", report), IsOk());
  ASSERT_THAT(Approve(ledger, "releaser", report), IsOk());
}

Report::State StateAt(TestLedger& ledger, const std::string& report) {
  return Scenario::ReportAt(ledger, report).value_or(Report()).state();
}

// "ecowas>au erased", "ecowas>au owed".
std::vector<std::string> Copies(Scenario& s, const std::string& report) {
  std::vector<std::string> copies;
  for (const v1::Disclosure& row : s.WhoHas(s.ecowas, report)) {
    copies.push_back(absl::StrCat(row.giver().substr(14), ">", row.recipient().substr(14),
                                  row.has_erased()         ? " erased"
                                  : row.has_erasure_owed() ? " owed"
                                                           : ""));
  }
  return copies;
}

void ExpectReplays(Scenario& s) {
  for (TestLedger* ledger : {&s.un, &s.au, &s.ecowas}) {
    EXPECT_EQ(ledger->StoredRows(), ledger->ReplayedRows()) << ledger->origin();
  }
}

TEST(ErasureTest, TakesTwoPersonsAndLeavesWhatIsKnownOfTheReport) {
  Scenario s;
  const std::string report = s.File("GREEN");
  const auto requested = Request(s.ecowas, "analyst", report);
  ASSERT_THAT(requested, IsOk());
  EXPECT_EQ(requested->state(), Erasure::REQUESTED);
  EXPECT_THAT(s.BodyAt(s.ecowas, report), IsOk()) << "one person's request has no effect";
  EXPECT_EQ(ReasonOr(Approve(s.ecowas, "twin", report)), "SAME_PERSON");
  EXPECT_EQ(MetadataOf(Approve(s.ecowas, "twin", report), "rule"), "X-3");

  const auto erased = Approve(s.ecowas, "releaser", report);
  ASSERT_THAT(erased, IsOk());
  EXPECT_EQ(erased->state(), Erasure::ERASED);
  EXPECT_EQ(erased->requested_by(), 1U);
  EXPECT_EQ(erased->decided_by(), 3U);
  EXPECT_EQ(s.ecowas.bodies().count(), 0U);
  EXPECT_EQ(StateAt(s.ecowas, report), Report::ERASED);
  EXPECT_EQ(s.ReportAt(s.ecowas, report)->place(), "NGMIU");

  const auto body = s.BodyAt(s.ecowas, report);
  EXPECT_EQ(ReasonOr(body), "ERASED");
  EXPECT_EQ(MetadataOf(body, "erased_on"), "2026-03-02");
  EXPECT_EQ(MetadataOf(body, "basis"), "SUBJECT_REQUEST");
  EXPECT_THAT(MetadataOf(body, "by"), HasSubstr(erased->requested_post()));
  EXPECT_THAT(MetadataOf(body, "by"), HasSubstr(erased->decided_post()));
  EXPECT_EQ(MetadataOf(body, "instead"), "ch8 erasure show RPT-ECOWAS-26-0001");
  ExpectReplays(s);
}

TEST(ErasureTest, WhatIsErasedGoesNowhere) {
  Scenario s;
  s.AgreeAll();
  const std::string report = s.File("GREEN");
  const Hash digest = *Hash::FromBytes(s.ReportAt(s.ecowas, report)->body_digest());
  Erase(s.ecowas, report);
  EXPECT_EQ(ReasonOr(s.Release(report, "community: true")), "ERASED");
  EXPECT_EQ(ReasonOr(s.Recall(report)), "ERASED");
  EXPECT_EQ(ReasonOr(Request(s.ecowas, "analyst", report)), "ALREADY_ERASED");
  EXPECT_EQ(ReasonOr(Hold(s.ecowas, "analyst", report)), "ALREADY_ERASED");
  EXPECT_EQ(ReasonOr(Approve(s.ecowas, "releaser-b", report)), "NOT_REQUESTED");
  EXPECT_EQ(ReasonOr(s.ecowas.Call<Report>(
                "analyst", "ReportService/FileReport",
                Parsed<v1::FileReportRequest>(
                    FileText("GREEN", absl::StrCat("derived_from: \"", report, "\""))))),
            "ENDED");
  EXPECT_FALSE(s.ecowas.MayFetchBody("au.example", digest));
}

TEST(ErasureTest, IsApprovedAsItWasRead) {
  Scenario s;
  const std::string report = s.File("GREEN");
  ASSERT_THAT(Request(s.ecowas, "analyst", report), IsOk());
  v1::ApproveErasureRequest approve;
  approve.set_name("erasures/RPT-ECOWAS-26-0001");
  EXPECT_EQ(ReasonOr(s.ecowas.Call<Erasure>("releaser", "ErasureService/ApproveErasure", approve)),
            "BAD_FIELD");
  approve.set_etag(Read(s.ecowas, report)->etag());
  ASSERT_THAT(Decline(s.ecowas, "analyst", report), IsOk());
  EXPECT_EQ(ReasonOr(Decline(s.ecowas, "analyst", report)), "NOT_REQUESTED");
  v1::RequestErasureRequest request;
  request.set_report(report);
  request.set_basis(Erasure::PROTECTION);
  request.set_reference("LEG/2026/115");
  ASSERT_THAT(s.ecowas.Call<Erasure>("analyst", "ErasureService/RequestErasure", request), IsOk());
  EXPECT_EQ(ReasonOr(s.ecowas.Call<Erasure>("releaser", "ErasureService/ApproveErasure", approve)),
            "STALE_ETAG");
  EXPECT_THAT(s.BodyAt(s.ecowas, report), IsOk());
}

TEST(ErasureTest, NeedsALegalBasisAndAFile) {
  Scenario s;
  const std::string report = s.File("GREEN");
  const std::string name = absl::StrCat("report: \"", report, "\" ");
  const struct {
    std::string want;
    std::string request;
  } cases[] = {
      {"BAD_NAME", ""},
      {"UNKNOWN_REPORT", "report: \"reports/RPT-ECOWAS-26-0009\""},
      {"BAD_FIELD", name + "reference: \"LEG/1\""},
      {"BAD_FIELD", name + "basis: 99 reference: \"LEG/1\""},
      {"BAD_FIELD", name + "basis: ORDER"},
      {"BAD_FIELD", name + "basis: ORDER reference: \"because she said so\""},
      {"BAD_FIELD", name + "basis: ORDER reference: \"" + std::string(64, 'x') + "\""},
      {"OK", name + "basis: ORDER reference: \"LEG/1\""},
      {"ALREADY_REQUESTED", name + "basis: ORDER reference: \"LEG/1\""},
  };
  for (const auto& row : cases) {
    const auto result = s.ecowas.Call<Erasure>("analyst", "ErasureService/RequestErasure",
                                               Parsed<v1::RequestErasureRequest>(row.request));
    EXPECT_EQ(ReasonOr(result), row.want) << row.request << "\n" << result.status();
  }
  EXPECT_EQ(ReasonOr(Decline(s.ecowas, "releaser", "reports/RPT-ECOWAS-26-0009")),
            "UNKNOWN_ERASURE");
}

TEST(LegalHoldTest, BeatsErasureUntilAnotherPersonLiftsIt) {
  Scenario s;
  const std::string report = s.File("GREEN");
  ASSERT_THAT(Request(s.ecowas, "analyst", report), IsOk());
  const auto hold = Hold(s.ecowas, "releaser", report);
  ASSERT_THAT(hold, IsOk());
  ASSERT_THAT(Hold(s.ecowas, "analyst", report, LegalHold::LITIGATION), IsOk());

  const auto refused = Approve(s.ecowas, "releaser-b", report);
  EXPECT_EQ(ReasonOr(refused), "ON_HOLD");
  EXPECT_EQ(MetadataOf(refused, "rule"), "X-8");
  EXPECT_EQ(MetadataOf(refused, "holds"), "2");
  EXPECT_EQ(MetadataOf(refused, "reason"), "INQUIRY");
  EXPECT_EQ(MetadataOf(refused, "reference"), "OIOS-7.1");
  EXPECT_EQ(MetadataOf(refused, "since"), "2026-03-02");
  EXPECT_EQ(MetadataOf(refused, "instead"), "ch8 hold list --report RPT-ECOWAS-26-0001");
  EXPECT_THAT(s.BodyAt(s.ecowas, report), IsOk());

  EXPECT_EQ(ReasonOr(Lift(s.ecowas, "releaser", hold->name())), "SAME_PERSON");
  ASSERT_THAT(Lift(s.ecowas, "releaser-b", hold->name()), IsOk());
  EXPECT_EQ(ReasonOr(Lift(s.ecowas, "releaser-b", hold->name())), "ALREADY_LIFTED");
  EXPECT_EQ(MetadataOf(Approve(s.ecowas, "releaser-b", report), "holds"), "1");
  ASSERT_THAT(Lift(s.ecowas, "releaser", "legalHolds/RPT-ECOWAS-26-0001/2"), IsOk());
  EXPECT_EQ(ReasonOr(Lift(s.ecowas, "releaser", "legalHolds/RPT-ECOWAS-26-0001/3")),
            "UNKNOWN_HOLD");
  EXPECT_THAT(s.BodyAt(s.ecowas, report), IsOk()) << "a lifted hold alone erases nothing";
  ASSERT_THAT(Approve(s.ecowas, "releaser-b", report), IsOk());

  v1::ListLegalHoldsRequest list;
  list.set_report(report);
  const auto holds =
      s.ecowas.Get<v1::ListLegalHoldsResponse>("ErasureService/ListLegalHolds", list);
  ASSERT_THAT(holds, IsOk());
  ASSERT_EQ(holds->legal_holds_size(), 2);
  EXPECT_EQ(holds->legal_holds(0).placed_by(), 3U);
  EXPECT_EQ(holds->legal_holds(0).lifted_by(), 4U);
  ExpectReplays(s);
}

TEST(LegalHoldTest, NeedsAReasonAndAFile) {
  Scenario s;
  const std::string name = absl::StrCat("report: \"", s.File("GREEN"), "\" ");
  const struct {
    std::string want;
    std::string request;
  } cases[] = {
      {"BAD_NAME", ""},
      {"UNKNOWN_REPORT", "report: \"reports/RPT-ECOWAS-26-0009\""},
      {"BAD_FIELD", name + "reference: \"OIOS-7\""},
      {"BAD_FIELD", name + "reason: LITIGATION"},
      {"OK", name + "reason: LITIGATION reference: \"OIOS-7\""},
  };
  for (const auto& row : cases) {
    const auto result = s.ecowas.Call<LegalHold>("analyst", "ErasureService/PlaceLegalHold",
                                                 Parsed<v1::PlaceLegalHoldRequest>(row.request));
    EXPECT_EQ(ReasonOr(result), row.want) << row.request << "\n" << result.status();
  }
}

// The AU has it from ECOWAS, the UN from the AU.
std::string Relayed(Scenario& s) {
  s.AgreeAll();
  const std::string report = s.File("GREEN");
  EXPECT_THAT(s.Release(report, "organizations: \"organizations/au\""), IsOk());
  s.Settle();
  EXPECT_THAT(s.Relay(s.au, report, "un"), IsOk());
  s.Settle();
  s.FetchBodies();
  EXPECT_THAT(s.BodyAt(s.un, report), IsOk());
  return report;
}

TEST(ErasureTest, ReachesEveryCopyAlongEveryHop) {
  Scenario s;
  const std::string report = Relayed(s);
  const std::string other = s.File("GREEN");
  Erase(s.ecowas, report);
  EXPECT_EQ(s.au.bodies().count(), 1U) << "nothing has arrived yet";
  s.Settle();
  for (TestLedger* ledger : {&s.un, &s.au}) {
    EXPECT_EQ(StateAt(*ledger, report), Report::ERASED) << ledger->origin();
    EXPECT_EQ(ledger->bodies().count(), 0U) << ledger->origin();
    EXPECT_THAT(ledger->WantedBodies(), IsEmpty()) << ledger->origin();
    EXPECT_EQ(ReasonOr(s.BodyAt(*ledger, report)), "ERASED") << ledger->origin();
  }
  const auto at_un = Read(s.un, report);
  ASSERT_THAT(at_un, IsOk());
  EXPECT_EQ(at_un->basis(), Erasure::SUBJECT_REQUEST);
  EXPECT_EQ(at_un->order().origin(), "au.example/ch8/information");
  EXPECT_EQ(at_un->reference(), "") << "the file's number is the originator's own";
  EXPECT_EQ(at_un->requested_by(), 0U);
  EXPECT_THAT(Copies(s, report), ElementsAre("au>un erased", "ecowas>au erased"));
  EXPECT_THAT(s.BodyAt(s.ecowas, other), IsOk());
  s.FetchBodies();
  EXPECT_EQ(s.un.bodies().count(), 0U);
  ExpectReplays(s);
}

TEST(ErasureTest, ARecipientUnderItsOwnHoldOwesIt) {
  Scenario s;
  const std::string report = Relayed(s);
  const auto hold = Hold(s.au, "analyst", report, LegalHold::LITIGATION);
  ASSERT_THAT(hold, IsOk());
  Erase(s.ecowas, report);
  s.Settle();
  EXPECT_THAT(Copies(s, report), ElementsAre("au>un erased", "ecowas>au owed"));
  EXPECT_EQ(StateAt(s.au, report), Report::ERASURE_OWED);
  EXPECT_THAT(s.BodyAt(s.au, report), IsOk()) << "what it is kept for";
  EXPECT_EQ(ReasonOr(s.Relay(s.au, report, "un")), "ALREADY_RELEASED");
  EXPECT_FALSE(
      s.au.MayFetchBody("un.example", *Hash::FromBytes(s.ReportAt(s.au, report)->body_digest())));
  EXPECT_EQ(ReasonOr(Request(s.au, "analyst-b", report)), "ON_HOLD");

  ASSERT_THAT(Lift(s.au, "releaser", hold->name()), IsOk());
  EXPECT_EQ(s.au.bodies().count(), 0U);
  EXPECT_EQ(StateAt(s.au, report), Report::ERASED);
  s.Settle();
  EXPECT_THAT(Copies(s, report), ElementsAre("au>un erased", "ecowas>au erased"));
  ExpectReplays(s);
}

// What recipients do with their copy is theirs to decide; others' copies are not.
TEST(ErasureTest, ARecipientErasesItsOwnCopyAlone) {
  Scenario s;
  const std::string report = Relayed(s);
  Erase(s.au, report);
  s.Settle();
  EXPECT_THAT(Copies(s, report), ElementsAre("au>un", "ecowas>au erased"));
  EXPECT_EQ(s.au.bodies().count(), 0U);
  EXPECT_EQ(StateAt(s.un, report), Report::FILED);
  EXPECT_THAT(s.BodyAt(s.ecowas, report), IsOk());
  // Nor does it come back, by whichever way.
  ASSERT_THAT(s.Release(report, "organizations: \"organizations/un\""), IsOk());
  s.Settle();
  EXPECT_EQ(StateAt(s.un, report), Report::FILED);
  ASSERT_THAT(s.Relay(s.un, report, "au"), IsOk());
  s.Settle();
  s.FetchBodies();
  EXPECT_EQ(StateAt(s.au, report), Report::ERASED);
  EXPECT_EQ(s.au.bodies().count(), 0U);
  ExpectReplays(s);
}

TEST(ErasureTest, AnOrderComesFromWhoGaveTheReportAndNobodyElse) {
  Scenario s;
  const std::string report = Relayed(s);
  InformationEvent event;
  InformationEvent::ErasureOrdered& order = *event.mutable_erasure_ordered();
  order.set_report(report);
  order.set_basis(Erasure::ORDER);
  order.set_originator("organizations/ecowas");
  kernel::Delivered delivered = *s.au.Addressed("ecowas.example", 1);
  const auto reason = [&](TestLedger& at, const std::string& from) {
    delivered.origin = absl::StrCat(from, ".example/ch8/information");
    delivered.entry.set_domain_event(event.SerializeAsString());
    return at.Deliver(delivered).reason();
  };
  EXPECT_EQ(reason(s.au, "un"), "NOT_ORIGINATOR");
  EXPECT_EQ(reason(s.ecowas, "au"), "NOT_ORIGINATOR");
  order.clear_basis();
  EXPECT_EQ(reason(s.au, "ecowas"), "BAD_ERASURE");
  order.set_basis(Erasure::ORDER);
  order.set_originator("organizations/un");
  EXPECT_EQ(reason(s.au, "un"), "BAD_ERASURE") << "the number is not one of the UN's";
  EXPECT_EQ(StateAt(s.au, report), Report::RELEASED);
  EXPECT_EQ(s.au.bodies().count(), 1U);

  event.mutable_erasure_answered()->set_report(report);
  event.mutable_erasure_answered()->set_state(Erasure::ERASED);
  EXPECT_EQ(reason(s.ecowas, "un"), "NOT_DISCLOSED");
  event.mutable_erasure_answered()->set_state(Erasure::REQUESTED);
  EXPECT_EQ(reason(s.ecowas, "au"), "BAD_ERASURE");
  event.mutable_erasure_answered()->set_state(Erasure::OWED);
  EXPECT_EQ(reason(s.ecowas, "au"), "");
  EXPECT_EQ(reason(s.ecowas, "au"), "ERASED_BEFORE");
}

// A peer that names our content under a number of its own cannot have it destroyed, and what it
// sends back of what we erased is not taken.
TEST(ErasureTest, AnotherReportOfTheSameContentIsJudgedByItself) {
  Scenario s;
  const std::string report = Relayed(s);
  kernel::Delivered forged = *s.au.Addressed("un.example", 1);
  InformationEvent event;
  ASSERT_TRUE(event.ParseFromString(forged.entry.domain_event()));
  const std::string other = "reports/RPT-AU-26-0077";
  event.mutable_report_released()->mutable_report()->set_name(other);
  event.mutable_report_released()->mutable_report()->set_originator("organizations/au");
  event.mutable_report_released()->mutable_disclosure()->set_report(other);
  forged.entry.set_domain_event(event.SerializeAsString());
  ASSERT_EQ(s.un.Deliver(forged).reason(), "");
  const std::string released = forged.entry.domain_event();

  event.Clear();
  event.mutable_erasure_ordered()->set_report(other);
  event.mutable_erasure_ordered()->set_basis(Erasure::ORDER);
  event.mutable_erasure_ordered()->set_originator("organizations/au");
  forged.entry.set_domain_event(event.SerializeAsString());
  ASSERT_EQ(s.un.Deliver(forged).reason(), "");
  EXPECT_EQ(StateAt(s.un, other), Report::ERASED);
  EXPECT_THAT(s.BodyAt(s.un, report), IsOk());

  Erase(s.un, report);
  EXPECT_EQ(s.un.bodies().count(), 0U);
  ASSERT_TRUE(event.ParseFromString(released));
  const std::string third = "reports/RPT-AU-26-0078";
  event.mutable_report_released()->mutable_report()->set_name(third);
  event.mutable_report_released()->mutable_disclosure()->set_report(third);
  forged.entry.set_domain_event(event.SerializeAsString());
  EXPECT_EQ(s.un.Deliver(forged).reason(), "ERASED");
  ExpectReplays(s);
}

TEST(ErasureTest, AReportThatEndedBeforeIsErasedAllTheSame) {
  Scenario s;
  const std::string report = Relayed(s);
  ASSERT_THAT(s.Recall(report), IsOk());
  s.Settle();
  EXPECT_EQ(s.ecowas.bodies().count(), 1U);
  Erase(s.ecowas, report);
  s.Settle();
  for (TestLedger* ledger : {&s.un, &s.au, &s.ecowas}) {
    EXPECT_EQ(ledger->bodies().count(), 0U) << ledger->origin();
    EXPECT_EQ(s.ReportAt(*ledger, report)->recall_reason(), v1::Recall::PROTECTION);
    EXPECT_EQ(ledger->Advance(absl::Hours(24 * 400)), 0) << "nothing falls due any more";
  }
  EXPECT_THAT(Copies(s, report), ElementsAre("au>un erased", "ecowas>au erased"));
  ExpectReplays(s);
}

TEST(ErasureTest, ContentIsInNoLogAndNoRow) {
  Scenario s;
  const std::string report = Relayed(s);
  Erase(s.ecowas, report);
  s.Settle();
  for (TestLedger* ledger : {&s.un, &s.au, &s.ecowas}) {
    const std::string bytes = ledger->AllBytes();
    EXPECT_THAT(bytes, HasSubstr("RPT-ECOWAS-26-0001")) << "this test searches nothing";
    EXPECT_FALSE(absl::StrContains(bytes, kTitleCanary)) << ledger->origin();
    EXPECT_FALSE(absl::StrContains(bytes, kNarrativeCanary)) << ledger->origin();
  }
}

}  // namespace
}  // namespace ch8::information
