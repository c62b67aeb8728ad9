#include "storage/base/ed25519.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using testing::IsOk;
using testing::StatusIs;

// RFC 8032 §7.1, test 2.
TEST(Ed25519Test, MatchesRfc8032) {
  const auto key = SigningKey::FromSeed(
      absl::HexStringToBytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
  ASSERT_THAT(key, IsOk());

  EXPECT_EQ(absl::BytesToHexString(key->public_key().view()),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  EXPECT_EQ(absl::BytesToHexString(key->Sign("\x72").view()),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST(Ed25519Test, RefusesAnotherMessageKeyOrLength) {
  const SigningKey key = SigningKey::Generate();
  const Signature signature = key.Sign("pay");

  EXPECT_TRUE(key.public_key().Verifies("pay", signature));
  EXPECT_FALSE(key.public_key().Verifies("pay twice", signature));
  EXPECT_FALSE(SigningKey::Generate().public_key().Verifies("pay", signature));
  EXPECT_FALSE(key.public_key().Verifies("pay", "short"));
  EXPECT_THAT(PublicKey::FromBytes("short"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(SigningKey::FromSeed("short"), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace ch8
