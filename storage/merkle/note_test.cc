#include "storage/merkle/note.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using testing::IsOk;
using testing::StatusIs;

// The example of C2SP signed-note.
constexpr absl::string_view kExampleKey =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr absl::string_view kExampleNote =
    "This is an example message.\n"
    "\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuw"
    "HjG1Yu72IneyaQM=\n";

SigningKey KeyOf(char seed) {
  return SigningKey::FromSeed(std::string(SigningKey::kSeedSize, seed)).value();
}

std::string NoteOf(absl::string_view text, std::vector<NoteSignature> signatures) {
  return FormatNote({std::string(text), std::move(signatures)});
}

TEST(NoteTest, OpensTheSpecificationsExample) {
  const absl::StatusOr<NoteVerifier> verifier = NoteVerifier::Parse(kExampleKey);
  ASSERT_THAT(verifier, IsOk());
  EXPECT_EQ(verifier->name, "example.com/foo");
  EXPECT_EQ(verifier->key_id(), 0x530d903au);
  EXPECT_EQ(verifier->Format(), kExampleKey);

  const absl::StatusOr<OpenedNote> opened = OpenNote(kExampleNote, {*verifier});
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->text, "This is an example message.\n");
  ASSERT_EQ(opened->verified.size(), 1u);
  EXPECT_TRUE(opened->unknown.empty());

  const absl::StatusOr<Note> parsed = ParseNote(kExampleNote);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(FormatNote(*parsed), kExampleNote);
}

TEST(NoteTest, EveryFlippedBitIsRefused) {
  const NoteVerifier verifier = NoteVerifier::Parse(kExampleKey).value();
  for (size_t i = 0; i < kExampleNote.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged(kExampleNote);
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      EXPECT_FALSE(OpenNote(damaged, {verifier}).ok()) << "byte " << i << " bit " << bit;
    }
  }
}

TEST(NoteTest, SplitsAtTheLastBlankLine) {
  const SigningKey key = KeyOf('k');
  const std::string text = "one\n\ntwo\n\n— not a signature\n";
  const std::string note = NoteOf(text, {SignNote(text, "signer", key)});

  const absl::StatusOr<OpenedNote> opened =
      OpenNote(note, {NoteVerifier::Of("signer", key.public_key())});

  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->text, text);
}

