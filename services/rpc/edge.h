#ifndef CH8_SERVICES_RPC_EDGE_H_
#define CH8_SERVICES_RPC_EDGE_H_

#include <grpcpp/generic/async_generic_service.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/rpc/authorizer.h"
#include "services/rpc/call_log.h"
#include "services/rpc/in_flight.h"
#include "services/rpc/method_table.h"
#include "storage/base/clock.h"

namespace ch8::rpc {

class OpenStreams;

// The largest request that officers' servers take: a bulk request of 8,190 rows fits.
inline constexpr int kRequestSizeMax = 4 * 1024 * 1024;

// Trailing metadata: a chapter8.ledger.v1.Receipt of where the request stands in the log.
inline constexpr char kReceiptMetadataKey[] = "ch8-receipt-bin";

// The face that a node shows its officers: every rpc of every hosted ledger, served by one generic
// service, because officers' acts are signed over the exact bytes received and a typed handler
// would have parsed them away.
//
// Each call passes, in this order: identity, method, rule, signature present if the rule asks for
// one, fairness; only then is its message read; then ledger, signature, queue. A waiting call holds
// no thread. A cancelled call that is queued is still executed, and a retry with its request id
// gets the answer. A stream of requests (stream_call.h) passes the same once, and each of its
// messages as a call's: it is one call under way, however many requests it brings.
//
// Refusals of its own, domain "rpc.chapter8", beside those of Authorizer and MethodTable:
//   UNIMPLEMENTED/NO_SUCH_METHOD    not hosted here.
//   UNAUTHENTICATED/ACT_NOT_SIGNED  the rule asks for the officer's signature; there is none.
//   UNAUTHENTICATED/ACT_FORGED      the signature is not the key's over ledger, method and bytes.
//   INVALID_ARGUMENT/BAD_ACT        the metadata does not parse, is there twice, lasts too long, or
//                                   comes with a stream.
//   FAILED_PRECONDITION/EXPIRED     the act's not_after is past; sign anew.
//   UNAVAILABLE/TOO_MANY_CALLS      the caller has its share of calls under way; retry later.
//   INVALID_ARGUMENT/NO_MESSAGE     the caller ended the call without a request; a stream may be
//                                   empty.
//   UNAVAILABLE/DRAINING            a stream ends because the node does; go on in a new one.
//   DEADLINE_EXCEEDED               the call's deadline passed before the request was queued.
//   RESOURCE_EXHAUSTED              by gRPC: the message is larger than the server takes.
//
// Thread safety: gRPC calls it from any thread. Must outlive the server.
class Edge final : public grpc::CallbackGenericService {
 public:
  struct Options {
    const MethodTable* methods = nullptr;  // These three outlive the edge.
    const Authorizer* authorizer = nullptr;
    const Clock* clock = nullptr;  // The ledgers': what acts' not_after is compared with.
    size_t calls_per_caller_max = 64;
    // Of one stream, read and not answered: how many requests, and how many bytes besides the last
    // of them.
    size_t stream_requests_max = 64;
    size_t stream_bytes_max = 8 * 1024 * 1024;
    // Optional. Told of every call at its end, on any thread; must not block.
    std::function<void(const CallRecord& record)> observe = nullptr;
  };
  explicit Edge(Options options);
  ~Edge() override;

  // Lets streams end, now and as they come, each after the answers of what it took: for a shutdown,
  // which idle ones would hold up. Other calls go on.
  void Drain();

 private:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

  const Options options_;
  InFlight in_flight_;
  const std::unique_ptr<OpenStreams> streams_;
};

}  // namespace ch8::rpc

#endif  // CH8_SERVICES_RPC_EDGE_H_
