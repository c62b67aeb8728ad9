#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/information/core/test_scenario.h"
#include "tests/support/status_matchers.h"

// Three organizations that share what they know: the first step of the demo, told by their ledgers.
namespace ch8::information {
namespace {

using ::ch8::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> Recipients(const std::vector<v1::Disclosure>& rows) {
  std::vector<std::string> names;
  for (const v1::Disclosure& row : rows) {
    names.push_back(absl::StrCat(row.giver().substr(14), ">", row.recipient().substr(14),
                                 row.has_acknowledged() ? " ack" : "",
                                 row.recalled_us() > 0 ? " recalled" : "",
                                 row.has_complied() ? " complied" : ""));
  }
  return names;
}

v1::Report::State StateAt(TestLedger& ledger, const std::string& report) {
  const auto row = Scenario::ReportAt(ledger, report);
  return row.ok() ? row->state() : v1::Report::STATE_UNSPECIFIED;
}

// Entries of `ledger` addressed to `to`.
uint64_t AddressedTo(const TestLedger& ledger, const std::string& to) {
  uint64_t count = 0;
  while (ledger.Addressed(to + ".example", count + 1).has_value()) ++count;
  return count;
}

void ExpectReplays(TestLedger& ledger) {
  EXPECT_EQ(ledger.StoredRows(), ledger.ReplayedRows()) << ledger.origin();
  EXPECT_EQ(ledger.books().StateDigest(), ledger.ReplayedBooksDigest()) << ledger.origin();
}

TEST(StoryTest, GreenReachesTheCommunity) {
  Scenario s;
  s.AgreeAll();
  const std::string report = s.File("GREEN");
  EXPECT_EQ(report, "reports/RPT-ECOWAS-26-0001");

  const auto released = s.Release(report, "community: true");
  ASSERT_THAT(released, IsOk());
  EXPECT_EQ(released->state(), v1::Report::RELEASED);
  EXPECT_THAT(Recipients(s.WhoHas(s.ecowas, report)), ElementsAre("ecowas>au", "ecowas>un"));

  s.Settle();
  for (TestLedger* ledger : {&s.un, &s.au}) {
    const auto row = s.ReportAt(*ledger, report);
    ASSERT_THAT(row, IsOk());
    EXPECT_EQ(row->state(), v1::Report::FILED);
    EXPECT_EQ(row->received_from(), "organizations/ecowas");
    EXPECT_EQ(row->originator(), "organizations/ecowas");
    EXPECT_EQ(row->author(), 0U);
  }
  const auto rows = s.WhoHas(s.ecowas, report);
  EXPECT_THAT(Recipients(rows), ElementsAre("ecowas>au ack", "ecowas>un ack"));
  // The acknowledgement is an entry of the recipient's, which it can be asked to prove.
  EXPECT_EQ(rows[0].acknowledged().origin(), "au.example/ch8/information");
  const auto ack = s.au.Addressed("ecowas.example", 1);
  ASSERT_TRUE(ack.has_value());
  EXPECT_EQ(rows[0].acknowledged().index(), ack->index);
  EXPECT_EQ(rows[0].acknowledged().leaf_hash(), ack->leaf_hash.view());
}

TEST(StoryTest, OnlyOrganizationsThatAnAgreementCoversAreTheCommunity) {
  Scenario s;
  s.Agree(s.ecowas, "with-au", "au");
  const std::string report = s.File("GREEN");
  ASSERT_THAT(s.Release(report, "community: true"), IsOk());
  EXPECT_THAT(Recipients(s.WhoHas(s.ecowas, report)), ElementsAre("ecowas>au"));
  EXPECT_EQ(AddressedTo(s.ecowas, "un"), 0U);
  // Later an agreement with the UN comes: released again, it reaches the UN and nobody twice.
  s.Agree(s.ecowas, "with-un", "un");
  ASSERT_THAT(s.Release(report, "community: true"), IsOk());
  EXPECT_EQ(AddressedTo(s.ecowas, "un"), 1U);
  EXPECT_EQ(AddressedTo(s.ecowas, "au"), 1U);
  EXPECT_EQ(ReasonOr(s.Release(report, "community: true")), "ALREADY_RELEASED");
}

TEST(StoryTest, AmberForAGroupReachesItsMembersOnly) {
  Scenario s;
  s.AgreeAll();
  const std::string group = s.Group("lake-chad", {"au"});
  EXPECT_EQ(group, "groups/ecowas-lake-chad");
  const std::string report = s.File("AMBER", absl::StrCat("groups: \"", group, "\""));
  EXPECT_EQ(ReasonOr(s.Release(report, "community: true")), "TLP_AMBER");
  ASSERT_THAT(s.Release(report, absl::StrCat("group: \"", group, "\"")), IsOk());

  s.Settle();
  EXPECT_EQ(StateAt(s.au, report), v1::Report::FILED);
  EXPECT_EQ(s.ReportAt(s.au, report)->groups(0), group);
  EXPECT_EQ(ReasonOr(s.ReportAt(s.un, report)), "UNKNOWN_REPORT");
  // Not even the names of group and report have reached the UN.
  EXPECT_EQ(AddressedTo(s.ecowas, "un"), 0U);
  EXPECT_THAT(s.un.AllBytes(), Not(HasSubstr("lake-chad")));
  EXPECT_THAT(Recipients(s.WhoHas(s.ecowas, report)), ElementsAre("ecowas>au ack"));
}

TEST(StoryTest, AnEmptyGroupIsNobody) {
  Scenario s;
  s.AgreeAll();
  const std::string group = s.Group("empty", {});
  const std::string report = s.File("GREEN");
  const auto refused = s.Release(report, absl::StrCat("group: \"", group, "\""));
  EXPECT_EQ(ReasonOr(refused), "EMPTY_GROUP");
  EXPECT_EQ(MetadataOf(refused, "instead"), "ch8 group show ecowas-empty");
  EXPECT_EQ(StateAt(s.ecowas, report), v1::Report::FILED);
}

TEST(StoryTest, AmberStrictIsNotPassedOnWithoutTheOriginatorsConsent) {
  Scenario s;
  s.AgreeAll();
  const std::string report = s.File("AMBER_STRICT");
  ASSERT_THAT(s.Release(report, "organizations: \"organizations/au\""), IsOk());
  s.Settle();

  const uint64_t size = s.au.size();
  const auto refused = s.Relay(s.au, report, "un");
  EXPECT_EQ(ReasonOr(refused), "TLP_AMBER_STRICT");
  EXPECT_EQ(MetadataOf(refused, "rule"), "I-4");
  EXPECT_EQ(MetadataOf(refused, "instead"), "ch8 report ask RPT-ECOWAS-26-0001 --for un");
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("sanitised version"));
  // The refusal is itself an entry.
  const auto entries = s.au.Entries(size);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].refusal().reason(), "TLP_AMBER_STRICT");
  s.Settle();
  EXPECT_EQ(ReasonOr(s.ReportAt(s.un, report)), "UNKNOWN_REPORT");

  const auto asked = s.Ask(s.au, report, "un");
  ASSERT_THAT(asked, IsOk());
  EXPECT_EQ(asked->name(), "consents/CNS-AU-26-0001");
  EXPECT_EQ(ReasonOr(s.Ask(s.au, report, "un")), "ALREADY_ASKED");
  s.Settle();
  v1::GrantConsentRequest grant;
  grant.set_name(asked->name());
  const auto granted = s.ecowas.Call<v1::Consent>("releaser", "ConsentService/GrantConsent", grant);
  ASSERT_THAT(granted, IsOk());
  EXPECT_EQ(ReasonOr(s.Relay(s.au, report, "un")), "TLP_AMBER_STRICT");  // Not arrived yet.
  s.Settle();

  ASSERT_THAT(s.Relay(s.au, report, "un"), IsOk());
  s.Settle();
  EXPECT_EQ(s.ReportAt(s.un, report)->received_from(), "organizations/au");
  EXPECT_THAT(Recipients(s.WhoHas(s.au, report)), ElementsAre("au>un ack"));
  // ECOWAS knows who has its report, through whom, and that it arrived.
  const auto rows = s.WhoHas(s.ecowas, report);
  EXPECT_THAT(Recipients(rows), ElementsAre("au>un ack", "ecowas>au ack"));
  EXPECT_EQ(rows[0].consent(), "consents/CNS-AU-26-0001");
  EXPECT_EQ(rows[0].agreement(), "");
  for (TestLedger* ledger : {&s.un, &s.au, &s.ecowas}) ExpectReplays(*ledger);
}

