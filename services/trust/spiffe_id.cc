#include "services/trust/spiffe_id.h"

#include <optional>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "storage/base/check.h"

namespace ch8::trust {
namespace {

constexpr SpiffeId::Kind kKinds[] = {SpiffeId::Kind::kNode, SpiffeId::Kind::kService,
                                     SpiffeId::Kind::kOfficer, SpiffeId::Kind::kReplica};
constexpr size_t kQuotedMax = 120;

absl::Status Malformed(absl::string_view uri, absl::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat(
      "not a Chapter8 SPIFFE id: '", absl::CHexEscape(uri.substr(0, kQuotedMax)), "': ", rule));
}

std::optional<SpiffeId::Kind> KindOf(absl::string_view segment) {
  for (SpiffeId::Kind kind : kKinds) {
    if (KindSegment(kind) == segment) return kind;
  }
  return std::nullopt;
}

}  // namespace

absl::string_view KindSegment(SpiffeId::Kind kind) {
  switch (kind) {
    case SpiffeId::Kind::kNode:
      return "node";
    case SpiffeId::Kind::kService:
      return "svc";
    case SpiffeId::Kind::kOfficer:
      return "officer";
    case SpiffeId::Kind::kReplica:
      return "replica";
  }
  Unreachable("a SPIFFE id of no known kind");
}

absl::StatusOr<SpiffeId> SpiffeId::Parse(absl::string_view uri) {
  absl::string_view rest = uri;
  if (!absl::ConsumePrefix(&rest, "spiffe://")) {
    return Malformed(uri, "must start with spiffe://");
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(rest, '/');
  if (!IsTrustDomain(parts[0])) {
    return Malformed(uri, "the trust domain must be a lower-case DNS name and nothing else");
  }
  if (parts.size() != 3) return Malformed(uri, "the path must be /<kind>/<id>");
  const std::optional<Kind> kind = KindOf(parts[1]);
  if (!kind.has_value()) return Malformed(uri, "the kind must be node, svc, officer or replica");
  if (!IsResourceId(parts[2])) return Malformed(uri, "the id must match [a-z0-9-]{1,63}");
  return SpiffeId{
      .trust_domain = std::string(parts[0]), .kind = *kind, .id = std::string(parts[2])};
}

std::string SpiffeId::ToString() const {
  return absl::StrCat("spiffe://", trust_domain, "/", KindSegment(kind), "/", id);
}

}  // namespace ch8::trust
