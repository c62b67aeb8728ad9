#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::authz::v1::Role;
using chapter8::authz::v1::Role_descriptor;
using chapter8::directory::v1::ConfirmPostRequest;
using chapter8::directory::v1::CreatePostRequest;
using chapter8::directory::v1::GetPostRequest;
using chapter8::directory::v1::ListPostsRequest;
using chapter8::directory::v1::ListPostsResponse;
using chapter8::directory::v1::Post;

absl::Status Add(const Arguments& arguments, Session& session) {
  CreatePostRequest request;
  request.set_post_id(arguments.Get("id"));
  Post& post = *request.mutable_resource();
  post.set_title(arguments.Get("title"));
  for (const std::string& word : arguments.All("role")) {
    ASSIGN_OR_RETURN(const int role, ParseEnum(*Role_descriptor(), word));
    post.add_roles(static_cast<Role>(role));
  }
  if (arguments.Has("limit")) {
    ASSIGN_OR_RETURN(*post.mutable_approval_limit(), client::ParseMoney(arguments.Get("limit")));
  }
  Post created;
  RETURN_IF_ERROR(session.Act("directory.v1.DirectoryService.CreatePost", request, created));
  session.ShowRecord(created);
  if (!session.globals().dry_run) {
    session.Say(absl::StrCat("next: a second administrator confirms it: ch8 post confirm ",
                             IdOf(created.name())));
  }
  return absl::OkStatus();
}

absl::Status Confirm(const Arguments& arguments, Session& session) {
  ConfirmPostRequest request;
  request.set_name(PostName(arguments.Get("post")));
  Post post;
  RETURN_IF_ERROR(session.Act("directory.v1.DirectoryService.ConfirmPost", request, post));
  session.ShowRecord(post);
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  GetPostRequest request;
  request.set_name(PostName(arguments.Get("post")));
  Post post;
  RETURN_IF_ERROR(session.Read("directory.v1.DirectoryService.GetPost", request, post));
  session.ShowRecord(post);
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  std::vector<Post> posts;
  RETURN_IF_ERROR(ListAll<ListPostsResponse>(
      session, "directory.v1.DirectoryService.ListPosts", ListPostsRequest(),
      [&](const ListPostsResponse& page) {
        posts.insert(posts.end(), page.posts().begin(), page.posts().end());
      }));
  session.ShowList(Pointers(posts), {{"post", "name"},
                                     {"state", "state"},
                                     {"roles", "roles"},
                                     {"limit", "approval_limit"},
                                     {"title", "title"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> PostCommands() {
  return {
      {.path = {"post", "add"},
       .summary = "enter a post: a title, roles and a limit",
       .parameters = {Positional("id", "letters, digits and -"),
                      Required("title", "TEXT", "of the post, never a person's name"),
                      RequiredRepeated("role", "ROLE", "what its holder may do",
                                       EnumWords(*Role_descriptor())),
                      Optional("limit", "USD:1000000.00", "the most that one approval may be")},
       .run = Add,
       .notes = "An administrator can never approve money or manage funds. A second administrator "
                "confirms."},
      {.path = {"post", "confirm"},
       .summary = "confirm a post that another person entered",
       .parameters = {Positional("post", "its id")},
       .run = Confirm,
       .notes = ""},
      {.path = {"post", "show"},
       .summary = "a post",
       .parameters = {Positional("post", "its id")},
       .run = Show,
       .notes = ""},
      {.path = {"post", "list"},
       .summary = "all posts",
       .parameters = {},
       .run = List,
       .notes = ""}};
}

}  // namespace ch8::cli