// What the relay says of a consent is the relay's word; the originator's comes by its own way.
TEST(StoryTest, ARelayWithConsentWaitsForTheOriginatorsOwnWord) {
  Scenario s;
  s.AgreeAll();
  const std::string report = s.File("AMBER_STRICT");
  ASSERT_THAT(s.Release(report, "organizations: \"organizations/au\""), IsOk());
  s.Settle();
  const auto asked = s.Ask(s.au, report, "un");
  ASSERT_THAT(asked, IsOk());
  s.ecowas.PullFrom(s.au);
  v1::GrantConsentRequest grant;
  grant.set_name(asked->name());
  ASSERT_THAT(s.ecowas.Call<v1::Consent>("releaser", "ConsentService/GrantConsent", grant), IsOk());
  s.au.PullFrom(s.ecowas);
  ASSERT_THAT(s.Relay(s.au, report, "un"), IsOk());

  const auto relayed = s.au.Addressed("un.example", 1);
  ASSERT_TRUE(relayed.has_value());
  EXPECT_EQ(s.un.Deliver(*relayed).reason(), "NEEDS_CONSENT");
  EXPECT_EQ(ReasonOr(s.ReportAt(s.un, report)), "UNKNOWN_REPORT");
  s.un.PullFrom(s.ecowas);
  EXPECT_EQ(StateAt(s.un, report), v1::Report::FILED) << "what waited is taken";
  ExpectReplays(s.un);
}

