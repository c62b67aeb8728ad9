#ifndef CH8_CLIENTS_LIB_GRPC_TRANSPORT_H_
#define CH8_CLIENTS_LIB_GRPC_TRANSPORT_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "clients/lib/transport.h"

namespace ch8::client {

// A caller's end of a connection to a node: an officer's to the own one, or a node's to a
// partner's.
struct ChannelOptions {
  std::string target;            // host:port of the node's server.
  std::string trust_domain;      // The organization whose node must answer.
  std::string certificate_path;  // PEM, the caller's.
  std::string key_path;          // PEM, 0600.
  std::string ca_path = {};      // PEM, the authorities of that organization,
  std::string ca_pem = {};       // or here themselves.
};

// A mutual-TLS channel. Connects at the first call.
//
// Errors: kNotFound (a file is missing), kInvalidArgument, kFailedPrecondition (the key file is
// open to others; the message names the chmod).
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ChannelOptions& options);

// Calls over `channel`. One call at a time per calling thread; calls of several threads share the
// connection.
std::unique_ptr<Transport> MakeGrpcTransport(std::shared_ptr<grpc::Channel> channel);

}  // namespace ch8::client

#endif  // CH8_CLIENTS_LIB_GRPC_TRANSPORT_H_
