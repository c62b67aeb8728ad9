#ifndef CH8_TESTS_SUPPORT_NODE_OFFICER_H_
#define CH8_TESTS_SUPPORT_NODE_OFFICER_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/lib/client.h"
#include "clients/lib/transport.h"
#include "storage/base/ed25519.h"

namespace ch8::testing {

// An officer's files: what `ch8 org init` and `ch8 officer issue` leave on the officer's device.
struct OfficerFiles {
  std::string folder;        // tls.key, tls.pem, ca.pem, act.key
  std::string trust_domain;  // Of the node that is called.
};

// One officer at one node, over mutual TLS. Nothing is retried but what clients/lib retries, and
// requests are sent as they are.
//
// Thread safety: any thread.
class OfficerClient {
 public:
  // Aborts when the files do not make a channel.
  OfficerClient(const OfficerFiles& files, const std::string& target);

  // Makes one call of the rpc "finance.v1.FundService.GetFund" (chapter8 is understood), signed
  // when the rpc's rule asks for it.
  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view rpc, const Request& request) {
    Response response;
    const absl::Status status = CallAny(rpc, request, response);
    if (!status.ok()) return status;
    return response;
  }
  absl::Status CallAny(absl::string_view rpc, const google::protobuf::Message& request,
                       google::protobuf::Message& response);

  // One attempt with exactly these bytes, signed over them when the rpc's rule asks for it. The
  // same bytes may be sent again: the signature is made for `not_after`.
  client::WireReply Send(absl::string_view rpc, const std::string& request,
                         absl::Duration timeout = absl::Seconds(10));
  // The same with an act of the caller's choice; empty: none.
  client::WireReply SendWithAct(absl::string_view rpc, const std::string& request,
                                const std::string& act, absl::Duration timeout = absl::Seconds(10));

  // The metadata value that signs `request` as this officer.
  std::string Sign(absl::string_view rpc, absl::string_view request, absl::Time not_after) const;
  // The same for a ledger that the rpc's package does not tell.
  std::string SignFor(const std::string& origin, absl::string_view rpc, absl::string_view request,
                      absl::Time not_after) const;

 private:
  const std::string trust_domain_;
  const SigningKey act_key_;
  std::unique_ptr<client::Transport> transport_;
};

// The reason in a refusal's ErrorInfo; "" when there is none.
std::string ReasonOf(const absl::Status& status);

}  // namespace ch8::testing

#endif  // CH8_TESTS_SUPPORT_NODE_OFFICER_H_