// A digest says what content it is, not whose: another organization can name it too.
TEST(StoryTest, AReportWithAnothersDigestHidesNoBody) {
  Scenario s;
  s.AgreeAll();
  TestLedger au("au", {"un", "ecowas", "igad"});
  s.Agree(au, "with-ecowas", "ecowas");
  s.Agree(au, "with-un", "un");
  const std::string report = s.File("GREEN");
  ASSERT_THAT(s.Release(report, "organizations: \"organizations/au\""), IsOk());
  au.PullFrom(s.ecowas);
  ASSERT_THAT(s.Relay(au, report, "un"), IsOk());
  const Hash digest = *Hash::FromBytes(s.ReportAt(au, report)->body_digest());
  ASSERT_TRUE(au.MayFetchBody("un.example", digest));

  auto lie = s.ecowas.Addressed("au.example", 1);
  ASSERT_TRUE(lie.has_value());
  lie->origin = "igad.example/ch8/information";
  v1::InformationEvent event;
  ASSERT_TRUE(event.ParseFromString(lie->entry.domain_event()));
  v1::Report& theirs = *event.mutable_report_released()->mutable_report();
  theirs.set_name("reports/RPT-IGAD-26-0001");
  theirs.set_originator("organizations/igad");
  event.mutable_report_released()->mutable_disclosure()->set_report(theirs.name());
  event.mutable_report_released()->mutable_disclosure()->set_giver("organizations/igad");
  lie->entry.set_domain_event(event.SerializeAsString());
  ASSERT_EQ(au.Deliver(*lie).reason(), "");
  EXPECT_TRUE(au.MayFetchBody("un.example", digest));
  EXPECT_FALSE(au.MayFetchBody("igad.example", digest));

  // Nor does the end of theirs.
  event.Clear();
  event.mutable_report_recalled()->set_report("reports/RPT-IGAD-26-0001");
  event.mutable_report_recalled()->set_originator("organizations/igad");
  event.mutable_report_recalled()->set_reason(v1::Recall::ERROR);
  lie->entry.set_domain_event(event.SerializeAsString());
  ASSERT_EQ(au.Deliver(*lie).reason(), "");
  EXPECT_TRUE(au.MayFetchBody("un.example", digest));
  ExpectReplays(au);
}

