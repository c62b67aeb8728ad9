#include "services/trust/spiffe_id.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/status_matchers.h"

namespace ch8::trust {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(SpiffeIdTest, EachKindParsesAndPrintsTheSame) {
  struct {
    const char* uri;
    SpiffeId id;
  } const cases[] = {
      {"spiffe://un.example/node/1", {"un.example", SpiffeId::Kind::kNode, "1"}},
      {"spiffe://un.example/svc/finance", {"un.example", SpiffeId::Kind::kService, "finance"}},
      {"spiffe://au.example/officer/a-okoye", {"au.example", SpiffeId::Kind::kOfficer, "a-okoye"}},
      {"spiffe://x1.ecowas.example/replica/2",
       {"x1.ecowas.example", SpiffeId::Kind::kReplica, "2"}},
      {"spiffe://localhost/node/1", {"localhost", SpiffeId::Kind::kNode, "1"}},
  };
  for (const auto& row : cases) {
    const absl::StatusOr<SpiffeId> id = SpiffeId::Parse(row.uri);
    ASSERT_THAT(id, IsOk()) << row.uri;
    EXPECT_EQ(*id, row.id) << row.uri;
    EXPECT_EQ(id->ToString(), row.uri);
  }
}

TEST(SpiffeIdTest, WhatIsOutsideTheGrammarIsRefused) {
  const std::string long_id(64, 'a');
  const std::string cases[] = {
      "",
      "spiffe://",
      "spiffe:///node/1",
      "https://un.example/node/1",
      "SPIFFE://un.example/node/1",
      "spiffe://UN.example/node/1",
      "spiffe://un_x.example/node/1",
      "spiffe://.example/node/1",
      "spiffe://un..example/node/1",
      "spiffe://un.example./node/1",
      "spiffe://-un.example/node/1",
      "spiffe://un-.example/node/1",
      "spiffe://10.0.0.1/node/1",
      "spiffe://[::1]/node/1",
      "spiffe://un.example",
      "spiffe://un.example/",
      "spiffe://un.example/node",
      "spiffe://un.example/node/",
      "spiffe://un.example/node/1/",
      "spiffe://un.example/node/1/2",
      "spiffe://un.example//node/1",
      "spiffe://un.example/Node/1",
      "spiffe://un.example/peer/1",
      "spiffe://un.example/node/..",
      "spiffe://un.example/../node/1",
      "spiffe://un.example/node/.",
      "spiffe://un.example/node/%31",
      "spiffe://un.example/node/A",
      "spiffe://un.example/node/1?x=1",
      "spiffe://un.example/node/1#x",
      "spiffe://un.example:443/node/1",
      "spiffe://user@un.example/node/1",
      "spiffe://un.example/node/1\n",
      "\nspiffe://un.example/node/1",
      "spiffe://un.example/node/1 ",
      "spiffe://un.example\n/node/1",
      std::string("spiffe://un.example/node/1\0", 27),
      "spiffe://un.example/node/" + long_id,
      "spiffe://" + long_id + ".example/node/1",
      "spiffe://\xd1\x83n.example/node/1",
  };
  for (const std::string& uri : cases) {
    EXPECT_THAT(SpiffeId::Parse(uri), StatusIs(absl::StatusCode::kInvalidArgument)) << uri;
  }
}

TEST(SpiffeIdTest, LimitsAreExact) {
  EXPECT_TRUE(IsResourceId(std::string(63, 'z')));
  EXPECT_FALSE(IsResourceId(std::string(64, 'z')));
  EXPECT_FALSE(IsResourceId(""));
  const std::string label(63, 'a');
  const std::string at_limit = label + "." + label + "." + label + "." + std::string(61, 'a');
  EXPECT_EQ(at_limit.size(), 253u);
  EXPECT_TRUE(IsTrustDomain(at_limit));
  EXPECT_FALSE(IsTrustDomain(at_limit + "a"));
}

TEST(SpiffeIdTest, AMessageQuotesHostileTextEscapedAndShort) {
  const std::string hostile =
      "spiffe://un.example/node/1\nALERT forged line " + std::string(900, 'x');
  const absl::Status status = SpiffeId::Parse(hostile).status();
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("\\n"), Not(HasSubstr("\n"))));
  EXPECT_LT(status.message().size(), 300u);
}

}  // namespace
}  // namespace ch8::trust