TEST(NoteTest, IgnoresUnknownKeysEvenOfAKnownNameOrId) {
  const SigningKey ours = KeyOf('o');
  const SigningKey other = KeyOf('x');
  const std::string text = "text\n";
  const NoteSignature good = SignNote(text, "us", ours);
  const NoteSignature same_name = SignNote(text, "us", other);
  NoteSignature same_id = good;
  same_id.name = "them";
  const NoteVerifier verifier = NoteVerifier::Of("us", ours.public_key());

  const absl::StatusOr<OpenedNote> opened =
      OpenNote(NoteOf(text, {same_name, good, same_id}), {verifier});

  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->verified, std::vector<NoteSignature>{good});
  EXPECT_EQ(opened->unknown, (std::vector<NoteSignature>{same_name, same_id}));
  EXPECT_THAT(OpenNote(NoteOf(text, {same_name, same_id}), {verifier}),
              StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(OpenNote(NoteOf(text, {good}), {}), StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST(NoteTest, AKnownKeyThatFailsRejectsTheNote) {
  const SigningKey first = KeyOf('1');
  const SigningKey second = KeyOf('2');
  const std::string text = "text\n";
  NoteSignature bad = SignNote("other\n", "second", second);
  const std::vector<NoteVerifier> both = {NoteVerifier::Of("first", first.public_key()),
                                          NoteVerifier::Of("second", second.public_key())};
  const std::string note = NoteOf(text, {SignNote(text, "first", first), bad});

  EXPECT_THAT(OpenNote(note, both), StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(OpenNote(note, {both[0]}), IsOk());

  bad.blob = "short";
  EXPECT_THAT(OpenNote(NoteOf(text, {SignNote(text, "first", first), bad}), both),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST(NoteTest, CountsAKeyOnceAndWantsKeysApart) {
  const SigningKey key = KeyOf('k');
  const std::string text = "text\n";
  const NoteSignature signature = SignNote(text, "us", key);
  const NoteVerifier verifier = NoteVerifier::Of("us", key.public_key());

  const absl::StatusOr<OpenedNote> opened =
      OpenNote(NoteOf(text, {signature, signature}), {verifier});

  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->verified.size(), 1u);
  EXPECT_THAT(OpenNote(NoteOf(text, {signature}), {verifier, verifier}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(NoteTest, CarriesSignatureTypesItCannotCheck) {
  const SigningKey key = KeyOf('k');
  const std::string text = "text\n";
  NoteVerifier later{.name = "witness", .type = 0x06, .key = std::string(1312, 'm')};
  const absl::StatusOr<NoteVerifier> parsed = NoteVerifier::Parse(later.Format());
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(*parsed, later);
  EXPECT_FALSE(later.CanVerify());
  const NoteSignature unchecked{
      .name = "witness", .key_id = later.key_id(), .blob = std::string(2428, 's')};
  const NoteVerifier ours = NoteVerifier::Of("us", key.public_key());

  const absl::StatusOr<OpenedNote> opened =
      OpenNote(NoteOf(text, {unchecked, SignNote(text, "us", key)}), {ours, later});

  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->unknown, std::vector<NoteSignature>{unchecked});
  EXPECT_THAT(OpenNote(NoteOf(text, {unchecked}), {later}),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST(NoteTest, RefusesWhatIsNoNote) {
  const std::string line = "— name AAAAAAA=\n";
  ASSERT_THAT(ParseNote("text\n\n" + line), IsOk());
  ASSERT_THAT(ParseNote("\n\n" + line), IsOk());
  for (const std::string& bad : std::vector<std::string>{
           "",
           "text\n",
           "text\n\n",
           "text" + line,
           "text\n" + line,
           "text\n\n" + line + "\n",
           "text\n\n" + line.substr(0, line.size() - 1),
           "text\n\n" + line + "text\n",
           "te\txt\n\n" + line,
           "text\r\n\n" + line,
           std::string("te\0xt\n\n", 7) + line,
           "te\xFFxt\n\n" + line,
           "text\n\n- name AAAAAAA=\n",
           "text\n\n—name AAAAAAA=\n",
           "text\n\n— name\n",
           "text\n\n— AAAAAAA=\n",
           "text\n\n—  AAAAAAA=\n",
           "text\n\n— na+me AAAAAAA=\n",
           "text\n\n— na\xC2\xA0me AAAAAAA=\n",
           "text\n\n— name  AAAAAAA=\n",
           "text\n\n— name AAAAAAA= \n",
           "text\n\n— name AAAAAA==\n",
           "text\n\n— name AAAAAAA\n",
           "text\n\n— name AAAAAAB=\n",
       }) {
    EXPECT_THAT(ParseNote(bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

TEST(NoteTest, HasLimits) {
  const std::string line = "— name AAAAAAA=\n";
  std::string note = "text\n\n";
  for (size_t count = 0; count < kNoteSignaturesMax; ++count) note += line;
  EXPECT_THAT(ParseNote(note), IsOk());
  EXPECT_THAT(ParseNote(note + line), StatusIs(absl::StatusCode::kInvalidArgument));

  const std::string end = absl::StrCat("\n\n", line);
  const std::string largest = std::string(kNoteSizeMax - end.size(), 'x') + end;
  EXPECT_THAT(ParseNote(largest), IsOk());
  EXPECT_THAT(ParseNote("x" + largest), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(NoteVerifierTest, RefusesWhatIsNoVerifierKey) {
  for (const std::string& bad : std::vector<std::string>{
           "",
           "name",
           "name+530d903a",
           "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
           "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
           "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
           "example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
           "example.com/fo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
           "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
           "example.com/foo+530d903a+AQ==",
           "example.com/foo+530d903a+",
           NoteVerifier{.name = "short", .type = kNoteEd25519, .key = "x"}.Format(),
           NoteVerifier{.name = "a b", .type = 9, .key = "x"}.Format(),
       }) {
    EXPECT_THAT(NoteVerifier::Parse(bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

TEST(KeyNameTest, HoldsNoSpacesPlusOrControlCharacters) {
  for (const char* good : {"a", "un.example/ch8/finance", "généve", "\xF0\x9F\x95\x8A"}) {
    EXPECT_TRUE(IsValidKeyName(good)) << good;
  }
  for (const char* bad : {"", " ", "a b", "a+b", "a\nb", "a\x01", "a\xC2\x85", "a\xE2\x80\x83",
                          "a\xE3\x80\x80", "\xFF"}) {
    EXPECT_FALSE(IsValidKeyName(bad)) << bad;
  }
}

}  // namespace
}  // namespace ch8