// A relay that tells another content than the originator's is believed until the originator speaks.
TEST(StoryTest, TheOriginatorsWordTakesThePlaceOfARelays) {
  Scenario s;
  s.AgreeAll();
  const std::string report = s.File("GREEN");
  ASSERT_THAT(s.Release(report, "organizations: \"organizations/au\""), IsOk());
  s.Settle();
  ASSERT_THAT(s.Relay(s.au, report, "un"), IsOk());
  auto relayed = s.au.Addressed("un.example", 1);
  ASSERT_TRUE(relayed.has_value());
  v1::InformationEvent event;
  ASSERT_TRUE(event.ParseFromString(relayed->entry.domain_event()));
  const std::string true_digest = event.report_released().report().body_digest();
  const std::string false_digest(Hash::kSize, 'x');
  event.mutable_report_released()->mutable_report()->set_body_digest(false_digest);
  relayed->entry.set_domain_event(event.SerializeAsString());
  ASSERT_EQ(s.un.Deliver(*relayed).reason(), "");
  ASSERT_EQ(s.ReportAt(s.un, report)->body_digest(), false_digest);

  ASSERT_THAT(s.Release(report, "organizations: \"organizations/un\""), IsOk());
  s.un.PullFrom(s.ecowas);
  EXPECT_EQ(s.ReportAt(s.un, report)->body_digest(), true_digest);
  EXPECT_EQ(s.ReportAt(s.un, report)->received_from(), "organizations/ecowas");
  EXPECT_FALSE(kTestMachine.NamesBody(*Hash::FromBytes(false_digest),
                                      kernel::SnapshotRows(*s.un.Snapshot())));
  EXPECT_TRUE(kTestMachine.NamesBody(*Hash::FromBytes(true_digest),
                                     kernel::SnapshotRows(*s.un.Snapshot())));

  // From then on the relay neither changes it nor takes it back.
  EXPECT_EQ(s.un.Deliver(*relayed).reason(), "OTHER_REPORT");
  event.Clear();
  event.mutable_report_recalled()->set_report(report);
  event.mutable_report_recalled()->set_originator("organizations/ecowas");
  event.mutable_report_recalled()->set_reason(v1::Recall::ERROR);
  relayed->entry.set_domain_event(event.SerializeAsString());
  EXPECT_EQ(s.un.Deliver(*relayed).reason(), "");
  EXPECT_EQ(StateAt(s.un, report), v1::Report::FILED);
  ExpectReplays(s.un);
}

TEST(StoryTest, DeniedConsentOpensNothing) {
  Scenario s;
  s.AgreeAll();
  const std::string report = s.File("GREEN", "originator_control: true");
  ASSERT_THAT(s.Release(report, "organizations: \"organizations/au\""), IsOk());
  s.Settle();
  EXPECT_EQ(ReasonOr(s.Relay(s.au, report, "un")), "ORIGINATOR_CONTROL");
  const auto asked = s.Ask(s.au, report, "un");
  ASSERT_THAT(asked, IsOk());
  s.Settle();
  v1::DenyConsentRequest deny;
  deny.set_name(asked->name());
  ASSERT_THAT(s.ecowas.Call<v1::Consent>("releaser", "ConsentService/DenyConsent", deny), IsOk());
  s.Settle();
  EXPECT_EQ(ReasonOr(s.Relay(s.au, report, "un")), "ORIGINATOR_CONTROL");
  EXPECT_THAT(s.Ask(s.au, report, "un"), IsOk());  // It may be asked again.
}

