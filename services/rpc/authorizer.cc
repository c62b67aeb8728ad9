#include "services/rpc/authorizer.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/kernel/authority.h"
#include "services/kernel/refusal.h"
#include "services/trust/tls.h"
#include "storage/base/status_macros.h"

namespace ch8::rpc {
namespace {

using chapter8::authz::v1::CallerKind;
using chapter8::authz::v1::Rule;
using trust::SpiffeId;

absl::Status Deny(absl::StatusCode code, absl::string_view reason, std::string message,
                  std::vector<std::pair<std::string, std::string>> metadata = {}) {
  return kernel::Refuse({.code = code,
                         .domain = "rpc.chapter8",
                         .reason = reason,
                         .message = std::move(message),
                         .metadata = std::move(metadata)});
}

CallerKind KindOf(const SpiffeId& peer, bool is_own) {
  switch (peer.kind) {
    case SpiffeId::Kind::kOfficer:
      return is_own ? chapter8::authz::v1::OFFICER : chapter8::authz::v1::CALLER_KIND_UNSPECIFIED;
    case SpiffeId::Kind::kNode:
    case SpiffeId::Kind::kService:
      return is_own ? chapter8::authz::v1::OWN_NODE : chapter8::authz::v1::PEER;
    case SpiffeId::Kind::kReplica:
      return is_own ? chapter8::authz::v1::OWN_NODE : chapter8::authz::v1::CALLER_KIND_UNSPECIFIED;
  }
  return chapter8::authz::v1::CALLER_KIND_UNSPECIFIED;
}

}  // namespace

absl::StatusOr<kernel::Caller> Authorizer::Authenticate(const grpc::AuthContext& connection) const {
  const absl::StatusOr<SpiffeId> peer = trust::PeerIdentity(connection);
  if (!peer.ok()) {
    return Deny(absl::StatusCode::kUnauthenticated, "NO_IDENTITY",
                std::string(peer.status().message()));
  }
  return Identify(*peer);
}

absl::StatusOr<kernel::Caller> Authorizer::Identify(const SpiffeId& peer) const {
  if (options_.is_denied && options_.is_denied(peer)) {
    return Deny(absl::StatusCode::kPermissionDenied, "DENIED",
                absl::StrCat(peer.ToString(), " is on this node's deny list"));
  }
  const bool is_own = peer.trust_domain == options_.trust_domain;
  if (!is_own && !options_.is_pinned(peer.trust_domain)) {
    return Deny(absl::StatusCode::kPermissionDenied, "ORGANIZATION_NOT_PINNED",
                absl::StrCat(peer.trust_domain, " is not pinned here"));
  }
  return kernel::Caller{.kind = KindOf(peer, is_own),
                        .trust_domain = peer.trust_domain,
                        .id = absl::StrCat(trust::KindSegment(peer.kind), "/", peer.id)};
}

absl::Status Authorizer::Authorize(const Rule& rule, const kernel::Caller& caller) const {
  const bool allowed =
      caller.kind != chapter8::authz::v1::CALLER_KIND_UNSPECIFIED &&
      std::find(rule.kinds().begin(), rule.kinds().end(), caller.kind) != rule.kinds().end();
  if (allowed) return absl::OkStatus();
  const std::string needed = absl::StrJoin(rule.kinds(), ", ", [](std::string* out, int kind) {
    absl::StrAppend(out, chapter8::authz::v1::CallerKind_Name(static_cast<CallerKind>(kind)));
  });
  return Deny(absl::StatusCode::kPermissionDenied, "WRONG_CALLER_KIND",
              absl::StrCat(CallerText(caller), " may not call this; it is for ", needed),
              {{"needed", needed}, {"kind", chapter8::authz::v1::CallerKind_Name(caller.kind)}});
}

absl::StatusOr<kernel::Caller> Authorizer::Admit(const grpc::AuthContext& connection,
                                                 absl::string_view method) const {
  ASSIGN_OR_RETURN(kernel::Caller caller, Authenticate(connection));
  const std::optional<Rule> rule = kernel::RuleOf(method);
  if (!rule.has_value()) {
    return Deny(absl::StatusCode::kPermissionDenied, "NO_RULE", "nobody may call this");
  }
  RETURN_IF_ERROR(Authorize(*rule, caller));
  return caller;
}

std::string CallerText(const kernel::Caller& caller) {
  if (caller.trust_domain.empty()) return "";
  return absl::StrCat("spiffe://", caller.trust_domain, "/", caller.id);
}

}  // namespace ch8::rpc
