#include "clients/cli/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "chapter8/mandate/v1/mandate_service.pb.h"
#include "clients/cli/fake_node.h"
#include "clients/cli/help.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"
#include "clients/lib/status_details.h"
#include "services/trust/act.h"
#include "services/trust/files.h"
#include "tests/support/data.h"
#include "tests/support/temp_dir.h"

namespace ch8::cli {
namespace {

using ::ch8::testing::TempDir;
using ::chapter8::directory::v1::ActingAppointment;
using ::chapter8::directory::v1::ConfirmActingRequest;
using ::chapter8::directory::v1::Officer;
using ::chapter8::finance::v1::Fund;
using ::chapter8::finance::v1::FundingRequest;
using ::chapter8::finance::v1::ImportContributionsRequest;
using ::chapter8::finance::v1::ImportContributionsResponse;
using ::chapter8::finance::v1::ListFundsResponse;
using ::chapter8::finance::v1::ListOffersResponse;
using ::chapter8::finance::v1::ListRequestsResponse;
using ::chapter8::finance::v1::MakeOfferRequest;
using ::chapter8::finance::v1::Offer;
using ::chapter8::mandate::v1::Clearance;
using ::chapter8::mandate::v1::ConfirmClearanceRequest;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Compares with testdata/<name>; with CH8_UPDATE_GOLDEN set, writes it instead.
void ExpectGolden(const std::string& text, const std::string& name) {
  const std::string path =
      std::string(std::getenv("CH8_SOURCE_DIR")) + "/clients/cli/testdata/" + name;
  if (std::getenv("CH8_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(trust::WriteFileAtomically(path, text, trust::kPublicMode).ok());
  }
  EXPECT_EQ(text, ch8::testing::ReadFile(path));
}

Fund TrustFund() {
  Fund fund;
  fund.set_name("organizations/un/funds/aussom-trust");
  fund.set_title("UN Trust Fund for AUSSOM");
  fund.set_source(Fund::EXTRA_BUDGETARY);
  fund.set_currency_code("USD");
  fund.set_operation("operations/aussom");
  fund.set_account(4);
  fund.set_available_minor(2143000000);
  fund.set_held_minor(5000000);
  fund.set_received_minor(2148000000);
  fund.set_committed_minor(2148000000);
  fund.set_pledged_minor(1650000000);
  fund.set_etag("a1");
  return fund;
}

Offer ReservedOffer() {
  Offer offer;
  offer.set_name("offers/OFF-UN-26-0107");
  offer.set_request("requests/REQ-AU-26-0041");
  offer.set_fund("organizations/un/funds/aussom-trust");
  offer.set_giver("organizations/un");
  offer.set_receiver("organizations/au");
  *offer.mutable_amount() = *client::ParseMoney("USD:50000.00");
  *offer.mutable_hold_duration() = *ParseHold("72h");
  offer.set_side(Offer::GIVER);
  offer.set_state(Offer::RESERVED);
  offer.set_made_by(7);
  offer.set_approved_by(9);
  offer.set_hold_ends_us(1772701920000000);
  chapter8::books::v1::StepPlace& step = *offer.add_steps();
  step.set_step("RESERVE");
  step.set_origin("un.example/ch8/finance");
  step.set_index(1234);
  step.set_leaf_hash(std::string(32, '\x5a'));
  step.set_logged_index(1234);
  step.set_logged_time_us(1772442720000000);
  return offer;
}

absl::Status NotActivated() {
  google::rpc::ErrorInfo info;
  info.set_reason("NOT_ACTIVATED");
  auto& metadata = *info.mutable_metadata();
  metadata["rule"] = "F-1";
  metadata["operation"] = "operations/aussom";
  metadata["funding_2719"] = "UNDER_CONSIDERATION";
  metadata["missing"] = "Council activation, GA appropriation";
  metadata["held"] = "AU PSC request, exit strategy, HRDDP clearance";
  metadata["instead"] =
      "ch8 fund list --for AUSSOM  2 extra-budgetary funds, USD 21,430,000.00 available";
  return client::WithErrorInfo(
      absl::FailedPreconditionError(
          "2719 funding of AUSSOM is UNDER_CONSIDERATION, must be ACTIVATED"),
      info);
}

const std::vector<std::string> kMakeOffer = {"offer",        "make",     "req-au-26-0041",
                                             "--fund",       "assessed", "--amount",
                                             "USD:50000.00", "--hold",   "72h"};

TEST(Cli, ShowsListsAsTables) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  ListFundsResponse funds;
  *funds.add_funds() = TrustFund();
  cli.node().Answer("ListFunds", funds);
  const Result result = cli.Run({"fund", "list", "--for", "AUSSOM"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  ExpectGolden(result.out, "fund_list.txt");
  chapter8::finance::v1::ListFundsRequest request;
  ASSERT_TRUE(request.ParseFromString(cli.node().calls.at(0).request));
  EXPECT_EQ(request.operation(), "operations/aussom");
}

TEST(Cli, ShowsOneResourceWithItsSteps) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  cli.node().Answer("GetOffer", ReservedOffer());
  const Result result = cli.Run({"offer", "show", "off-un-26-0107"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  ExpectGolden(result.out, "offer_show.txt");
  EXPECT_EQ(result.err, "next: au accepts or rejects it\n");
}

TEST(Cli, TellsWhy) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  cli.node().Answer("GetOffer", ReservedOffer());
  chapter8::ledger::v1::ListCosignaturesResponse cosigned;
  cosigned.add_heads()->set_witness("au.example/witness");
  cosigned.mutable_heads(0)->set_size(1234);  // The entry lies just above.
  cosigned.add_heads()->set_witness("ecowas.example/witness");
  cosigned.mutable_heads(1)->set_size(1235);
  cli.node().Answer("ListCosignatures", cosigned);
  const Result result = cli.Run({"offer", "why", "OFF-UN-26-0107"});
  ExpectGolden(result.out + result.err, "offer_why.txt");
  EXPECT_THAT(cli.Run({"offer", "why", "OFF-UN-26-0107", "-o", "csv"}).out,
              HasSubstr("un.example/ch8/finance,1234,5a5a5a5a5a5a5a5a5a5a"));
}

TEST(Cli, PrintsJsonAndCsvForPrograms) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  ListFundsResponse funds;
  *funds.add_funds() = TrustFund();
  cli.node().Answer("ListFunds", funds);
  const Result json = cli.Run({"fund", "list", "-o", "json"});
  ExpectGolden(json.out, "fund_list.json");
  EXPECT_THAT(json.err, HasSubstr("EXERCISE"));
  const Result csv = cli.Run({"-o", "csv", "fund", "list"});
  ExpectGolden(csv.out, "fund_list.csv");
}

TEST(Cli, ReadsEveryPage) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  cli.node().Handle("ListFunds", [](const client::WireCall& call) {
    chapter8::finance::v1::ListFundsRequest request;
    EXPECT_TRUE(request.ParseFromString(call.request));
    ListFundsResponse page;
    *page.add_funds() = TrustFund();
    if (request.page_token().empty()) page.set_next_page_token("2");
    client::WireReply reply;
    reply.reply = page.SerializeAsString();
    return reply;
  });
  EXPECT_EQ(cli.Run({"fund", "list", "-o", "csv"}).exit_code, 0);
  EXPECT_EQ(cli.node().calls.size(), 2u);
}

TEST(Cli, SendsASignedRequestWithWholeNames) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  Offer draft = ReservedOffer();
  draft.set_state(Offer::DRAFT);
  cli.node().Answer("MakeOffer", draft);
  const Result result = cli.Run(kMakeOffer);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("ch8 offer approve OFF-UN-26-0107"));
  const client::WireCall& call = cli.node().calls.at(0);
  MakeOfferRequest request;
  ASSERT_TRUE(request.ParseFromString(call.request));
  EXPECT_EQ(request.resource().request(), "requests/REQ-AU-26-0041");
  EXPECT_EQ(request.resource().fund(), "organizations/un/funds/assessed");
  EXPECT_EQ(request.resource().amount().amount_minor(), 5000000);
  EXPECT_EQ(request.resource().hold_duration().seconds(), 72 * 3600);
  EXPECT_EQ(request.request_id().size(), 36u);
  EXPECT_FALSE(request.validate_only());
  const auto act = trust::DecodeSignedAct(call.act);
  ASSERT_TRUE(act.ok()) << act.status();
  // By the exercise's clock, not this machine's.
  EXPECT_EQ(act->not_after_unix_seconds, 1772442720 + 15 * 60);
}

