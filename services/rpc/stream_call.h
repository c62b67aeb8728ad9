#ifndef CH8_SERVICES_RPC_STREAM_CALL_H_
#define CH8_SERVICES_RPC_STREAM_CALL_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "services/kernel/command_stream.h"
#include "services/kernel/execute.h"
#include "services/rpc/call.h"
#include "services/rpc/edge.h"
#include "services/rpc/in_flight.h"

namespace ch8::rpc {

class OpenStreams;

// A call that streams requests of one unary rpc, each executed as a call of that rpc would be, in
// order; what callers may rely on stands with the rpc (e.g. TransferService.StreamTransfers).
//
// One request is read ahead while the one before it is parsed and queued, on gRPC's threads; one is
// submitted when the one before it has its place in the ledger's queue. What is read and not
// answered is bounded: beyond that nothing is read, and HTTP/2 holds the caller back.
//
// It owns itself from Start() until gRPC is done with it; commands under way hold it besides.
//
// Thread safety: any thread.
class StreamCall final : public grpc::ServerGenericBidiReactor,
                         public kernel::CommandStream,
                         public std::enable_shared_from_this<StreamCall> {
 public:
  // All but `context` are the edge's and outlive the call.
  struct Parts {
    const Edge::Options& options;
    InFlight& in_flight;
    OpenStreams& streams;
    grpc::GenericCallbackServerContext& context;
  };
  // Admits the call, or ends it.
  static StreamCall* Start(const Parts& parts);
  explicit StreamCall(const Parts& parts);

  // Takes no more requests, and ends with kUnavailable/DRAINING when those taken are answered.
  void Drain();

  void Queued() override;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;

 private:
  // A request that was taken and is not answered.
  struct Slot {
    size_t size_bytes = 0;
    std::optional<kernel::Outcome> outcome;
  };

  // Submits what has arrived, as long as it may be, unless another thread does.
  void SubmitArrived(std::unique_lock<std::mutex>& lock);
  absl::Status Submit(const grpc::ByteBuffer& message, uint64_t number);
  void Answered(uint64_t number, kernel::Outcome outcome);

  // With mutex_ held. gRPC tells what became of these later, on a thread of its own.
  void Advance();
  void ReadNext();
  void WriteNext();
  void EndIfOver();
  void End(const absl::Status& status);
  void Keep(uint64_t number, kernel::Outcome outcome);
  void PopSlot();

  const Parts parts_;
  std::shared_ptr<StreamCall> self_;  // Until OnDone().

  std::mutex mutex_;  // Guards what follows, but for reads of call_ by the thread that submits.
  Call call_;
  grpc::ByteBuffer incoming_;                // gRPC's while is_reading_.
  grpc::ByteBuffer outgoing_;                // gRPC's while is_writing_.
  std::optional<grpc::ByteBuffer> arrived_;  // The next to be submitted.
  std::deque<Slot> slots_;                   // In the order of arrival.
  uint64_t first_ = 0;                       // The number of slots_.front().
  size_t bytes_ = 0;                         // Of all slots.
  absl::Status refused_;                     // Why no further request is taken.
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool is_submitting_ = false;  // By one thread at a time.
  bool is_queued_ = true;       // The request submitted last.
  bool is_closed_ = false;      // The caller sends no more.
  bool is_gone_ = false;        // The caller takes no more.
  bool is_over_ = false;        // The status is sent.
};

// The streams under way, so that a shutdown need not wait for those that are idle.
//
// Thread safety: any thread. Outlives its streams.
class OpenStreams {
 public:
  void Add(const std::shared_ptr<StreamCall>& stream);
  void Remove(const StreamCall& stream);
  // Drains all there are and, as they come, all later ones.
  void Drain();

 private:
  std::mutex mutex_;  // Guards what follows.
  absl::flat_hash_map<const StreamCall*, std::weak_ptr<StreamCall>> streams_;
  bool is_draining_ = false;
};

}  // namespace ch8::rpc

#endif  // CH8_SERVICES_RPC_STREAM_CALL_H_
