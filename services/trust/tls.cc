#include "services/trust/tls.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/trust/files.h"
#include "storage/base/status_macros.h"

namespace ch8::trust {
namespace {

using grpc::experimental::FileWatcherCertificateProvider;
using grpc::experimental::TlsCustomVerificationCheckRequest;

constexpr unsigned int kRefreshSeconds = 1;

std::string Text(grpc::string_ref text) { return std::string(text.data(), text.size()); }

// What a channel expects of its server beyond a verified identity.
struct Expectation {
  std::string trust_domain;  // Empty: anyone; so on servers, where the Authorizer decides.
  std::vector<SpiffeId::Kind> kinds;
  std::string id;
};

grpc::Status Judge(const SpiffeId& peer, const Expectation& expected) {
  if (expected.trust_domain.empty()) return grpc::Status::OK;
  if (peer.trust_domain == expected.trust_domain &&
      std::find(expected.kinds.begin(), expected.kinds.end(), peer.kind) != expected.kinds.end() &&
      (expected.id.empty() || peer.id == expected.id)) {
    return grpc::Status::OK;
  }
  return grpc::Status(
      grpc::StatusCode::UNAUTHENTICATED,
      absl::StrCat(peer.ToString(), " is not the expected server of ", expected.trust_domain));
}

// Judges each handshake by the bundle of the trust domain that the peer names. gRPC runs it once
// per connection, after its own check against the pool.
class BundleVerifier final : public grpc::experimental::ExternalCertificateVerifier {
 public:
  BundleVerifier(std::shared_ptr<TrustBundles> bundles, PresentedCertificates::Role peer_role,
                 Expectation expected)
      : bundles_(std::move(bundles)), peer_role_(peer_role), expected_(std::move(expected)) {}

  bool Verify(TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    // The leaf is never taken from the chain: on a server OpenSSL leaves it out there, and the
    // first certificate in it is the peer's free choice.
    const absl::StatusOr<SpiffeId> peer =
        bundles_->Authenticate({.leaf_pem = Text(request->peer_cert()),
                                .chain_pem = Text(request->peer_cert_full_chain()),
                                .role = peer_role_});
    *sync_status = peer.ok() ? Judge(*peer, expected_)
                             : grpc::Status(grpc::StatusCode::UNAUTHENTICATED,
                                            std::string(peer.status().message()));
    return true;
  }

  void Cancel(TlsCustomVerificationCheckRequest*) override {}  // Verify() never waits.