TEST(Cli, LetsTheServerDecideADryRun) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  cli.node().Answer("MakeOffer", ReservedOffer());
  std::vector<std::string> args = kMakeOffer;
  args.insert(args.end(), {"--dry-run", "--post", "Chief-Supply", "--request-id", "abc"});
  const Result result = cli.Run(args);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("DRY RUN: nothing written"));
  MakeOfferRequest request;
  ASSERT_TRUE(request.ParseFromString(cli.node().calls.at(0).request));
  EXPECT_TRUE(request.validate_only());
  EXPECT_EQ(request.post(), "posts/chief-supply");
  EXPECT_EQ(request.request_id(), "abc");
}

TEST(Cli, SaysWhereARequestIsLogged) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  cli.node().Handle("ApproveOffer", [](const client::WireCall&) {
    chapter8::ledger::v1::Receipt receipt;
    receipt.set_origin("un.example/ch8/finance");
    receipt.set_index(1234);
    receipt.set_leaf_hash(std::string(32, '\x5a'));
    client::WireReply reply;
    reply.reply = ReservedOffer().SerializeAsString();
    reply.receipt = receipt.SerializeAsString();
    return reply;
  });
  const Result result = cli.Run({"offer", "approve", "OFF-UN-26-0107", "-v"});
  EXPECT_THAT(result.err, HasSubstr("logged in un.example/ch8/finance at 1234, leaf 5a5a5a"));
}

