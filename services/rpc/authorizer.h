#ifndef CH8_SERVICES_RPC_AUTHORIZER_H_
#define CH8_SERVICES_RPC_AUTHORIZER_H_

#include <grpcpp/security/auth_context.h>

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/authz/v1/rule.pb.h"
#include "services/kernel/machine.h"
#include "services/trust/spiffe_id.h"

namespace ch8::rpc {

// Who may call what, as far as a certificate can tell: the one place that decides it, for every
// server of the node. What an officer's post and roles allow is decided behind it, by the kernel
// from the ledger's rows. Everything that is not allowed is denied.
//
//   OFFICER    an officer of the own trust domain
//   OWN_NODE   a node, service or replica of the own trust domain
//   PEER       a node or service of another trust domain that is pinned now
//
// Nobody else is anything: officers of other organizations act through their own node.
//
// Connections outlive what their handshake was judged by, so pins and the deny list are looked at
// in every call.
//
// Thread safety: const methods may be called from any thread, if the two functions may.
class Authorizer {
 public:
  struct Options {
    std::string trust_domain;  // The own one, e.g. "un.example".
    // Whether another organization is pinned now.
    std::function<bool(absl::string_view trust_domain)> is_pinned;
    // Optional. Whether this identity is refused although its certificate is good.
    std::function<bool(const trust::SpiffeId& peer)> is_denied = nullptr;
  };
  explicit Authorizer(Options options) : options_(std::move(options)) {}

  // Who is at the other end. Errors, domain "rpc.chapter8":
  //   kUnauthenticated/NO_IDENTITY               no verified identity on this connection.
  //   kPermissionDenied/DENIED                   on the deny list.
  //   kPermissionDenied/ORGANIZATION_NOT_PINNED  of an organization that is not pinned (any more).
  absl::StatusOr<kernel::Caller> Authenticate(const grpc::AuthContext& connection) const;
  // The same for an identity that is known already.
  absl::StatusOr<kernel::Caller> Identify(const trust::SpiffeId& peer) const;

  // Errors: kPermissionDenied/WRONG_CALLER_KIND (metadata: needed, kind).
  absl::Status Authorize(const chapter8::authz::v1::Rule& rule, const kernel::Caller& caller) const;

  // All of it for a typed handler: Authenticate(), then the rule that the rpc's proto declares.
  // Errors: also kPermissionDenied/NO_RULE when it declares none.
  absl::StatusOr<kernel::Caller> Admit(const grpc::AuthContext& connection,
                                       absl::string_view method) const;

 private:
  const Options options_;
};

// "spiffe://un.example/officer/okoye", for logs; empty for nobody.
std::string CallerText(const kernel::Caller& caller);

}  // namespace ch8::rpc

#endif  // CH8_SERVICES_RPC_AUTHORIZER_H_
