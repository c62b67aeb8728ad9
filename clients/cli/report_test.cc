#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chapter8/finance/v1/finance_service.pb.h"
#include "chapter8/information/v1/erasure_service.pb.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "clients/cli/fake_node.h"
#include "clients/lib/status_details.h"
#include "tests/support/temp_dir.h"

namespace ch8::cli {
namespace {

using ::ch8::testing::TempDir;
using chapter8::information::v1::Consent;
using chapter8::information::v1::FileReportRequest;
using chapter8::information::v1::ListConsentsResponse;
using chapter8::information::v1::ListDisclosuresResponse;
using chapter8::information::v1::ProposeAgreementRequest;
using chapter8::information::v1::Report;
using chapter8::information::v1::ReportBody;
using chapter8::information::v1::SharingAgreement;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> FileArguments(const std::vector<std::string>& more) {
  std::vector<std::string> args = {"report",  "file",         "--kind",   "early-warning",
                                   "--theme", "security",     "--date",   "2026-02-27",
                                   "--place", "ng-bo",        "--source", "b2",
                                   "--tlp",   "amber+strict", "--class",  "confidential",
                                   "--until", "2027-02-28",   "--title",  "Movements"};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

Report Filed() {
  Report report;
  report.set_name("reports/RPT-UN-26-0001");
  report.set_state(Report::FILED);
  return report;
}

TEST(ReportCli, FilesWhatWasTypedWithFreshSalt) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  cli.node().Answer("FileReport", Filed());
  const std::string path = cli.WriteFile("report.txt", "first line\nsecond line\n");
  for (const std::vector<std::string>& narrative :
       {std::vector<std::string>{"--file", path, "--group", "un-cell", "--orcon"},
        std::vector<std::string>{"--text", "said"}}) {
    const Result result = cli.Run(FileArguments(narrative));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.err, HasSubstr("ch8 report release RPT-UN-26-0001"));
    EXPECT_THAT(result.out + result.err, Not(HasSubstr("second line")));
  }
  FileReportRequest one;
  FileReportRequest two;
  ASSERT_TRUE(one.ParseFromString(cli.node().calls.at(0).request));
  ASSERT_TRUE(two.ParseFromString(cli.node().calls.at(1).request));
  EXPECT_EQ(one.resource().kind(), Report::EARLY_WARNING);
  EXPECT_EQ(one.resource().place(), "NG-BO");
  EXPECT_EQ(one.resource().reliability(), Report::B);
  EXPECT_EQ(one.resource().credibility(), 2U);
  EXPECT_EQ(one.resource().tlp(), chapter8::information::v1::AMBER_STRICT);
  EXPECT_EQ(one.resource().date_precision(), Report::DAY);
  EXPECT_EQ(one.resource().groups(0), "groups/un-cell");
  EXPECT_TRUE(one.resource().originator_control());
  EXPECT_EQ(one.body().title(), "Movements");
  EXPECT_EQ(one.body().narrative(), "first line\nsecond line\n");
  EXPECT_EQ(two.body().narrative(), "said");
  EXPECT_EQ(one.salt().size(), 32U);
  EXPECT_NE(one.salt(), two.salt());
}

// A try whose answer was lost is repeated by another run of the program: the very same request.
TEST(ReportCli, ARepeatedRequestIsTheSameRequest) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  cli.node().Answer("FileReport", Filed());
  const std::string id = "3b241101-e2bb-4255-8caf-4136c566a962";
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(cli.Run(FileArguments({"--text", "said", "--request-id", id})).exit_code, 0);
  }
  EXPECT_EQ(cli.node().calls.at(0).request, cli.node().calls.at(1).request);
  FileReportRequest request;
  ASSERT_TRUE(request.ParseFromString(cli.node().calls.at(0).request));
  const TempDir other_dir;
  CliHarness another(other_dir.path().string());
  another.node().Answer("FileReport", Filed());
  ASSERT_EQ(another.Run(FileArguments({"--text", "said", "--request-id", id})).exit_code, 0);
  FileReportRequest theirs;
  ASSERT_TRUE(theirs.ParseFromString(another.node().calls.at(0).request));
  EXPECT_NE(request.salt(), theirs.salt()) << "another officer cannot make it";
}

TEST(ReportCli, SaysWhatIsWrongBeforeAsking) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  EXPECT_THAT(cli.Run(FileArguments({})).err, HasSubstr("--text or with --file"));
  EXPECT_THAT(cli.Run(FileArguments({"--text", "x", "--file", "y"})).err,
              HasSubstr("--text or with --file"));
  EXPECT_THAT(cli.Run({"report", "consent", "CNS-AU-26-0001"}).err, HasSubstr("--grant or --deny"));
  EXPECT_THAT(cli.Run({"group", "member", "un-cell"}).err, HasSubstr("--add, --remove"));
  EXPECT_TRUE(cli.node().calls.empty());
}

