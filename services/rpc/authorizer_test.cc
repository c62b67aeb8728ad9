#include "services/rpc/authorizer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/kernel/refusal.h"
#include "tests/support/status_matchers.h"

namespace ch8::rpc {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using chapter8::authz::v1::CallerKind;
using chapter8::authz::v1::Rule;

constexpr CallerKind kNobody = chapter8::authz::v1::CALLER_KIND_UNSPECIFIED;
constexpr CallerKind kOfficer = chapter8::authz::v1::OFFICER;
constexpr CallerKind kPeer = chapter8::authz::v1::PEER;
constexpr CallerKind kOwnNode = chapter8::authz::v1::OWN_NODE;

Authorizer OfUn() {
  return Authorizer({.trust_domain = "un.example",
                     .is_pinned = [](absl::string_view domain) { return domain == "au.example"; },
                     .is_denied = [](const trust::SpiffeId& peer) { return peer.id == "stolen"; }});
}

Rule RuleFor(const std::vector<CallerKind>& kinds) {
  Rule rule;
  for (const CallerKind kind : kinds) rule.add_kinds(kind);
  return rule;
}

absl::StatusOr<kernel::Caller> Identify(const std::string& spiffe_id) {
  return OfUn().Identify(trust::SpiffeId::Parse(spiffe_id).value());
}

TEST(AuthorizerTest, EveryIdentityHasOneKind) {
  const struct {
    const char* spiffe_id;
    CallerKind kind;
    const char* id;
  } kTable[] = {
      {"spiffe://un.example/officer/okoye", kOfficer, "officer/okoye"},
      {"spiffe://un.example/node/1", kOwnNode, "node/1"},
      {"spiffe://un.example/svc/finance", kOwnNode, "svc/finance"},
      {"spiffe://un.example/replica/2", kOwnNode, "replica/2"},
      {"spiffe://au.example/node/1", kPeer, "node/1"},
      {"spiffe://au.example/svc/finance", kPeer, "svc/finance"},
      {"spiffe://au.example/officer/okoye", kNobody, "officer/okoye"},
      {"spiffe://au.example/replica/2", kNobody, "replica/2"},
  };
  for (const auto& row : kTable) {
    const absl::StatusOr<kernel::Caller> caller = Identify(row.spiffe_id);
    ASSERT_THAT(caller, IsOk());
    EXPECT_EQ(caller->kind, row.kind) << row.spiffe_id;
    EXPECT_EQ(caller->id, row.id);
    EXPECT_EQ(CallerText(*caller), row.spiffe_id);
  }
}

TEST(AuthorizerTest, PinsAndDenyListAreLookedAtInEveryCall) {
  const absl::Status unpinned = Identify("spiffe://eu.example/node/1").status();
  EXPECT_THAT(unpinned, StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_EQ(kernel::ReasonOf(unpinned), "ORGANIZATION_NOT_PINNED");
  const absl::Status denied = Identify("spiffe://un.example/officer/stolen").status();
  EXPECT_THAT(denied, StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_EQ(kernel::ReasonOf(denied), "DENIED");
}

TEST(AuthorizerTest, OnlyTheKindsOfARuleMayCall) {
  const std::vector<CallerKind> kAll = {kNobody, kOfficer, kPeer, kOwnNode};
  const std::vector<std::vector<CallerKind>> kRules = {
      {}, {kOfficer}, {kPeer}, {kOwnNode}, {kPeer, kOwnNode}, {kNobody}, kAll};
  for (const std::vector<CallerKind>& kinds : kRules) {
    for (const CallerKind kind : kAll) {
      const bool allowed =
          kind != kNobody && std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
      const absl::Status status = OfUn().Authorize(
          RuleFor(kinds), {.kind = kind, .trust_domain = "un.example", .id = "node/1"});
      EXPECT_EQ(status.ok(), allowed) << CallerKind_Name(kind);
      if (!allowed) {
        EXPECT_EQ(kernel::ReasonOf(status), "WRONG_CALLER_KIND");
      }
    }
  }
}

}  // namespace
}  // namespace ch8::rpc
