#ifndef CH8_CLIENTS_LIB_STATUS_DETAILS_H_
#define CH8_CLIENTS_LIB_STATUS_DETAILS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"

// What a server says beyond a status code: why a request was refused, and when to ask again.
// Details travel in the trailer grpc-status-details-bin as a google.rpc.Status; here they are
// payloads of an absl::Status, by type URL.
//
// Thread safety: all functions may be called from any thread.
namespace ch8::client {

// The status of a call that ended with `code` and `message`. Details that do not parse are dropped:
// the code alone decides what a caller may do. A code that gRPC does not know becomes kUnknown.
absl::Status StatusFromWire(int code, absl::string_view message, const std::string& details);

// Why the call was refused; empty when the server did not say.
google::rpc::ErrorInfo ErrorInfoOf(const absl::Status& status);

// How long to wait before the same request may be sent again; nothing when it may not.
std::optional<absl::Duration> RetryDelayOf(const absl::Status& status);

// A status with these details, as a server would send it.
absl::Status WithErrorInfo(absl::Status status, const google::rpc::ErrorInfo& info);
absl::Status WithRetryDelay(absl::Status status, absl::Duration delay);

}  // namespace ch8::client

#endif  // CH8_CLIENTS_LIB_STATUS_DETAILS_H_
