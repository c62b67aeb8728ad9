#include "storage/base/hash.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using testing::IsOk;
using testing::StatusIs;

// FIPS 180-4 example digests.
TEST(Sha256Test, MatchesPublishedVectors) {
  EXPECT_EQ(Sha256("").ToHex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256("abc").ToHex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256(std::string(1'000'000, 'a')).ToHex(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, HashesTheConcatenationOfItsParts) {
  EXPECT_EQ(Sha256({"a", "", "bc"}), Sha256("abc"));
}

TEST(HashTest, HexRoundTrips) {
  const Hash hash = Sha256("abc");
  const absl::StatusOr<Hash> parsed = Hash::FromHex(hash.ToHex());
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(*parsed, hash);
}

TEST(HashTest, RefusesWrongLengthsAndDigits) {
  EXPECT_THAT(Hash::FromBytes("short"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Hash::FromHex("00"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Hash::FromHex(std::string(64, 'g')), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace ch8
