#include "services/information/core/groups.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "services/information/core/rules.h"
#include "services/kernel/fields.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "services/kernel/resources.h"
#include "storage/base/status_macros.h"

namespace ch8::information {
namespace {

using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::Group;
using v1::MembershipChange;

constexpr absl::string_view kCollection = "groups/";
constexpr int kChangesMax = 500;

bool IsMember(const Group& group, absl::string_view organization) {
  return std::find(group.members().begin(), group.members().end(), organization) !=
         group.members().end();
}

absl::StatusOr<Group> FindGroup(const State& state, absl::string_view name) {
  return kernel::FindResource<Group>(state.rows, name, kGroups);
}

Decision DecisionFor(const Group& group, const MembershipChange& change) {
  v1::InformationEvent event;
  event.mutable_membership_recorded()->set_group(group.name());
  *event.mutable_membership_recorded()->mutable_change() = change;
  return Decision{{kernel::DomainEvent(event)}, kernel::ReplyWith<Group>(group.name())};
}

absl::StatusOr<Decision> CreateGroup(const Context& context, const v1::CreateGroupRequest& request,
                                     const State& state) {
  RETURN_IF_ERROR(kernel::CheckId(request.group_id(), "group_id"));
  const std::string id = absl::StrCat(kernel::IdOf(context.organization), "-", request.group_id());
  RETURN_IF_ERROR(kernel::CheckId(id, "group_id"));
  RETURN_IF_ERROR(kernel::CheckText(request.resource().title(), "resource.title"));
  const std::string name = absl::StrCat(kCollection, id);
  if (kernel::TableReader<Group>(state.rows).Find(name).has_value()) {
    return kernel::Taken("GROUP_EXISTS", name, kernel::ShowCommand(kGroups, name));
  }
  v1::InformationEvent event;
  event.mutable_group_created()->mutable_group()->set_name(name);
  event.mutable_group_created()->mutable_group()->set_title(request.resource().title());
  return Decision{{kernel::DomainEvent(event)}, kernel::ReplyWith<Group>(name)};
}

absl::Status CheckNoneOpen(const Group& group, absl::string_view organization) {
  if (group.changes_size() >= kChangesMax) {
    return kernel::TooMany("TOO_MANY_CHANGES",
                           absl::StrCat(group.name(), " has had ", kChangesMax, " changes"));
  }
  for (const MembershipChange& change : group.changes()) {
    if (change.confirmed_by() != 0 || change.organization() != organization) continue;
    return kernel::NotNow(
        "ALREADY_PROPOSED",
        absl::StrCat("change ", change.number(), " of ", group.name(), " waits for a confirmation"),
        {{"number", absl::StrCat(change.number())},
         {"instead", absl::StrCat("ch8 group member ", kernel::IdOf(group.name()), " --confirm ",
                                  change.number())}});
  }
  return absl::OkStatus();
}

Decision Propose(const Context& context, const Group& group, MembershipChange::Kind kind,
                 const std::string& organization) {
  MembershipChange change;
  change.set_number(static_cast<uint32_t>(group.changes_size()) + 1);
  change.set_kind(kind);
  change.set_organization(organization);
  change.set_proposed_by(context.actor.person);
  change.set_proposed_us(absl::ToUnixMicros(context.time));
  return DecisionFor(group, change);
}

absl::StatusOr<Decision> AddMember(const Context& context, const v1::AddMemberRequest& request,
                                   const State& state) {
  ASSIGN_OR_RETURN(const Group group, FindGroup(state, request.name()));
  RETURN_IF_ERROR(FindPinned(state.rows, request.organization(), "organization").status());
  if (IsMember(group, request.organization())) {
    return kernel::NotNow("ALREADY_MEMBER",
                          absl::StrCat(request.organization(), " is a member of ", group.name()),
                          {{"instead", kernel::ShowCommand(kGroups, group.name())}});
  }
  RETURN_IF_ERROR(CheckNoneOpen(group, request.organization()));
  return Propose(context, group, MembershipChange::ADD, request.organization());
}

absl::StatusOr<Decision> RemoveMember(const Context& context,
                                      const v1::RemoveMemberRequest& request, const State& state) {
  ASSIGN_OR_RETURN(const Group group, FindGroup(state, request.name()));
  RETURN_IF_ERROR(kernel::CheckName(request.organization(), "organizations/*", "organization"));
  if (!IsMember(group, request.organization())) {
    return kernel::NotNow("NOT_A_MEMBER",
                          absl::StrCat(request.organization(), " is no member of ", group.name()),
                          {{"instead", kernel::ShowCommand(kGroups, group.name())}});
  }
  RETURN_IF_ERROR(CheckNoneOpen(group, request.organization()));
  return Propose(context, group, MembershipChange::REMOVE, request.organization());
}

absl::StatusOr<Decision> ConfirmMembership(const Context& context,
                                           const v1::ConfirmMembershipRequest& request,
                                           const State& state) {
  ASSIGN_OR_RETURN(const Group group, FindGroup(state, request.name()));
  const std::string show = kernel::ShowCommand(kGroups, group.name());
  if (request.number() == 0 || request.number() > static_cast<uint32_t>(group.changes_size())) {
    return kernel::Unknown("UNKNOWN_CHANGE",
                           absl::StrCat("change ", request.number(), " of ", group.name()), show);
  }
  MembershipChange change = group.changes(static_cast<int>(request.number()) - 1);
  if (change.confirmed_by() != 0) {
    return kernel::NotNow(
        "NOT_PROPOSED",
        absl::StrCat("change ", change.number(), " of ", group.name(), " is confirmed already"),
        {{"instead", show}});
  }
  RETURN_IF_ERROR(CheckOtherPerson(context, change.proposed_by(),
                                   absl::StrCat("change ", change.number(), " of ", group.name()),
                                   show));
  change.set_confirmed_by(context.actor.person);
  change.set_confirmed_us(absl::ToUnixMicros(context.time));
  return DecisionFor(group, change);
}

absl::StatusOr<Group> GetGroup(const Context&, const v1::GetGroupRequest& request,
                               const State& state) {
  ASSIGN_OR_RETURN(const Group row, FindGroup(state, request.name()));
  return kernel::WithEtag(row);
}

absl::StatusOr<v1::ListGroupsResponse> ListGroups(const Context&,
                                                  const v1::ListGroupsRequest& request,
                                                  const State& state) {
  return kernel::ListPage<Group, v1::ListGroupsRequest, v1::ListGroupsResponse>(
      state.rows, kCollection, request, [](const Group&) { return true; },
      [](const Group& row, v1::ListGroupsResponse& response) {
        *response.add_groups() = kernel::WithEtag(row);
      });
}

// The members after a confirmed change, in name order.
void Change(const MembershipChange& change, Group& group) {
  std::vector<std::string> members(group.members().begin(), group.members().end());
  members.erase(std::remove(members.begin(), members.end(), change.organization()), members.end());
  if (change.kind() == MembershipChange::ADD) members.push_back(change.organization());
  std::sort(members.begin(), members.end());
  group.clear_members();
  for (std::string& member : members) group.add_members(std::move(member));
  group.set_version(group.version() + 1);
}

}  // namespace

void AddGroupRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.information.v1.GroupService/";
  routes.AddCommand<v1::CreateGroupRequest>(service + "CreateGroup", CreateGroup);
  routes.AddCommand<v1::AddMemberRequest>(service + "AddMember", AddMember);
  routes.AddCommand<v1::RemoveMemberRequest>(service + "RemoveMember", RemoveMember);
  routes.AddCommand<v1::ConfirmMembershipRequest>(service + "ConfirmMembership", ConfirmMembership);
  routes.AddRead<v1::GetGroupRequest>(service + "GetGroup", kernel::ReadPath::kSnapshot, GetGroup);
  routes.AddRead<v1::ListGroupsRequest>(service + "ListGroups", kernel::ReadPath::kSnapshot,
                                        ListGroups);
}

void ApplyGroupCreated(const v1::InformationEvent::GroupCreated& event, kernel::Rows& rows) {
  kernel::PutRow(rows, event.group());
}

void ApplyMembershipRecorded(const v1::InformationEvent::MembershipRecorded& event,
                             kernel::Rows& rows) {
  std::optional<Group> group = kernel::TableReader<Group>(rows).Find(event.group());
  if (!group.has_value()) return;
  const MembershipChange& change = event.change();
  const auto count = static_cast<uint32_t>(group->changes_size());
  if (change.number() == count + 1) {
    *group->add_changes() = change;
  } else if (change.number() >= 1 && change.number() <= count) {
    *group->mutable_changes(static_cast<int>(change.number()) - 1) = change;
  }
  if (change.confirmed_by() != 0) Change(change, *group);
  kernel::PutRow(rows, *group);
}

}  // namespace ch8::information