TEST(StoryTest, ARecallGoesAlongEveryHopAndComesBack) {
  Scenario s;
  s.AgreeAll();
  const std::string report = s.File("GREEN");
  ASSERT_THAT(s.Release(report, "organizations: \"organizations/au\""), IsOk());
  s.Settle();
  ASSERT_THAT(s.Relay(s.au, report, "un"), IsOk());
  s.Settle();
  s.FetchBodies();
  ASSERT_THAT(s.BodyAt(s.un, report), IsOk());

  ASSERT_THAT(s.Recall(report), IsOk());
  EXPECT_EQ(ReasonOr(s.Recall(report)), "RECALLED");
  s.Settle();
  for (TestLedger* ledger : {&s.un, &s.au, &s.ecowas}) {
    EXPECT_EQ(StateAt(*ledger, report), v1::Report::RECALLED) << ledger->origin();
    EXPECT_EQ(ReasonOr(s.BodyAt(*ledger, report)), "RECALLED") << ledger->origin();
    EXPECT_THAT(ledger->WantedBodies(), IsEmpty()) << ledger->origin();
    ExpectReplays(*ledger);
  }
  EXPECT_EQ(s.ReportAt(s.un, report)->recall_reason(), v1::Recall::PROTECTION);
  EXPECT_THAT(Recipients(s.WhoHas(s.ecowas, report)),
              ElementsAre("au>un ack recalled complied", "ecowas>au ack recalled complied"));
  EXPECT_EQ(ReasonOr(s.Relay(s.au, report, "un")), "RECALLED");
}

// A relay that is on its way while the report is recalled ends recalled all the same.
TEST(StoryTest, ARelayThatCrossesItsRecallIsRecalledToo) {
  Scenario s;
  s.AgreeAll();
  const std::string report = s.File("GREEN");
  ASSERT_THAT(s.Release(report, "organizations: \"organizations/au\""), IsOk());
  s.Settle();
  ASSERT_THAT(s.Relay(s.au, report, "un"), IsOk());
  ASSERT_THAT(s.Recall(report), IsOk());  // ECOWAS does not know of the relay.
  s.Settle();
  EXPECT_EQ(StateAt(s.un, report), v1::Report::RECALLED);
  EXPECT_THAT(Recipients(s.WhoHas(s.ecowas, report)),
              ElementsAre("au>un ack recalled complied", "ecowas>au ack recalled complied"));
}

// A recall that comes first, by the shorter way, keeps the report out.
TEST(StoryTest, ARecalledReportDoesNotComeLater) {
  Scenario s;
  s.AgreeAll();
  const std::string report = s.File("GREEN");
  ASSERT_THAT(s.Release(report, "organizations: \"organizations/au\""), IsOk());
  s.Settle();
  ASSERT_THAT(s.Relay(s.au, report, "un"), IsOk());
  ASSERT_THAT(s.Release(report, "organizations: \"organizations/un\""), IsOk());
  ASSERT_THAT(s.Recall(report), IsOk());
  s.un.PullFrom(s.ecowas);
  EXPECT_EQ(StateAt(s.un, report), v1::Report::RECALLED);
  const auto relayed = s.au.Addressed("un.example", 1);
  ASSERT_TRUE(relayed.has_value());
  EXPECT_EQ(s.un.Deliver(*relayed).reason(), "RECALLED");
  EXPECT_EQ(StateAt(s.un, report), v1::Report::RECALLED);
}

