#include "clients/export/evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "storage/base/hash.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::audit {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using chapter8::ledger::v1::Evidence;

constexpr char kOrigin[] = "kenya.example/ch8/finance";

LogKeys KeysOf(const SigningKey& key) {
  return {{kOrigin, {.origin = kOrigin, .keys = {key.public_key()}}}};
}

class EvidenceTest : public ::testing::Test {
 protected:
  std::string Head(uint64_t size, const char* root) const {
    return *SignCheckpoint({.origin = kOrigin, .size = size, .root = Sha256(root)}, key_);
  }
  Evidence TwoHistories() const {
    Evidence evidence;
    evidence.set_origin(kOrigin);
    evidence.set_first_note(Head(7, "one"));
    evidence.set_second_note(Head(7, "another"));
    return evidence;
  }
  std::string Write(const Evidence& evidence) const {
    const std::string out = folder_.path() / "evidence";
    EXPECT_THAT(WriteEvidence(out, {evidence}, keys_), IsOk());
    return out;
  }

  const SigningKey key_ = SigningKey::Generate();
  const LogKeys keys_ = KeysOf(key_);
  const ch8::testing::TempDir folder_;
};

TEST_F(EvidenceTest, IsReadAsItWasWritten) {
  const std::string out = Write(TwoHistories());
  const auto read = ReadEvidence(out, keys_);
  ASSERT_THAT(read, IsOk());
  ASSERT_EQ(read->size(), 1u);
  EXPECT_EQ(read->front().SerializeAsString(), TwoHistories().SerializeAsString());
}

TEST_F(EvidenceTest, OfAKeyThatIsNotTrustedIsNone) {
  const std::string out = Write(TwoHistories());
  EXPECT_THAT(ReadEvidence(out, KeysOf(SigningKey::Generate())).status(),
              StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(ReadEvidence(out, LogKeys()).status(), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(EvidenceTest, NoFileOfItCanBeAlteredOrMissing) {
  int files = 0;
  for (const char* name : {"first.pem", "first.note", "first.text", "first.sig", "second.pem",
                           "second.note", "second.text", "second.sig"}) {
    const std::string out = Write(TwoHistories());
    const std::string path = out + "/1/" + name;
    ASSERT_TRUE(std::filesystem::exists(path)) << name;
    std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).put('x');
    EXPECT_FALSE(ReadEvidence(out, keys_).ok()) << name;
    std::filesystem::remove(path);
    EXPECT_THAT(ReadEvidence(out, keys_).status(), StatusIs(absl::StatusCode::kNotFound)) << name;
    std::filesystem::remove_all(out);
    ++files;
  }
  EXPECT_EQ(files, 8);
}

// Two heads by a thief, above the size that the record in force states.
TEST_F(EvidenceTest, AKeyAboveItsSizeConvictsNobody) {
  const SigningKey next = SigningKey::Generate();
  const auto until = [&](uint64_t size) -> LogKeys {
    return {{kOrigin,
             {.origin = kOrigin,
              .keys = {LogKey(key_.public_key(), size), LogKey(next.public_key())}}}};
  };
  EXPECT_THAT(OpenEvidence(TwoHistories(), until(6)).status(),
              StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(ReadEvidence(Write(TwoHistories()), until(6)).status(),
              StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(OpenEvidence(TwoHistories(), until(7)), IsOk());
}

// An owner who revokes a key and signs the same size again with the next one.
TEST_F(EvidenceTest, MayBeOfTwoKeysOfOneLedger) {
  const SigningKey next = SigningKey::Generate();
  const LogKeys keys = {
      {kOrigin,
       {.origin = kOrigin, .keys = {LogKey(key_.public_key(), 7), LogKey(next.public_key())}}}};
  Evidence evidence = TwoHistories();
  evidence.set_second_note(
      *SignCheckpoint({.origin = kOrigin, .size = 7, .root = Sha256("another")}, next));
  const std::string out = folder_.path() / "evidence";
  ASSERT_THAT(WriteEvidence(out, {evidence}, keys), IsOk());
  EXPECT_THAT(ReadEvidence(out, keys).status(), IsOk());
}

TEST_F(EvidenceTest, HeadsThatDoNotContradictEachOtherProveNothing) {
  Evidence grown = TwoHistories();
  grown.set_second_note(Head(8, "another"));
  Evidence same = TwoHistories();
  same.set_second_note(same.first_note());
  for (const Evidence& evidence : {grown, same}) {
    EXPECT_THAT(OpenEvidence(evidence, keys_).status(), StatusIs(absl::StatusCode::kDataLoss));
    EXPECT_THAT(WriteEvidence(folder_.path() / "none", {evidence}, keys_),
                StatusIs(absl::StatusCode::kDataLoss));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "none"));
}

TEST_F(EvidenceTest, AFolderWithoutAnyIsNoProof) {
  EXPECT_THAT(ReadEvidence(folder_.path(), keys_).status(), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace ch8::audit