// first-ten-minutes.md is the oracle for the first lines.
TEST(Cli, RefusesWithRuleFiguresAndTheNextCommand) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  cli.node().Refuse("MakeOffer", NotActivated());
  const Result result = cli.Run(kMakeOffer);
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(
      result.err,
      "REFUSED (F-1, exit 4), nothing written: 2719 funding of AUSSOM is UNDER_CONSIDERATION, "
      "must be ACTIVATED\n"
      "  missing: Council activation, GA appropriation      held: AU PSC request, exit "
      "strategy, HRDDP clearance\n"
      "  instead: ch8 fund list --for AUSSOM                2 extra-budgetary funds, USD "
      "21,430,000.00 available\n");
}

TEST(Cli, SpellsOutAmountsOfARefusal) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  google::rpc::ErrorInfo info;
  info.set_reason("INSUFFICIENT");
  auto& metadata = *info.mutable_metadata();
  metadata["rule"] = "F-15";
  metadata["wanted"] = "5000000";
  metadata["available"] = "4000000";
  metadata["currency"] = "USD";
  metadata["instead"] = "ch8 fund show assessed";
  cli.node().Refuse("MakeOffer",
                    client::WithErrorInfo(absl::FailedPreconditionError("not enough"), info));
  EXPECT_EQ(cli.Run(kMakeOffer).err,
            "REFUSED (F-15, exit 4), nothing written: not enough\n"
            "  wanted: USD 50,000.00                              available: USD 40,000.00\n"
            "  instead: ch8 fund show assessed\n");
}

