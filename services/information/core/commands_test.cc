#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/information/core/test_scenario.h"
#include "tests/support/status_matchers.h"

namespace ch8::information {
namespace {

using ::ch8::testing::IsOk;

struct Case {
  std::string want;
  std::string request;
};

// Runs every row as `officer` and compares reasons. Rows stand in descending precedence of the
// error. A refused row changes no row and names its domain.
template <typename Request, typename Response>
void Expect(TestLedger& ledger, absl::string_view officer, absl::string_view method,
            const std::vector<Case>& cases) {
  for (const Case& row : cases) {
    const auto rows_before = ledger.StoredRows();
    const auto result = ledger.Call<Response>(officer, method, Parsed<Request>(row.request));
    EXPECT_EQ(ReasonOr(result), row.want) << method << ": " << row.request << "\n"
                                          << result.status();
    if (result.ok()) continue;
    EXPECT_EQ(ledger.StoredRows(), rows_before) << row.request;
    EXPECT_NE(kernel::ErrorInfoOf(result.status()).domain(), "");
  }
}

// A good FileReport with one thing replaced.
std::string With(const std::string& from, const std::string& to) {
  const std::string good = FileText("GREEN");
  const std::string bad = absl::StrReplaceAll(good, {{from, to}});
  EXPECT_NE(good, bad) << from;
  return bad;
}

TEST(ReportCommandsTest, FileReport) {
  Scenario s;
  Expect<v1::FileReportRequest, v1::Report>(
      s.ecowas, "analyst", "ReportService/FileReport",
      {{"BAD_FIELD", ""},
       {"BAD_FIELD", With("kind: EARLY_WARNING", "")},
       {"BAD_FIELD", With("kind: EARLY_WARNING", "kind: 99")},
       {"BAD_FIELD", With("theme: SECURITY", "")},
       {"BAD_DATES", With("day: 27", "day: 31")},
       {"BAD_FIELD", With("date_precision: DAY", "")},
       {"BAD_PLACE", With("NGMIU", "Maiduguri")},
       {"BAD_PLACE", With("NGMIU", "11.83,13.15")},
       {"BAD_PLACE", With("NGMIU", "NG-")},
       {"BAD_PLACE", With("NGMIU", "ng")},
       {"BAD_FIELD", With("reliability: B", "")},
       {"BAD_FIELD", With("credibility: 2", "credibility: 7")},
       {"BAD_FIELD", With("tlp: GREEN", "")},
       {"BAD_FIELD", With("classification: CONFIDENTIAL", "")},
       {"BAD_DATES", With("day: 28", "day: 29")},
       {"BAD_DATES", With("month: 2\n    day: 27", "month: 4\n    day: 27")},
       {"BAD_DATES", With("year: 2027", "year: 2025")},
       {"BAD_BODY", With("title: \"", "title: \"\\n")},
       {"BAD_BODY", With(absl::StrCat("title: \"", kTitleCanary, "\""), "")},
       {"BAD_BODY", With(absl::StrCat("title: \"", kTitleCanary),
                         absl::StrCat("title: \"", std::string(201, 'x')))},
       {"BAD_BODY", With(absl::StrCat("It says ", kNarrativeCanary, "."), "")},
       {"BAD_SALT", With("0123456789abcdef", "0123456789abcde")},
       {"BAD_NAME", With("tlp: GREEN", "tlp: GREEN groups: \"cell\"")},
       {"UNKNOWN_GROUP", With("tlp: GREEN", "tlp: GREEN groups: \"groups/ecowas-x\"")},
       {"UNKNOWN_REPORT",
        With("tlp: GREEN", "tlp: GREEN derived_from: \"reports/RPT-ECOWAS-26-0009\"")},
       {"UNKNOWN_REPORT",
        With("tlp: GREEN", "tlp: GREEN supersedes: \"reports/RPT-ECOWAS-26-0009\"")},
       {"OK", FileText("GREEN")}});
}

TEST(ReportCommandsTest, WhatOnlyTheLedgerMaySayIsNotTaken) {
  Scenario s;
  auto request = Parsed<v1::FileReportRequest>(FileText("GREEN"));
  request.mutable_resource()->set_name("reports/RPT-AU-26-0001");
  request.mutable_resource()->set_originator("organizations/au");
  request.mutable_resource()->set_state(v1::Report::RELEASED);
  request.mutable_resource()->set_reviewer(7);
  request.mutable_resource()->set_body_digest("x");
  const auto filed = s.ecowas.Call<v1::Report>("analyst", "ReportService/FileReport", request);
  ASSERT_THAT(filed, IsOk());
  EXPECT_EQ(filed->name(), "reports/RPT-ECOWAS-26-0001");
  EXPECT_EQ(filed->originator(), "organizations/ecowas");
  EXPECT_EQ(filed->state(), v1::Report::FILED);
  EXPECT_EQ(filed->reviewer(), 0U);
  EXPECT_EQ(filed->author(), 1U);
  EXPECT_EQ(filed->body_digest().size(), 32U);
}

TEST(ReportCommandsTest, TheDigestIsOfSaltAndContent) {
  Scenario s;
  const std::string one = s.File("GREEN");
  const std::string two = s.File("GREEN");
  const std::string digest = s.ReportAt(s.ecowas, one)->body_digest();
  EXPECT_NE(digest, s.ReportAt(s.ecowas, two)->body_digest()) << "equal content shows";
  const auto bytes = s.ecowas.bodies().Get(*Hash::FromBytes(digest));
  ASSERT_THAT(bytes, IsOk());
  EXPECT_EQ(Sha256(*bytes).view(), digest);
  v1::ReportBody body;
  ASSERT_TRUE(body.ParseFromString(bytes->substr(32)));
  EXPECT_EQ(body.title(), kTitleCanary);
  EXPECT_EQ(s.ReportAt(s.ecowas, one)->body_size_bytes(), bytes->size() - 32);
}

TEST(ReportCommandsTest, ReleaseReport) {
  Scenario s;
  s.AgreeAll();
  s.Group("cell", {"au"});
  const std::string group = s.Group("other", {"au"});
  const std::string report = s.File("AMBER", "groups: \"groups/ecowas-cell\"");
  const std::string name = absl::StrCat("name: \"", report, "\" ");
  Expect<v1::ReleaseReportRequest, v1::Report>(
      s.ecowas, "releaser", "ReportService/ReleaseReport",
      {{"BAD_NAME", "name: \"RPT-ECOWAS-26-0001\""},
       {"UNKNOWN_REPORT", "name: \"reports/RPT-ECOWAS-26-0009\""},
       {"STALE_ETAG", name + "etag: \"old\""},
       {"BAD_RECIPIENTS", name},
       {"BAD_RECIPIENTS", name + "community: true group: \"groups/ecowas-cell\""},
       {"BAD_NAME", name + "organizations: \"au\""},
       {"NOT_PINNED", name + "organizations: \"organizations/igad\""},
       {"BAD_RECIPIENTS", name + "organizations: \"organizations/ecowas\""},
       {"UNKNOWN_GROUP", name + "group: \"groups/ecowas-none\""},
       {"NOT_MARKED_FOR_GROUP", name + "group: \"" + group + "\""},
       {"TLP_AMBER", name + "community: true"},
       {"OK", name + "organizations: \"organizations/au\""},
       {"ALREADY_RELEASED", name + "organizations: \"organizations/au\""},
       {"ALREADY_RELEASED", name + "group: \"groups/ecowas-cell\""}});
  s.Settle();
  Expect<v1::ReleaseReportRequest, v1::Report>(
      s.au, "releaser", "ReportService/ReleaseReport",
      {{"NOT_ORIGINATOR", name + "organizations: \"organizations/un\""}});
}

TEST(ReportCommandsTest, AgreementsLimitWhatIsReleased) {
  struct Limit {
    std::string want;
    std::string agreement;  // Of ECOWAS with the UN; empty for none.
  };
  const std::vector<Limit> limits = {
      {"NOT_IN_AGREEMENT", ""},
      {"AGREEMENT_NOT_IN_FORCE", "valid_to { month: 3 day: 1 }"},
      {"AGREEMENT_NOT_IN_FORCE", "valid_from { month: 3 day: 3 }"},
      {"PURPOSE_NOT_PERMITTED", "kinds: SITUATION"},
      {"CLASS_ABOVE_AGREEMENT", "max_classification: UNCLASSIFIED"},
      {"TLP_ABOVE_AGREEMENT", "max_tlp: GREEN"},
      {"OK", "kinds: EARLY_WARNING valid_from { month: 3 day: 2 } valid_to { month: 3 day: 2 }"}};
  for (const Limit& limit : limits) {
    Scenario s;
    if (!limit.agreement.empty()) s.Agree(s.ecowas, "with-un", "un", limit.agreement);
    s.Agree(s.ecowas, "with-au", "au");
    const auto released = s.Release(s.File("AMBER"), "organizations: \"organizations/un\"");
    EXPECT_EQ(ReasonOr(released), limit.want) << limit.agreement << released.status();
  }
  // Of several agreements the one that lets it through counts; a terminated one does not.
  Scenario s;
  s.Agree(s.ecowas, "narrow", "un", "max_tlp: CLEAR");
  s.Agree(s.ecowas, "wide", "un");
  ASSERT_THAT(s.Release(s.File("AMBER"), "organizations: \"organizations/un\""), IsOk());
  v1::TerminateAgreementRequest end;
  end.set_name("agreements/wide");
  ASSERT_THAT(
      s.ecowas.Call<v1::SharingAgreement>("releaser", "AgreementService/TerminateAgreement", end),
      IsOk());
  EXPECT_EQ(ReasonOr(s.Release(s.File("AMBER"), "organizations: \"organizations/un\"")),
            "TLP_ABOVE_AGREEMENT");
}

TEST(ReportCommandsTest, RelayAskAndRecall) {
  Scenario s;
  s.AgreeAll();
  const std::string report = s.File("GREEN");
  EXPECT_EQ(ReasonOr(s.Relay(s.au, report, "un")), "UNKNOWN_REPORT");
  EXPECT_EQ(ReasonOr(s.Relay(s.ecowas, report, "un")), "OWN_REPORT");
  EXPECT_EQ(ReasonOr(s.Ask(s.ecowas, report, "un")), "OWN_REPORT");
  ASSERT_THAT(s.Release(report, "organizations: \"organizations/au\""), IsOk());
  s.Settle();
  EXPECT_EQ(ReasonOr(s.Relay(s.au, report, "igad")), "NOT_PINNED");
  EXPECT_EQ(ReasonOr(s.Relay(s.au, report, "au")), "BAD_RECIPIENTS");
  EXPECT_EQ(ReasonOr(s.Relay(s.au, report, "ecowas")), "BAD_RECIPIENTS");
  EXPECT_EQ(ReasonOr(s.Ask(s.au, report, "igad")), "NOT_PINNED");
  EXPECT_EQ(ReasonOr(s.Ask(s.au, report, "ecowas")), "BAD_RECIPIENTS");
  ASSERT_THAT(s.Relay(s.au, report, "un"), IsOk());
  EXPECT_EQ(ReasonOr(s.Relay(s.au, report, "un")), "ALREADY_RELEASED");
  const std::string name = absl::StrCat("name: \"", report, "\" ");
  Expect<v1::RecallReportRequest, v1::Report>(s.au, "releaser", "ReportService/RecallReport",
                                              {{"NOT_ORIGINATOR", name + "reason: ERROR"}});
  Expect<v1::RecallReportRequest, v1::Report>(
      s.ecowas, "releaser", "ReportService/RecallReport",
      {{"BAD_FIELD", name}, {"OK", name + "reason: ERROR"}, {"RECALLED", name + "reason: ERROR"}});
}

TEST(ReportCommandsTest, OnwardTransferIsTheAgreementsToAllow) {
  Scenario s;
  s.AgreeAll();
  v1::TerminateAgreementRequest end;
  end.set_name("agreements/with-ecowas");
  ASSERT_THAT(
      s.au.Call<v1::SharingAgreement>("releaser", "AgreementService/TerminateAgreement", end),
      IsOk());
  const std::string report = s.File("GREEN");
  ASSERT_THAT(s.Release(report, "organizations: \"organizations/au\""), IsOk());
  s.Settle();
  EXPECT_EQ(ReasonOr(s.Relay(s.au, report, "un")), "ONWARD_TRANSFER");
}

// An agreement allows onward transfer of what it covers, and of nothing else.
TEST(ReportCommandsTest, OnwardTransferIsOfWhatTheAgreementCovers) {
  const std::vector<Case> cases = {{"ONWARD_TRANSFER", "kinds: SITUATION"},
                                   {"ONWARD_TRANSFER", "max_classification: UNCLASSIFIED"},
                                   {"ONWARD_TRANSFER", "max_tlp: CLEAR"},
                                   {"OK", "kinds: EARLY_WARNING max_tlp: GREEN"}};
  for (const Case& row : cases) {
    Scenario s;
    s.Agree(s.ecowas, "with-au", "au");
    s.Agree(s.au, "with-un", "un");
    s.Agree(s.au, "with-ecowas", "ecowas", row.request);
    const std::string report = s.File("GREEN");
    ASSERT_THAT(s.Release(report, "organizations: \"organizations/au\""), IsOk());
    s.Settle();
    EXPECT_EQ(ReasonOr(s.Relay(s.au, report, "un")), row.want) << row.request;
  }
}

TEST(GroupCommandsTest, CreateAndChange) {
  Scenario s;
  Expect<v1::CreateGroupRequest, v1::Group>(
      s.ecowas, "releaser", "GroupService/CreateGroup",
      {{"BAD_ID", "group_id: \"A\""},
       {"BAD_ID", absl::StrCat("group_id: \"", std::string(60, 'a'), "\"")},
       {"BAD_FIELD", "group_id: \"cell\""},
       {"OK", "group_id: \"cell\" resource { title: \"Cell\" }"},
       {"GROUP_EXISTS", "group_id: \"cell\" resource { title: \"Cell\" }"}});
  const std::string name = "name: \"groups/ecowas-cell\" ";
  const std::string au = "organization: \"organizations/au\" ";
  Expect<v1::AddMemberRequest, v1::Group>(
      s.ecowas, "releaser", "GroupService/AddMember",
      {{"UNKNOWN_GROUP", "name: \"groups/ecowas-x\""},
       {"BAD_NAME", name},
       {"NOT_PINNED", name + "organization: \"organizations/igad\""},
       {"OK", name + au},
       {"ALREADY_PROPOSED", name + au}});
  Expect<v1::RemoveMemberRequest, v1::Group>(s.ecowas, "releaser", "GroupService/RemoveMember",
                                             {{"NOT_A_MEMBER", name + au}});
  Expect<v1::ConfirmMembershipRequest, v1::Group>(s.ecowas, "releaser",
                                                  "GroupService/ConfirmMembership",
                                                  {{"UNKNOWN_CHANGE", name + "number: 0"},
                                                   {"UNKNOWN_CHANGE", name + "number: 2"},
                                                   {"SAME_PERSON", name + "number: 1"}});
  Expect<v1::ConfirmMembershipRequest, v1::Group>(
      s.ecowas, "releaser-b", "GroupService/ConfirmMembership",
      {{"OK", name + "number: 1"}, {"NOT_PROPOSED", name + "number: 1"}});
  Expect<v1::AddMemberRequest, v1::Group>(s.ecowas, "releaser", "GroupService/AddMember",
                                          {{"ALREADY_MEMBER", name + au}});
  v1::GetGroupRequest get;
  get.set_name("groups/ecowas-cell");
  const auto group = s.ecowas.Get<v1::Group>("GroupService/GetGroup", get);
  ASSERT_THAT(group, IsOk());
  EXPECT_EQ(group->version(), 1U);
  EXPECT_EQ(group->members(0), "organizations/au");
}

TEST(AgreementCommandsTest, ProposeAndConfirm) {
  Scenario s;
  const std::string id = "agreement_id: \"mou\" resource { document: \"MoU\" ";
  const std::string limits = "max_classification: CONFIDENTIAL max_tlp: AMBER ";
  const std::string dates =
      "valid_from { year: 2026 month: 1 day: 1 } valid_to { year: 2026 month: 12 day: 31 } ";
  const std::string own = "parties: \"organizations/ecowas\" ";
  Expect<v1::ProposeAgreementRequest, v1::SharingAgreement>(
      s.ecowas, "releaser", "AgreementService/ProposeAgreement",
      {{"BAD_ID", ""},
       {"BAD_FIELD", "agreement_id: \"mou\""},
       {"BAD_FIELD", id + "kinds: 99 }"},
       {"BAD_FIELD", id + "}"},
       {"BAD_FIELD", id + "max_classification: CONFIDENTIAL }"},
       {"BAD_DATES", id + limits + "}"},
       {"BAD_DATES", id + limits +
                         "valid_from { year: 2026 month: 2 day: 1 } valid_to { year: 2026 month: "
                         "1 day: 1 } }"},
       {"BAD_PARTIES", id + limits + dates + own + "}"},
       {"BAD_PARTIES", id + limits + dates + own + own + "}"},
       {"BAD_PARTIES",
        id + limits + dates + "parties: \"organizations/au\" parties: \"organizations/un\" }"},
       {"BAD_NAME", id + limits + dates + own + "parties: \"au\" }"},
       {"NOT_PINNED", id + limits + dates + own + "parties: \"organizations/igad\" }"},
       {"OK", id + limits + dates + own + "parties: \"organizations/au\" }"},
       {"AGREEMENT_EXISTS", id + limits + dates + own + "parties: \"organizations/au\" }"}});
  const std::string name = "name: \"agreements/mou\" ";
  Expect<v1::ConfirmAgreementRequest, v1::SharingAgreement>(
      s.ecowas, "releaser", "AgreementService/ConfirmAgreement",
      {{"UNKNOWN_AGREEMENT", "name: \"agreements/x\""},
       {"STALE_ETAG", name + "etag: \"x\""},
       {"SAME_PERSON", name}});
  // Before the confirmation it has no effect.
  EXPECT_EQ(ReasonOr(s.Release(s.File("GREEN"), "organizations: \"organizations/au\"")),
            "AGREEMENT_NOT_IN_FORCE");
  Expect<v1::ConfirmAgreementRequest, v1::SharingAgreement>(s.ecowas, "releaser-b",
                                                            "AgreementService/ConfirmAgreement",
                                                            {{"OK", name}, {"NOT_PROPOSED", name}});
  Expect<v1::TerminateAgreementRequest, v1::SharingAgreement>(
      s.ecowas, "releaser", "AgreementService/TerminateAgreement",
      {{"OK", name}, {"ALREADY_TERMINATED", name}});
}

TEST(ConsentCommandsTest, OnlyTheOriginatorDecidesAndOnce) {
  Scenario s;
  s.AgreeAll();
  const std::string report = s.File("AMBER");
  ASSERT_THAT(s.Release(report, "organizations: \"organizations/au\""), IsOk());
  s.Settle();
  ASSERT_THAT(s.Ask(s.au, report, "un"), IsOk());
  s.Settle();
  const std::string name = "name: \"consents/CNS-AU-26-0001\"";
  Expect<v1::GrantConsentRequest, v1::Consent>(s.au, "releaser", "ConsentService/GrantConsent",
                                               {{"NOT_ORIGINATOR", name}});
  Expect<v1::DenyConsentRequest, v1::Consent>(
      s.ecowas, "releaser", "ConsentService/DenyConsent",
      {{"UNKNOWN_CONSENT", "name: \"consents/CNS-AU-26-0002\""},
       {"OK", name},
       {"NOT_ASKED", name}});
}

// What another organization could send that is not true.
TEST(DeliveryTest, LiesAreRefused) {
  Scenario s;
  s.AgreeAll();
  const std::string report = s.File("AMBER_STRICT");
  ASSERT_THAT(s.Release(report, "organizations: \"organizations/au\""), IsOk());
  const auto good = s.ecowas.Addressed("au.example", 1);
  ASSERT_TRUE(good.has_value());
  v1::InformationEvent event;
  ASSERT_TRUE(event.ParseFromString(good->entry.domain_event()));
  const auto send = [&](TestLedger& to, const std::string& origin,
                        const v1::InformationEvent& lie) {
    kernel::Delivered delivered = *good;
    delivered.origin = origin;
    delivered.entry.set_domain_event(lie.SerializeAsString());
    return to.Deliver(delivered).reason();
  };
  const std::string ecowas = "ecowas.example/ch8/information";
  const std::string un = "un.example/ch8/information";
  EXPECT_EQ(send(s.au, "ecowas.example/ch8/finance", event), "NOT_INFORMATION");
  EXPECT_EQ(send(s.au, "igad.example/ch8/information", event), "UNKNOWN_ORGANIZATION");
  EXPECT_EQ(send(s.un, ecowas, event), "NOT_ADDRESSEE");
  EXPECT_EQ(send(s.au, un, event), "NOT_ADDRESSEE");
  v1::InformationEvent lie = event;
  lie.mutable_report_released()->mutable_report()->set_originator("organizations/un");
  EXPECT_EQ(send(s.au, ecowas, lie), "BAD_REPORT");
  lie = event;
  lie.mutable_report_released()->mutable_report()->set_author(1);
  EXPECT_EQ(send(s.au, ecowas, lie), "BAD_REPORT");
  // The UN cannot relay what is marked AMBER+STRICT, nor by a consent that is not the originator's.
  lie = event;
  lie.mutable_report_released()->mutable_disclosure()->set_giver("organizations/un");
  EXPECT_EQ(send(s.au, un, lie), "RELAY_NOT_ALLOWED");
  v1::Consent& consent = *lie.mutable_report_released()->mutable_consent();
  consent = Parsed<v1::Consent>(R"(asker: "organizations/un" recipient: "organizations/au"
                                   originator: "organizations/ecowas" state: GRANTED)");
  consent.set_report(report);
  consent.mutable_answer()->set_leaf_hash(std::string(32, 'x'));
  consent.mutable_answer()->set_origin(ecowas);
  EXPECT_EQ(send(s.au, un, lie), "NEEDS_CONSENT") << "a relay's word of what another has granted";
  consent.set_originator("organizations/un");
  EXPECT_EQ(send(s.au, un, lie), "RELAY_NOT_ALLOWED");
  // Nor can the UN consent to what is ECOWAS's.
  v1::InformationEvent granted;
  *granted.mutable_consent_recorded()->mutable_consent() = consent;
  granted.mutable_consent_recorded()->mutable_consent()->set_name("consents/CNS-UN-26-0001");
  EXPECT_EQ(send(s.au, un, granted), "BAD_CONSENT");
  EXPECT_EQ(ReasonOr(s.ReportAt(s.au, report)), "UNKNOWN_REPORT");

  EXPECT_EQ(send(s.au, ecowas, event), "");
  lie = event;
  lie.mutable_report_released()->mutable_report()->set_body_digest(std::string(32, 'x'));
  EXPECT_EQ(send(s.au, ecowas, lie), "OTHER_REPORT");
  lie.Clear();
  lie.mutable_report_recalled()->set_report(report);
  lie.mutable_report_recalled()->set_originator("organizations/ecowas");
  EXPECT_EQ(send(s.au, un, lie), "BAD_RECALL");
  lie.mutable_report_recalled()->set_reason(v1::Recall::ERROR);
  EXPECT_EQ(send(s.au, un, lie), "NOT_ORIGINATOR");
  lie.Clear();
  lie.mutable_report_acknowledged()->set_report(report);
  EXPECT_EQ(send(s.ecowas, un, lie), "NOT_DISCLOSED");
  lie.Clear();
  lie.mutable_recall_complied()->set_report(report);
  EXPECT_EQ(send(s.ecowas, "au.example/ch8/information", lie), "NOT_RECALLED");
  lie.Clear();
  lie.mutable_group_created()->mutable_group()->set_name("groups/ecowas-x");
  EXPECT_EQ(send(s.au, ecowas, lie), "UNEXPECTED_ENTRY");
  EXPECT_EQ(s.au.StoredRows(), s.au.ReplayedRows());
}

// The content of our own report does not come back under another's name.
TEST(DeliveryTest, OurOwnBodyIsNobodyElses) {
  Scenario s;
  s.AgreeAll();
  const std::string report = s.File("GREEN");
  ASSERT_THAT(s.Release(report, "organizations: \"organizations/au\""), IsOk());
  kernel::Delivered delivered = *s.ecowas.Addressed("au.example", 1);
  v1::InformationEvent lie;
  ASSERT_TRUE(lie.ParseFromString(delivered.entry.domain_event()));
  auto& released = *lie.mutable_report_released();
  released.mutable_report()->set_name("reports/RPT-AU-26-0001");
  released.mutable_report()->set_originator("organizations/au");
  released.mutable_disclosure()->set_report("reports/RPT-AU-26-0001");
  released.mutable_disclosure()->set_giver("organizations/au");
  released.mutable_disclosure()->set_recipient("organizations/ecowas");
  delivered.origin = "au.example/ch8/information";
  delivered.entry.set_domain_event(lie.SerializeAsString());
  EXPECT_EQ(s.ecowas.Deliver(delivered).reason(), "OTHER_REPORT");
  released.mutable_report()->set_body_digest(std::string(32, 'x'));
  delivered.entry.set_domain_event(lie.SerializeAsString());
  EXPECT_EQ(s.ecowas.Deliver(delivered).reason(), "") << "nothing else was wrong with it";
}

TEST(ContractTest, RetriesGetTheFirstAnswer) {
  Scenario s;
  auto request = Parsed<v1::FileReportRequest>(FileText("GREEN"));
  request.set_request_id("one");
  const books::TestLedger::RawCommand raw = {.officer = "analyst",
                                             .method = "ReportService/FileReport",
                                             .request = request.SerializeAsString(),
                                             .request_id = "one"};
  const kernel::Outcome first = s.ecowas.Run(raw);
  ASSERT_THAT(first.status, IsOk());
  const uint64_t size = s.ecowas.size();
  const kernel::Outcome again = s.ecowas.Run(raw);
  EXPECT_EQ(again.reply, first.reply);
  EXPECT_EQ(s.ecowas.size(), size);
  EXPECT_EQ(s.ecowas.bodies().count(), 1U);
  request.mutable_body()->set_title("Another");
  books::TestLedger::RawCommand other = raw;
  other.request = request.SerializeAsString();
  EXPECT_EQ(kernel::ReasonOf(s.ecowas.Run(other).status), "REQUEST_ID_REUSED");
}

TEST(ContractTest, ADryRunWritesNothingNotEvenABody) {
  Scenario s;
  const uint64_t size = s.ecowas.size();
  const kernel::Outcome outcome =
      s.ecowas.Run({"analyst", "ReportService/FileReport",
                    Parsed<v1::FileReportRequest>(FileText("GREEN")).SerializeAsString(),
                    kernel::Command::Mode::kValidateOnly});
  ASSERT_THAT(outcome.status, IsOk());
  v1::Report report;
  ASSERT_TRUE(report.ParseFromString(outcome.reply));
  EXPECT_EQ(report.name(), "reports/RPT-ECOWAS-26-0001");
  EXPECT_EQ(s.ecowas.size(), size);
  EXPECT_EQ(s.ecowas.bodies().count(), 0U);
}

TEST(ContractTest, ListsArePaged) {
  Scenario s;
  for (int i = 0; i < 5; ++i) s.File("GREEN");
  v1::ListReportsRequest request;
  request.set_page_size(2);
  std::vector<int> sizes;
  std::vector<std::string> names;
  do {
    const auto page = s.ecowas.Get<v1::ListReportsResponse>("ReportService/ListReports", request);
    ASSERT_THAT(page, IsOk());
    sizes.push_back(page->reports_size());
    for (const v1::Report& report : page->reports()) names.push_back(report.name());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(sizes, (std::vector<int>{2, 2, 1}));
  EXPECT_EQ(names.front(), "reports/RPT-ECOWAS-26-0001");
  EXPECT_EQ(names.back(), "reports/RPT-ECOWAS-26-0005");
}

TEST(ContractTest, BadBytesAreRefusedAndWriteNothing) {
  Scenario s;
  const uint64_t size = s.ecowas.size();
  for (const std::string& bytes : {std::string("\x9a\x3f\x01x"), std::string("\xff\xff")}) {
    const kernel::Outcome outcome = s.ecowas.Run({"analyst", "ReportService/FileReport", bytes});
    EXPECT_EQ(outcome.status.code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(s.ecowas.size(), size);
}

TEST(ContractTest, EntriesInSmallPortionsAndTwiceComeToTheSame) {
  Scenario s;
  s.AgreeAll();
  const std::string report = s.File("GREEN");
  ASSERT_THAT(s.Release(report, "community: true"), IsOk());
  ASSERT_THAT(s.Recall(report), IsOk());
  for (int i = 0; i < 12; ++i) {
    s.au.PullFrom(s.ecowas, 1);
    s.ecowas.PullFrom(s.au, 1);
    if (i % 3 == 0) s.un.PullFrom(s.ecowas, 1);
    s.ecowas.PullFrom(s.un, 1);
  }
  // An acknowledgement that comes twice, as if under another number, changes nothing.
  const auto rows = s.ecowas.StoredRows();
  const auto ack = s.au.Addressed("ecowas.example", 1);
  ASSERT_TRUE(ack.has_value());
  EXPECT_EQ(s.ecowas.Deliver(*ack).reason(), "ACKNOWLEDGED_BEFORE");
  EXPECT_EQ(s.ecowas.StoredRows(), rows);
  for (TestLedger* ledger : {&s.un, &s.au, &s.ecowas}) {
    EXPECT_EQ(s.ReportAt(*ledger, report)->state(), v1::Report::RECALLED);
    EXPECT_EQ(ledger->StoredRows(), ledger->ReplayedRows());
    EXPECT_EQ(ledger->books().StateDigest(), ledger->ReplayedBooksDigest());
  }
}

}  // namespace
}  // namespace ch8::information
