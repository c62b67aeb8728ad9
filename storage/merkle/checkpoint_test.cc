#include "storage/merkle/checkpoint.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "storage/merkle/cosignature.h"
#include "storage/merkle/tree.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using testing::IsOk;
using testing::StatusIs;

constexpr absl::string_view kOrigin = "un.example/ch8/finance";
constexpr absl::string_view kWitness = "au.example/witness";

SigningKey KeyOf(char seed) {
  return SigningKey::FromSeed(std::string(SigningKey::kSeedSize, seed)).value();
}

Checkpoint CheckpointOfSize(uint64_t size) {
  return {.origin = std::string(kOrigin), .size = size, .root = Sha256("root")};
}

NoteVerifier LogVerifier() { return NoteVerifier::Of(kOrigin, KeyOf('l').public_key()); }

NoteVerifier WitnessVerifier() {
  return NoteVerifier::Of(kWitness, KeyOf('w').public_key(), kNoteCosignatureV1);
}

TEST(CheckpointTest, TextRoundTrips) {
  Checkpoint checkpoint = CheckpointOfSize(0);
  checkpoint.root = EmptyRoot();
  EXPECT_EQ(FormatCheckpoint(checkpoint),
            "un.example/ch8/finance\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
  checkpoint.size = (uint64_t{1} << 63) - 1;
  checkpoint.extension_lines = {"one", "two words"};
  const absl::StatusOr<Checkpoint> parsed = ParseCheckpoint(FormatCheckpoint(checkpoint));
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(*parsed, checkpoint);
}

TEST(CheckpointTest, RefusesWhatIsNoCheckpoint) {
  const std::string root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  for (const std::string& bad : std::vector<std::string>{
           "", "origin\n", "origin\n1\n", "origin\n1\n" + root, "\n1\n" + root + "\n",
           "origin\n\n" + root + "\n", "origin\n01\n" + root + "\n", "origin\n-1\n" + root + "\n",
           "origin\n9223372036854775808\n" + root + "\n", "origin\n1\n\n", "origin\n1\nAAAA\n",
           "origin\n1\n" + root + " \n", "origin\n1\n" + root + "\n\n",
           "origin\n1\n" + root + "\nextension", "origin\r\n1\r\n" + root + "\r\n"}) {
    EXPECT_THAT(ParseCheckpoint(bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

TEST(CheckpointTest, SignsOnlyWhatItsReadersAccept) {
  const SigningKey key = KeyOf('l');
  ASSERT_THAT(SignCheckpoint(CheckpointOfSize(1), key), IsOk());
  Checkpoint nameless = CheckpointOfSize(1);
  nameless.origin = "two words";
  Checkpoint huge = CheckpointOfSize(uint64_t{1} << 63);
  Checkpoint empty_line = CheckpointOfSize(1);
  empty_line.extension_lines = {""};
  Checkpoint two_lines = CheckpointOfSize(1);
  two_lines.extension_lines = {"one\ntwo"};
  Checkpoint control = CheckpointOfSize(1);
  control.extension_lines = {"a\tb"};
  for (const Checkpoint& bad : {nameless, huge, empty_line, two_lines, control}) {
    EXPECT_THAT(SignCheckpoint(bad, key), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST(CheckpointTest, OpensWithItsCosignatures) {
  const Checkpoint checkpoint = CheckpointOfSize(7);
  std::string note = SignCheckpoint(checkpoint, KeyOf('l')).value();
  const std::string text = FormatCheckpoint(checkpoint);
  const absl::Time time = absl::FromUnixSeconds(1'767'225'600) + absl::Milliseconds(900);
  const absl::StatusOr<NoteSignature> cosignature = Cosign(text, kWitness, KeyOf('w'), time);
  ASSERT_THAT(cosignature, IsOk());
  note += FormatNoteSignature(*cosignature);

  const absl::StatusOr<OpenedCheckpoint> opened =
      OpenCheckpoint(note, LogVerifier(), {WitnessVerifier()});

  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->checkpoint, checkpoint);
  EXPECT_EQ(opened->text, text);
  ASSERT_EQ(opened->cosignatures, std::vector<NoteSignature>{*cosignature});
  EXPECT_EQ(CosignatureTime(opened->cosignatures[0]).value(), absl::FromUnixSeconds(1'767'225'600));
  const absl::StatusOr<OpenedCheckpoint> without = OpenCheckpoint(note, LogVerifier(), {});
  ASSERT_THAT(without, IsOk());
  EXPECT_TRUE(without->cosignatures.empty());
}

TEST(CheckpointTest, ACosignatureAloneIsNotTheLogsSignature) {
  const std::string text = FormatCheckpoint(CheckpointOfSize(7));
  const NoteSignature cosignature =
      Cosign(text, kWitness, KeyOf('w'), absl::FromUnixSeconds(1)).value();
  EXPECT_THAT(OpenCheckpoint(FormatNote({text, {cosignature}}), LogVerifier(), {WitnessVerifier()}),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST(CheckpointTest, RefusesAnotherLogsCheckpointUnderThisKey) {
  const std::string text =
      FormatCheckpoint({.origin = "au.example/ch8/finance", .size = 7, .root = Sha256("root")});
  const std::string note = FormatNote({text, {SignNote(text, kOrigin, KeyOf('l'))}});
  EXPECT_THAT(OpenCheckpoint(note, LogVerifier(), {}),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST(CosignatureTest, BindsTimeAndText) {
  const std::string text = FormatCheckpoint(CheckpointOfSize(7));
  const SigningKey key = KeyOf('w');
  const NoteSignature cosignature = Cosign(text, kWitness, key, absl::FromUnixSeconds(5)).value();
  EXPECT_EQ(cosignature.blob.size() + 4, 76u);
  EXPECT_EQ(CosignedMessage(5, text), "cosignature/v1\ntime 5\n" + text);
  EXPECT_TRUE(VerifiesCosignature(key.public_key(), text, cosignature.blob));
  EXPECT_FALSE(VerifiesCosignature(key.public_key(), text + "x\n", cosignature.blob));
  EXPECT_FALSE(VerifiesCosignature(KeyOf('x').public_key(), text, cosignature.blob));
  EXPECT_FALSE(VerifiesCosignature(key.public_key(), text, cosignature.blob + "x"));
  for (size_t i = 0; i < cosignature.blob.size(); ++i) {
    std::string damaged = cosignature.blob;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(VerifiesCosignature(key.public_key(), text, damaged)) << "byte " << i;
  }
}

TEST(CosignatureTest, RefusesTimesAndNamesOutsideTheFormat) {
  const SigningKey key = KeyOf('w');
  EXPECT_THAT(Cosign("text\n", kWitness, key, absl::FromUnixSeconds(-1)),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Cosign("text\n", "a b", key, absl::FromUnixSeconds(1)),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(CosignatureTime({.blob = "\x80" + std::string(71, '\0')}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(CosignatureTime({.blob = std::string(64, '\0')}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace ch8
