#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chapter8/finance/v1/finance_service.pb.h"
#include "chapter8/information/v1/erasure_service.pb.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "clients/cli/fake_node.h"
#include "tests/support/temp_dir.h"

namespace ch8::cli {
namespace {

using ::ch8::testing::TempDir;
using chapter8::information::v1::ApproveErasureRequest;
using chapter8::information::v1::Erasure;
using chapter8::information::v1::LegalHold;
using chapter8::information::v1::LiftLegalHoldRequest;
using chapter8::information::v1::ListConsentsResponse;
using chapter8::information::v1::ListDisclosuresResponse;
using chapter8::information::v1::ListErasuresRequest;
using chapter8::information::v1::ListErasuresResponse;
using chapter8::information::v1::PlaceLegalHoldRequest;
using chapter8::information::v1::Report;
using chapter8::information::v1::RequestErasureRequest;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kMarch2 = 1'772'442'720'000'000;  // 2026-03-02 09:12 UTC.

Erasure Requested() {
  Erasure erasure;
  erasure.set_name("erasures/RPT-UN-26-0001");
  erasure.set_report("reports/RPT-UN-26-0001");
  erasure.set_state(Erasure::REQUESTED);
  erasure.set_basis(Erasure::PROTECTION);
  erasure.set_reference("LEG/2026/114");
  erasure.set_requested_by(99);
  erasure.set_requested_post("posts/situation-room");
  erasure.set_requested_us(kMarch2);
  erasure.set_etag("read-it");
  return erasure;
}

TEST(ErasureCli, RequestsWithBasisAndFile) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  cli.node().Answer("RequestErasure", Requested());
  const Result result = cli.Run({"erasure", "request", "rpt-un-26-0001", "--basis", "protection",
                                 "--reference", "LEG/2026/114"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("another person: ch8 erasure approve RPT-UN-26-0001"));
  RequestErasureRequest request;
  ASSERT_TRUE(request.ParseFromString(cli.node().calls.at(0).request));
  EXPECT_EQ(request.report(), "reports/RPT-UN-26-0001");
  EXPECT_EQ(request.basis(), Erasure::PROTECTION);
  EXPECT_EQ(request.reference(), "LEG/2026/114");
  EXPECT_EQ(cli.Run({"erasure", "request", "rpt-un-26-0001", "--basis", "protection"}).exit_code, 2)
      << "without a file";
}

TEST(ErasureCli, ApprovesWhatWasShownAndOnlyAfterAYes) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  cli.node().Answer("GetErasure", Requested());
  cli.node().Answer("ApproveErasure", Requested());
  const Result no = cli.Run({"erasure", "approve", "RPT-UN-26-0001"}, "n\n");
  EXPECT_NE(no.exit_code, 0);
  EXPECT_THAT(no.err, HasSubstr("LEG/2026/114"));
  EXPECT_EQ(cli.node().calls.size(), 1U);
  const Result yes = cli.Run({"erasure", "approve", "RPT-UN-26-0001"}, "y\n");
  EXPECT_EQ(yes.exit_code, 0) << yes.err;
  ApproveErasureRequest request;
  ASSERT_TRUE(request.ParseFromString(cli.node().calls.back().request));
  EXPECT_EQ(request.name(), "erasures/RPT-UN-26-0001");
  EXPECT_EQ(request.etag(), "read-it");
}

TEST(ErasureCli, AReportSaysWhenWhyAndByWhichPosts) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  Report report;
  report.set_name("reports/RPT-UN-26-0001");
  report.set_state(Report::ERASED);
  cli.node().Answer("GetReport", report);
  Erasure erased = Requested();
  erased.set_state(Erasure::ERASED);
  erased.set_decided_post("posts/release-desk");
  erased.set_decided_us(kMarch2);
  cli.node().Answer("GetErasure", erased);
  const Result own = cli.Run({"report", "show", "RPT-UN-26-0001"});
  EXPECT_EQ(own.exit_code, 0) << own.err;
  EXPECT_THAT(own.err, HasSubstr("erased on 2026-03-02 09:12 UTC, legal basis PROTECTION "
                                 "(LEG/2026/114), by the posts situation-room and release-desk"));
  EXPECT_THAT(own.err, Not(HasSubstr("ch8 report read")));

