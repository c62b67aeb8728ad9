#ifndef CH8_CLIENTS_CLI_FAKE_NODE_H_
#define CH8_CLIENTS_CLI_FAKE_NODE_H_

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "clients/cli/run.h"
#include "clients/cli/session.h"

// Whole command lines against a node that answers what a test tells it to: for tests only.
namespace ch8::cli {

class FixedClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(1795521600); }
  absl::Duration SinceBoot() const override { return absl::Hours(1); }
};

// Answers by method name ("MakeOffer"); WhoAmI is an officer of un on an exercise node, unless told
// otherwise. Methods without an answer are kUnimplemented.
class FakeNode final : public client::Transport {
 public:
  using Handler = std::function<client::WireReply(const client::WireCall&)>;

  client::WireReply Send(const client::WireCall& call) override;

  void Answer(const std::string& method, const google::protobuf::Message& response);
  void Refuse(const std::string& method, const absl::Status& status);
  void Handle(const std::string& method, Handler handler) {
    handlers_[method] = std::move(handler);
  }

  // The calls made, WhoAmI left out.
  std::vector<client::WireCall> calls;

 private:
  std::map<std::string, Handler> handlers_;
};

// The default answer of WhoAmI; 2 Mar 2026 09:12 UTC by the ledger.
chapter8::directory::v1::WhoAmIResponse ExerciseOfficer();

struct Result {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// A configuration folder with one context in use, and a node.
class CliHarness {
 public:
  // Everything is kept in `directory`, which outlives this object.
  explicit CliHarness(std::string directory);

  // Runs one command line; `input` is what is typed at a terminal, empty: there is none.
  Result Run(const std::vector<std::string>& args, const std::string& input = "");

  FakeNode& node() { return *node_; }
  std::string Path(const std::string& name) const { return dir_ + "/" + name; }
  std::string WriteFile(const std::string& name, const std::string& content);

 private:
  const std::string dir_;
  FixedClock clock_;
  std::shared_ptr<FakeNode> node_ = std::make_shared<FakeNode>();
};

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_FAKE_NODE_H_
