#include "services/kernel/authority.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "services/kernel/fields.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"

namespace ch8::kernel {
namespace {

using chapter8::authz::v1::Role;
using chapter8::authz::v1::Rule;
using chapter8::directory::v1::DirectoryEvent;
using chapter8::directory::v1::Officer;
using chapter8::directory::v1::Organization;
using chapter8::directory::v1::Post;

absl::Status Deny(absl::StatusCode code, absl::string_view reason, std::string message,
                  std::vector<std::pair<std::string, std::string>> metadata = {}) {
  return Refuse({.code = code,
                 .domain = "kernel.chapter8",
                 .reason = reason,
                 .message = std::move(message),
                 .metadata = std::move(metadata)});
}

template <typename Roles>
std::string RoleNames(const Roles& roles) {
  return absl::StrJoin(roles, ", ", [](std::string* out, int role) {
    absl::StrAppend(out, chapter8::authz::v1::Role_Name(static_cast<Role>(role)));
  });
}

bool HasRole(const Post& post, const Rule& rule) {
  return rule.roles().empty() ||
         std::any_of(rule.roles().begin(), rule.roles().end(), [&](int role) {
           return std::find(post.roles().begin(), post.roles().end(), role) != post.roles().end();
         });
}

absl::StatusOr<Officer> ActiveOfficer(const Caller& caller, const RowReader& rows) {
  absl::string_view id = caller.id;
  if (caller.kind != chapter8::authz::v1::OFFICER || !absl::ConsumePrefix(&id, "officer/")) {
    return Deny(absl::StatusCode::kPermissionDenied, "UNKNOWN_OFFICER",
                "only officers may do this");
  }
  std::optional<Officer> officer = FindOfficer(rows, absl::StrCat("officers/", id));
  if (!officer.has_value()) {
    return Deny(absl::StatusCode::kPermissionDenied, "UNKNOWN_OFFICER",
                absl::StrCat("officer ", id, " is not appointed here"),
                {{"instead", absl::StrCat("ch8 officer show ", id)}});
  }
  if (officer->state() != Officer::ACTIVE) {
    return Deny(absl::StatusCode::kPermissionDenied, "OFFICER_NOT_ACTIVE",
                absl::StrCat("officer ", id, " is ", Officer::State_Name(officer->state())),
                {{"instead", absl::StrCat("ch8 officer show ", id)}});
  }
  return *std::move(officer);
}

// Those of the posts held that are active and that a rule lets act, narrowed to `wanted` when it is
// not empty.
absl::StatusOr<std::string> ChoosePost(const Rule& rule, const Officer& officer,
                                       const std::vector<std::string>& posts,
                                       absl::string_view wanted, const RowReader& rows) {
  if (!wanted.empty() && std::find(posts.begin(), posts.end(), wanted) == posts.end()) {
    return Deny(absl::StatusCode::kPermissionDenied, "POST_NOT_HELD",
                absl::StrCat(officer.name(), " does not hold ", wanted),
                {{"held", absl::StrJoin(posts, ", ")}, {"instead", "ch8 whoami"}});
  }
  std::vector<std::string> fitting;
  std::vector<int> held;
  for (const std::string& name : posts) {
    if (!wanted.empty() && name != wanted) continue;
    const std::optional<Post> post = FindPost(rows, name);
    if (!post.has_value() || post->state() != Post::ACTIVE) continue;
    held.insert(held.end(), post->roles().begin(), post->roles().end());
    if (HasRole(*post, rule)) fitting.push_back(name);
  }
  if (fitting.size() == 1) return fitting.front();
  if (fitting.empty()) {
    const std::string needed = RoleNames(rule.roles());
    return Deny(absl::StatusCode::kPermissionDenied, "NO_ROLE",
                absl::StrCat(officer.name(), " holds no active post with the role ", needed),
                {{"rule", "X-3"},
                 {"needed", needed},
                 {"held", RoleNames(held)},
                 {"instead", "ch8 whoami"}});
  }
  return Deny(absl::StatusCode::kInvalidArgument, "AMBIGUOUS_POST",
              absl::StrCat("several posts would do; name one of ", absl::StrJoin(fitting, ", ")),
              {{"instead", absl::StrCat("add --post ", IdOf(fitting.front()))}});
}

absl::Status CheckAct(const Command& command, const Officer& officer, absl::Time time) {
  if (!command.act.has_value()) {
    return Deny(absl::StatusCode::kUnauthenticated, "ACT_NOT_SIGNED",
                "this act needs the officer's own signature (metadata ch8-act-bin)");
  }
  if (command.act->public_key() != officer.act_public_key()) {
    return Deny(absl::StatusCode::kUnauthenticated, "ACT_KEY_DIFFERS",
                absl::StrCat("the act is not signed with the key of ", officer.name()));
  }
  if (absl::FromUnixSeconds(command.act->not_after_unix_seconds()) < time) {
    return Deny(absl::StatusCode::kFailedPrecondition, "EXPIRED",
                "the act's not_after has passed; sign it anew");
  }
  return absl::OkStatus();
}

// Pinned organizations are also found by trust domain.
constexpr absl::string_view kTrustDomainPrefix = "trust-domain/";

void ApplyOrganization(const Organization& organization, Rows& rows) {
  PutRow(rows, organization);
  if (organization.state() == Organization::PINNED) {
    rows.Put(Table::kRows, absl::StrCat(kTrustDomainPrefix, organization.trust_domain()),
             organization.name());
  }
}

template <typename Row>
std::optional<Row> FindFact(const RowReader& rows, absl::string_view name) {
  return TableReader<Row>(rows).Find(name);
}

}  // namespace

std::optional<Rule> RuleOf(absl::string_view method) {
  std::string name(absl::StripPrefix(method, "/"));
  std::replace(name.begin(), name.end(), '/', '.');
  const auto* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  if (descriptor == nullptr || !descriptor->options().HasExtension(chapter8::authz::v1::rule)) {
    return std::nullopt;
  }
  return descriptor->options().GetExtension(chapter8::authz::v1::rule);
}

absl::StatusOr<Actor> Authorize(const Rule& rule, const Command& command, absl::Time time,
                                const RowReader& rows) {
  absl::StatusOr<Officer> officer = ActiveOfficer(command.caller, rows);
  if (!officer.ok()) return officer.status();
  absl::StatusOr<std::string> post =
      ChoosePost(rule, *officer, PostsHeld(*officer, time), command.post, rows);
  if (!post.ok()) return post.status();
  // A signature that nobody asked for is kept in the log too, so it must be the officer's.
  if (rule.signed_act() || command.act.has_value()) {
    const absl::Status act = CheckAct(command, *officer, time);
    if (!act.ok()) return act;
  }
  return Actor{.officer = officer->name(), .post = *std::move(post), .person = officer->person()};
}

absl::StatusOr<Actor> AuthorizeRead(const Rule& rule, const Caller& caller, absl::Time time,
                                    const RowReader& rows) {
  absl::StatusOr<Officer> officer = ActiveOfficer(caller, rows);
  if (!officer.ok()) return officer.status();
  Actor actor{.officer = officer->name(), .post = "", .person = officer->person()};
  if (rule.roles().empty()) return actor;
  for (const std::string& name : PostsHeld(*officer, time)) {
    const std::optional<Post> post = FindPost(rows, name);
    if (post.has_value() && post->state() == Post::ACTIVE && HasRole(*post, rule)) {
      actor.post = name;
      return actor;
    }
  }
  return Deny(absl::StatusCode::kPermissionDenied, "NO_ROLE",
              absl::StrCat(officer->name(), " holds no active post with the role ",
                           RoleNames(rule.roles())),
              {{"instead", "ch8 whoami"}});
}

std::vector<std::string> PostsHeld(const Officer& officer, absl::Time time) {
  std::vector<std::string> posts = {officer.posts().begin(), officer.posts().end()};
  const absl::CivilDay day = DayOf(time);
  for (const auto& acting : officer.acting()) {
    const std::optional<absl::CivilDay> first = DayOf(acting.valid_from());
    const std::optional<absl::CivilDay> last = DayOf(acting.valid_to());
    if (acting.confirmed_by() == 0 || !first.has_value() || !last.has_value()) continue;
    if (*first <= day && day <= *last) posts.push_back(acting.post());
  }
  return posts;
}

std::optional<Officer> FindOfficer(const RowReader& rows, absl::string_view name) {
  return FindFact<Officer>(rows, name);
}

std::optional<Post> FindPost(const RowReader& rows, absl::string_view name) {
  return FindFact<Post>(rows, name);
}

std::optional<Organization> FindOrganization(const RowReader& rows, absl::string_view name) {
  return FindFact<Organization>(rows, name);
}

std::optional<Organization> FindTrustDomain(const RowReader& rows, absl::string_view trust_domain) {
  const std::optional<std::string> name =
      rows.Get(Table::kRows, absl::StrCat(kTrustDomainPrefix, trust_domain));
  return name.has_value() ? FindOrganization(rows, *name) : std::nullopt;
}

std::vector<Organization> PinnedOrganizations(const RowReader& rows) {
  std::vector<Organization> pinned;
  rows.Scan(Table::kRows, kTrustDomainPrefix, "", [&](absl::string_view, absl::string_view name) {
    std::optional<Organization> organization = FindOrganization(rows, name);
    if (organization.has_value()) pinned.push_back(*std::move(organization));
    return true;
  });
  return pinned;
}

void ApplyFact(const DirectoryEvent& event, Rows& rows) {
  switch (event.kind_case()) {
    case DirectoryEvent::kPostRecorded:
      return PutRow(rows, event.post_recorded());
    case DirectoryEvent::kOfficerRecorded:
      return PutRow(rows, event.officer_recorded());
    case DirectoryEvent::kOrganizationRecorded:
      return ApplyOrganization(event.organization_recorded(), rows);
    case DirectoryEvent::KIND_NOT_SET:
      return;  // A kind of fact that this release does not know changes nothing here.
  }
}

}  // namespace ch8::kernel