TEST(Cli, ExitsWithACodeForEachKindOfFailure) {
  const std::vector<std::pair<absl::StatusCode, int>> codes = {
      {absl::StatusCode::kInvalidArgument, 2},
      {absl::StatusCode::kNotFound, 3},
      {absl::StatusCode::kPermissionDenied, 4},
      {absl::StatusCode::kUnauthenticated, 4},
      {absl::StatusCode::kFailedPrecondition, 4},
      {absl::StatusCode::kAlreadyExists, 5},
      {absl::StatusCode::kAborted, 5},
      {absl::StatusCode::kUnavailable, 6},
      {absl::StatusCode::kDeadlineExceeded, 6},
      {absl::StatusCode::kResourceExhausted, 6},
      {absl::StatusCode::kDataLoss, 7},
      {absl::StatusCode::kInternal, 7}};
  for (const auto& [code, exit_code] : codes) {
    const TempDir dir;
    CliHarness cli(dir.path().string());
    cli.node().Refuse("GetFund", absl::Status(code, "so it is"));
    const Result result = cli.Run({"fund", "show", "trust"});
    EXPECT_EQ(result.exit_code, exit_code) << absl::StatusCodeToString(code);
    EXPECT_THAT(result.err, HasSubstr("exit " + std::to_string(exit_code) + "): so it is"));
  }
}

TEST(Cli, SaysHowToAskAgainWhenNobodyKnows) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  cli.node().Refuse("ApproveOffer", absl::UnavailableError("connection reset"));
  const Result result = cli.Run({"offer", "approve", "OFF-UN-26-0107"});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, StartsWith("UNREACHABLE (exit 6), not known whether it was written: "
                                     "connection reset\n"
                                     "  again:   ch8 offer approve OFF-UN-26-0107 --request-id "));
}

TEST(Cli, AsksBeforeWhatCannotBeUndone) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  cli.node().Answer("CancelOffer", ReservedOffer());
  EXPECT_EQ(cli.Run({"offer", "cancel", "OFF-UN-26-0107"}).exit_code, 2);
  EXPECT_EQ(cli.Run({"offer", "cancel", "OFF-UN-26-0107"}, "n\n").exit_code, 6);
  EXPECT_EQ(cli.node().calls.size(), 0u);
  EXPECT_EQ(cli.Run({"offer", "cancel", "OFF-UN-26-0107"}, "y\n").exit_code, 0);
  EXPECT_EQ(cli.Run({"offer", "cancel", "OFF-UN-26-0107", "--yes"}).exit_code, 0);
  EXPECT_EQ(cli.node().calls.size(), 2u);
}

// What a second person confirms is what that person was shown.
TEST(Cli, ShowsWhatIsConfirmedAndSendsItsEtag) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  Clearance clearance;
  clearance.set_name("clearances/aussom-s6-bn1");
  clearance.set_unit("units/aussom-s6-bn1");
  clearance.set_etag("read");
  clearance.mutable_proposed()->set_outcome(Clearance::WITHHOLD);
  cli.node().Answer("GetClearance", clearance);
  cli.node().Answer("ConfirmClearance", clearance);
  const std::vector<std::string> confirm = {"clearance", "confirm", "AUSSOM-S6-BN1"};
  EXPECT_EQ(cli.Run(confirm, "n\n").exit_code, 6);
  EXPECT_EQ(cli.node().calls.size(), 1u) << "read, and no more";
  EXPECT_EQ(cli.Run(confirm).exit_code, 2) << "no terminal, and not told to go on";
  EXPECT_EQ(cli.node().calls.size(), 2u);
  const Result result = cli.Run({"clearance", "confirm", "AUSSOM-S6-BN1", "--yes"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("WITHHOLD"));
  ConfirmClearanceRequest sent;
  ASSERT_TRUE(sent.ParseFromString(cli.node().calls.back().request));
  EXPECT_EQ(sent.etag(), "read");

  Officer officer;
  officer.set_name("officers/deputy");
  officer.set_etag("7");
  ActingAppointment& acting = *officer.add_acting();
  acting.set_post("posts/mandate-desk");
  acting.mutable_valid_to()->set_day(14);
  cli.node().Answer("GetOfficer", officer);
  cli.node().Answer("ConfirmActing", officer);
  EXPECT_EQ(
      cli.Run({"officer", "confirm-acting", "deputy", "--in", "mandate-desk"}, "y\n").exit_code, 0);
  ConfirmActingRequest appointment;
  ASSERT_TRUE(appointment.ParseFromString(cli.node().calls.back().request));
  EXPECT_EQ(appointment.etag(), "7");
}