  erased.clear_reference();
  erased.mutable_order()->set_origin("au.example/ch8/information");
  cli.node().Answer("GetErasure", erased);
  EXPECT_THAT(cli.Run({"report", "show", "RPT-UN-26-0001"}).err,
              HasSubstr("legal basis PROTECTION, ordered by au.example/ch8/information"));
  report.set_state(Report::ERASURE_OWED);
  erased.set_state(Erasure::OWED);
  cli.node().Answer("GetReport", report);
  cli.node().Answer("GetErasure", erased);
  EXPECT_THAT(cli.Run({"report", "show", "RPT-UN-26-0001"}).err,
              HasSubstr("erasure owed, legal basis PROTECTION, ordered by "
                        "au.example/ch8/information; kept under a legal hold: ch8 hold list "
                        "--report RPT-UN-26-0001"));
}

TEST(ErasureCli, WhoSaysWhoHasErasedAndWhoOwesIt) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  ListDisclosuresResponse list;
  for (const char* recipient : {"organizations/au", "organizations/ecowas", "organizations/igad"}) {
    auto& row = *list.add_disclosures();
    row.set_recipient(recipient);
    row.set_giver("organizations/un");
    row.set_erasure_ordered_us(kMarch2);
  }
  list.mutable_disclosures(0)->mutable_erased()->set_time_us(kMarch2);
  list.mutable_disclosures(1)->mutable_erasure_owed()->set_time_us(kMarch2);
  cli.node().Answer("ListDisclosures", list);
  const Result result = cli.Run({"report", "who", "RPT-UN-26-0001"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("2026-03-02 09:12 UTC"));
  EXPECT_THAT(result.out, HasSubstr("owed: under a hold of its own"));
  EXPECT_THAT(result.out, HasSubstr("ordered"));
}

TEST(ErasureCli, AnothersRequestWaitsInTheInbox) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  auto who = ExerciseOfficer();
  who.mutable_posts(0)->clear_roles();
  who.mutable_posts(0)->add_roles(chapter8::authz::v1::RELEASE_OFFICER);
  cli.node().Answer("WhoAmI", who);
  cli.node().Answer("ListRequests", chapter8::finance::v1::ListRequestsResponse());
  cli.node().Answer("ListOffers", chapter8::finance::v1::ListOffersResponse());
  cli.node().Answer("ListConsents", ListConsentsResponse());
  ListErasuresResponse erasures;
  *erasures.add_erasures() = Requested();
  Erasure& own = *erasures.add_erasures();
  own = Requested();
  own.set_name("erasures/RPT-UN-26-0002");
  own.set_requested_by(who.officer().person());
  cli.node().Answer("ListErasures", erasures);
  const Result result = cli.Run({"inbox"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("erasure awaits approval, PROTECTION"));
  EXPECT_THAT(result.out, HasSubstr("ch8 erasure approve RPT-UN-26-0001"));
  EXPECT_THAT(result.out, HasSubstr("1 to do"));
  ListErasuresRequest request;
  ASSERT_TRUE(request.ParseFromString(cli.node().calls.back().request));
  EXPECT_EQ(request.state(), Erasure::REQUESTED);
}

TEST(HoldCli, PlacesAndLifts) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  cli.node().Answer("PlaceLegalHold", LegalHold());
  cli.node().Answer("LiftLegalHold", LegalHold());
  ASSERT_EQ(cli.Run({"hold", "place", "RPT-UN-26-0001", "--reason", "litigation", "--reference",
                     "OIOS-7"})
                .exit_code,
            0);
  PlaceLegalHoldRequest place;
  ASSERT_TRUE(place.ParseFromString(cli.node().calls.back().request));
  EXPECT_EQ(place.reason(), LegalHold::LITIGATION);
  ASSERT_EQ(cli.Run({"hold", "lift", "rpt-un-26-0001", "2", "--yes"}).exit_code, 0);
  LiftLegalHoldRequest lift;
  ASSERT_TRUE(lift.ParseFromString(cli.node().calls.back().request));
  EXPECT_EQ(lift.name(), "legalHolds/RPT-UN-26-0001/2");
  EXPECT_NE(cli.Run({"hold", "lift", "rpt-un-26-0001", "two", "--yes"}).exit_code, 0);
}

}  // namespace
}  // namespace ch8::cli
