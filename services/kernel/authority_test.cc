#include "services/kernel/authority.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "chapter8/directory/v1/directory_service.pb.h"
#include "services/kernel/refusal.h"
#include "services/kernel/toy_ledger.h"
#include "tests/support/status_matchers.h"

namespace ch8::kernel {
namespace {

using ch8::testing::IsOk;
using ch8::testing::StatusIs;
using chapter8::authz::v1::ADMINISTRATOR;
using chapter8::authz::v1::APPROVER;
using chapter8::authz::v1::BOOKKEEPER;
using chapter8::authz::v1::Rule;
using chapter8::directory::v1::CreatePostRequest;
using chapter8::directory::v1::Officer;
using chapter8::directory::v1::Organization;
using chapter8::directory::v1::Post;
using ::testing::ElementsAre;

constexpr absl::Duration kLife = absl::Hours(1);

// A ledger with officers of every standing.
class Authority : public ::testing::Test {
 protected:
  Authority() {
    Officer carol = toy::ActiveOfficer("carol", 4, {"posts/administrator"});
    carol.set_state(Officer::PROPOSED);
    Officer dave = toy::ActiveOfficer("dave", 5, {"posts/administrator"});
    dave.set_state(Officer::SUSPENDED);
    Post draft = toy::ActivePost("draft", ADMINISTRATOR);
    draft.set_state(Post::PROPOSED);
    ledger_.Group([&](Executor& executor) {
      executor.LogInternal(
          "/internal/Test",
          {toy::FactOf(carol), toy::FactOf(dave), toy::FactOf(draft),
           toy::FactOf(toy::ActivePost("deputy", ADMINISTRATOR)),
           toy::FactOf(toy::ActiveOfficer("eve", 6, {"posts/draft"})),
           toy::FactOf(toy::ActiveOfficer("finn", 7, {"posts/gone"})),
           toy::FactOf(toy::ActiveOfficer(
               "gina", 8, {"posts/administrator", "posts/bookkeeper", "posts/deputy"}))});
    });
    snapshot_ = ledger_.ledger().TakeSnapshot();
  }

  const RowReader& rows() {
    current_ = std::make_unique<SnapshotRows>(*snapshot_);
    return *current_;
  }

