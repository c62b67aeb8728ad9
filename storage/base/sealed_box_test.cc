#include "storage/base/sealed_box.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;

TEST(SealedBoxTest, OpensForItsRecipientAlone) {
  const SigningKey owner = SigningKey::Generate();
  const std::string plain(1000, 'p');
  const absl::StatusOr<std::string> sealed = SealBox(owner.public_key(), plain);
  ASSERT_THAT(sealed, IsOk());
  EXPECT_EQ(sealed->size(), plain.size() + kSealedBoxOverhead);
  EXPECT_EQ(sealed->find("pppp"), std::string::npos);
  const absl::StatusOr<std::string> opened = OpenBox(owner, *sealed);
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(*opened, plain);
  EXPECT_THAT(OpenBox(SigningKey::Generate(), *sealed), StatusIs(absl::StatusCode::kDataLoss));
}

TEST(SealedBoxTest, NoTwoBoxesAreAlike) {
  const PublicKey owner = SigningKey::Generate().public_key();
  const absl::StatusOr<std::string> first = SealBox(owner, "");
  ASSERT_THAT(first, IsOk());
  const absl::StatusOr<std::string> second = SealBox(owner, "");
  ASSERT_THAT(second, IsOk());
  EXPECT_NE(*first, *second);
}

TEST(SealedBoxTest, AnAlteredOrShortenedBoxDoesNotOpen) {
  const SigningKey owner = SigningKey::Generate();
  const absl::StatusOr<std::string> sealed = SealBox(owner.public_key(), "entries");
  ASSERT_THAT(sealed, IsOk());
  for (size_t i = 0; i < sealed->size(); ++i) {
    std::string altered = *sealed;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_THAT(OpenBox(owner, altered), StatusIs(absl::StatusCode::kDataLoss)) << i;
    EXPECT_THAT(OpenBox(owner, sealed->substr(0, i)), StatusIs(absl::StatusCode::kDataLoss)) << i;
  }
}

TEST(SealedBoxTest, NothingIsSealedForWhatIsNoPoint) {
  PublicKey low_order;  // The neutral element, all zero but the first byte.
  low_order.bytes[0] = 1;
  EXPECT_THAT(SealBox(low_order, "x"), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace ch8
