#ifndef CH8_SERVICES_TRUST_RECORD_NAMES_H_
#define CH8_SERVICES_TRUST_RECORD_NAMES_H_

#include "absl/strings/string_view.h"

// The grammar of what organizations, their services and their ledgers are called.
//
// Thread safety: all functions may be called from any thread.
namespace ch8::trust {

// A DNS name in lower case: labels `[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?` joined by dots, 253
// characters at most, the last label not all digits (it would be read as an address).
bool IsTrustDomain(absl::string_view text);

// `[a-z0-9-]{1,63}`: the ids of every resource in Chapter8.
bool IsResourceId(absl::string_view text);

// `<trust_domain>/ch8/<service>`, or `<trust_domain>/ch8/<service>/<n>` for a successor log.
bool IsOriginOf(absl::string_view trust_domain, absl::string_view origin);

}  // namespace ch8::trust

#endif  // CH8_SERVICES_TRUST_RECORD_NAMES_H_
