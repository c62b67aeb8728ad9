#ifndef CH8_CLIENTS_CLI_SESSION_H_
#define CH8_CLIENTS_CLI_SESSION_H_

#include <google/protobuf/message.h>

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "clients/cli/context.h"
#include "clients/cli/failure.h"
#include "clients/cli/fields.h"
#include "clients/cli/parse.h"
#include "clients/lib/client.h"
#include "clients/lib/endpoints.h"
#include "clients/lib/grpc_transport.h"
#include "clients/lib/transport.h"
#include "storage/base/clock.h"

namespace ch8::cli {

// What a command line runs in; tests replace all of it.
struct World {
  std::ostream& out;  // Data.
  std::ostream& err;  // Messages.
  std::istream& in;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool no_color = false;  // $NO_COLOR is set and not empty.
  std::string config_directory;
  const Clock& clock;
  std::function<void(absl::Duration)> sleep;
  std::function<absl::StatusOr<std::unique_ptr<client::Transport>>(const client::ChannelOptions&)>
      connect;
};

// One run of one command: its options, the connection to the node once it is needed, and what is
// printed.
//
// Thread safety: none.
class Session {
 public:
  Session(World& world, Globals globals, std::string command_line);

  World& world() { return world_; }
  const Globals& globals() const { return globals_; }
  ContextStore contexts() const { return ContextStore(world_.config_directory); }

  // Loads the context and asks the node who is calling and what time it is there. Once; later calls
  // return at once. Errors: those of ContextStore, the key files and an unreachable node.
  absl::Status Connect();

  // The own organization's id. After Connect().
  const std::string& own() const { return own_; }
  // Who the node takes the caller for; empty when it knows no such officer. After Connect().
  const chapter8::directory::v1::WhoAmIResponse& who() const { return who_; }
  absl::Time ledger_time() const;
  // The services of the context's nodes, sorted; a node that does not say which it hosts is taken
  // to host all. After Connect().
  std::vector<std::string> services() const;
  FieldStyle style() const { return FieldStyle{.own = own_}; }

  // Calls the rpc "finance.v1.OfferService.GetOffer" of our protos. A read has no effect; Act fills
  // in request id, post and validate_only, and says on standard error what was or was not written.
  // Both connect first.
  absl::Status Read(absl::string_view rpc, const google::protobuf::Message& request,
                    google::protobuf::Message& response);
  absl::Status Act(absl::string_view rpc, google::protobuf::Message& request,
                   google::protobuf::Message& response);

  // The request id of this run: what was given, or a new one. A command that makes several acts
  // derives theirs from it and sets them in its requests, which Act then leaves alone.
  const std::string& request_id();

  // 32 bytes that only this officer can make, and the same ones whenever the request id is: what
  // must be secret in a request that can be repeated. Connects first. Errors: those of the key
  // file; kFailedPrecondition when the context has none.
  absl::StatusOr<std::string> SecretOfRequest(absl::string_view purpose);

  // Makes an act that cannot be undone wait for an answer. OK with --yes or --dry-run.
  // Errors: kInvalidArgument when nobody can answer; kCancelled when the answer is no.
  absl::Status Confirm(const std::string& question);
  // Shows on standard error what the caller is about to agree to, and asks when there is somebody
  // to answer. OK with --yes or --dry-run. Errors: kCancelled when the answer is no.
  absl::Status Agree(const google::protobuf::Message& shown, const std::string& question);

  // A line on standard error: what happened, what to type next.
  void Say(absl::string_view line);
  // The program ends with kExitDiffers unless it fails otherwise.
  void Differs() { differs_ = true; }
  bool differs() const { return differs_; }

  // One resource; several; a table made by a command (titles in snake_case).
  void ShowRecord(const google::protobuf::Message& record);
  void ShowRecord(const google::protobuf::Message& record, const FieldStyle& style);
  struct ListColumn {
    std::string title;
    std::string field;
    std::string absent{};  // Shown where the record does not have the field.
  };
  void ShowList(const std::vector<const google::protobuf::Message*>& records,
                const std::vector<ListColumn>& columns,
                const std::function<FieldStyle(const google::protobuf::Message&)>& style = nullptr);
  void ShowTable(const Table& table);

  // How the last call failed, for RenderFailure.
  const FailureContext& failure_context() const { return failure_; }

 private:
  // One node of the own organization; connected to when it is first called.
  struct Node {
    client::Endpoints endpoints;
    std::unique_ptr<client::Transport> transport;
    std::optional<client::Client> client;
  };

  absl::Status Ask(const std::string& question);
  absl::Status Call(absl::string_view rpc, const google::protobuf::Message& request,
                    google::protobuf::Message& response);
  absl::Status FindNodes();
  // The client of the node that hosts `service`. Errors: kNotFound when no node of the context
  // does; kUnavailable when one that may has not started; those of the key files.
  absl::StatusOr<client::Client*> ClientFor(absl::string_view service);
  absl::Status Open(Node& node);
  absl::Status LearnWhoAndWhen();
  absl::Status WhyUnreachable(const absl::Status& status) const;
  void ShowExercise();
  Color color() const;

  World& world_;
  Globals globals_;
  std::string command_line_;
  Context context_;
  std::vector<Node> nodes_;
  absl::Status node_missing_;  // Why one of the context's nodes is not among them.
  chapter8::directory::v1::WhoAmIResponse who_;
  absl::Time who_asked_;  // By this machine's clock.
  std::string own_;
  FailureContext failure_;
  std::string request_id_;
  bool said_dry_run_ = false;
  bool differs_ = false;
};

// All pages of a list. `request` is the rpc's, without page size and token; `take` gets each page.
//
//   RETURN_IF_ERROR(ListAll<ListOffersResponse>(session, "finance.v1.OfferService.ListOffers",
//                                               request, [&](auto& page) { … }));
template <typename Response, typename Request, typename Take>
absl::Status ListAll(Session& session, absl::string_view rpc, Request request, Take take) {
  constexpr int kPageSize = 1000;
  request.set_page_size(kPageSize);
  for (;;) {
    Response page;
    absl::Status status = session.Read(rpc, request, page);
    if (!status.ok()) return status;
    const std::string next = page.next_page_token();
    take(page);
    if (next.empty()) return absl::OkStatus();
    request.set_page_token(next);
  }
}

// The messages of a repeated field, for ShowList.
template <typename Records>
std::vector<const google::protobuf::Message*> Pointers(const Records& records) {
  std::vector<const google::protobuf::Message*> pointers;
  for (const auto& record : records) pointers.push_back(&record);
  return pointers;
}

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_SESSION_H_
