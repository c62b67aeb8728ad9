#include "services/directory/core/posts.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/directory/core/rules.h"
#include "services/kernel/authority.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "storage/base/status_macros.h"

namespace ch8::directory {
namespace {

using chapter8::directory::v1::ConfirmPostRequest;
using chapter8::directory::v1::CreatePostRequest;
using chapter8::directory::v1::DirectoryEvent;
using chapter8::directory::v1::GetPostRequest;
using chapter8::directory::v1::ListPostsRequest;
using chapter8::directory::v1::ListPostsResponse;
using chapter8::directory::v1::Post;

constexpr size_t kTitleSizeMax = 200;
constexpr size_t kCurrencyCodeSize = 3;

absl::Status Bad(absl::string_view reason, std::string message) {
  return Deny(absl::StatusCode::kInvalidArgument, reason, std::move(message));
}

absl::Status CheckTitle(absl::string_view title) {
  const auto is_control = [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); };
  if (!title.empty() && title.size() <= kTitleSizeMax &&
      std::none_of(title.begin(), title.end(), is_control)) {
    return absl::OkStatus();
  }
  return Bad("BAD_TITLE", "title must be 1 to 200 bytes without control characters");
}

absl::Status CheckRoles(const Post& post) {
  RoleSet roles;
  for (const int role : post.roles()) {
    if (role == chapter8::authz::v1::ROLE_UNSPECIFIED || !chapter8::authz::v1::Role_IsValid(role)) {
      return Bad("BAD_ROLE", absl::StrCat("role ", role, " is not known here"));
    }
    if (!roles.insert(role).second) {
      return Bad("BAD_ROLE", absl::StrCat("role ", RoleNames({role}), " is named twice"));
    }
  }
  if (roles.empty()) return Bad("BAD_ROLE", "a post needs at least one role");
  return CheckCompatible(roles, "the post");
}

absl::Status CheckLimit(const Post& post) {
  if (!post.has_approval_limit()) return absl::OkStatus();
  const std::string& code = post.approval_limit().currency_code();
  if (code.size() != kCurrencyCodeSize || !std::all_of(code.begin(), code.end(), [](char c) {
        return absl::ascii_isupper(static_cast<unsigned char>(c));
      })) {
    return Bad("BAD_LIMIT", "approval_limit.currency_code must be three capital letters");
  }
  if (post.approval_limit().amount_minor() <= 0) {
    return Bad("BAD_LIMIT", "approval_limit must be above zero; leave it out for none");
  }
  if (std::find(post.roles().begin(), post.roles().end(), chapter8::authz::v1::APPROVER) ==
      post.roles().end()) {
    return Bad("BAD_LIMIT", "approval_limit needs the role APPROVER");
  }
  return absl::OkStatus();
}

absl::StatusOr<Post> RequirePost(const kernel::State& state, absl::string_view name) {
  RETURN_IF_ERROR(kernel::CheckName(name, "posts/*", "name"));
  std::optional<Post> post = kernel::FindPost(state.rows, name);
  if (!post.has_value()) return NotFound("POST_NOT_FOUND", name, "ch8 post list");
  return *std::move(post);
}

}  // namespace

absl::StatusOr<kernel::Decision> CreatePost(const kernel::Context& context,
                                            const CreatePostRequest& request,
                                            const kernel::State& state) {
  RETURN_IF_ERROR(CheckId(request.post_id(), "post_id"));
  RETURN_IF_ERROR(CheckTitle(request.resource().title()));
  RETURN_IF_ERROR(CheckRoles(request.resource()));
  RETURN_IF_ERROR(CheckLimit(request.resource()));
  const std::string name = absl::StrCat("posts/", request.post_id());
  if (kernel::FindPost(state.rows, name).has_value()) {
    return Deny(absl::StatusCode::kAlreadyExists, "POST_EXISTS",
                absl::StrCat(name, " exists already"),
                {{"name", name}, {"instead", absl::StrCat("ch8 post show ", request.post_id())}});
  }
  DirectoryEvent event;
  Post& post = *event.mutable_post_recorded();
  post.set_name(name);
  post.set_title(request.resource().title());
  *post.mutable_roles() = request.resource().roles();
  if (request.resource().has_approval_limit()) {
    *post.mutable_approval_limit() = request.resource().approval_limit();
  }
  post.set_state(Post::PROPOSED);
  post.set_proposed_by(context.actor.person);
  SetNextEtag(post);
  return RecordDecision<Post>(event, name, context);
}

absl::StatusOr<kernel::Decision> ConfirmPost(const kernel::Context& context,
                                             const ConfirmPostRequest& request,
                                             const kernel::State& state) {
  ASSIGN_OR_RETURN(Post post, RequirePost(state, request.name()));
  if (post.state() != Post::PROPOSED) {
    return Deny(absl::StatusCode::kFailedPrecondition, "NOT_PROPOSED",
                absl::StrCat(post.name(), " is ", Post::State_Name(post.state()), " already"),
                {{"name", post.name()}, {"state", Post::State_Name(post.state())}});
  }
  RETURN_IF_ERROR(CheckSecondPerson(post.name(), post.proposed_by(), context));
  post.set_state(Post::ACTIVE);
  post.set_confirmed_by(context.actor.person);
  SetNextEtag(post);
  DirectoryEvent event;
  *event.mutable_post_recorded() = post;
  return RecordDecision<Post>(event, post.name(), context);
}

absl::StatusOr<Post> GetPost(const kernel::Context& /*context*/, const GetPostRequest& request,
                             const kernel::State& state) {
  return RequirePost(state, request.name());
}

absl::StatusOr<ListPostsResponse> ListPosts(const kernel::Context& /*context*/,
                                            const ListPostsRequest& request,
                                            const kernel::State& state) {
  return kernel::ListPage<Post, ListPostsRequest, ListPostsResponse>(
      state.rows, "posts/", request, [](const Post&) { return true; },
      [](const Post& post, ListPostsResponse& page) { *page.add_posts() = post; });
}

}  // namespace ch8::directory
