#ifndef CH8_CLIENTS_LIB_CLIENT_H_
#define CH8_CLIENTS_LIB_CLIENT_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "chapter8/ledger/v1/answer.pb.h"
#include "clients/lib/retry.h"
#include "clients/lib/transport.h"
#include "storage/base/ed25519.h"

namespace ch8::client {

// The rpc named "chapter8.finance.v1.OfferService.MakeOffer". Aborts for a name that is no rpc of
// the protos linked in: the caller is wrong, not the input.
const google::protobuf::MethodDescriptor& FindMethod(absl::string_view full_name);

// "/chapter8.finance.v1.OfferService/MakeOffer": how gRPC and act signatures name it.
std::string WireName(const google::protobuf::MethodDescriptor& method);

// True when the rpc's rule asks for the officer's own signature.
bool IsSignedAct(const google::protobuf::MethodDescriptor& method);

// The ledger that executes the rpc: `<trust_domain>/ch8/<domain>`, where the domain is the rpc's
// package and chapter8.books is executed by the finance ledger.
std::string LedgerOf(const google::protobuf::MethodDescriptor& method,
                     absl::string_view trust_domain);
// The same for one request: those of chapter8.ledger name their ledger themselves.
std::string LedgerOf(const google::protobuf::MethodDescriptor& method,
                     const google::protobuf::Message& request, absl::string_view trust_domain);

// A new request id: a random (version 4) UUID.
std::string NewRequestId();

struct ClientOptions {
  std::string trust_domain;
  std::optional<SigningKey> act_key{};          // Needed for signed acts.
  absl::Duration timeout = absl::Seconds(20);   // For a call with all its retries.
  absl::Duration act_life = absl::Minutes(15);  // How long a signature may be executed.
  RetryOptions retry{};
};

// How a call ended besides its status.
struct CallReport {
  std::optional<chapter8::ledger::v1::Receipt> receipt;  // Where the request stands in its ledger.
  int attempts = 0;
  // True when the call failed in a way that leaves open whether the node acted: ask again with the
  // same request id.
  bool outcome_unknown = false;
};

// A client of one node for one officer. Serializes each request once, signs those bytes when the
// rpc's rule asks for it, and retries by status code (retry.h). Requests are not validated here:
// the server does that.
//
// Thread safety: none.
class Client {
 public:
  // `transport` and what `world` refers to must outlive the client.
  Client(Transport& transport, RetryWorld world, ClientOptions options);

  // Makes one call. `request` and `response` must be of the rpc's types.
  //
  // Errors: the server's own, with ErrorInfo; kFailedPrecondition when the rpc needs a signature
  // and there is no key; kInternal when the reply does not parse.
  absl::Status Call(const google::protobuf::MethodDescriptor& method,
                    const google::protobuf::Message& request, google::protobuf::Message& response,
                    CallReport* report = nullptr);

  // The ledger's time as it last told; signatures are dated by it, not by this machine's clock, as
  // an exercise node's clock may be in another year.
  void SetLedgerTime(absl::Time ledger_time);

 private:
  absl::StatusOr<std::string> Sign(const google::protobuf::MethodDescriptor& method,
                                   const google::protobuf::Message& request,
                                   absl::string_view request_bytes) const;

  Transport& transport_;
  RetryWorld world_;
  ClientOptions options_;
  absl::Duration ledger_ahead_ = absl::ZeroDuration();  // Of this machine's clock.
};

}  // namespace ch8::client

#endif  // CH8_CLIENTS_LIB_CLIENT_H_
