#include "services/directory/core/posts.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "services/directory/core/directory_test_fixture.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "tests/support/status_matchers.h"

namespace ch8::directory {
namespace {

using ::ch8::testing::StatusIs;
using chapter8::authz::v1::ADMINISTRATOR;
using chapter8::authz::v1::APPROVER;
using chapter8::authz::v1::AUDITOR;
using chapter8::authz::v1::FUND_MANAGER;
using chapter8::directory::v1::CreatePostRequest;
using chapter8::directory::v1::GetPostRequest;
using chapter8::directory::v1::ListPostsRequest;
using chapter8::directory::v1::ListPostsResponse;
using chapter8::directory::v1::Post;

class PostsTest : public DirectoryTest {};

TEST_F(PostsTest, APostTakesTwoPersons) {
  CreatePostRequest request = PostRequest("approver", {APPROVER});
  request.mutable_resource()->mutable_approval_limit()->set_currency_code("USD");
  request.mutable_resource()->mutable_approval_limit()->set_amount_minor(5'000'000);
  const Post proposed = ReplyOf<Post>(Run("admin-1", "CreatePost", request));
  EXPECT_EQ(proposed.name(), "posts/approver");
  EXPECT_EQ(proposed.title(), "Chief of approver");
  EXPECT_EQ(proposed.state(), Post::PROPOSED);
  EXPECT_EQ(proposed.proposed_by(), 1U);
  EXPECT_EQ(proposed.etag(), "1");

  EXPECT_EQ(Reason("admin-1", "ConfirmPost", ConfirmPostOf("approver")), "SAME_PERSON");
  const Post active = ReplyOf<Post>(Run("admin-2", "ConfirmPost", ConfirmPostOf("approver")));
  EXPECT_EQ(active.state(), Post::ACTIVE);
  EXPECT_EQ(active.confirmed_by(), 2U);
  EXPECT_EQ(active.etag(), "2");
  EXPECT_EQ(active.approval_limit().amount_minor(), 5'000'000);
  EXPECT_EQ(Reason("admin-1", "ConfirmPost", ConfirmPostOf("approver")), "NOT_PROPOSED");
}

TEST_F(PostsTest, TheSamePersonInAnotherOfficerIsNoSecondPerson) {
  AddOfficer("admin-1b", {.person = 1, .posts = {"posts/administrator"}});
  ReplyOf<Post>(Run("admin-1", "CreatePost", PostRequest("audit", {AUDITOR})));
  EXPECT_EQ(Reason("admin-1b", "ConfirmPost", ConfirmPostOf("audit")), "SAME_PERSON");
}

TEST_F(PostsTest, WhatTheCallerSaysOfTheStateIsIgnored) {
  CreatePostRequest request = PostRequest("audit", {AUDITOR});
  request.mutable_resource()->set_name("posts/other");
  request.mutable_resource()->set_state(Post::ACTIVE);
  request.mutable_resource()->set_proposed_by(2);
  request.mutable_resource()->set_etag("9");
  const Post post = ReplyOf<Post>(Run("admin-1", "CreatePost", request));
  EXPECT_EQ(post.name(), "posts/audit");
  EXPECT_EQ(post.state(), Post::PROPOSED);
  EXPECT_EQ(post.proposed_by(), 1U);
  EXPECT_EQ(post.etag(), "1");
}

// One case a row, each wrong in one more way than the next: the first rule broken answers.
TEST_F(PostsTest, CreationIsRefusedByTheFirstRuleBroken) {
  AddPost("taken", {AUDITOR});
  const struct {
    const char* reason;
    absl::StatusCode code;
    std::function<void(CreatePostRequest&)> mend;  // Applied after the row's answer is checked.
  } rows[] = {
      {"BAD_ID", absl::StatusCode::kInvalidArgument, [](auto& r) { r.set_post_id("taken"); }},
      {"BAD_TITLE", absl::StatusCode::kInvalidArgument,
       [](auto& r) { r.mutable_resource()->set_title("A post"); }},
      {"BAD_ROLE", absl::StatusCode::kInvalidArgument,
       [](auto& r) {
         r.mutable_resource()->clear_roles();
         r.mutable_resource()->add_roles(ADMINISTRATOR);
         r.mutable_resource()->add_roles(FUND_MANAGER);
       }},
      {"INCOMPATIBLE_ROLES", absl::StatusCode::kInvalidArgument,
       [](auto& r) { r.mutable_resource()->set_roles(0, AUDITOR); }},
      {"BAD_LIMIT", absl::StatusCode::kInvalidArgument,
       [](auto& r) { r.mutable_resource()->clear_approval_limit(); }},
      {"POST_EXISTS", absl::StatusCode::kAlreadyExists, [](auto& r) { r.set_post_id("free"); }},
  };
  CreatePostRequest request;
  request.set_post_id("../x");
  request.mutable_resource()->set_title("two\nlines");
  request.mutable_resource()->mutable_approval_limit()->set_amount_minor(-1);
  for (const auto& row : rows) {
    const kernel::Outcome outcome = Run("admin-1", "CreatePost", request);
    EXPECT_EQ(kernel::ReasonOf(outcome.status), row.reason);
    EXPECT_THAT(outcome.status, StatusIs(row.code)) << row.reason;
    row.mend(request);
  }
  EXPECT_TRUE(Run("admin-1", "CreatePost", request).status.ok());
}

TEST_F(PostsTest, EachFieldKeepsToItsGrammar) {
  const struct {
    const char* reason;
    std::function<void(CreatePostRequest&)> spoil;
  } rows[] = {
      {"BAD_ID", [](auto& r) { r.set_post_id(""); }},
      {"BAD_ID", [](auto& r) { r.set_post_id(std::string(64, 'a')); }},
      {"BAD_ID", [](auto& r) { r.set_post_id("Upper"); }},
      {"BAD_TITLE", [](auto& r) { r.mutable_resource()->clear_title(); }},
      {"BAD_TITLE", [](auto& r) { r.mutable_resource()->set_title(std::string(201, 'x')); }},
      {"BAD_ROLE", [](auto& r) { r.mutable_resource()->clear_roles(); }},
      {"BAD_ROLE", [](auto& r) { r.mutable_resource()->add_roles(APPROVER); }},
      {"BAD_ROLE",
       [](auto& r) { r.mutable_resource()->add_roles(chapter8::authz::v1::ROLE_UNSPECIFIED); }},
      {"BAD_ROLE",
       [](auto& r) {
         r.mutable_resource()->add_roles(static_cast<chapter8::authz::v1::Role>(99));
       }},
      {"INCOMPATIBLE_ROLES", [](auto& r) { r.mutable_resource()->add_roles(ADMINISTRATOR); }},
      {"BAD_LIMIT",
       [](auto& r) { r.mutable_resource()->mutable_approval_limit()->set_currency_code("usd"); }},
      {"BAD_LIMIT",
       [](auto& r) { r.mutable_resource()->mutable_approval_limit()->set_amount_minor(0); }},
      {"BAD_LIMIT", [](auto& r) { r.mutable_resource()->set_roles(0, FUND_MANAGER); }},
  };
  CreatePostRequest good = PostRequest("approver", {APPROVER});
  good.mutable_resource()->mutable_approval_limit()->set_currency_code("USD");
  good.mutable_resource()->mutable_approval_limit()->set_amount_minor(1);
  for (const auto& row : rows) {
    CreatePostRequest request = good;
    row.spoil(request);
    EXPECT_EQ(Reason("admin-1", "CreatePost", request), row.reason) << request.ShortDebugString();
  }
  EXPECT_EQ(Reason("admin-1", "CreatePost", good), "");
}

TEST_F(PostsTest, UnknownPostsAreNotFound) {
  EXPECT_EQ(Reason("admin-1", "ConfirmPost", ConfirmPostOf("none")), "POST_NOT_FOUND");
  EXPECT_EQ(Reason("admin-1", "ConfirmPost", ConfirmPostOf("a/b")), "BAD_NAME");
  GetPostRequest get;
  get.set_name("posts/none");
  EXPECT_THAT(Read("admin-1", "GetPost", get).status, StatusIs(absl::StatusCode::kNotFound));
  get.set_name("officers/admin-1");
  EXPECT_THAT(Read("admin-1", "GetPost", get).status, StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(PostsTest, PostsAreListedByNameInPages) {
  for (const char* id : {"c", "a", "b"}) AddPost(id, {AUDITOR});
  ListPostsRequest request;
  request.set_page_size(3);
  const auto first = ReplyOf<ListPostsResponse>(Read("admin-1", "ListPosts", request));
  ASSERT_EQ(first.posts_size(), 3);
  EXPECT_EQ(first.posts(0).name(), "posts/a");
  EXPECT_EQ(first.posts(1).name(), "posts/administrator");
  EXPECT_EQ(first.posts(2).name(), "posts/b");
  request.set_page_token(first.next_page_token());
  const auto second = ReplyOf<ListPostsResponse>(Read("admin-1", "ListPosts", request));
  ASSERT_EQ(second.posts_size(), 1);
  EXPECT_EQ(second.posts(0).name(), "posts/c");
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(PostsTest, AForgedPageTokenShowsNoOtherCollection) {
  for (const char* after : {"a", "officers/", "posts", "zzz"}) {
    ListPostsRequest request;
    request.set_page_token(kernel::PageToken(after));
    const kernel::Outcome outcome = Read("admin-1", "ListPosts", request);
    if (!outcome.status.ok()) continue;
    const auto page = ReplyOf<ListPostsResponse>(outcome);
    for (const Post& post : page.posts()) {
      EXPECT_EQ(post.name(), "posts/administrator") << after;
    }
  }
}

}  // namespace
}  // namespace ch8::directory
