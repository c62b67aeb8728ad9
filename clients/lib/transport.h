#ifndef CH8_CLIENTS_LIB_TRANSPORT_H_
#define CH8_CLIENTS_LIB_TRANSPORT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace ch8::client {

// One unary call as bytes: what is signed is what is sent.
struct WireCall {
  std::string method;   // "/chapter8.finance.v1.OfferService/MakeOffer".
  std::string request;  // The serialized request message.
  std::string act;      // Metadata `ch8-act-bin`; empty: none.
  absl::Time deadline = absl::InfiniteFuture();
};

struct WireReply {
  absl::Status status{};  // With details as payloads (status_details.h).
  std::string reply{};    // The serialized response message; empty unless status is OK.
  std::string receipt{};  // Trailing metadata `ch8-receipt-bin`; empty when there is none.
};

// How calls reach a node. Implemented over gRPC (grpc_transport.h) and by fakes in tests.
//
// Thread safety: all methods may be called from any thread.
class Transport {
 public:
  virtual ~Transport() = default;

  // Sends one call, once, and waits for its end. kUnavailable without RetryInfo means that the node
  // was not reached or the connection broke: whether it acted is not known.
  virtual WireReply Send(const WireCall& call) = 0;
};

}  // namespace ch8::client

#endif  // CH8_CLIENTS_LIB_TRANSPORT_H_