  toy::ToyLedger ledger_;
  std::unique_ptr<Snapshot> snapshot_;
  std::unique_ptr<SnapshotRows> current_;
};

Rule RuleFor(std::vector<chapter8::authz::v1::Role> roles, bool signed_act = true) {
  Rule rule;
  rule.add_kinds(chapter8::authz::v1::OFFICER);
  for (const auto role : roles) rule.add_roles(role);
  rule.set_signed_act(signed_act);
  return rule;
}

Command By(absl::string_view officer, absl::string_view post, absl::Time not_after) {
  CreatePostRequest request;
  request.set_post(std::string(post));
  return toy::SignedCommand(officer, toy::kCreatePost, request, not_after);
}

enum class Key { kOwn, kOther, kNone };
struct ActCase {
  std::string name;
  std::string officer;
  std::string post;  // As the request names it.
  Key key = Key::kOwn;
  absl::Duration not_after;  // From the ledger's time.
  absl::StatusCode want = absl::StatusCode::kOk;
  std::string want_reason;
};

// In order of precedence: each row has all the faults of the rows below that it can have.
TEST_F(Authority, RefusesByPrecedence) {
  using enum absl::StatusCode;
  const absl::Duration past = -absl::Seconds(1);
  const std::vector<ActCase> cases = {
      {"Unknown", "nobody", "posts/x", Key::kNone, past, kPermissionDenied, "UNKNOWN_OFFICER"},
      {"Proposed", "carol", "posts/x", Key::kNone, past, kPermissionDenied, "OFFICER_NOT_ACTIVE"},
      {"Suspended", "dave", "posts/x", Key::kNone, past, kPermissionDenied, "OFFICER_NOT_ACTIVE"},
      {"NotHeld", "bob", "posts/administrator", Key::kNone, past, kPermissionDenied,
       "POST_NOT_HELD"},
      {"WrongRole", "bob", "", Key::kNone, past, kPermissionDenied, "NO_ROLE"},
      {"WrongRoleNamed", "gina", "posts/bookkeeper", Key::kNone, past, kPermissionDenied,
       "NO_ROLE"},
      {"PostNotConfirmed", "eve", "", Key::kNone, past, kPermissionDenied, "NO_ROLE"},
      {"PostUnknown", "finn", "posts/gone", Key::kNone, past, kPermissionDenied, "NO_ROLE"},
      {"Ambiguous", "gina", "", Key::kNone, past, kInvalidArgument, "AMBIGUOUS_POST"},
      {"NotSigned", "ada", "", Key::kNone, past, kUnauthenticated, "ACT_NOT_SIGNED"},
      {"OtherKey", "ada", "", Key::kOther, past, kUnauthenticated, "ACT_KEY_DIFFERS"},
      {"Expired", "ada", "", Key::kOwn, past, kFailedPrecondition, "EXPIRED"},
      {"LastMoment", "ada", "", Key::kOwn, absl::ZeroDuration(), kOk, ""},
      {"Named", "gina", "posts/deputy", Key::kOwn, kLife, kOk, ""},
      {"Plain", "ada", "", Key::kOwn, kLife, kOk, ""},
  };
  for (const ActCase& c : cases) {
    SCOPED_TRACE(c.name);
    Command command = By(c.officer, c.post, ledger_.now + c.not_after);
    if (c.key == Key::kNone) command.act.reset();
    if (c.key == Key::kOther) {
      command.act->set_public_key(std::string(toy::KeyOf("grace").public_key().view()));
    }

    const auto actor = Authorize(RuleFor({ADMINISTRATOR}), command, ledger_.now, rows());

    EXPECT_THAT(actor, StatusIs(c.want));
    EXPECT_EQ(ReasonOf(actor.status()), c.want_reason);
  }
}

TEST_F(Authority, NamesOfficerPostAndPerson) {
  const auto actor = Authorize(RuleFor({APPROVER, ADMINISTRATOR}), By("grace", "", ledger_.now),
                               ledger_.now, rows());

  ASSERT_THAT(actor, IsOk());
  EXPECT_EQ(actor->officer, "officers/grace");
  EXPECT_EQ(actor->post, "posts/administrator");
  EXPECT_EQ(actor->person, 2u);
}

TEST_F(Authority, TellsWhichRoleIsMissing) {
  const auto actor =
      Authorize(RuleFor({ADMINISTRATOR}), By("bob", "", ledger_.now), ledger_.now, rows());

  const google::rpc::ErrorInfo info = ErrorInfoOf(actor.status());
  EXPECT_EQ(info.domain(), "kernel.chapter8");
  EXPECT_EQ(info.metadata().at("needed"), "ADMINISTRATOR");
  EXPECT_EQ(info.metadata().at("held"), "BOOKKEEPER");
}

// A signature goes into the log whether or not the rule asked for one.
TEST_F(Authority, ChecksASignatureThatNobodyAskedFor) {
  Command command =
      toy::SignedCommand("bob", toy::kPostTransfers, CreatePostRequest(), ledger_.now + kLife);
  const Rule rule = RuleFor({BOOKKEEPER}, false);
  EXPECT_THAT(Authorize(rule, command, ledger_.now, rows()), IsOk());

  command.act->set_public_key(std::string(toy::KeyOf("ada").public_key().view()));
  EXPECT_EQ(ReasonOf(Authorize(rule, command, ledger_.now, rows()).status()), "ACT_KEY_DIFFERS");

  command.act.reset();
  EXPECT_THAT(Authorize(rule, command, ledger_.now, rows()), IsOk());
}

TEST_F(Authority, OnlyOfficersActWhateverTheirId) {
  for (const auto kind : {chapter8::authz::v1::PEER, chapter8::authz::v1::OWN_NODE,
                          chapter8::authz::v1::CALLER_KIND_UNSPECIFIED}) {
    Command command = By("ada", "", ledger_.now);
    command.caller.kind = kind;
    EXPECT_EQ(ReasonOf(Authorize(RuleFor({ADMINISTRATOR}), command, ledger_.now, rows()).status()),
              "UNKNOWN_OFFICER");
  }
}

TEST_F(Authority, LetsAnyActiveOfficerReadUnlessRolesAreNamed) {
  const auto read = [&](absl::string_view officer, const Rule& rule) {
    return ReasonOf(
        AuthorizeRead(rule, By(officer, "", ledger_.now).caller, ledger_.now, rows()).status());
  };
  EXPECT_EQ(read("bob", RuleFor({})), "");
  EXPECT_EQ(read("eve", RuleFor({})), "");
  EXPECT_EQ(read("dave", RuleFor({})), "OFFICER_NOT_ACTIVE");
  EXPECT_EQ(read("nobody", RuleFor({})), "UNKNOWN_OFFICER");
  EXPECT_EQ(read("bob", RuleFor({ADMINISTRATOR})), "NO_ROLE");
  EXPECT_EQ(read("gina", RuleFor({ADMINISTRATOR})), "");
}

TEST_F(Authority, RulesComeFromTheProtos) {
  const auto rule = RuleOf(toy::kCreatePost);
  ASSERT_TRUE(rule.has_value());
  EXPECT_TRUE(rule->signed_act());
  EXPECT_THAT(rule->roles(), ElementsAre(ADMINISTRATOR));
  EXPECT_FALSE(RuleOf("/chapter8.directory.v1.DirectoryService/NoSuch").has_value());
  EXPECT_FALSE(RuleOf("").has_value());
}

TEST_F(Authority, FindsOrganizationsByTrustDomainOncePinned) {
  Organization organization;
  organization.set_name("organizations/au");
  organization.set_trust_domain("au.example");
  organization.set_state(Organization::PROPOSED);
  chapter8::directory::v1::DirectoryEvent fact;
  *fact.mutable_organization_recorded() = organization;
  Rows written(rows());
  ApplyFact(fact, written);
  EXPECT_TRUE(FindOrganization(written, "organizations/au").has_value());
  EXPECT_FALSE(FindTrustDomain(written, "au.example").has_value());
  EXPECT_TRUE(PinnedOrganizations(written).empty());

  fact.mutable_organization_recorded()->set_state(Organization::PINNED);
  ApplyFact(fact, written);
  EXPECT_EQ(FindTrustDomain(written, "au.example")->name(), "organizations/au");
  EXPECT_EQ(PinnedOrganizations(written).size(), 1u);
}

}  // namespace
}  // namespace ch8::kernel
