#ifndef CH8_SERVICES_TRUST_TLS_H_
#define CH8_SERVICES_TRUST_TLS_H_

#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/trust/certificates.h"
#include "services/trust/spiffe_id.h"
#include "services/trust/trust_bundles.h"
#include "storage/base/hash.h"

// gRPC credentials for mutual TLS between organizations. Both ends present a certificate; each
// verifies the other's against the bundle of the trust domain it names, and against no other
// (gRPC's own check accepts any CA of the pool). TLS 1.2 and 1.3 only.
//
// Keys and certificates are files that may be replaced while in use (write both, rename the key
// first): new handshakes use them within about a second. Sessions are not resumed: a resumed one
// would not bring the peer's intermediate certificates, and connections here live for minutes.
namespace ch8::trust {

struct ServerTlsOptions {
  std::string certificate_path;  // PEM: the leaf first, then intermediates if any.
  std::string key_path;          // PEM, private: mode 0600 or 0400.
  std::shared_ptr<TrustBundles> bundles;
};

// Credentials for a listener that admits no client without a certificate.
//
// Errors: kInvalidArgument when certificate and key do not parse, do not belong together or name no
// SpiffeId; kFailedPrecondition when the key file is open to others or `bundles` is empty;
// kNotFound when a file is missing.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const ServerTlsOptions& options);

struct ChannelTlsOptions {
  std::string certificate_path;  // As for ServerTlsOptions.
  std::string key_path;
  std::shared_ptr<TrustBundles> bundles;
  std::string expected_trust_domain;  // The server must be of this organization.
  // And one of these. Officers and replicas serve nobody unless listed here.
  std::vector<SpiffeId::Kind> expected_kinds = {SpiffeId::Kind::kNode, SpiffeId::Kind::kService};
  std::string expected_id = {};  // And have this id; empty: any.
};

// Credentials for a channel. The server's DNS name is not checked: its identity is its SpiffeId.
//
// Errors: as MakeServerCredentials; kInvalidArgument also for an expectation outside the grammar.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const ChannelTlsOptions& options);

// Who called, as authenticated when the connection was made. Costs one property look-up.
//
// Errors: kUnauthenticated when the connection carries no SpiffeId verified by the credentials made
// here (a UNIX socket, an in-process channel, another kind of credentials).
absl::StatusOr<SpiffeId> PeerIdentity(const grpc::AuthContext& context);

// SHA-256 of the caller's certificate (its DER), the key of a deny list: cheap enough for each
// call. Errors: as PeerIdentity.
absl::StatusOr<Hash> PeerCertificateDigest(const grpc::AuthContext& context);

// All that the caller's certificate says. OpenSSL takes about 0.15 ms to parse it: for people and
// logs, not for each call. Errors: as PeerIdentity.
absl::StatusOr<CertificateFacts> PeerCertificate(const grpc::AuthContext& context);

}  // namespace ch8::trust

#endif  // CH8_SERVICES_TRUST_TLS_H_
