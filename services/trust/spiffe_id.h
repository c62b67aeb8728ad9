#ifndef CH8_SERVICES_TRUST_SPIFFE_ID_H_
#define CH8_SERVICES_TRUST_SPIFFE_ID_H_

#include <compare>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/trust/record/names.h"

namespace ch8::trust {

// Who is at the other end of a connection: one principal of one organization, written as the only
// URI name of its X.509 certificate (SPIFFE-ID, SPIFFE X509-SVID).
//
//   spiffe://un.example/node/1         a daemon
//   spiffe://un.example/svc/finance    one service, when it runs as its own process
//   spiffe://un.example/officer/okoye  a person who acts for the organization
//   spiffe://un.example/replica/2      a copy of a ledger on another machine
//
// The grammar is narrower than SPIFFE's, so that an identity is always one line, always lower case
// and never in need of escaping: no user, port, query, fragment, `%`, empty or dot segment.
//
// A plain value; any thread.
struct SpiffeId {
  enum class Kind { kNode, kService, kOfficer, kReplica };

  std::string trust_domain;  // The organization's domain: IsTrustDomain().
  Kind kind = Kind::kNode;
  std::string id;  // IsResourceId().

  // Errors: kInvalidArgument, naming the rule broken; the message escapes what it quotes.
  static absl::StatusOr<SpiffeId> Parse(absl::string_view uri);

  // `spiffe://<trust_domain>/<kind>/<id>`.
  std::string ToString() const;

  friend bool operator==(const SpiffeId&, const SpiffeId&) = default;
  friend auto operator<=>(const SpiffeId&, const SpiffeId&) = default;
};

// The path segment that stands for `kind`: node, svc, officer, replica.
absl::string_view KindSegment(SpiffeId::Kind kind);

}  // namespace ch8::trust

#endif  // CH8_SERVICES_TRUST_SPIFFE_ID_H_
