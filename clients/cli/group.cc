#include "chapter8/information/v1/information_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::information::v1::AddMemberRequest;
using chapter8::information::v1::ConfirmMembershipRequest;
using chapter8::information::v1::CreateGroupRequest;
using chapter8::information::v1::GetGroupRequest;
using chapter8::information::v1::Group;
using chapter8::information::v1::ListGroupsRequest;
using chapter8::information::v1::ListGroupsResponse;
using chapter8::information::v1::RemoveMemberRequest;

absl::Status Add(const Arguments& arguments, Session& session) {
  CreateGroupRequest request;
  request.set_group_id(arguments.Get("id"));
  request.mutable_resource()->set_title(arguments.Get("title"));
  Group created;
  RETURN_IF_ERROR(session.Act("information.v1.GroupService.CreateGroup", request, created));
  session.ShowRecord(created);
  if (!session.globals().dry_run) {
    session.Say("next: an empty group is nobody: ch8 group member " + IdOf(created.name()) +
                " --add ORG");
  }
  return absl::OkStatus();
}

absl::Status Member(const Arguments& arguments, Session& session) {
  const int ways = static_cast<int>(arguments.Has("add")) +
                   static_cast<int>(arguments.Has("remove")) +
                   static_cast<int>(arguments.Has("confirm"));
  if (ways != 1) return absl::InvalidArgumentError("say one of --add, --remove and --confirm");
  const std::string name = GroupName(arguments.Get("group"));
  Group group;
  if (arguments.Has("confirm")) {
    ConfirmMembershipRequest request;
    request.set_name(name);
    ASSIGN_OR_RETURN(const uint64_t number,
                     ParseNumber(arguments.Get("confirm"), "the change to confirm"));
    request.set_number(static_cast<uint32_t>(number));
    RETURN_IF_ERROR(session.Act("information.v1.GroupService.ConfirmMembership", request, group));
    session.ShowRecord(group);
    return absl::OkStatus();
  }
  if (arguments.Has("add")) {
    AddMemberRequest request;
    request.set_name(name);
    request.set_organization(OrganizationName(arguments.Get("add")));
    RETURN_IF_ERROR(session.Act("information.v1.GroupService.AddMember", request, group));
  } else {
    RemoveMemberRequest request;
    request.set_name(name);
    request.set_organization(OrganizationName(arguments.Get("remove")));
    RETURN_IF_ERROR(session.Act("information.v1.GroupService.RemoveMember", request, group));
  }
  session.ShowRecord(group);
  if (!session.globals().dry_run) {
    session.Say("next: another person: ch8 group member " + IdOf(name) + " --confirm " +
                std::to_string(group.changes_size()));
  }
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  GetGroupRequest request;
  request.set_name(GroupName(arguments.Get("group")));
  Group group;
  RETURN_IF_ERROR(session.Read("information.v1.GroupService.GetGroup", request, group));
  session.ShowRecord(group);
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  std::vector<Group> groups;
  RETURN_IF_ERROR(ListAll<ListGroupsResponse>(
      session, "information.v1.GroupService.ListGroups", ListGroupsRequest(),
      [&](const ListGroupsResponse& page) {
        groups.insert(groups.end(), page.groups().begin(), page.groups().end());
      }));
  session.ShowList(
      Pointers(groups),
      {{"group", "name"}, {"version", "version"}, {"members", "members"}, {"title", "title"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> GroupCommands() {
  return {{.path = {"group", "add"},
           .summary = "add a group of organizations, without members",
           .parameters = {Positional("id",
                                     "letters, digits and -; your organization's id is put "
                                     "before it"),
                          Required("title", "TEXT", "its full title")},
           .run = Add,
           .notes = ""},
          {.path = {"group", "member"},
           .summary = "propose a change of members, or confirm another person's",
           .parameters = {Positional("group", "e.g. ecowas-lake-chad"),
                          Optional("add", "ORG", "propose this member"),
                          Optional("remove", "ORG", "propose to remove this member"),
                          Optional("confirm", "N", "confirm change number N")},
           .run = Member,
           .notes = "A former member keeps what it was given; a new one gets nothing old."},
          {.path = {"group", "show"},
           .summary = "a group, its members and all changes",
           .parameters = {Positional("group", "e.g. ecowas-lake-chad")},
           .run = Show,
           .notes = ""},
          {.path = {"group", "list"},
           .summary = "all groups",
           .parameters = {},
           .run = List,
           .notes = ""}};
}

}  // namespace ch8::cli
