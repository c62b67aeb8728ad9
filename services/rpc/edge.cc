#include "services/rpc/edge.h"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <utility>

#include "services/rpc/call.h"
#include "services/rpc/status.h"
#include "services/rpc/stream_call.h"

namespace ch8::rpc {
namespace {

using kernel::Outcome;

// A call of one request from its headers to its trailers. gRPC owns it in effect: it lives until
// OnDone(), which comes after Finish(), which we call exactly once: in Refused() or Answered().
// Between a submission and its outcome it is the runner that keeps it alive, by its promise to call
// back exactly once; a cancellation in between changes nothing, but a read that takes long may ask.
class UnaryCall final : public grpc::ServerGenericBidiReactor {
 public:
  UnaryCall(const Edge::Options& options, InFlight& in_flight,
            grpc::GenericCallbackServerContext* context)
      : context_(context), call_(options, in_flight, *context) {
    const absl::Status admitted = call_.Admit();
    if (admitted.ok()) {
      StartRead(&message_);
    } else {
      Refused(admitted);
    }
  }

  void OnReadDone(bool ok) override {
    if (!ok && context_->IsCancelled()) return Refused(absl::CancelledError("cancelled"));
    if (!ok) {
      return Refused(RefuseCall(absl::StatusCode::kInvalidArgument, "NO_MESSAGE",
                                "the call ended without a request"));
    }
    const absl::Status submitted = Submit();
    if (!submitted.ok()) Refused(submitted);
  }

  void OnDone() override { delete this; }

 private:
  // Hands the message to its ledger. After an OK the outcome may have come already, and this
  // object be gone.
  absl::Status Submit() {
    absl::StatusOr<Call::Request> request = call_.RequestOf(message_);
    message_.Clear();
    if (!request.ok()) return request.status();
    request->command.is_wanted = [this] { return call_.IsWanted(); };
    request->runner->Submit(std::move(request->command),
                            [this](Outcome outcome) { Answered(std::move(outcome)); });
    return absl::OkStatus();
  }

  void Answered(Outcome outcome) {
    call_.AddReceipt(outcome.receipt);
    if (!outcome.status.ok()) return Refused(outcome.status);
    call_.End(absl::OkStatus());
    const grpc::Slice slice(outcome.reply);
    message_ = grpc::ByteBuffer(&slice, 1);
    StartWriteAndFinish(&message_, grpc::WriteOptions(), grpc::Status::OK);
  }

  void Refused(const absl::Status& status) {
    call_.End(status);
    Finish(ToGrpcStatus(status));
  }

  grpc::GenericCallbackServerContext* const context_;
  Call call_;
  grpc::ByteBuffer message_;  // The request, then the reply.
};

}  // namespace

Edge::Edge(Options options)
    : options_(std::move(options)),
      in_flight_(options_.calls_per_caller_max),
      streams_(std::make_unique<OpenStreams>()) {}

Edge::~Edge() = default;

void Edge::Drain() { streams_->Drain(); }

grpc::ServerGenericBidiReactor* Edge::CreateReactor(grpc::GenericCallbackServerContext* context) {
  const MethodTable::Method* method = options_.methods->Find(context->method());
  if (method != nullptr && method->is_stream()) {
    return StreamCall::Start({options_, in_flight_, *streams_, *context});
  }
  return new UnaryCall(options_, in_flight_, context);
}

}  // namespace ch8::rpc
