#ifndef CH8_SERVICES_TRUST_GENERAL_NAMES_H_
#define CH8_SERVICES_TRUST_GENERAL_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/trust/openssl.h"

// The subjectAltName extension (RFC 5280 §4.2.1.6), read and written name by name: no text of ours
// or of a peer's ever passes through OpenSSL's comma-separated configuration syntax.
//
// Thread safety: any thread, one at a time per certificate.
namespace ch8::trust {

struct AlternativeNames {
  std::vector<std::string> uri_names = {};
  std::vector<std::string> dns_names = {};
  std::vector<std::string> ip_addresses = {};  // IPv4 or IPv6 in text.
};

// Errors: kInvalidArgument when there is no name at all, a URI is empty or not printable ASCII, a
// DNS name is not a lower-case host name, or an address does not parse.
absl::Status AddAlternativeNames(X509* certificate, const AlternativeNames& names);

// All URI, DNS and IP names; other kinds are left out. No extension: all empty.
// Errors: kInvalidArgument when the extension occurs twice or does not parse, or when a name holds
// a NUL, which C programs read as its end.
absl::StatusOr<AlternativeNames> ReadAlternativeNames(X509* certificate);

}  // namespace ch8::trust

#endif  // CH8_SERVICES_TRUST_GENERAL_NAMES_H_
