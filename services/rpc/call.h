#ifndef CH8_SERVICES_RPC_CALL_H_
#define CH8_SERVICES_RPC_CALL_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/answer.pb.h"
#include "services/kernel/runner.h"
#include "services/rpc/call_log.h"
#include "services/rpc/edge.h"
#include "services/rpc/in_flight.h"
#include "services/rpc/method_table.h"

namespace ch8::rpc {

// A refusal of the edge's own, domain "rpc.chapter8".
absl::Status RefuseCall(absl::StatusCode code, absl::string_view reason, std::string message);

// What all calls of the edge have in common, whatever messages they bring: who calls what and
// whether they may, the caller's share of what is under way, and the record of the end.
//
// Thread safety: none, but for IsWanted().
class Call {
 public:
  // `options` and `in_flight` are the edge's; `context` is good until the call's status is sent.
  Call(const Edge::Options& options, InFlight& in_flight,
       grpc::GenericCallbackServerContext& context);

  // Everything that needs no message. Errors: as Edge has them.
  absl::Status Admit();

  // A message as the ledger takes it.
  struct Request {
    kernel::Runner* runner = nullptr;
    kernel::Command command;
  };
  // After Admit(). Errors: those of the message: as Edge has them.
  absl::StatusOr<Request> RequestOf(const grpc::ByteBuffer& message) const;

  // Whether the caller still may, of a call that lasts. Errors: those of Authorizer.
  absl::Status Recheck() const;

  // Whether the caller still waits. From any thread, until the status is sent.
  bool IsWanted() const;

  // Says in the trailing metadata where the request stands, if it was logged.
  void AddReceipt(const chapter8::ledger::v1::Receipt& receipt);

  // Gives the share back and tells the observer. Before the caller can know: one that has its
  // answer may send its next call at once, and must not find its share still taken by this one.
  void End(const absl::Status& status);

 private:
  const Edge::Options& options_;
  InFlight& in_flight_;
  grpc::GenericCallbackServerContext& context_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  kernel::Caller caller_;
  const MethodTable::Method* method_ = nullptr;
  std::optional<std::string> act_;
  std::optional<InFlight::Slot> slot_;
  CallRecord record_;
};

}  // namespace ch8::rpc

#endif  // CH8_SERVICES_RPC_CALL_H_
