#include "services/trust/act.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "chapter8/type/v1/act_signature.pb.h"
#include "services/trust/key_file.h"
#include "services/trust/openssl_tool.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::trust {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using ::ch8::testing::TempDir;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const absl::Time kNow = absl::FromUnixSeconds(1'795'435'200);

ActStatement Statement() {
  return {.origin = "un.example/ch8/finance",
          .method = "/chapter8.finance.v1.FundService/PostPledge",
          .request_digest = Sha256("the request")};
}

class ActTest : public ::testing::Test {
 protected:
  SignedAct Signed(absl::Time not_after) { return SignAct(key_, Statement(), not_after).value(); }

  const SigningKey key_ = SigningKey::Generate();
};

TEST_F(ActTest, TheSignedBytesAreTheFiveLines) {
  EXPECT_EQ(ActStatementBytes(Statement(), 1'795'521'600).value(),
            absl::StrCat("chapter8/act/v1\nun.example/ch8/finance\n"
                         "/chapter8.finance.v1.FundService/PostPledge\n",
                         Sha256("the request").ToHex(), "\n1795521600"));
}

TEST_F(ActTest, OpensslVerifiesAnAct) {
  const TempDir dir;
  const SignedAct act = Signed(kNow + absl::Hours(1));
  testing::WriteFile(dir / "statement",
                     ActStatementBytes(Statement(), act.not_after_unix_seconds).value());
  testing::WriteFile(dir / "signature", std::string(act.signature.view()));
  ASSERT_THAT(WritePublicKey(dir / "act.pub", act.public_key), IsOk());
  const std::string verify = absl::StrCat("pkeyutl -verify -rawin -pubin -inkey ", dir / "act.pub",
                                          " -sigfile ", dir / "signature", " -in ");
  const testing::ToolResult good = testing::RunOpenssl(verify + (dir / "statement"));
  EXPECT_EQ(good.exit_code, 0) << good.output;
  testing::WriteFile(dir / "other", "another statement");
  EXPECT_NE(testing::RunOpenssl(verify + (dir / "other")).exit_code, 0);
}

TEST_F(ActTest, TimeDecidesAtTheSecond) {
  struct {
    absl::Duration ahead;
    absl::StatusCode code;
  } const cases[] = {
      {-absl::Seconds(1), absl::StatusCode::kFailedPrecondition},
      {absl::ZeroDuration(), absl::StatusCode::kOk},
      {absl::Hours(1), absl::StatusCode::kOk},
      {kActLifeMax, absl::StatusCode::kOk},
      {kActLifeMax + absl::Seconds(1), absl::StatusCode::kInvalidArgument},
  };
  for (const auto& row : cases) {
    EXPECT_THAT(VerifyAct(Signed(kNow + row.ahead), Statement(), kNow), StatusIs(row.code))
        << row.ahead;
  }
  EXPECT_THAT(
      VerifyAct(Signed(kNow - absl::Hours(1)), Statement(), kNow),
      StatusIs(absl::StatusCode::kFailedPrecondition, StartsWith("EXPIRED: the act was valid")));
}

TEST_F(ActTest, AChangeOfAnyPartUnmakesTheSignature) {
  const SignedAct act = Signed(kNow + absl::Hours(1));
  ASSERT_THAT(VerifyAct(act, Statement(), kNow), IsOk());

  ActStatement other = Statement();
  other.origin = "un.example/ch8/logistics";
  EXPECT_THAT(VerifyAct(act, other, kNow), StatusIs(absl::StatusCode::kUnauthenticated));
  other = Statement();
  other.method = "/chapter8.finance.v1.FundService/CancelPledge";
  EXPECT_THAT(VerifyAct(act, other, kNow), StatusIs(absl::StatusCode::kUnauthenticated));
  other = Statement();
  other.request_digest = Sha256("another request");
  EXPECT_THAT(VerifyAct(act, other, kNow), StatusIs(absl::StatusCode::kUnauthenticated));

  SignedAct later = act;
  later.not_after_unix_seconds += 1;
  EXPECT_THAT(VerifyAct(later, Statement(), kNow), StatusIs(absl::StatusCode::kUnauthenticated));
  SignedAct stranger = act;
  stranger.public_key = SigningKey::Generate().public_key();
  EXPECT_THAT(VerifyAct(stranger, Statement(), kNow), StatusIs(absl::StatusCode::kUnauthenticated));
  for (size_t i = 0; i < Signature::kSize; ++i) {
    SignedAct damaged = act;
    damaged.signature.bytes[i] ^= 1;
    EXPECT_THAT(VerifyAct(damaged, Statement(), kNow),
                StatusIs(absl::StatusCode::kUnauthenticated));
  }
}

TEST_F(ActTest, AForgedExpiredActIsRefusedAsForged) {
  SignedAct act = Signed(kNow - absl::Hours(1));
  act.signature.bytes[0] ^= 1;
  EXPECT_THAT(VerifyAct(act, Statement(), kNow), StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(ActTest, NoPartCanHoldASecondLine) {
  const auto sign = [this](absl::string_view origin, absl::string_view method) {
    ActStatement statement = Statement();
    statement.origin = std::string(origin);
    statement.method = std::string(method);
    return SignAct(key_, statement, kNow);
  };
  for (const auto& [origin, method] : {std::pair{"", "/a.B/C"},
                                       {"un.example/ch8/finance\n/x", "/a.B/C"},
                                       {"un.example ch8", "/a.B/C"},
                                       {"un.example/ch8/finance", ""},
                                       {"un.example/ch8/finance", "a.B/C"},
                                       {"un.example/ch8/finance", "/a.B/C\nx"}}) {
    EXPECT_THAT(sign(origin, method), StatusIs(absl::StatusCode::kInvalidArgument))
        << origin << method;
  }
  EXPECT_THAT(SignAct(key_, Statement(), absl::UnixEpoch()),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(ActTest, MetadataRoundTrips) {
  const SignedAct act = Signed(kNow + absl::Hours(1));
  const absl::StatusOr<SignedAct> read = DecodeSignedAct(EncodeSignedAct(act));
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->public_key, act.public_key);
  EXPECT_EQ(read->not_after_unix_seconds, act.not_after_unix_seconds);
  EXPECT_EQ(read->signature.bytes, act.signature.bytes);
  EXPECT_THAT(VerifyAct(*read, Statement(), kNow), IsOk());
}

TEST_F(ActTest, MalformedMetadataIsRefused) {
  const std::string good = EncodeSignedAct(Signed(kNow + absl::Hours(1)));
  EXPECT_THAT(DecodeSignedAct(""), StatusIs(absl::StatusCode::kInvalidArgument));
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_THAT(DecodeSignedAct(absl::string_view(good).substr(0, size)),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << size;
  }
  EXPECT_THAT(DecodeSignedAct(good + std::string("\x20\x01", 2)),  // Field 4, unknown.
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("unknown fields")));
  EXPECT_THAT(DecodeSignedAct(good + good), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace ch8::trust