TEST(StoryTest, ContentIsInNoLogAndNoRow) {
  Scenario s;
  s.AgreeAll();
  const std::string report = s.File("GREEN");
  ASSERT_THAT(s.Release(report, "community: true"), IsOk());
  s.Settle();
  s.FetchBodies();
  s.Ask(s.au, report, "un").IgnoreError();
  ASSERT_THAT(s.Recall(report), IsOk());
  s.Settle();
  for (TestLedger* ledger : {&s.un, &s.au, &s.ecowas}) {
    const std::string bytes = ledger->AllBytes();
    EXPECT_THAT(bytes, HasSubstr("RPT-ECOWAS-26-0001")) << "this test searches nothing";
    EXPECT_FALSE(absl::StrContains(bytes, kTitleCanary)) << ledger->origin();
    EXPECT_FALSE(absl::StrContains(bytes, kNarrativeCanary)) << ledger->origin();
    EXPECT_EQ(ledger->bodies().count(), 1U) << ledger->origin();
  }
}

TEST(StoryTest, BodiesGoToWhomTheReportWasGivenAndToNobodyElse) {
  Scenario s;
  s.AgreeAll();
  const std::string report = s.File("AMBER_STRICT");
  EXPECT_EQ(s.BodyAt(s.ecowas, report)->title(), kTitleCanary);
  ASSERT_THAT(s.Release(report, "organizations: \"organizations/au\""), IsOk());
  s.Settle();
  const Hash digest = *Hash::FromBytes(s.ReportAt(s.au, report)->body_digest());
  EXPECT_EQ(ReasonOr(s.BodyAt(s.au, report)), "BODY_NOT_HERE");
  EXPECT_TRUE(s.ecowas.MayFetchBody("au.example", digest));
  EXPECT_FALSE(s.ecowas.MayFetchBody("un.example", digest));
  EXPECT_FALSE(s.ecowas.MayFetchBody("au.example", Sha256("another body")));
  EXPECT_FALSE(s.au.MayFetchBody("un.example", digest));

  s.FetchBodies();
  EXPECT_EQ(s.BodyAt(s.au, report)->narrative(), absl::StrCat("It says ", kNarrativeCanary, "."));
  EXPECT_EQ(s.un.bodies().count(), 0U);
  ASSERT_THAT(s.au.bodies().Erase(digest), IsOk());
  EXPECT_EQ(ReasonOr(s.BodyAt(s.au, report)), "BODY_NOT_HERE");

  ASSERT_THAT(s.Recall(report), IsOk());
  EXPECT_FALSE(s.ecowas.MayFetchBody("au.example", digest));
}

TEST(StoryTest, AReportEndsWithItsRetentionDay) {
  Scenario s;
  s.AgreeAll();
  v1::FileReportRequest request = Parsed<v1::FileReportRequest>(FileText("GREEN"));
  request.mutable_resource()->mutable_retain_until()->set_year(2026);
  request.mutable_resource()->mutable_retain_until()->set_month(3);
  request.mutable_resource()->mutable_retain_until()->set_day(3);
  const auto report = s.ecowas.Call<v1::Report>("analyst", "ReportService/FileReport", request);
  ASSERT_THAT(report, IsOk());
  ASSERT_THAT(s.Release(report->name(), "community: true"), IsOk());
  s.Settle();
  EXPECT_EQ(s.au.Advance(absl::Hours(24)), 0);  // 3 March: still the retention day.
  EXPECT_GT(s.au.Advance(absl::Hours(24)), 0);
  EXPECT_EQ(StateAt(s.au, report->name()), v1::Report::EXPIRED);
  EXPECT_EQ(ReasonOr(s.BodyAt(s.au, report->name())), "EXPIRED");
  EXPECT_EQ(s.au.Advance(absl::Hours(24)), 0);
  ExpectReplays(s.au);
}

