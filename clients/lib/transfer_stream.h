#ifndef CH8_CLIENTS_LIB_TRANSFER_STREAM_H_
#define CH8_CLIENTS_LIB_TRANSFER_STREAM_H_

#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "chapter8/books/v1/transfer_service.pb.h"

namespace ch8::client {

// A stream of bulk requests to one node (TransferService.StreamTransfers): they are applied in the
// order in which they are posted, many of them under way at a time.
//
// Thread safety: all methods may be called from any thread; requests that are posted by several
// have the order in which their calls of Post() happen to come.
class TransferStream {
 public:
  // Called once, with the answer or with how the stream ended, in the order of the requests: on a
  // thread of gRPC's or, when the stream has ended already, on that which posts. It must not block;
  // it may post.
  using Done =
      std::function<void(absl::StatusOr<chapter8::books::v1::StreamTransfersResponse> response)>;

  // Connects at the first request. The stream as a whole ends at `deadline`.
  static std::unique_ptr<TransferStream> Open(std::shared_ptr<grpc::Channel> channel,
                                              absl::Time deadline = absl::InfiniteFuture());
  // Cancels what is under way, and waits until every `done` was called.
  virtual ~TransferStream() = default;

  // Sends the bytes of a PostTransfersRequest, after those posted before. Whatever the node does
  // not read yet is kept here, so a caller lets only so many be under way at a time.
  //
  // Errors, for `done`: those of the rpc, for the first request without an answer and all after it:
  // the node refused that first one and applied none of the others, unless the status leaves the
  // outcome open (kUnavailable without RetryInfo, kDeadlineExceeded, kCancelled, kUnknown). Either
  // way they may be sent again, in their order and with the same bytes, by another stream.
  virtual void Post(std::string request, Done done) = 0;

  // Says that no more will be posted, waits for all answers, and returns how the stream ended.
  // Not from a `done`.
  virtual absl::Status Close() = 0;
};

}  // namespace ch8::client

#endif  // CH8_CLIENTS_LIB_TRANSFER_STREAM_H_
