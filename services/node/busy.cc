#include "services/node/busy.h"

#include <utility>

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"
#include "services/kernel/refusal.h"

namespace ch8::node {

absl::Status Busy(absl::string_view reason, std::string message, absl::Duration retry_after) {
  absl::Status status = kernel::Refuse({.code = absl::StatusCode::kUnavailable,
                                        .domain = "kernel.chapter8",
                                        .reason = reason,
                                        .message = std::move(message)});
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(
      absl::IDivDuration(retry_after, absl::Seconds(1), &retry_after));
  retry.mutable_retry_delay()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(retry_after)));
  status.SetPayload("type.googleapis.com/google.rpc.RetryInfo",
                    absl::Cord(retry.SerializeAsString()));
  return status;
}

absl::Status EarlierRefused() {
  return kernel::Refuse({.code = absl::StatusCode::kAborted,
                         .domain = "kernel.chapter8",
                         .reason = "EARLIER_REFUSED",
                         .message = "an earlier request of this stream was refused"});
}

}  // namespace ch8::node
