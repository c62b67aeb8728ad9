#include "clients/verify/trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace ch8::verify {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using ::testing::ElementsAre;

std::string NoteOf(const std::string& origin, uint64_t size, const SigningKey& key) {
  return *SignCheckpoint({.origin = origin, .size = size, .root = Sha256("root")}, key);
}
std::string VkeyOf(const std::string& origin, const SigningKey& key) {
  return NoteVerifier::Of(origin, key.public_key()).Format();
}

constexpr char kUn[] = "un.example/ch8/finance";
constexpr char kAu[] = "au.example/ch8/finance";

TEST(Trust, ReadsOneKeyALine) {
  const SigningKey key = SigningKey::Generate();
  const auto keys = ParseLogSigners(
      absl::StrCat("# of the UN\n", VkeyOf(kUn, key), "\n\n", VkeyOf(kAu, key), "\n"));
  ASSERT_THAT(keys, IsOk());
  EXPECT_EQ(keys->size(), 2U);
  EXPECT_EQ(keys->at(kUn).keys, std::vector<LogKey>{key.public_key()});
}

TEST(Trust, ReadsFormerKeysWithTheirSizes) {
  const SigningKey first = SigningKey::Generate();
  const SigningKey second = SigningKey::Generate();
  const std::string old_line = VkeyOf(kUn, first) + " 90\n";
  const std::string line = VkeyOf(kUn, second) + "\n";
  const auto keys = ParseLogSigners(old_line + line);
  ASSERT_THAT(keys, IsOk());
  EXPECT_EQ(keys->at(kUn).keys,
            (std::vector<LogKey>{{first.public_key(), 90}, second.public_key()}));
  EXPECT_THAT(OpenTrusted(NoteOf(kUn, 90, first), *keys), IsOk());
  EXPECT_THAT(OpenTrusted(NoteOf(kUn, 91, first), *keys), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(OpenTrusted(NoteOf(kUn, 91, second), *keys), IsOk());
  const std::string smaller = VkeyOf(kUn, second) + " 80\n";
  for (const std::string& text : {line + old_line, old_line + smaller, VkeyOf(kUn, first) + " 0\n",
                                  VkeyOf(kUn, first) + " x\n", VkeyOf(kUn, first) + " 90 91\n"}) {
    EXPECT_THAT(ParseLogSigners(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

TEST(Trust, RefusesWhatIsNoKeyOrTwoOfOneLedger) {
  const std::string line = VkeyOf(kUn, SigningKey::Generate()) + "\n";
  EXPECT_THAT(ParseLogSigners(line + line), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseLogSigners("un.example\n"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseLogSigners(line.substr(0, line.size() - 1)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(Trust, OpensOnlyWhatTheNamedLedgersKeySigned) {
  const SigningKey key = SigningKey::Generate();
  const SigningKey other = SigningKey::Generate();
  const TrustedKeys keys = *ParseLogSigners(VkeyOf(kUn, key) + "\n");
  EXPECT_EQ(OpenTrusted(NoteOf(kUn, 7, key), keys)->size, 7U);
  EXPECT_THAT(OpenTrusted(NoteOf(kAu, 7, key), keys), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(OpenTrusted(NoteOf(kUn, 7, other), keys),
              StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(OpenTrusted("7\n", keys), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(Notes, AreSplitAtEmptyLinesAfterSignatures) {
  const SigningKey key = SigningKey::Generate();
  const std::string first = NoteOf(kUn, 7, key);
  const std::string second = NoteOf(kAu, 9, key) + "— witness AAAAAAAA\n";
  EXPECT_THAT(*SplitNotes(first), ElementsAre(first));
  EXPECT_THAT(*SplitNotes(absl::StrCat(first, "\n", second)), ElementsAre(first, second));
  EXPECT_THAT(*SplitNotes(absl::StrCat(first, "\n", second, "\n", first)),
              ElementsAre(first, second, first));
}

TEST(Notes, ThatDoNotParseAreNotGuessed) {
  const std::string note = NoteOf(kUn, 7, SigningKey::Generate());
  EXPECT_FALSE(SplitNotes(absl::StrCat(note, "\n\n", note)).ok());
  EXPECT_FALSE(SplitNotes(absl::StrCat(note, "text")).ok());
  EXPECT_FALSE(SplitNotes("text\n").ok());
}

}  // namespace
}  // namespace ch8::verify
