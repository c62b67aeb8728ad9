#include "services/rpc/edge.h"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <chrono>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/kernel/refusal.h"
#include "services/rpc/status.h"
#include "services/trust/act.h"
#include "storage/base/status_macros.h"

namespace ch8::rpc {
namespace {

using chapter8::type::v1::ActSignature;
using kernel::Command;
using kernel::Outcome;

absl::Status Refuse(absl::StatusCode code, absl::string_view reason, std::string message) {
  return kernel::Refuse(
      {.code = code, .domain = "rpc.chapter8", .reason = reason, .message = std::move(message)});
}

std::string Joined(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

absl::Status RefuseAct(const absl::Status& status) {
  const std::string message(status.message());
  switch (status.code()) {
    case absl::StatusCode::kUnauthenticated:
      return Refuse(status.code(), "ACT_FORGED", message);
    case absl::StatusCode::kFailedPrecondition:
      return Refuse(status.code(), "EXPIRED", message);
    default:
      return Refuse(absl::StatusCode::kInvalidArgument, "BAD_ACT", message);
  }
}

// The act that `encoded` metadata holds, verified against its own key.
absl::StatusOr<ActSignature> VerifiedAct(absl::string_view encoded,
                                         const trust::ActStatement& statement, absl::Time now) {
  const absl::StatusOr<trust::SignedAct> act = trust::DecodeSignedAct(encoded);
  if (!act.ok()) return RefuseAct(act.status());
  const absl::Status verified = trust::VerifyAct(*act, statement, now);
  if (!verified.ok()) return RefuseAct(verified);
  ActSignature signature;
  signature.set_public_key(std::string(act->public_key.view()));
  signature.set_not_after_unix_seconds(act->not_after_unix_seconds);
  signature.set_signature(std::string(act->signature.view()));
  return signature;
}

}  // namespace

// One call from its headers to its trailers. gRPC owns it in effect: it lives until OnDone(), which
// comes after Finish(), which we call exactly once: in Refused() or Answered(). Between a
// submission and its outcome it is the runner that keeps it alive, by its promise to call back
// exactly once; a cancellation in between changes nothing, but a read that takes long may ask.
class Edge::Call final : public grpc::ServerGenericBidiReactor {
 public:
  Call(Edge& edge, grpc::GenericCallbackServerContext* context) : edge_(edge), context_(context) {
    record_.method = context->method();
    const absl::Status admitted = Admit();
    if (admitted.ok()) {
      StartRead(&message_);
    } else {
      Refused(admitted);
    }
  }

  void OnReadDone(bool ok) override {
    if (!ok && context_->IsCancelled()) return Refused(absl::CancelledError("cancelled"));
    if (!ok) {
      return Refused(Refuse(absl::StatusCode::kInvalidArgument, "NO_MESSAGE",
                            "the call ended without a request"));
    }
    const absl::Status submitted = Submit();
    if (!submitted.ok()) Refused(submitted);
  }

  void OnDone() override { delete this; }

 private:
  // Everything that needs no message.
  absl::Status Admit() {
    const Options& options = edge_.options_;
    ASSIGN_OR_RETURN(caller_, options.authorizer->Authenticate(*context_->auth_context()));
    record_.caller = CallerText(caller_);
    method_ = options.methods->Find(context_->method());
    if (method_ == nullptr) {
      return Refuse(absl::StatusCode::kUnimplemented, "NO_SUCH_METHOD",
                    "this node has no such method");
    }
    record_.is_known = true;
    RETURN_IF_ERROR(options.authorizer->Authorize(method_->rule, caller_));
    const auto acts = context_->client_metadata().equal_range(trust::kActMetadataKey);
    const auto act_count = std::distance(acts.first, acts.second);
    if (act_count > 1) {
      return Refuse(absl::StatusCode::kInvalidArgument, "BAD_ACT", "several signed acts");
    }
    if (act_count == 1) act_.emplace(acts.first->second.data(), acts.first->second.size());
    if (method_->rule.signed_act() && !act_.has_value()) {
      return Refuse(absl::StatusCode::kUnauthenticated, "ACT_NOT_SIGNED",
                    "this act needs the officer's own signature (metadata ch8-act-bin)");
    }
    std::optional<InFlight::Slot> slot = edge_.in_flight_.Take(record_.caller);
    if (!slot.has_value()) {
      return Refuse(absl::StatusCode::kUnavailable, "TOO_MANY_CALLS",
                    "this caller has as many calls under way as one may have");
    }
    slot_.emplace(*std::move(slot));
    return absl::OkStatus();
  }

  // Hands the message to its ledger. After an OK the outcome may have come already, and this
  // object be gone.
  absl::Status Submit() {
    if (context_->deadline() < std::chrono::system_clock::now()) {
      return absl::DeadlineExceededError("the deadline passed before the request was queued");
    }
    Command command;
    command.request = Joined(message_);
    message_.Clear();
    ASSIGN_OR_RETURN(kernel::Runner * runner,
                     edge_.options_.methods->RunnerFor(*method_, command.request));
    command.method = method_->name;
    command.request_digest = Sha256(command.request);
    command.caller = caller_;
    if (act_.has_value()) {
      ASSIGN_OR_RETURN(command.act, VerifiedAct(*act_,
                                                {.origin = runner->ledger().origin(),
                                                 .method = command.method,
                                                 .request_digest = command.request_digest},
                                                edge_.options_.clock->Now()));
    }
    command.is_wanted = [this] { return IsWanted(); };
    runner->Submit(std::move(command), [this](Outcome outcome) { Answered(std::move(outcome)); });
    return absl::OkStatus();
  }

  // Until the outcome; from any thread.
  bool IsWanted() const {
    return !context_->IsCancelled() && std::chrono::system_clock::now() < context_->deadline();
  }

  void Answered(Outcome outcome) {
    if (!outcome.receipt.origin().empty()) {
      record_.receipt_index = outcome.receipt.index();
      context_->AddTrailingMetadata(kReceiptMetadataKey, outcome.receipt.SerializeAsString());
    }
    if (!outcome.status.ok()) return Refused(outcome.status);
    End(absl::OkStatus());
    const grpc::Slice slice(outcome.reply);
    message_ = grpc::ByteBuffer(&slice, 1);
    StartWriteAndFinish(&message_, grpc::WriteOptions(), grpc::Status::OK);
  }

  void Refused(const absl::Status& status) {
    End(status);
    Finish(ToGrpcStatus(status));
  }

  // Before the caller can know: one that has its answer may send its next call at once, and must
  // not find its share still taken by this one.
  void End(const absl::Status& status) {
    slot_.reset();
    if (!edge_.options_.observe) return;
    record_.code = status.code();
    record_.reason = kernel::ReasonOf(status);
    record_.took = absl::FromChrono(std::chrono::steady_clock::now() - started_);
    edge_.options_.observe(record_);
  }

  Edge& edge_;
  grpc::GenericCallbackServerContext* const context_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  kernel::Caller caller_;
  const MethodTable::Method* method_ = nullptr;
  std::optional<std::string> act_;
  std::optional<InFlight::Slot> slot_;
  grpc::ByteBuffer message_;  // The request, then the reply.
  CallRecord record_;
};

Edge::Edge(Options options)
    : options_(std::move(options)), in_flight_(options_.calls_per_caller_max) {}

grpc::ServerGenericBidiReactor* Edge::CreateReactor(grpc::GenericCallbackServerContext* context) {
  return new Call(*this, context);
}

}  // namespace ch8::rpc
