#include "storage/merkle/log_signers.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;

constexpr char kOrigin[] = "un.example/ch8/finance";

class LogSignersTest : public ::testing::Test {
 protected:
  static std::string Note(uint64_t size, const SigningKey& key) {
    return SignCheckpoint({.origin = kOrigin, .size = size, .root = Sha256("root")}, key).value();
  }
  absl::StatusCode Opened(uint64_t size, const SigningKey& key) const {
    const auto opened = OpenHead(Note(size, key), log_, {});
    EXPECT_EQ(opened.ok() ? opened->checkpoint.size : size, size);
    return opened.status().code();
  }

  const SigningKey first_ = SigningKey::Generate();
  const SigningKey second_ = SigningKey::Generate();
  const SigningKey third_ = SigningKey::Generate();
  const LogSigners log_{
      .origin = kOrigin,
      .keys = {{first_.public_key(), 10}, {second_.public_key(), 20}, {third_.public_key(), 0}}};
};

// One row a size: which of the three keys is believed.
TEST_F(LogSignersTest, EachKeyIsBelievedForItsOwnSizes) {
  constexpr auto kOk = absl::StatusCode::kOk;
  constexpr auto kNot = absl::StatusCode::kUnauthenticated;
  constexpr auto kRevoked = absl::StatusCode::kOutOfRange;
  const struct {
    uint64_t size;
    absl::StatusCode first, second, third;
  } rows[] = {
      {1, kOk, kNot, kNot},          {10, kOk, kNot, kNot},
      {11, kRevoked, kOk, kNot},     {20, kRevoked, kOk, kNot},
      {21, kRevoked, kRevoked, kOk}, {1'000'000, kRevoked, kRevoked, kOk},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Opened(row.size, first_), row.first) << row.size;
    EXPECT_EQ(Opened(row.size, second_), row.second) << row.size;
    EXPECT_EQ(Opened(row.size, third_), row.third) << row.size;
  }
}

TEST_F(LogSignersTest, AKeyThatWasRevokedBeforeItSignedIsBelievedForNothing) {
  const LogSigners log{
      .origin = kOrigin,
      .keys = {{first_.public_key(), 10}, {second_.public_key(), 10}, third_.public_key()}};
  EXPECT_THAT(OpenHead(Note(10, first_), log, {}), IsOk());
  EXPECT_THAT(OpenHead(Note(10, second_), log, {}), StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(OpenHead(Note(11, second_), log, {}), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(OpenHead(Note(11, third_), log, {}), IsOk());
}

TEST_F(LogSignersTest, WhatWasJudgedBeforeMayBeOfAnyKey) {
  EXPECT_THAT(OpenOldHead(Note(15, first_), log_, {}), IsOk());
  EXPECT_THAT(OpenOldHead(Note(15, SigningKey::Generate()), log_, {}),
              StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(OpenOldHead("garbage", log_, {}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(LogSignersTest, StrangersAndGarbageAreNoRevokedKeys) {
  EXPECT_EQ(Opened(15, SigningKey::Generate()), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(OpenHead("garbage", log_, {}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(OpenHead(Note(1, first_), {.origin = kOrigin, .keys = {}}, {}),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

}  // namespace
}  // namespace ch8