TEST(StoryTest, ANewReportReplacesTheOldOneAtItsRecipientsToo) {
  Scenario s;
  s.AgreeAll();
  const std::string old_report = s.File("GREEN");
  ASSERT_THAT(s.Release(old_report, "community: true"), IsOk());
  const std::string report = s.File("GREEN", absl::StrCat("supersedes: \"", old_report, "\""));
  EXPECT_EQ(ReasonOr(s.Release(old_report, "community: true")), "SUPERSEDED");
  ASSERT_THAT(s.Release(report, "community: true"), IsOk());
  s.Settle();
  EXPECT_EQ(StateAt(s.un, old_report), v1::Report::SUPERSEDED);
  EXPECT_EQ(s.ReportAt(s.un, old_report)->superseded_by(), report);
}

TEST(StoryTest, ASanitisedVersionNeedsASecondPersonAndSaysNoMore) {
  Scenario s;
  s.AgreeAll();
  const std::string source = s.File("AMBER_STRICT");
  EXPECT_EQ(ReasonOr(s.ecowas.Call<v1::Report>(
                "analyst", "ReportService/FileReport",
                Parsed<v1::FileReportRequest>(FileText(
                    "GREEN", absl::StrCat("place: \"GHACC\" derived_from: \"", source, "\""))))),
            "NOT_COARSER");
  const std::string copy = s.File(
      "GREEN", absl::StrCat("place: \"NG\" date_precision: WEEK derived_from: \"", source, "\""));
  EXPECT_EQ(ReasonOr(s.Release(copy, "community: true")), "NOT_REVIEWED");
  v1::ReviewReportRequest review;
  review.set_name(copy);
  EXPECT_EQ(ReasonOr(s.ecowas.Call<v1::Report>("twin", "ReportService/ReviewReport", review)),
            "SAME_PERSON");
  ASSERT_THAT(s.ecowas.Call<v1::Report>("analyst-b", "ReportService/ReviewReport", review), IsOk());
  EXPECT_EQ(ReasonOr(s.ecowas.Call<v1::Report>("analyst-b", "ReportService/ReviewReport", review)),
            "ALREADY_REVIEWED");
  ASSERT_THAT(s.Release(copy, "community: true"), IsOk());
  s.Settle();
  // What it is made of is nobody else's business.
  EXPECT_EQ(s.ReportAt(s.un, copy)->derived_from(), "");
}

TEST(StoryTest, ARemovedMemberGetsNothingMoreAndANewOneNothingOld) {
  Scenario s;
  s.AgreeAll();
  const std::string group = s.Group("cell", {"au"});
  const std::string to = absl::StrCat("group: \"", group, "\"");
  const std::string first = s.File("AMBER");
  ASSERT_THAT(s.Release(first, to), IsOk());
  v1::RemoveMemberRequest remove;
  remove.set_name(group);
  remove.set_organization("organizations/au");
  ASSERT_THAT(s.ecowas.Call<v1::Group>("releaser", "GroupService/RemoveMember", remove), IsOk());
  v1::AddMemberRequest add;
  add.set_name(group);
  add.set_organization("organizations/un");
  ASSERT_THAT(s.ecowas.Call<v1::Group>("releaser", "GroupService/AddMember", add), IsOk());
  v1::ConfirmMembershipRequest confirm;
  confirm.set_name(group);
  for (const uint32_t number : {2U, 3U}) {
    confirm.set_number(number);
    ASSERT_THAT(s.ecowas.Call<v1::Group>("releaser-b", "GroupService/ConfirmMembership", confirm),
                IsOk());
  }
  const std::string second = s.File("AMBER");
  ASSERT_THAT(s.Release(second, to), IsOk());
  s.Settle();
  EXPECT_EQ(ReasonOr(s.ReportAt(s.au, second)), "UNKNOWN_REPORT");
  EXPECT_EQ(ReasonOr(s.ReportAt(s.un, first)), "UNKNOWN_REPORT");
  ASSERT_THAT(s.Release(first, to), IsOk());  // Only when somebody says so.
  s.Settle();
  EXPECT_EQ(StateAt(s.un, first), v1::Report::FILED);
}

}  // namespace
}  // namespace ch8::information
