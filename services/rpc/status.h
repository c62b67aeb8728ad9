#ifndef CH8_SERVICES_RPC_STATUS_H_
#define CH8_SERVICES_RPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace ch8::rpc {

// The one mapping from our statuses to what travels on the wire. Codes are the same in both. A
// failure always carries a google.rpc.Status with an ErrorInfo, so that a program never has to read
// a message: the refusal's own, or one whose reason is the code's name in the domain "chapter8". An
// UNAVAILABLE also carries a RetryInfo (100 ms unless the status brings its own payload).
//
// Trailers are limited by the peer, often to 8 KiB: an ErrorInfo whose metadata would not fit loses
// its metadata, and a message is cut at 1 KiB.
//
// Thread safety: any thread.
grpc::Status ToGrpcStatus(const absl::Status& status);

// The code's name as gRPC writes it, e.g. "PERMISSION_DENIED".
const char* CodeName(absl::StatusCode code);

}  // namespace ch8::rpc

#endif  // CH8_SERVICES_RPC_STATUS_H_