TEST(Cli, GuessesWhatWasMeant) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  EXPECT_EQ(cli.Run({"ofer", "list"}).err, "ch8: there is no 'ofer'\n  did you mean: ch8 offer\n");
  EXPECT_EQ(cli.Run({"offer", "aprove"}).err,
            "ch8: 'ch8 offer' has no 'aprove'\n  did you mean: ch8 offer approve\n");
  EXPECT_THAT(cli.Run({"fund", "list", "--fro", "X"}).err, HasSubstr("did you mean: --for"));
  EXPECT_THAT(cli.Run({"rocket", "find"}).err, HasSubstr("there are: account, agreement,"));
  EXPECT_THAT(cli.Run({"fund", "add", "x"}).err,
              HasSubstr("missing: --title, --source, --currency\n  usage: ch8 fund add ID"));
  EXPECT_THAT(cli.Run({"offer"}).err, HasSubstr("needs one of: accept, approve"));
  EXPECT_EQ(cli.Run({"fund", "list", "-o", "xml"}).exit_code, 2);
  EXPECT_EQ(cli.Run({"fund", "list", "--as", "a", "--context", "b"}).exit_code, 2);
}

TEST(Cli, ListsWhatWaitsForAnOfficer) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  ListRequestsResponse requests;
  FundingRequest& late = *requests.add_requests();
  late.set_name("requests/REQ-AU-26-0041");
  late.set_addressee("organizations/un");
  late.set_operation("operations/aussom");
  late.set_state(FundingRequest::OPEN);
  *late.mutable_amount() = *client::ParseMoney("USD:50000.00");
  *late.mutable_needed_by() = *ParseDate("2026-03-21");
  FundingRequest& overdue = *requests.add_requests();
  overdue = late;
  overdue.set_name("requests/REQ-AU-26-0039");
  *overdue.mutable_needed_by() = *ParseDate("2026-03-01");
  ListOffersResponse offers;
  *offers.add_offers() = ReservedOffer();
  offers.mutable_offers(0)->set_state(Offer::DRAFT);
  offers.mutable_offers(0)->set_made_by(8);
  *offers.add_offers() = offers.offers(0);
  offers.mutable_offers(1)->set_made_by(7);  // The officer's own: another person approves it.
  cli.node().Answer("ListRequests", requests);
  cli.node().Answer("ListOffers", offers);
  const Result result = cli.Run({"inbox"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  ExpectGolden(result.out, "inbox.txt");
}

class ImportTest : public ::testing::Test {
 protected:
  ImportTest() {
    cli_.node().Answer("GetFund", TrustFund());
    cli_.node().Handle("ImportContributions", [](const client::WireCall& call) {
      ImportContributionsRequest request;
      EXPECT_TRUE(request.ParseFromString(call.request));
      client::WireReply reply;
      ImportContributionsResponse response;
      for (int i = 0; i < request.contributions_size(); ++i) {
        const auto& asked = request.contributions(i);
        if (asked.donor() == "TWICE") {
          google::rpc::ErrorInfo info;
          info.set_reason("CONTRIBUTION_EXISTS");
          (*info.mutable_metadata())["row"] = std::to_string(i + 1);
          reply.status = client::WithErrorInfo(absl::AlreadyExistsError("row exists"), info);
          return reply;
        }
        *response.add_contributions() = asked;
        response.mutable_contributions(i)->set_amount_minor(asked.original().amount_minor());
      }
      reply.reply = response.SerializeAsString();
      return reply;
    });
  }

  std::string File(int rows, const std::string& extra) {
    std::string text = "donor,state,form,currency,amount,decided_on\n";
    for (int i = 0; i < rows; ++i) text += "GBR,paid,financial,USD,10.00,2025-02-14\n";
    return cli_.WriteFile("in.csv", text + extra);
  }

  const TempDir dir_;
  CliHarness cli_{dir_.path().string()};
};

TEST_F(ImportTest, SendsBatchesOfAThousand) {
  const Result result =
      cli_.Run({"contribution", "import", File(2001, ""), "--fund", "aussom-trust"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(cli_.node().calls.size(), 1u + 3u);
  EXPECT_THAT(result.out, HasSubstr("PAID   FINANCIAL           2001  USD       20,010.00"));
  EXPECT_THAT(result.err, HasSubstr("2001 recorded in aussom-trust, 0 set aside"));
}

TEST_F(ImportTest, SetsRowsAsideOnlyWhenTold) {
  const std::string bad =
      "FRA,paid,financial,XOF,1.5,2025-02-14\nTWICE,paid,financial,USD,1,2025-02-14\n";
  const std::string path = File(2, bad);
  const Result strict = cli_.Run({"contribution", "import", path, "--fund", "aussom-trust"});
  EXPECT_EQ(strict.exit_code, 2);
  EXPECT_THAT(strict.err, HasSubstr("line 4: XOF has no decimals"));
  const std::string rejects = cli_.Path("rejects.csv");
  const Result result =
      cli_.Run({"contribution", "import", path, "--fund", "aussom-trust", "--rejects", rejects});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("2 recorded in aussom-trust, 2 set aside: " + rejects));
  EXPECT_EQ(ch8::testing::ReadFile(rejects),
            "donor,state,form,currency,amount,decided_on,line,problem\n"
            "FRA,paid,financial,XOF,1.5,2025-02-14,4,XOF has no decimals (ISO 4217); write whole "
            "units\n"
            "TWICE,paid,financial,USD,1,2025-02-14,5,row exists\n");
}

TEST_F(ImportTest, AsksAgainWithTheSameIds) {
  const std::vector<std::string> args = {"contribution", "import",       File(1001, ""), "--fund",
                                         "aussom-trust", "--request-id", "0d3c7e0a"};
  cli_.Run(args);
  const std::vector<client::WireCall> first = cli_.node().calls;
  cli_.node().calls.clear();
  cli_.Run(args);
  ASSERT_EQ(first.size(), 3u);
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].request, cli_.node().calls[i].request);
  }
  EXPECT_NE(first[1].request.substr(0, 10), "");
}

