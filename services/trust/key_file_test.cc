#include "services/trust/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/trust/files.h"
#include "services/trust/openssl_tool.h"
#include "tests/support/data.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::trust {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::ReadFile;
using ::ch8::testing::StatusIs;
using ::ch8::testing::TempDir;
using ::testing::HasSubstr;

mode_t ModeOf(const std::string& path) {
  struct stat facts;
  return ::stat(path.c_str(), &facts) == 0 ? facts.st_mode & 07777 : 0;
}

size_t FilesIn(const TempDir& dir) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    count += entry.exists() ? 1 : 0;
  }
  return count;
}

// RFC 8410 §10.3 and §10.1: a private key and the public key that goes with it.
constexpr char kRfcPrivate[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n";
constexpr char kRfcPublic[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
    "-----END PUBLIC KEY-----\n";

TEST(KeyFileTest, TheKeysOfRfc8410ReadAndWriteByteForByte) {
  const absl::StatusOr<SigningKey> key = DecodeSigningKey(kRfcPrivate);
  const absl::StatusOr<PublicKey> public_key = DecodePublicKey(kRfcPublic);
  ASSERT_THAT(key, IsOk());
  ASSERT_THAT(public_key, IsOk());
  EXPECT_EQ(key->public_key(), *public_key);
  EXPECT_EQ(EncodeSigningKey(*key), kRfcPrivate);
  EXPECT_EQ(EncodePublicKey(*public_key), kRfcPublic);
}

TEST(KeyFileTest, AWrittenKeyIsPrivateAndReadsBack) {
  const TempDir dir;
  const SigningKey key = SigningKey::Generate();
  ASSERT_THAT(WriteSigningKey(dir / "root.key", key), IsOk());
  EXPECT_EQ(ModeOf(dir / "root.key"), 0600u);
  const absl::StatusOr<SigningKey> read = ReadSigningKey(dir / "root.key");
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->public_key(), key.public_key());
  EXPECT_EQ(FilesIn(dir), 1u) << "a draft was left behind";
}

TEST(KeyFileTest, OpensslReadsAndSignsWithOurKeyAndWeWithItsKey) {
  const TempDir dir;
  const SigningKey key = SigningKey::Generate();
  ASSERT_THAT(WriteSigningKey(dir / "our.key", key), IsOk());
  const testing::ToolResult text =
      testing::RunOpenssl(absl::StrCat("pkey -in ", dir / "our.key", " -pubout"));
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_EQ(text.output, EncodePublicKey(key.public_key()));

  testing::WriteFile(dir / "message", "to be signed");
  const testing::ToolResult signing =
      testing::RunOpenssl(absl::StrCat("pkeyutl -sign -rawin -inkey ", dir / "our.key", " -in ",
                                       dir / "message", " -out ", dir / "signature"));
  ASSERT_EQ(signing.exit_code, 0) << signing.output;
  EXPECT_TRUE(
      key.public_key().Verifies("to be signed", absl::string_view(ReadFile(dir / "signature"))));

  ASSERT_EQ(testing::RunOpenssl("genpkey -algorithm ed25519 -out " + (dir / "its.key")).exit_code,
            0);
  ASSERT_EQ(::chmod((dir / "its.key").c_str(), 0400), 0);
  EXPECT_THAT(ReadSigningKey(dir / "its.key"), IsOk());
}

TEST(KeyFileTest, AKeyOpenToOthersIsRefusedWithTheCommandThatClosesIt) {
  const TempDir dir;
  ASSERT_THAT(WriteSigningKey(dir / "log.key", SigningKey::Generate()), IsOk());
  for (mode_t mode : {0644, 0640, 0604, 0620, 0660, 0601}) {
    ASSERT_EQ(::chmod((dir / "log.key").c_str(), mode), 0);
    EXPECT_THAT(ReadSigningKey(dir / "log.key"),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         HasSubstr("chmod 600 " + (dir / "log.key"))))
        << std::oct << mode;
  }
  ASSERT_EQ(::chmod((dir / "log.key").c_str(), 0400), 0);
  EXPECT_THAT(ReadSigningKey(dir / "log.key"), IsOk());
}

TEST(KeyFileTest, OtherKeysAndOtherFilesAreRefused) {
  const TempDir dir;
  const std::string p256 =
      testing::RunOpenssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256").output;
  const std::string locked =
      testing::RunOpenssl("genpkey -algorithm ed25519 -aes256 -pass pass:secret").output;
  ASSERT_THAT(locked, HasSubstr("ENCRYPTED"));
  for (const std::string& text : {std::string(), std::string("no PEM"), p256, locked,
                                  std::string(kRfcPublic), std::string(kRfcPrivate, 100)}) {
    EXPECT_THAT(DecodeSigningKey(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
  EXPECT_THAT(DecodePublicKey(kRfcPrivate), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadSigningKey(dir / "absent"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(ReadSigningKey(dir.path().string()), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadPublicKey("/dev/zero"), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(FilesTest, AFileIsReplacedWholeAndKeepsItsMode) {
  const TempDir dir;
  ASSERT_THAT(WriteFileAtomically(dir / "f", std::string(100'000, 'a'), kPublicMode), IsOk());
  ASSERT_THAT(WriteFileAtomically(dir / "f", "short", kPrivateMode), IsOk());
  EXPECT_EQ(ReadFile(dir / "f"), "short");
  EXPECT_EQ(ModeOf(dir / "f"), 0600u);
  EXPECT_EQ(FilesIn(dir), 1u);
}

TEST(FilesTest, AFailedWriteLeavesNothingAndTheOldFile) {
  const TempDir dir;
  EXPECT_THAT(WriteFileAtomically(dir / "absent/f", "x", kPublicMode),
              StatusIs(absl::StatusCode::kNotFound));
  std::filesystem::create_directory(dir.path() / "folder");
  testing::WriteFile(dir / "folder/inside", "x");
  EXPECT_FALSE(WriteFileAtomically(dir / "folder", "x", kPublicMode).ok());
  EXPECT_EQ(FilesIn(dir), 1u);
  EXPECT_THAT(ReadSmallFile(dir / "folder/inside"), IsOk());
}

TEST(FilesTest, AFileAboveTheLimitIsRefused) {
  const TempDir dir;
  testing::WriteFile(dir / "at", std::string(kSmallFileSizeMax, 'a'));
  testing::WriteFile(dir / "above", std::string(kSmallFileSizeMax + 1, 'a'));
  EXPECT_THAT(ReadSmallFile(dir / "at"), IsOk());
  EXPECT_THAT(ReadSmallFile(dir / "above"), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace ch8::trust
