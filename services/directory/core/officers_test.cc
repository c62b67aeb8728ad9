#include "services/directory/core/officers.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "services/directory/core/directory_test_fixture.h"
#include "services/kernel/refusal.h"
#include "tests/support/status_matchers.h"

namespace ch8::directory {
namespace {

using ::ch8::testing::StatusIs;
using chapter8::authz::v1::ADMINISTRATOR;
using chapter8::authz::v1::APPROVER;
using chapter8::authz::v1::AUDITOR;
using chapter8::authz::v1::FUND_MANAGER;
using chapter8::directory::v1::ActingAppointment;
using chapter8::directory::v1::AppointActingRequest;
using chapter8::directory::v1::ConfirmActingRequest;
using chapter8::directory::v1::CreateOfficerRequest;
using chapter8::directory::v1::GetOfficerRequest;
using chapter8::directory::v1::ListOfficersRequest;
using chapter8::directory::v1::ListOfficersResponse;
using chapter8::directory::v1::Officer;
using chapter8::directory::v1::Post;
using chapter8::directory::v1::WhoAmIRequest;
using chapter8::directory::v1::WhoAmIResponse;

class OfficersTest : public DirectoryTest {};

TEST_F(OfficersTest, AnOfficerTakesTwoPersonsAndActsOnlyThen) {
  const auto request = OfficerRequest("admin-3", {.person = 3, .posts = {"posts/administrator"}});
  const Officer proposed = ReplyOf<Officer>(Run("admin-1", "CreateOfficer", request));
  EXPECT_EQ(proposed.state(), Officer::PROPOSED);
  EXPECT_EQ(proposed.proposed_by(), 1U);
  EXPECT_EQ(Reason("admin-3", "CreatePost", PostRequest("audit", {AUDITOR})), "OFFICER_NOT_ACTIVE");
  EXPECT_EQ(Reason("admin-1", "ConfirmOfficer", ConfirmOfficerOf("admin-3")), "SAME_PERSON");

  const Officer active =
      ReplyOf<Officer>(Run("admin-2", "ConfirmOfficer", ConfirmOfficerOf("admin-3")));
  EXPECT_EQ(active.state(), Officer::ACTIVE);
  EXPECT_EQ(active.confirmed_by(), 2U);
  EXPECT_EQ(active.etag(), "2");
  EXPECT_EQ(Reason("admin-3", "CreatePost", PostRequest("audit", {AUDITOR})), "");
  EXPECT_EQ(Reason("admin-1", "ConfirmOfficer", ConfirmOfficerOf("admin-3")), "NOT_PROPOSED");
}

TEST_F(OfficersTest, CreationIsRefusedByTheFirstRuleBroken) {
  AddPost("approver", {APPROVER});
  const struct {
    const char* reason;
    absl::StatusCode code;
    std::function<void(CreateOfficerRequest&)> mend;  // Applied after the row's answer is checked.
  } rows[] = {
      {"BAD_ID", absl::StatusCode::kInvalidArgument, [](auto& r) { r.set_officer_id("admin-1"); }},
      {"BAD_PERSON", absl::StatusCode::kInvalidArgument,
       [](auto& r) { r.mutable_resource()->set_person(9); }},
      {"BAD_KEY", absl::StatusCode::kInvalidArgument,
       [](auto& r) { r.mutable_resource()->set_act_public_key(TestKey("admin-2")); }},
      {"BAD_NAME", absl::StatusCode::kInvalidArgument,
       [](auto& r) { r.mutable_resource()->set_posts(0, "posts/none"); }},
      {"OFFICER_EXISTS", absl::StatusCode::kAlreadyExists,
       [](auto& r) { r.set_officer_id("new"); }},
      {"UNKNOWN_POST", absl::StatusCode::kNotFound,
       [](auto& r) {
         r.mutable_resource()->set_posts(0, "posts/approver");
         r.mutable_resource()->add_posts("posts/administrator");
       }},
      {"INCOMPATIBLE_ROLES", absl::StatusCode::kInvalidArgument,
       [](auto& r) { r.mutable_resource()->mutable_posts()->RemoveLast(); }},
      {"ACT_KEY_TAKEN", absl::StatusCode::kAlreadyExists,
       [](auto& r) { r.mutable_resource()->set_act_public_key(TestKey("new")); }},
  };
  CreateOfficerRequest request;
  request.set_officer_id("a/b");
  request.mutable_resource()->add_posts("officers/admin-1");
  for (const auto& row : rows) {
    const kernel::Outcome outcome = Run("admin-1", "CreateOfficer", request);
    EXPECT_EQ(kernel::ReasonOf(outcome.status), row.reason);
    EXPECT_THAT(outcome.status, StatusIs(row.code)) << row.reason;
    row.mend(request);
  }
  EXPECT_TRUE(Run("admin-1", "CreateOfficer", request).status.ok());
}

TEST_F(OfficersTest, AnOfficerHoldsOneToSixteenPostsEachOnce) {
  CreateOfficerRequest request = OfficerRequest("x", {.person = 3, .posts = {}});
  EXPECT_EQ(Reason("admin-1", "CreateOfficer", request), "BAD_POSTS");
  request.mutable_resource()->add_posts("posts/administrator");
  request.mutable_resource()->add_posts("posts/administrator");
  EXPECT_EQ(Reason("admin-1", "CreateOfficer", request), "BAD_POSTS");
  request.mutable_resource()->clear_posts();
  for (int i = 0; i < 17; ++i) {
    request.mutable_resource()->add_posts("posts/p" + std::to_string(i));
  }
  EXPECT_EQ(Reason("admin-1", "CreateOfficer", request), "BAD_POSTS");
}

TEST_F(OfficersTest, WhoAdministersMayNotMoveValueInAnotherOfficerEither) {
  AddPost("funds", {FUND_MANAGER});
  EXPECT_EQ(Reason("admin-1", "CreateOfficer",
                   OfficerRequest("second", {.person = 2, .posts = {"posts/funds"}})),
            "INCOMPATIBLE_ROLES");
  AddOfficer("fund-manager", {.person = 7, .posts = {"posts/funds"}});
  EXPECT_EQ(Reason("admin-1", "CreateOfficer",
                   OfficerRequest("second", {.person = 7, .posts = {"posts/administrator"}})),
            "INCOMPATIBLE_ROLES");
  EXPECT_TRUE(Run("admin-1", "SuspendOfficer", Suspend("fund-manager")).status.ok());
  EXPECT_EQ(Reason("admin-1", "CreateOfficer",
                   OfficerRequest("second", {.person = 7, .posts = {"posts/administrator"}})),
            "");
}

TEST_F(OfficersTest, ProposalsCountForIncompatibleRoles) {
  ReplyOf<Post>(Run("admin-1", "CreatePost", PostRequest("funds", {FUND_MANAGER})));
  EXPECT_EQ(Reason("admin-1", "CreateOfficer",
                   OfficerRequest("x", {.person = 7, .posts = {"posts/funds"}})),
            "");
  EXPECT_EQ(Reason("admin-1", "CreateOfficer",
                   OfficerRequest("y", {.person = 7, .posts = {"posts/administrator"}})),
            "INCOMPATIBLE_ROLES");
}

TEST_F(OfficersTest, ASuspendedOfficerNeverActsAgainAndItsKeyIsSpent) {
  AddOfficer("admin-3", {.person = 3, .posts = {"posts/administrator"}});
  const Officer suspended = ReplyOf<Officer>(Run("admin-1", "SuspendOfficer", Suspend("admin-3")));
  EXPECT_EQ(suspended.state(), Officer::SUSPENDED);
  EXPECT_EQ(Reason("admin-3", "CreatePost", PostRequest("audit", {AUDITOR})), "OFFICER_NOT_ACTIVE");
  EXPECT_EQ(Reason("admin-1", "SuspendOfficer", Suspend("admin-3")), "NOT_ACTIVE");
  EXPECT_EQ(Reason("admin-1", "ConfirmOfficer", ConfirmOfficerOf("admin-3")), "NOT_PROPOSED");
  CreateOfficerRequest again =
      OfficerRequest("admin-4", {.person = 3, .posts = {"posts/administrator"}});
  again.mutable_resource()->set_act_public_key(TestKey("admin-3"));
  EXPECT_EQ(Reason("admin-1", "CreateOfficer", again), "ACT_KEY_TAKEN");
}

TEST_F(OfficersTest, TwoPersonsWhoAdministerAreAlwaysLeft) {
  EXPECT_EQ(Reason("admin-1", "SuspendOfficer", Suspend("admin-2")), "LAST_ADMINISTRATORS");

  // Neither a proposed officer nor one in a proposed post, nor the same person twice, counts.
  ReplyOf<Officer>(Run("admin-1", "CreateOfficer",
                       OfficerRequest("admin-3", {.person = 3, .posts = {"posts/administrator"}})));
  ReplyOf<Post>(Run("admin-1", "CreatePost", PostRequest("deputy", {ADMINISTRATOR})));
  AddOfficer("deputy", {.person = 4, .posts = {"posts/deputy"}});
  AddOfficer("admin-1b", {.person = 1, .posts = {"posts/administrator"}});
  EXPECT_EQ(Reason("admin-1", "SuspendOfficer", Suspend("admin-2")), "LAST_ADMINISTRATORS");
  EXPECT_EQ(Reason("admin-2", "SuspendOfficer", Suspend("admin-1")), "");
  EXPECT_EQ(Reason("admin-2", "SuspendOfficer", Suspend("admin-1b")), "LAST_ADMINISTRATORS");

  // A third in force does.
  EXPECT_EQ(Reason("admin-2", "ConfirmOfficer", ConfirmOfficerOf("admin-3")), "");
  EXPECT_EQ(Reason("admin-2", "SuspendOfficer", Suspend("admin-1b")), "");
  EXPECT_EQ(Reason("admin-2", "SuspendOfficer", Suspend("admin-3")), "LAST_ADMINISTRATORS");
}

TEST_F(OfficersTest, OthersAreSuspendedFreely) {
  AddPost("audit", {AUDITOR});
  AddOfficer("auditor", {.person = 5, .posts = {"posts/audit"}});
  EXPECT_EQ(Reason("admin-1", "SuspendOfficer", Suspend("auditor")), "");
}

TEST_F(OfficersTest, UnknownOfficersAreNotFound) {
  EXPECT_EQ(Reason("admin-1", "ConfirmOfficer", ConfirmOfficerOf("none")), "OFFICER_NOT_FOUND");
  EXPECT_EQ(Reason("admin-1", "SuspendOfficer", Suspend("none")), "OFFICER_NOT_FOUND");
  EXPECT_EQ(Reason("admin-1", "SuspendOfficer", Suspend("../admin-2")), "BAD_NAME");
  GetOfficerRequest get;
  get.set_name("officers/none");
  EXPECT_THAT(Read("admin-1", "GetOfficer", get).status, StatusIs(absl::StatusCode::kNotFound));
  get.set_name("officers/admin-2");
  EXPECT_EQ(ReplyOf<Officer>(Read("admin-1", "GetOfficer", get)).person(), 2U);
}

TEST_F(OfficersTest, OnlyAdministratorsAppoint) {
  AddPost("audit", {AUDITOR});
  AddOfficer("auditor", {.person = 5, .posts = {"posts/audit"}});
  EXPECT_EQ(Reason("auditor", "CreateOfficer",
                   OfficerRequest("x", {.person = 6, .posts = {"posts/audit"}})),
            "NO_ROLE");
  EXPECT_EQ(Reason("auditor", "SuspendOfficer", Suspend("admin-1")), "NO_ROLE");
  EXPECT_EQ(ReplyOf<ListOfficersResponse>(Read("auditor", "ListOfficers", ListOfficersRequest()))
                .officers_size(),
            3);
}

// An officer-in-charge holds the post on the days of the appointment, and only once two persons
// have said so.
TEST_F(OfficersTest, ActingGivesAPostForItsDays) {
  AddPost("audit", {AUDITOR});
  AddPost("approver", {APPROVER});
  AddPost("desk", {chapter8::authz::v1::REQUESTER});
  AddOfficer("deputy", {.person = 5, .posts = {"posts/audit"}});
  AddOfficer("clerk", {.person = 6, .posts = {"posts/approver"}});
  AddOfficer("aide", {.person = 7, .posts = {"posts/desk"}});
  const auto appoint = [&](absl::string_view officer, absl::string_view acting_post, int first_day,
                           int last_day) {
    AppointActingRequest request;
    request.set_name(absl::StrCat("officers/", officer));
    ActingAppointment& acting = *request.mutable_appointment();
    acting.set_post(std::string(acting_post));
    for (auto* date : {acting.mutable_valid_from(), acting.mutable_valid_to()}) {
      date->set_year(2026);
      date->set_month(3);
    }
    acting.mutable_valid_from()->set_day(first_day);
    acting.mutable_valid_to()->set_day(last_day);
    return Reason("admin-1", "AppointActing", request);
  };
  const auto confirm = [&](absl::string_view administrator) {
    ConfirmActingRequest request;
    request.set_name("officers/deputy");
    request.set_acting_post("posts/administrator");
    GetOfficerRequest get;
    get.set_name(request.name());
    request.set_etag(ReplyOf<Officer>(Read("admin-2", "GetOfficer", get)).etag());
    return Reason(administrator, "ConfirmActing", request);
  };
  const auto administers = [&](const std::string& id) {
    return Reason("deputy", "CreatePost", PostRequest(id, {AUDITOR}));
  };
  EXPECT_EQ(appoint("none", "posts/administrator", 3, 14), "OFFICER_NOT_FOUND");
  EXPECT_EQ(appoint("deputy", "posts/none", 3, 14), "UNKNOWN_POST");
  EXPECT_EQ(appoint("deputy", "posts/administrator", 14, 3), "BAD_DATES");
  EXPECT_EQ(appoint("deputy", "posts/audit", 3, 14), "BAD_POSTS");
  EXPECT_EQ(appoint("clerk", "posts/administrator", 3, 14), "INCOMPATIBLE_ROLES");
  EXPECT_EQ(appoint("deputy", "posts/administrator", 3, 14), "");
  EXPECT_EQ(appoint("aide", "posts/administrator", 3, 14), "");
  EXPECT_EQ(appoint("aide", "posts/approver", 3, 14), "INCOMPATIBLE_ROLES");
  EXPECT_EQ(confirm("admin-1"), "SAME_PERSON");
  now_ = absl::FromCivil(absl::CivilSecond(2026, 3, 3), absl::UTCTimeZone());
  EXPECT_EQ(administers("too-early"), "NO_ROLE") << "one person's word";
  EXPECT_EQ(confirm("admin-2"), "");
  EXPECT_EQ(confirm("admin-2"), "NOT_PROPOSED");

  EXPECT_EQ(administers("first-day"), "");
  EXPECT_EQ(ReplyOf<WhoAmIResponse>(Read("deputy", "WhoAmI", WhoAmIRequest())).posts_size(), 2);
  now_ = absl::FromCivil(absl::CivilSecond(2026, 3, 14, 23, 59, 59), absl::UTCTimeZone());
  EXPECT_EQ(administers("last-day"), "");
  now_ += absl::Seconds(1);
  EXPECT_EQ(administers("over"), "NO_ROLE");
  EXPECT_EQ(appoint("aide", "posts/approver", 15, 20), "") << "an administrator no longer";
  EXPECT_EQ(ReplyOf<WhoAmIResponse>(Read("deputy", "WhoAmI", WhoAmIRequest())).posts_size(), 1);
}

// Between reading and confirming, the days are replaced: the second person has agreed to nothing.
TEST_F(OfficersTest, ActingIsConfirmedAsItWasRead) {
  AddPost("audit", {AUDITOR});
  AddOfficer("deputy", {.person = 5, .posts = {"posts/audit"}});
  const auto appoint = [&](int last_month) {
    AppointActingRequest request;
    request.set_name("officers/deputy");
    ActingAppointment& acting = *request.mutable_appointment();
    acting.set_post("posts/administrator");
    for (auto* date : {acting.mutable_valid_from(), acting.mutable_valid_to()}) {
      date->set_year(2026);
      date->set_month(3);
      date->set_day(3);
    }
    acting.mutable_valid_to()->set_month(last_month);
    return ReplyOf<Officer>(Run("admin-1", "AppointActing", request)).etag();
  };
  const auto confirm = [&](const std::string& etag) {
    ConfirmActingRequest request;
    request.set_name("officers/deputy");
    request.set_acting_post("posts/administrator");
    request.set_etag(etag);
    return Reason("admin-2", "ConfirmActing", request);
  };
  const std::string read = appoint(3);
  EXPECT_EQ(confirm(""), "BAD_FIELD");
  const std::string replaced = appoint(12);
  EXPECT_EQ(confirm(read), "STALE_ETAG");
  EXPECT_EQ(confirm(replaced), "");
}

TEST_F(OfficersTest, WhoAmISaysWhatTheCallerIs) {
  AddPost("audit", {AUDITOR});
  AddPost("approver", {APPROVER});
  AddOfficer("both", {.person = 5, .posts = {"posts/audit", "posts/approver"}});
  const auto me = ReplyOf<WhoAmIResponse>(Read("both", "WhoAmI", WhoAmIRequest()));
  EXPECT_EQ(me.officer().name(), "officers/both");
  ASSERT_EQ(me.posts_size(), 2);
  EXPECT_EQ(me.posts(1).name(), "posts/approver");
  EXPECT_EQ(me.organization().trust_domain(), "un.example");
  EXPECT_TRUE(me.organization().own());
  EXPECT_TRUE(me.exercise());
  EXPECT_EQ(me.ledger_time_us(), absl::ToUnixMicros(now_));
}

// Officers date their signatures by this time: it must go on while nothing is logged.
TEST_F(OfficersTest, WhoAmITellsTheTimeOfALedgerAtRest) {
  kernel::Command command;
  command.method = "/chapter8.directory.v1.DirectoryService/WhoAmI";
  command.caller = {
      .kind = chapter8::authz::v1::OFFICER, .trust_domain = "un.example", .id = "officer/admin-1"};
  const kernel::Executor::Options options{.ledger = ledger_.get(),
                                          .machine = &machine_,
                                          .accounts = &accounts_,
                                          .organization = "organizations/un",
                                          .trust_domain = "un.example",
                                          .fresh_salt = nullptr};
  const absl::Time later = now_ + absl::Hours(5);
  const auto me = ReplyOf<WhoAmIResponse>(
      kernel::ReadSnapshot(options, *ledger_->TakeSnapshot(), command, later));
  EXPECT_EQ(me.ledger_time_us(), absl::ToUnixMicros(later));
}

}  // namespace
}  // namespace ch8::directory
