#ifndef CH8_SERVICES_TRUST_CERTIFICATES_H_
#define CH8_SERVICES_TRUST_CERTIFICATES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/trust/openssl.h"
#include "services/trust/spiffe_id.h"
#include "storage/base/hash.h"

// An organization's own certificate authority, in memory: X.509 v3 with P-256 keys and ECDSA-SHA256
// (RFC 5280, SPIFFE X509-SVID). Files are the caller's (files.h). TLS keys are not signing keys:
// nothing here signs a ledger, a record or an act.
//
// Thread safety: all functions may be called from any thread.
namespace ch8::trust {

struct KeyAndCertificate {
  std::string key_pem;  // PKCS#8. Secret.
  std::string certificate_pem;
};

struct CertificateAuthorityOptions {
  std::string trust_domain;  // Names the authority: CN "<trust_domain> Chapter8 CA".
  absl::Time not_before;     // Five minutes are taken off, for clocks that differ.
  absl::Duration validity;   // Between 1 hour and 30 years.
};

// A new self-signed authority that may sign leaves and no further authorities.
// Errors: kInvalidArgument for a malformed domain or validity.
absl::StatusOr<KeyAndCertificate> MakeCertificateAuthority(
    const CertificateAuthorityOptions& options);

struct KeyAndRequest {
  std::string key_pem;      // PKCS#8. Secret.
  std::string request_pem;  // PKCS#10.
};

// A new key and a request for a certificate over it. The request names nobody that the authority
// would believe: IssueCertificate takes all names from its own caller.
KeyAndRequest MakeKeyAndRequest();

struct IssueOptions {
  std::string authority_key_pem;
  std::string authority_certificate_pem;
  std::string request_pem;  // Only its public key and its proof of possession count.
  SpiffeId id;              // Becomes the only URI name.
  std::vector<std::string> dns_names = {};     // e.g. localhost; for clients that check host names.
  std::vector<std::string> ip_addresses = {};  // e.g. 127.0.0.1, ::1.
  absl::Time not_before;                       // Five minutes are taken off.
  absl::Duration validity;                     // From 1 minute; cut at the authority's own end.
};

// A leaf for both ends of TLS. Errors: kInvalidArgument when a name, the request or its
// self-signature is bad, or its key is not P-256, P-384 or RSA of 2048 bits and more;
// kFailedPrecondition when the authority has expired, its key is not its certificate's, or the id
// is of another trust domain than the authority.
absl::StatusOr<std::string> IssueCertificate(const IssueOptions& options);

// What a certificate says of itself; nothing here has been verified.
struct CertificateFacts {
  std::vector<std::string> uri_names;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::string common_name;  // Of the subject; empty when absent.
  std::string serial;       // Upper-case hexadecimal, as `openssl x509 -serial` prints it.
  absl::Time not_before;
  absl::Time not_after;
  bool is_authority = false;
  Hash digest;  // SHA-256 of the DER, as `openssl x509 -fingerprint -sha256`.
};

// All certificates of a PEM text, in order; text between them is skipped.
// Errors: kInvalidArgument when there is none, one is malformed, or there are more than 64.
absl::StatusOr<std::vector<X509Ptr>> ParseCertificates(absl::string_view pem);

// Errors: kInvalidArgument, also when a URI name contains a NUL or a DNS name does.
absl::StatusOr<CertificateFacts> DescribeCertificate(X509* certificate);
// Of the first certificate in `pem`.
absl::StatusOr<CertificateFacts> DescribeCertificate(absl::string_view pem);

// OK when `pem` holds 1 to 16 certificates, each of them marked as an authority.
// Errors: kInvalidArgument.
absl::Status CheckCaBundle(absl::string_view pem);

// OK when the first certificate of `certificate_pem` is over the public half of `key_pem`.
// Errors: kInvalidArgument.
absl::Status CheckKeyBelongs(absl::string_view key_pem, absl::string_view certificate_pem);

}  // namespace ch8::trust

#endif  // CH8_SERVICES_TRUST_CERTIFICATES_H_
