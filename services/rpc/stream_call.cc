#include "services/rpc/stream_call.h"

#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/alarm.h>
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "services/rpc/status.h"
#include "storage/base/status_macros.h"

namespace ch8::rpc {
namespace {

using kernel::Outcome;

// An answer of the stream (MethodTable::Create), without knowing its type.
grpc::ByteBuffer AnswerOf(const Outcome& outcome) {
  google::protobuf::UnknownFieldSet answer;
  answer.AddLengthDelimited(kAnswerField, outcome.reply);
  if (!outcome.receipt.origin().empty()) {
    answer.AddLengthDelimited(kReceiptField, outcome.receipt.SerializeAsString());
  }
  std::string bytes;
  answer.SerializeToString(&bytes);
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

// Runs `then` on one of gRPC's threads.
void OnGrpcThread(std::function<void()> then) {
  auto* alarm = new grpc::Alarm;  // Until its callback has run.
  alarm->Set(std::chrono::system_clock::now(), [alarm, then = std::move(then)](bool) {
    then();
    delete alarm;
  });
}

}  // namespace

StreamCall* StreamCall::Start(const Parts& parts) {
  const auto stream = std::make_shared<StreamCall>(parts);
  stream->self_ = stream;
  {
    std::lock_guard<std::mutex> lock(stream->mutex_);
    const absl::Status admitted = stream->call_.Admit();
    if (admitted.ok()) {
      stream->Advance();
    } else {
      stream->End(admitted);
    }
  }
  parts.streams.Add(stream);
  return stream.get();
}

StreamCall::StreamCall(const Parts& parts)
    : parts_(parts), call_(parts.options, parts.in_flight, parts.context) {}

void StreamCall::Drain() {
  std::lock_guard<std::mutex> lock(mutex_);
  refused_.Update(
      RefuseCall(absl::StatusCode::kUnavailable, "DRAINING", "this node is shutting down"));
  Advance();
}

void StreamCall::Queued() {
  std::lock_guard<std::mutex> lock(mutex_);
  is_queued_ = true;
  // The sequencer's thread has better to do than to parse the next one.
  if (is_submitting_ || !arrived_.has_value()) return;
  OnGrpcThread([stream = shared_from_this()] {
    std::unique_lock<std::mutex> later(stream->mutex_);
    stream->SubmitArrived(later);
  });
}

void StreamCall::OnReadDone(bool ok) {
  std::unique_lock<std::mutex> lock(mutex_);
  is_reading_ = false;
  if (ok) {
    arrived_ = std::exchange(incoming_, grpc::ByteBuffer());
  } else {
    is_closed_ = true;
  }
  SubmitArrived(lock);
}

void StreamCall::OnWriteDone(bool ok) {
  std::lock_guard<std::mutex> lock(mutex_);
  is_writing_ = false;
  if (!ok) is_closed_ = is_gone_ = true;
  Advance();
}

void StreamCall::OnDone() {
  parts_.streams.Remove(*this);
  const std::shared_ptr<StreamCall> last = std::move(self_);
}

void StreamCall::SubmitArrived(std::unique_lock<std::mutex>& lock) {
  if (is_submitting_) return;
  is_submitting_ = true;
  while (arrived_.has_value() && is_queued_ && refused_.ok() && !is_over_) {
    const grpc::ByteBuffer message = *std::exchange(arrived_, std::nullopt);
    const uint64_t number = first_ + slots_.size();
    slots_.push_back({.size_bytes = message.Length(), .outcome = std::nullopt});
    bytes_ += message.Length();
    is_queued_ = false;
    ReadNext();
    lock.unlock();
    const absl::Status submitted = Submit(message, number);
    lock.lock();
    if (!submitted.ok()) Keep(number, Outcome{.status = submitted, .reply = {}, .receipt = {}});
  }
  is_submitting_ = false;
  Advance();
}

absl::Status StreamCall::Submit(const grpc::ByteBuffer& message, uint64_t number) {
  if (parts_.context.IsCancelled()) return absl::CancelledError("cancelled");
  RETURN_IF_ERROR(call_.Recheck());
  ASSIGN_OR_RETURN(Call::Request request, call_.RequestOf(message));
  request.command.stream = shared_from_this();
  request.runner->Submit(std::move(request.command),
                         [stream = shared_from_this(), number](Outcome outcome) {
                           stream->Answered(number, std::move(outcome));
                         });
  return absl::OkStatus();
}

void StreamCall::Answered(uint64_t number, Outcome outcome) {
  std::lock_guard<std::mutex> lock(mutex_);
  Keep(number, std::move(outcome));
  Advance();
}

void StreamCall::Keep(uint64_t number, Outcome outcome) {
  if (number + 1 == first_ + slots_.size()) is_queued_ = true;  // Or it never will be.
  refused_.Update(outcome.status);
  slots_[number - first_].outcome = std::move(outcome);
}

void StreamCall::Advance() {
  if (is_over_) return;
  WriteNext();
  ReadNext();
  EndIfOver();
}

void StreamCall::ReadNext() {
  const Edge::Options& options = parts_.options;
  if (is_reading_ || is_closed_ || arrived_.has_value() || !refused_.ok()) return;
  if (slots_.size() >= options.stream_requests_max || bytes_ >= options.stream_bytes_max) return;
  is_reading_ = true;
  StartRead(&incoming_);
}

void StreamCall::WriteNext() {
  const auto has_answer = [this](size_t i) {
    return i < slots_.size() && slots_[i].outcome.has_value() && slots_[i].outcome->status.ok();
  };
  while (is_gone_ && has_answer(0)) PopSlot();
  if (is_writing_ || !has_answer(0)) return;
  outgoing_ = AnswerOf(*slots_.front().outcome);
  PopSlot();
  is_writing_ = true;
  grpc::WriteOptions options;
  if (has_answer(0)) options.set_buffer_hint();  // It follows at once.
  StartWrite(&outgoing_, options);
}

void StreamCall::PopSlot() {
  bytes_ -= slots_.front().size_bytes;
  slots_.pop_front();
  ++first_;
}

// What is under way is waited for, whoever still listens.
void StreamCall::EndIfOver() {
  if (is_writing_ || is_submitting_) return;
  const auto is_answered = [](const Slot& slot) { return slot.outcome.has_value(); };
  if (!std::all_of(slots_.begin(), slots_.end(), is_answered)) return;
  if (!slots_.empty()) {  // The first refusal: answers were written.
    call_.AddReceipt(slots_.front().outcome->receipt);
    End(slots_.front().outcome->status);
  } else if (!refused_.ok()) {
    End(refused_);
  } else if (is_closed_ && !arrived_.has_value()) {
    End(is_gone_ || parts_.context.IsCancelled() ? absl::CancelledError("cancelled")
                                                 : absl::OkStatus());
  }
}

void StreamCall::End(const absl::Status& status) {
  is_over_ = true;
  call_.End(status);
  Finish(ToGrpcStatus(status));
}

void OpenStreams::Add(const std::shared_ptr<StreamCall>& stream) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    streams_[stream.get()] = stream;
    if (!is_draining_) return;
  }
  stream->Drain();
}

void OpenStreams::Remove(const StreamCall& stream) {
  std::lock_guard<std::mutex> lock(mutex_);
  streams_.erase(&stream);
}

void OpenStreams::Drain() {
  std::vector<std::shared_ptr<StreamCall>> streams;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    is_draining_ = true;
    for (const auto& [call, stream] : streams_) {
      if (std::shared_ptr<StreamCall> live = stream.lock(); live != nullptr) {
        streams.push_back(std::move(live));
      }
    }
  }
  for (const std::shared_ptr<StreamCall>& stream : streams) stream->Drain();
}

}  // namespace ch8::rpc