 private:
  const std::shared_ptr<TrustBundles> bundles_;
  const PresentedCertificates::Role peer_role_;
  const Expectation expected_;
};

absl::Status CheckIdentity(const std::string& certificate_path, const std::string& key_path) {
  ASSIGN_OR_RETURN(const std::string certificate, ReadSmallFile(certificate_path));
  ASSIGN_OR_RETURN(const std::string key, ReadPrivateFile(key_path));
  const absl::Status pair = CheckKeyBelongs(key, certificate);
  if (!pair.ok()) {
    return absl::Status(pair.code(),
                        absl::StrCat(certificate_path, ", ", key_path, ": ", pair.message()));
  }
  ASSIGN_OR_RETURN(const CertificateFacts facts, DescribeCertificate(certificate));
  if (facts.uri_names.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(certificate_path, ": must have exactly one URI name"));
  }
  return SpiffeId::Parse(facts.uri_names.front()).status();
}

absl::Status CheckBundles(const std::shared_ptr<TrustBundles>& bundles) {
  if (bundles == nullptr || bundles->TrustDomains().empty()) {
    return absl::FailedPreconditionError("TLS: no trust bundle, so no peer could ever be verified");
  }
  return absl::OkStatus();
}

std::shared_ptr<FileWatcherCertificateProvider> Watch(const std::string& certificate_path,
                                                      const std::string& key_path,
                                                      const TrustBundles& bundles) {
  return std::make_shared<FileWatcherCertificateProvider>(key_path, certificate_path,
                                                          bundles.PooledPath(), kRefreshSeconds);
}

// The only value of `property`, or empty.
std::string OnlyValue(const grpc::AuthContext& context, const char* property) {
  const std::vector<grpc::string_ref> values = context.FindPropertyValues(property);
  return values.size() == 1 ? Text(values.front()) : std::string();
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const ServerTlsOptions& options) {
  RETURN_IF_ERROR(CheckIdentity(options.certificate_path, options.key_path));
  RETURN_IF_ERROR(CheckBundles(options.bundles));
  grpc::experimental::TlsServerCredentialsOptions tls(
      Watch(options.certificate_path, options.key_path, *options.bundles));
  tls.watch_root_certs();
  tls.watch_identity_key_cert_pairs();
  tls.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.set_certificate_verifier(
      grpc::experimental::ExternalCertificateVerifier::Create<BundleVerifier>(
          options.bundles, PresentedCertificates::Role::kClient, Expectation{}));
  return grpc::experimental::TlsServerCredentials(tls);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const ChannelTlsOptions& options) {
  if (!IsTrustDomain(options.expected_trust_domain) || options.expected_kinds.empty() ||
      (!options.expected_id.empty() && !IsResourceId(options.expected_id))) {
    return absl::InvalidArgumentError("TLS: a channel must expect a trust domain and a kind");
  }
  RETURN_IF_ERROR(CheckIdentity(options.certificate_path, options.key_path));
  RETURN_IF_ERROR(CheckBundles(options.bundles));
  grpc::experimental::TlsChannelCredentialsOptions tls;
  tls.set_certificate_provider(Watch(options.certificate_path, options.key_path, *options.bundles));
  tls.watch_root_certs();
  tls.watch_identity_key_cert_pairs();
  tls.set_verify_server_certs(true);
  tls.set_check_call_host(false);  // Identity is the SPIFFE id, checked by the verifier.
  tls.set_certificate_verifier(
      grpc::experimental::ExternalCertificateVerifier::Create<BundleVerifier>(
          options.bundles, PresentedCertificates::Role::kServer,
          Expectation{.trust_domain = options.expected_trust_domain,
                      .kinds = options.expected_kinds,
                      .id = options.expected_id}));
  return grpc::experimental::TlsCredentials(tls);
}

absl::StatusOr<SpiffeId> PeerIdentity(const grpc::AuthContext& context) {
  const bool is_tls = OnlyValue(context, GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME) ==
                      GRPC_TLS_TRANSPORT_SECURITY_TYPE;
  const std::string uri = OnlyValue(context, GRPC_PEER_SPIFFE_ID_PROPERTY_NAME);
  if (!is_tls || uri.empty()) {
    return absl::UnauthenticatedError("the connection carries no verified identity");
  }
  absl::StatusOr<SpiffeId> id = SpiffeId::Parse(uri);
  if (!id.ok()) return absl::UnauthenticatedError(id.status().message());
  return id;
}

absl::StatusOr<Hash> PeerCertificateDigest(const grpc::AuthContext& context) {
  RETURN_IF_ERROR(PeerIdentity(context).status());
  const std::string pem = OnlyValue(context, GRPC_X509_PEM_CERT_PROPERTY_NAME);
  absl::string_view base64 = pem;
  std::string der;
  absl::ConsumePrefix(&base64, "-----BEGIN CERTIFICATE-----\n");
  if (!absl::Base64Unescape(base64.substr(0, base64.find("-----END")), &der) || der.empty()) {
    return absl::UnauthenticatedError("the connection carries no certificate");
  }
  return Sha256(der);
}

absl::StatusOr<CertificateFacts> PeerCertificate(const grpc::AuthContext& context) {
  RETURN_IF_ERROR(PeerIdentity(context).status());
  absl::StatusOr<CertificateFacts> facts =
      DescribeCertificate(OnlyValue(context, GRPC_X509_PEM_CERT_PROPERTY_NAME));
  if (!facts.ok()) return absl::UnauthenticatedError(facts.status().message());
  return facts;
}

}  // namespace ch8::trust
