#include "services/rpc/call.h"

#include <grpcpp/support/slice.h>

#include <iterator>
#include <utility>
#include <vector>

#include "services/kernel/refusal.h"
#include "services/trust/act.h"
#include "storage/base/status_macros.h"

namespace ch8::rpc {
namespace {

using chapter8::type::v1::ActSignature;

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
      return RefuseCall(status.code(), "ACT_FORGED", message);
    case absl::StatusCode::kFailedPrecondition:
      return RefuseCall(status.code(), "EXPIRED", message);
    default:
      return RefuseCall(absl::StatusCode::kInvalidArgument, "BAD_ACT", message);
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

absl::Status RefuseCall(absl::StatusCode code, absl::string_view reason, std::string message) {
  return kernel::Refuse(
      {.code = code, .domain = "rpc.chapter8", .reason = reason, .message = std::move(message)});
}

Call::Call(const Edge::Options& options, InFlight& in_flight,
           grpc::GenericCallbackServerContext& context)
    : options_(options), in_flight_(in_flight), context_(context) {
  record_.method = context.method();
}

absl::Status Call::Admit() {
  ASSIGN_OR_RETURN(caller_, options_.authorizer->Authenticate(*context_.auth_context()));
  record_.caller = CallerText(caller_);
  method_ = options_.methods->Find(context_.method());
  if (method_ == nullptr) {
    return RefuseCall(absl::StatusCode::kUnimplemented, "NO_SUCH_METHOD",
                      "this node has no such method");
  }
  record_.is_known = true;
  RETURN_IF_ERROR(options_.authorizer->Authorize(method_->rule, caller_));
  const auto acts = context_.client_metadata().equal_range(trust::kActMetadataKey);
  const auto act_count = std::distance(acts.first, acts.second);
  if (act_count > 1) {
    return RefuseCall(absl::StatusCode::kInvalidArgument, "BAD_ACT", "several signed acts");
  }
  if (act_count == 1 && method_->is_stream()) {
    return RefuseCall(absl::StatusCode::kInvalidArgument, "BAD_ACT",
                      "a signed act is of one request, not of a stream");
  }
  if (act_count == 1) act_.emplace(acts.first->second.data(), acts.first->second.size());
  if (method_->rule.signed_act() && !act_.has_value()) {
    return RefuseCall(absl::StatusCode::kUnauthenticated, "ACT_NOT_SIGNED",
                      "this act needs the officer's own signature (metadata ch8-act-bin)");
  }
  std::optional<InFlight::Slot> slot = in_flight_.Take(record_.caller);
  if (!slot.has_value()) {
    return RefuseCall(absl::StatusCode::kUnavailable, "TOO_MANY_CALLS",
                      "this caller has as many calls under way as one may have");
  }
  slot_.emplace(*std::move(slot));
  return absl::OkStatus();
}

absl::StatusOr<Call::Request> Call::RequestOf(const grpc::ByteBuffer& message) const {
  if (context_.deadline() < std::chrono::system_clock::now()) {
    return absl::DeadlineExceededError("the deadline passed before the request was queued");
  }
  Request request;
  kernel::Command& command = request.command;
  command.request = Joined(message);
  ASSIGN_OR_RETURN(request.runner, options_.methods->RunnerFor(*method_, command.request));
  command.method = method_->executes;
  command.request_digest = Sha256(command.request);
  command.caller = caller_;
  if (act_.has_value()) {
    ASSIGN_OR_RETURN(command.act, VerifiedAct(*act_,
                                              {.origin = request.runner->ledger().origin(),
                                               .method = command.method,
                                               .request_digest = command.request_digest},
                                              options_.clock->Now()));
  }
  return request;
}

absl::Status Call::Recheck() const {
  ASSIGN_OR_RETURN(const kernel::Caller caller,
                   options_.authorizer->Authenticate(*context_.auth_context()));
  return options_.authorizer->Authorize(method_->rule, caller);
}

bool Call::IsWanted() const {
  return !context_.IsCancelled() && std::chrono::system_clock::now() < context_.deadline();
}

void Call::AddReceipt(const chapter8::ledger::v1::Receipt& receipt) {
  if (receipt.origin().empty()) return;
  record_.receipt_index = receipt.index();
  context_.AddTrailingMetadata(kReceiptMetadataKey, receipt.SerializeAsString());
}

void Call::End(const absl::Status& status) {
  slot_.reset();
  if (!options_.observe) return;
  record_.code = status.code();
  record_.reason = kernel::ReasonOf(status);
  record_.took = absl::FromChrono(std::chrono::steady_clock::now() - started_);
  options_.observe(record_);
}

}  // namespace ch8::rpc
