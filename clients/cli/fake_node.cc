#include "clients/cli/fake_node.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cli/context.h"
#include "services/trust/files.h"
#include "services/trust/key_file.h"
#include "storage/base/check.h"

namespace ch8::cli {
namespace {

constexpr int64_t kExerciseTimeUs = 1772442720000000;  // 2 Mar 2026 09:12 UTC.

// A connection to a node that outlives it.
class SharedTransport final : public client::Transport {
 public:
  explicit SharedTransport(std::shared_ptr<FakeNode> node) : node_(std::move(node)) {}
  client::WireReply Send(const client::WireCall& call) override { return node_->Send(call); }

 private:
  std::shared_ptr<FakeNode> node_;
};

std::string MethodOf(const client::WireCall& call) {
  return call.method.substr(call.method.rfind('/') + 1);
}

}  // namespace

chapter8::directory::v1::WhoAmIResponse ExerciseOfficer() {
  chapter8::directory::v1::WhoAmIResponse who;
  who.mutable_officer()->set_name("officers/supply");
  who.mutable_officer()->set_person(7);
  who.mutable_officer()->add_posts("posts/chief-supply");
  who.mutable_officer()->set_state(chapter8::directory::v1::Officer::ACTIVE);
  auto& post = *who.add_posts();
  post.set_name("posts/chief-supply");
  post.set_title("Chief Supply, UNSOS");
  post.add_roles(chapter8::authz::v1::FUND_MANAGER);
  post.add_roles(chapter8::authz::v1::APPROVER);
  who.mutable_organization()->set_name("organizations/un");
  who.mutable_organization()->set_trust_domain("un.example");
  who.mutable_organization()->set_display_name("United Nations");
  who.set_exercise(true);
  who.set_ledger_time_us(kExerciseTimeUs);
  return who;
}

client::WireReply FakeNode::Send(const client::WireCall& call) {
  const std::string method = MethodOf(call);
  if (method != "WhoAmI") calls.push_back(call);
  const auto handler = handlers_.find(method);
  if (handler != handlers_.end()) return handler->second(call);
  client::WireReply reply;
  if (method == "WhoAmI") {
    reply.reply = ExerciseOfficer().SerializeAsString();
  } else {
    reply.status = absl::UnimplementedError(absl::StrCat("no ", method));
  }
  return reply;
}

void FakeNode::Answer(const std::string& method, const google::protobuf::Message& response) {
  Handle(method, [bytes = response.SerializeAsString()](const client::WireCall&) {
    client::WireReply reply;
    reply.reply = bytes;
    return reply;
  });
}

void FakeNode::Refuse(const std::string& method, const absl::Status& status) {
  Handle(method, [status](const client::WireCall&) {
    client::WireReply reply;
    reply.status = status;
    return reply;
  });
}

CliHarness::CliHarness(std::string directory) : dir_(std::move(directory)) {
  Context context;
  context.name = "un:supply";
  context.organization = "un";
  context.trust_domain = "un.example";
  context.endpoints = {"127.0.0.1:4101"};
  context.act_key = dir_ + "/act.key";
  Check(trust::WriteSigningKey(context.act_key, SigningKey::Generate()).ok(), "write a key");
  const ContextStore store(dir_ + "/config");
  Check(store.Save(context).ok(), "save a context");
  Check(store.Use(context.name).ok(), "use a context");
}

std::string CliHarness::WriteFile(const std::string& name, const std::string& content) {
  const std::string path = dir_ + "/" + name;
  Check(trust::WriteFileAtomically(path, content, trust::kPublicMode).ok(), "write a file");
  return path;
}

Result CliHarness::Run(const std::vector<std::string>& args, const std::string& input) {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in(input);
  World world = {.out = out,
                 .err = err,
                 .in = in,
                 .in_is_terminal = !input.empty(),
                 .config_directory = dir_ + "/config",
                 .clock = clock_,
                 .sleep = [](absl::Duration) {},
                 .connect = [this](const client::ChannelOptions&)
                     -> absl::StatusOr<std::unique_ptr<client::Transport>> {
                   return std::make_unique<SharedTransport>(node_);
                 }};
  Result result;
  result.exit_code = ch8::cli::Run(world, args);
  result.out = out.str();
  result.err = err.str();
  return result;
}

}  // namespace ch8::cli