TEST(Cli, KeepsContexts) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  EXPECT_THAT(cli.Run({"context", "show", "-o", "json"}).out,
              HasSubstr("\"trust_domain\": \"un.example\""));
  EXPECT_THAT(cli.Run({"context", "list"}).out, HasSubstr("*       un:supply"));
  const Result missing = cli.Run({"context", "use", "au:log"});
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_THAT(missing.err, HasSubstr("there is no context au:log; there are: un:supply"));
  EXPECT_EQ(cli.Run({"context", "use", "../x"}).exit_code, 2);
  EXPECT_EQ(cli.Run({"--as", "nobody", "whoami"}).exit_code, 3);
}

TEST(Cli, KnowsWhoCalls) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  ExpectGolden(cli.Run({"whoami"}).out, "whoami.txt");
}

TEST(Cli, FoundsAnOrganizationAndItsFirstOfficers) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  const std::string home = cli.Path("un");
  const Result init = cli.Run({"org", "init", home, "--id", "un", "--domain", "un.example",
                               "--name", "United Nations", "--admin", "okoye=101", "--admin",
                               "diallo=102", "--endpoint", "federation=127.0.0.1:4102"});
  ASSERT_EQ(init.exit_code, 0) << init.err;
  EXPECT_THAT(init.err, HasSubstr("ch8d --home " + home + "/node --data DATA"));
  const Result shown = cli.Run({"org", "record", "show", home + "/org.record"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("United Nations"));
  EXPECT_THAT(shown.out, HasSubstr("federation 127.0.0.1:4102"));
  const Result add = cli.Run({"context", "add", "un:okoye", "--officer-dir",
                              home + "/officers/okoye", "--endpoints", "127.0.0.1:4101"});
  EXPECT_EQ(add.exit_code, 0) << add.err;
  const std::string device = cli.Path("device");
  EXPECT_EQ(cli.Run({"officer", "key-request", device, "--dry-run"}).exit_code, 2);
  ASSERT_FALSE(std::filesystem::exists(device));
  ASSERT_EQ(cli.Run({"officer", "key-request", device}).exit_code, 0);
  EXPECT_EQ(cli.Run({"officer", "key-request", device}).exit_code, 5);  // Never overwritten.
  const Result issue = cli.Run({"officer", "issue", "--home", home, "--request",
                                device + "/tls.csr", "--id", "supply", "--out", device});
  EXPECT_EQ(issue.exit_code, 0) << issue.err;
  EXPECT_EQ(cli.Run({"context", "add", "un:new", "--officer-dir", device, "--endpoints",
                     home + "/endpoints.json"})
                .exit_code,
            0);
  EXPECT_EQ(cli.Run({"--as", "un:new", "whoami"}).exit_code, 6);  // The node has not started.
}

