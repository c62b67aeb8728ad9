#include "services/kernel/toy_machine.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "services/kernel/authority.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "storage/base/bytes.h"

namespace ch8::kernel::toy {
namespace {

using chapter8::books::v1::AccountOpened;
using chapter8::books::v1::GetBalanceRequest;
using chapter8::books::v1::OpenAccountsRequest;
using chapter8::books::v1::OpenAccountsResponse;
using chapter8::directory::v1::ConfirmPostRequest;
using chapter8::directory::v1::CreatePostRequest;
using chapter8::directory::v1::DirectoryEvent;
using chapter8::directory::v1::GetPostRequest;
using chapter8::directory::v1::ListPostsRequest;
using chapter8::directory::v1::ListPostsResponse;
using chapter8::directory::v1::Officer;
using chapter8::directory::v1::Post;
using chapter8::ledger::v1::Delivery;

constexpr absl::string_view kDuePrefix = "due/";
constexpr absl::string_view kNeedsPrefix = "needs ";
constexpr uint32_t kAccountsPerEntry = 1'000;

absl::Status Deny(absl::StatusCode code, absl::string_view reason, std::string message) {
  return Refuse(
      {.code = code, .domain = "toy.chapter8", .reason = reason, .message = std::move(message)});
}

Event PostEvent(const Post& post) {
  DirectoryEvent recorded;
  *recorded.mutable_post_recorded() = post;
  Event event;
  event.entry.set_domain_event(recorded.SerializeAsString());
  return event;
}

Event StepEvent(absl::string_view origin, absl::string_view transfer_id) {
  Event event;
  auto* step = event.entry.mutable_step();
  step->set_transfer_id(std::string(transfer_id));
  step->set_giver_origin(std::string(origin));
  step->set_receiver_origin("au.example/ch8/toy");
  step->mutable_reserve()->set_quantity(1);
  return event;
}

std::string StoredPost(const State& state, const std::string& name) {
  return FindPost(state.rows, name).value_or(Post()).SerializeAsString();
}

absl::StatusOr<Decision> CreatePost(const Context& context, const CreatePostRequest& request,
                                    const State& state,
                                    const std::vector<std::string>& recipients) {
  Post post = request.resource();
  post.set_name(absl::StrCat("posts/", request.post_id()));
  if (post.title().empty()) {
    return Deny(absl::StatusCode::kInvalidArgument, "NO_TITLE", "a post has a title");
  }
  if (FindPost(state.rows, post.name()).has_value()) {
    return Deny(absl::StatusCode::kFailedPrecondition, "POST_EXISTS",
                absl::StrCat(post.name(), " exists"));
  }
  post.set_state(Post::PROPOSED);
  post.set_proposed_by(context.actor.person);
  post.set_etag(absl::BytesToHexString(context.random));
  Decision decision;
  if (post.title() == "step") {
    decision.events.push_back(StepEvent(context.origin, context.random));
  } else {
    decision.events.push_back(PostEvent(post));
  }
  decision.events.back().recipients = recipients;
  decision.reply = [name = post.name()](const State& after) { return StoredPost(after, name); };
  return decision;
}

absl::StatusOr<Decision> ConfirmPost(const Context& context, const ConfirmPostRequest& request,
                                     const State& state) {
  std::optional<Post> post = FindPost(state.rows, request.name());
  if (!post.has_value()) {
    return Deny(absl::StatusCode::kNotFound, "NO_SUCH_POST", "there is no such post");
  }
  if (post->proposed_by() == context.actor.person) {
    return Deny(absl::StatusCode::kFailedPrecondition, "SAME_PERSON",
                "whoever enters a post does not confirm it");
  }
  post->set_state(Post::ACTIVE);
  post->set_confirmed_by(context.actor.person);
  Decision decision;
  decision.events.push_back(PostEvent(*post));
  decision.reply = [name = post->name()](const State& after) { return StoredPost(after, name); };
  return decision;
}

absl::StatusOr<Decision> OpenAccounts(const Context& /*context*/,
                                      const OpenAccountsRequest& request, const State& state) {
  Decision decision;
  const uint32_t first = state.accounts.next_account();
  for (uint32_t i = 0; i < request.count(); ++i) {
    if (i % kAccountsPerEntry == 0) decision.events.emplace_back();
    AccountOpened* opened = decision.events.back().entry.add_accounts();
    opened->set_account(first + i);
    opened->set_unit(request.unit());
    opened->set_floor(request.floor());
    opened->set_bulk(true);
  }
  OpenAccountsResponse response;
  response.set_first_account(first);
  response.set_count(request.count());
  decision.reply = [reply = response.SerializeAsString()](const State&) { return reply; };
  return decision;
}

absl::StatusOr<chapter8::books::v1::Balance> GetBalance(const Context& /*context*/,
                                                        const GetBalanceRequest& request,
                                                        const State& state) {
  absl::StatusOr<Balance> found = state.accounts.Find(request.account());
  if (!found.ok()) return found.status();
  chapter8::books::v1::Balance balance;
  balance.set_account(request.account());
  balance.set_unit(found->unit);
  balance.set_debits_posted(found->debits_posted);
  balance.set_credits_posted(found->credits_posted);
  balance.set_debits_held(found->debits_held);
  balance.set_credits_held(found->credits_held);
  return balance;
}

std::string TextField(const google::protobuf::Message& message, const char* name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? "" : message.GetReflection()->GetString(message, field);
}

bool IsDryRun(const google::protobuf::Message& message) {
  const auto* field = message.GetDescriptor()->FindFieldByName("validate_only");
  return field != nullptr && message.GetReflection()->GetBool(message, field);
}

}  // namespace

ToyMachine::ToyMachine(std::vector<std::string> recipients) : recipients_(std::move(recipients)) {
  AddPosts();
  AddAccounts();
}

void ToyMachine::AddPosts() {
  routes_.AddCommand<CreatePostRequest>(
      kCreatePost,
      [this](const Context& context, const CreatePostRequest& request, const State& state) {
        return CreatePost(context, request, state, recipients_);
      });
  routes_.AddCommand<ConfirmPostRequest>(kConfirmPost, ConfirmPost);
  routes_.AddRead<GetPostRequest>(
      kGetPost, ReadPath::kSnapshot,
      [](const Context&, const GetPostRequest& request, const State& state) {
        return TableReader<Post>(state.rows).Get(request.name());
      });
  routes_.AddRead<ListPostsRequest>(
      kListPosts, ReadPath::kSnapshot,
      [](const Context&, const ListPostsRequest& request, const State& state) {
        return ListPage<Post, ListPostsRequest, ListPostsResponse>(
            state.rows, "posts/", request, [](const Post&) { return true; },
            [](const Post& post, ListPostsResponse& response) { *response.add_posts() = post; });
      });
}

void ToyMachine::AddAccounts() {
  routes_.AddCommand<OpenAccountsRequest>(kOpenAccounts, OpenAccounts);
  routes_.AddRead<GetBalanceRequest>(kGetBalance, ReadPath::kSequenced, GetBalance);
}

Verdict ToyMachine::DecideDelivery(const Context& context, const Delivered& delivered,
                                   const State& state) const {
  if (delivered.entry.has_step()) {
    return Verdict{.verdict = Delivery::ACCEPT,
                   .reason = "",
                   .events = {StepEvent(context.origin, delivered.entry.step().transfer_id())}};
  }
  DirectoryEvent event;
  if (!event.ParseFromString(delivered.entry.domain_event()) || !event.has_post_recorded()) {
    return Verdict{.verdict = Delivery::REFUSE, .reason = "NOT_A_POST", .events = {}};
  }
  absl::string_view needed = event.post_recorded().title();
  if (absl::ConsumePrefix(&needed, kNeedsPrefix) && !FindPost(state.rows, needed).has_value()) {
    return Verdict{.verdict = Delivery::DEFER, .reason = "NEEDS_POST", .events = {}};
  }
  return Verdict{
      .verdict = Delivery::ACCEPT, .reason = "", .events = {PostEvent(event.post_recorded())}};
}

std::vector<Event> ToyMachine::DecideDue(const Context& context, const State& state) const {
  std::vector<Event> due;
  state.rows.Scan(
      Table::kRows, kDuePrefix, "", [&](absl::string_view key, absl::string_view value) {
        if (absl::FromUnixMicros(static_cast<int64_t>(ByteReader(value).ReadU64())) > context.time)
          return true;
        Post post = FindPost(state.rows, key.substr(kDuePrefix.size())).value_or(Post());
        post.set_state(Post::ACTIVE);
        due.push_back(PostEvent(post));
        return due.size() < 256;
      });
  return due;
}

void ToyMachine::Apply(const Applied& applied, Rows& rows) const {
  DirectoryEvent event;
  if (!applied.entry.has_domain_event() || !event.ParseFromString(applied.entry.domain_event())) {
    return;
  }
  ApplyFact(event, rows);
  const Post& post = event.post_recorded();
  const std::string due = absl::StrCat(kDuePrefix, post.name());
  if (post.title() == "hold" && post.state() == Post::PROPOSED) {
    const int64_t due_us = applied.request.time_us() + absl::ToInt64Microseconds(kHoldDuration);
    rows.Put(Table::kRows, due, KeyU64(static_cast<uint64_t>(due_us)));
  } else if (rows.Get(Table::kRows, due).has_value()) {
    rows.Delete(Table::kRows, due);
  }
}

Genesis ToyGenesis() {
  chapter8::ledger::v1::Entry genesis;
  genesis.mutable_genesis()->set_format(1);
  genesis.mutable_genesis()->set_origin(std::string(kOrigin));
  return Genesis{.origin = std::string(kOrigin),
                 .payload = genesis.SerializeAsString(),
                 .salt = Sha256("toy genesis")};
}

SigningKey KeyOf(absl::string_view officer) {
  return *SigningKey::FromSeed(Sha256({"toy officer ", officer}).view());
}

Post ActivePost(absl::string_view id, chapter8::authz::v1::Role role) {
  Post post;
  post.set_name(absl::StrCat("posts/", id));
  post.set_title(std::string(id));
  post.add_roles(role);
  post.set_state(Post::ACTIVE);
  return post;
}

Officer ActiveOfficer(absl::string_view id, uint64_t person,
                      const std::vector<std::string>& posts) {
  Officer officer;
  officer.set_name(absl::StrCat("officers/", id));
  officer.set_person(person);
  for (const std::string& post : posts) officer.add_posts(post);
  officer.set_act_public_key(std::string(KeyOf(id).public_key().view()));
  officer.set_state(Officer::ACTIVE);
  return officer;
}

Event FactOf(const Post& post) {
  DirectoryEvent fact;
  *fact.mutable_post_recorded() = post;
  Event event;
  event.entry.set_fact(fact.SerializeAsString());
  return event;
}

Event FactOf(const Officer& officer) {
  DirectoryEvent fact;
  *fact.mutable_officer_recorded() = officer;
  Event event;
  event.entry.set_fact(fact.SerializeAsString());
  return event;
}

std::vector<Event> FirstFacts() {
  return {FactOf(ActivePost("administrator", chapter8::authz::v1::ADMINISTRATOR)),
          FactOf(ActivePost("bookkeeper", chapter8::authz::v1::BOOKKEEPER)),
          FactOf(ActiveOfficer("ada", 1, {"posts/administrator"})),
          FactOf(ActiveOfficer("grace", 2, {"posts/administrator"})),
          FactOf(ActiveOfficer("bob", 3, {"posts/bookkeeper"}))};
}

Command UnsignedCommand(absl::string_view officer, absl::string_view method,
                        const google::protobuf::Message& request) {
  Command command;
  command.method = std::string(method);
  command.request = request.SerializeAsString();
  command.request_digest = Sha256(command.request);
  command.request_salt = Sha256({"salt of ", command.request});
  command.caller = Caller{.kind = chapter8::authz::v1::OFFICER,
                          .trust_domain = "un.example",
                          .id = absl::StrCat("officer/", officer)};
  command.request_id = TextField(request, "request_id");
  command.post = TextField(request, "post");
  command.mode = IsDryRun(request) ? Command::Mode::kValidateOnly : Command::Mode::kExecute;
  command.random = std::string(Sha256({"random of ", command.request}).view().substr(0, 16));
  return command;
}

Command SignedCommand(absl::string_view officer, absl::string_view method,
                      const google::protobuf::Message& request, absl::Time not_after) {
  Command command = UnsignedCommand(officer, method, request);
  command.act.emplace();
  command.act->set_public_key(std::string(KeyOf(officer).public_key().view()));
  command.act->set_not_after_unix_seconds(absl::ToUnixSeconds(not_after));
  return command;
}

}  // namespace ch8::kernel::toy