TEST(ReportCli, ContentCannotSteerTheTerminal) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  ReportBody body;
  body.set_title("Title");
  body.set_narrative("line one\nline \x1b[2Jtwo");
  cli.node().Answer("GetReportBody", body);
  const Result result = cli.Run({"report", "read", "rpt-un-26-0001"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Title\n\nline one\nline "));
  EXPECT_THAT(result.out, Not(HasSubstr("\x1b")));
}

TEST(ReportCli, ARefusedRelayNamesTheTestAndWhatToDo) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  google::rpc::ErrorInfo info;
  info.set_reason("TLP_AMBER_STRICT");
  (*info.mutable_metadata())["rule"] = "I-4";
  (*info.mutable_metadata())["instead"] = "ch8 report ask RPT-ECOWAS-26-0001 --for un";
  cli.node().Refuse(
      "RelayReport",
      client::WithErrorInfo(absl::FailedPreconditionError("reports/RPT-ECOWAS-26-0001 may not go"),
                            info));
  const Result result = cli.Run({"report", "relay", "rpt-ecowas-26-0001", "--to", "un"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, HasSubstr("REFUSED (I-4, exit 4)"));
  EXPECT_THAT(result.err, HasSubstr("ch8 report ask RPT-ECOWAS-26-0001 --for un"));
}

TEST(ReportCli, ShowsWhoHasIt) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  ListDisclosuresResponse list;
  auto& row = *list.add_disclosures();
  row.set_recipient("organizations/au");
  row.set_giver("organizations/un");
  row.set_released_us(1772442720000000);
  row.mutable_acknowledged()->set_origin("au.example/ch8/information");
  row.mutable_acknowledged()->set_index(17);
  row.mutable_acknowledged()->set_time_us(1772442720000000);
  cli.node().Answer("ListDisclosures", list);
  const Result result = cli.Run({"report", "who", "RPT-UN-26-0001"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("au.example/ch8/information 17"));
  EXPECT_THAT(result.out, HasSubstr("2026-03-02 09:12 UTC"));
}

TEST(AgreementCli, NamesTheOwnOrganizationAsAParty) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  cli.node().Answer("ProposeAgreement", SharingAgreement());
  const Result result =
      cli.Run({"agreement", "propose", "mou", "--document", "MoU", "--with", "au", "--class",
               "confidential", "--tlp", "amber", "--from", "2026-01-01", "--to", "2026-12-31",
               "--kind", "alert", "--onward"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  ProposeAgreementRequest request;
  ASSERT_TRUE(request.ParseFromString(cli.node().calls.at(0).request));
  ASSERT_EQ(request.resource().parties_size(), 2);
  EXPECT_EQ(request.resource().parties(0), "organizations/un");
  EXPECT_EQ(request.resource().parties(1), "organizations/au");
  EXPECT_EQ(request.resource().kinds(0), Report::ALERT);
  EXPECT_TRUE(request.resource().onward_transfer());
}

TEST(ReportCli, ConsentsToDecideWaitForAReleaseOfficer) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  auto who = ExerciseOfficer();
  who.mutable_posts(0)->clear_roles();
  who.mutable_posts(0)->add_roles(chapter8::authz::v1::RELEASE_OFFICER);
  cli.node().Answer("WhoAmI", who);
  cli.node().Answer("ListRequests", chapter8::finance::v1::ListRequestsResponse());
  cli.node().Answer("ListOffers", chapter8::finance::v1::ListOffersResponse());
  ListConsentsResponse consents;
  Consent& ours = *consents.add_consents();
  ours.set_name("consents/CNS-AU-26-0001");
  ours.set_report("reports/RPT-UN-26-0003");
  ours.set_asker("organizations/au");
  ours.set_recipient("organizations/ecowas");
  ours.set_originator("organizations/un");
  ours.set_state(Consent::ASKED);
  Consent& granted = *consents.add_consents();
  granted = ours;
  granted.set_name("consents/CNS-AU-26-0002");
  granted.set_state(Consent::GRANTED);
  Consent& asked_by_us = *consents.add_consents();
  asked_by_us = ours;
  asked_by_us.set_name("consents/CNS-UN-26-0001");
  asked_by_us.set_originator("organizations/au");
  cli.node().Answer("ListConsents", consents);
  cli.node().Answer("ListErasures", chapter8::information::v1::ListErasuresResponse());
  const Result result = cli.Run({"inbox"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("au asks to pass RPT-UN-26-0003 to ecowas"));
  EXPECT_THAT(result.out, HasSubstr("ch8 consent show CNS-AU-26-0001"));
  EXPECT_THAT(result.out, HasSubstr("1 to do"));
}

}  // namespace
}  // namespace ch8::cli