TEST(Help, IsThereForEverything) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  ExpectGolden(cli.Run({"--help"}).out, "help.txt");
  ExpectGolden(cli.Run({"offer", "--help"}).out, "help_offer.txt");
  ExpectGolden(cli.Run({"help", "contribution", "import"}).out, "help_contribution_import.txt");
  EXPECT_EQ(cli.Run({}).exit_code, 0);
  for (const Command& command : AllCommands()) {
    std::vector<std::string> args = command.path;
    args.push_back("--help");
    const Result result = cli.Run(args);
    EXPECT_EQ(result.exit_code, 0) << PathText(command);
    EXPECT_THAT(result.out, HasSubstr(command.summary));
    EXPECT_THAT(command.summary, Not(HasSubstr(".")));
  }
}

TEST(Completion, NamesEveryWordAndOption) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  const std::string script = cli.Run({"completion", "bash"}).out;
  for (const Command& command : AllCommands()) {
    EXPECT_THAT(script, HasSubstr("\"" + PathText(command) + "\""));
    for (const Parameter& parameter : command.parameters) {
      if (parameter.kind == Parameter::Kind::kPositional) continue;
      EXPECT_THAT(script, HasSubstr(DisplayName(parameter)));
    }
  }
}

TEST(Completion, WorksInBash) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  const std::string script = cli.WriteFile("complete.bash", cli.Run({"completion", "bash"}).out);
  const auto complete = [&](const std::string& words, int at) {
    const std::string out = cli.Path("out");
    const std::string command = "bash -c 'source " + script + "; COMP_WORDS=(" + words +
                                "); COMP_CWORD=" + std::to_string(at) +
                                "; _ch8; echo \"${COMPREPLY[*]}\"' > " + out;
    EXPECT_EQ(std::system(command.c_str()), 0);
    return ch8::testing::ReadFile(out);
  };
  EXPECT_EQ(complete("ch8 off", 1), "offer officer\n");
  EXPECT_EQ(complete("ch8 --as un:x offer a", 4), "accept approve\n");
  EXPECT_EQ(complete("ch8 offer make REQ --f", 4), "--fund --from\n");
  EXPECT_EQ(complete("ch8 offer reject OFF --reason t", 5), "terms\n");
}

TEST(ShellLine, IsReadBackAsTheSame) {
  EXPECT_EQ(ShellLine({"org", "pin", "a b", "it's", ""}), "ch8 org pin 'a b' 'it'\\''s' ''");
}

}  // namespace
}  // namespace ch8::cli
