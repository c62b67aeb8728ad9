#include "clients/lib/transfer_stream.h"

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "clients/lib/status_details.h"

namespace ch8::client {
namespace {

using chapter8::books::v1::StreamTransfersResponse;

constexpr char kMethod[] = "/chapter8.books.v1.TransferService/StreamTransfers";

class GrpcTransferStream final
    : public TransferStream,
      private grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  GrpcTransferStream(std::shared_ptr<grpc::Channel> channel, absl::Time deadline)
      : stub_(std::move(channel)) {
    if (deadline != absl::InfiniteFuture()) context_.set_deadline(absl::ToChronoTime(deadline));
    stub_.PrepareBidiStreamingCall(&context_, kMethod, grpc::StubOptions(), this);
    AddHold();  // For writes that Post() starts.
    StartRead(&incoming_);
    StartCall();
  }

  ~GrpcTransferStream() override {
    context_.TryCancel();
    Close().IgnoreError();
  }

  void Post(std::string request, Done done) override {
    absl::Status ended;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (!has_ended_) {
        const grpc::Slice slice(request);
        unsent_.emplace_back(&slice, 1);
        waiting_.push_back(std::move(done));
        return WriteNext();
      }
      ended = Ended();
    }
    done(ended);
  }

  absl::Status Close() override {
    std::unique_lock<std::mutex> lock(mutex_);
    is_closing_ = true;
    WriteNext();
    over_.wait(lock, [this] { return is_over_; });
    return status_;
  }

 private:
  void OnReadDone(bool ok) override {
    Done done;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (ok && waiting_.empty()) context_.TryCancel();  // Nobody asked.
      if (!ok || waiting_.empty()) return Release();
      done = std::move(waiting_.front());
      waiting_.pop_front();
    }
    grpc::ProtoBufferReader reader(&incoming_);
    StreamTransfersResponse response;
    const bool parsed = response.ParseFromZeroCopyStream(&reader);
    if (parsed) {
      done(std::move(response));
    } else {
      done(absl::InternalError("an answer of the stream does not parse"));
    }
    StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard<std::mutex> lock(mutex_);
    is_writing_ = false;
    if (!ok) return Release();
    WriteNext();
  }

  void OnDone(const grpc::Status& status) override {
    std::deque<Done> waiting;
    absl::Status ended;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      status_ = StatusFromWire(status.error_code(), status.error_message(), status.error_details());
      has_ended_ = true;
      ended = Ended();
      waiting.swap(waiting_);
    }
    for (const Done& done : waiting) done(ended);
    std::lock_guard<std::mutex> lock(mutex_);
    is_over_ = true;  // Close() may return now, and this be gone.
    over_.notify_all();
  }

  // With mutex_ held, as the two below.
  void WriteNext() {
    if (is_writing_ || is_released_) return;
    if (unsent_.empty()) {
      if (!is_closing_) return;
      StartWritesDone();
      return Release();
    }
    outgoing_ = std::move(unsent_.front());
    unsent_.pop_front();
    is_writing_ = true;
    grpc::WriteOptions options;
    if (!unsent_.empty()) options.set_buffer_hint();  // It follows at once.
    StartWrite(&outgoing_, options);
  }

  // Nothing more is written.
  void Release() {
    if (std::exchange(is_released_, true)) return;
    RemoveHold();
  }

  // What is told to requests without an answer.
  absl::Status Ended() const {
    return status_.ok() ? absl::UnknownError("the stream ended without an answer") : status_;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;

  std::mutex mutex_;  // Guards what follows.
  std::condition_variable over_;
  std::deque<grpc::ByteBuffer> unsent_;
  std::deque<Done> waiting_;  // For answers, oldest first.
  absl::Status status_;
  bool is_writing_ = false;
  bool is_closing_ = false;
  bool is_released_ = false;
  bool has_ended_ = false;  // status_ is known,
  bool is_over_ = false;    // and so it is to all who waited.
};

}  // namespace

std::unique_ptr<TransferStream> TransferStream::Open(std::shared_ptr<grpc::Channel> channel,
                                                     absl::Time deadline) {
  return std::make_unique<GrpcTransferStream>(std::move(channel), deadline);
}

}  // namespace ch8::client
