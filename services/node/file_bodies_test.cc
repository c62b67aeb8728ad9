#include "services/node/file_bodies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <barrier>
#include <filesystem>
#include <thread>

#include "absl/strings/match.h"
#include "services/trust/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::node {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;

constexpr absl::string_view kCanary = "a-named-source-saw-it";

class FileBodiesTest : public ::testing::Test {
 protected:
  std::unique_ptr<FileBodies> Open() {
    auto opened = FileBodies::Open(folders_);
    EXPECT_THAT(opened, IsOk());
    return *std::move(opened);
  }
  std::string BodyFile() const { return folders_.bodies + "/" + body_.digest.ToHex(); }
  std::string KeyFile() const { return folders_.keys + "/" + body_.digest.ToHex(); }

  const testing::TempDir directory_;
  const FileBodies::Folders folders_ = {.bodies = directory_ / "information/bodies",
                                        .keys = directory_ / "body-keys/information"};
  const kernel::Body body_ = kernel::MakeBody(Sha256("salt"), kCanary);
};

TEST_F(FileBodiesTest, ABodyOutlivesTheProgramAndIsNotReadableOnDisk) {
  ASSERT_THAT(Open()->Put(body_), IsOk());
  const auto reopened = Open();
  const auto bytes = reopened->Get(body_.digest);
  ASSERT_THAT(bytes, IsOk());
  EXPECT_EQ(*kernel::ContentOf(body_.digest, *bytes), kCanary);
  EXPECT_FALSE(absl::StrContains(*trust::ReadSmallFile(BodyFile()), kCanary));
  for (const std::string& path : {BodyFile(), KeyFile()}) {
    struct stat status = {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << path;
  }
}

TEST_F(FileBodiesTest, ErasingRemovesKeyAndBody) {
  const auto bodies = Open();
  ASSERT_THAT(bodies->Put(body_), IsOk());
  ASSERT_THAT(bodies->Erase(body_.digest), IsOk());
  EXPECT_FALSE(std::filesystem::exists(KeyFile()));
  EXPECT_FALSE(std::filesystem::exists(BodyFile()));
  EXPECT_FALSE(bodies->Has(body_.digest));
  EXPECT_THAT(bodies->Get(body_.digest), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(bodies->Erase(Sha256("never there")), IsOk());
}

// A hard link is what a snapshot of the folder would keep.
TEST_F(FileBodiesTest, ErasingOverwritesWhatLiesThere) {
  const auto bodies = Open();
  ASSERT_THAT(bodies->Put(body_), IsOk());
  const std::string key = *trust::ReadSmallFile(KeyFile());
  const std::string kept_key = directory_ / "kept-key";
  std::filesystem::create_hard_link(KeyFile(), kept_key);
  ASSERT_THAT(bodies->Erase(body_.digest), IsOk());
  EXPECT_EQ(trust::ReadSmallFile(kept_key)->size(), key.size());
  EXPECT_NE(*trust::ReadSmallFile(kept_key), key);
}

TEST_F(FileBodiesTest, ABackupWithoutKeysHoldsNothingThatWasErased) {
  const auto bodies = Open();
  ASSERT_THAT(bodies->Put(body_), IsOk());
  const std::string copy = *trust::ReadSmallFile(BodyFile());
  ASSERT_THAT(bodies->Erase(body_.digest), IsOk());
  ASSERT_THAT(trust::WriteFileAtomically(BodyFile(), copy, trust::kPrivateMode), IsOk());
  EXPECT_THAT(bodies->Get(body_.digest), StatusIs(absl::StatusCode::kNotFound));
  // Nor does another key open it; and whose key is lost is not fetched and stored again.
  EXPECT_TRUE(bodies->Has(body_.digest));
  ASSERT_THAT(bodies->Put(body_), IsOk());
  EXPECT_THAT(bodies->Get(body_.digest), StatusIs(absl::StatusCode::kNotFound));
  ASSERT_THAT(trust::WriteFileAtomically(KeyFile(), std::string(32, 'k'), trust::kPrivateMode),
              IsOk());
  EXPECT_THAT(bodies->Get(body_.digest), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(FileBodiesTest, ACrashBetweenKeyAndBodyIsMendedByTheNextTry) {
  const auto bodies = Open();
  ASSERT_THAT(trust::WriteFileAtomically(KeyFile(), std::string(32, 'k'), trust::kPrivateMode),
              IsOk());
  EXPECT_FALSE(bodies->Has(body_.digest));
  EXPECT_THAT(bodies->Get(body_.digest), StatusIs(absl::StatusCode::kNotFound));
  ASSERT_THAT(bodies->Put(body_), IsOk());
  EXPECT_THAT(bodies->Get(body_.digest), IsOk());
}

// A crash between body and commit leaves a body that no entry names.
TEST_F(FileBodiesTest, WhatIsNotNamedIsSweptAway) {
  const auto bodies = Open();
  const kernel::Body orphan = kernel::MakeBody(Sha256("salt"), "an entry that never came");
  const kernel::Body keyless = kernel::MakeBody(Sha256("salt"), "its key is lost");
  for (const kernel::Body& body : {body_, orphan, keyless}) {
    ASSERT_THAT(bodies->Put(body), IsOk());
  }
  std::filesystem::remove(folders_.keys + "/" + keyless.digest.ToHex());
  const std::string other = folders_.bodies + "/README";
  ASSERT_THAT(trust::WriteFileAtomically(other, "no body", trust::kPrivateMode), IsOk());
  ASSERT_THAT(bodies->Sweep([&](const Hash& digest) { return digest != orphan.digest; }), IsOk());
  EXPECT_FALSE(bodies->Has(orphan.digest));
  EXPECT_FALSE(std::filesystem::exists(folders_.keys + "/" + orphan.digest.ToHex()));
  EXPECT_THAT(bodies->Get(body_.digest), IsOk());
  EXPECT_TRUE(bodies->Has(keyless.digest)) << "or it would be fetched again";
  EXPECT_TRUE(std::filesystem::exists(other));
}

// The sequencer stores what is filed while the federation stores what it has fetched.
TEST_F(FileBodiesTest, TwoCallersAtOnceLeaveABodyWithItsOwnKey) {
  constexpr int kRounds = 40;
  constexpr int kCallers = 4;
  const auto bodies = Open();
  for (int round = 0; round < kRounds; ++round) {
    const kernel::Body body = kernel::MakeBody(Sha256(std::to_string(round)), kCanary);
    std::barrier start(kCallers);
    std::vector<std::thread> callers;
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&] {
        start.arrive_and_wait();
        EXPECT_THAT(bodies->Put(body), IsOk());
      });
    }
    for (std::thread& caller : callers) caller.join();
    ASSERT_THAT(bodies->Get(body.digest), IsOk()) << round;
  }
}

TEST_F(FileBodiesTest, DamageAndExchangedFilesAreNoticed) {
  const auto bodies = Open();
  const kernel::Body other = kernel::MakeBody(Sha256("salt"), "another");
  ASSERT_THAT(bodies->Put(body_), IsOk());
  ASSERT_THAT(bodies->Put(other), IsOk());
  const std::string good = *trust::ReadSmallFile(BodyFile());
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    ASSERT_THAT(trust::WriteFileAtomically(BodyFile(), bad, trust::kPrivateMode), IsOk());
    ASSERT_THAT(bodies->Get(body_.digest), StatusIs(absl::StatusCode::kDataLoss)) << i;
  }
  for (const std::string& folder : {folders_.bodies, folders_.keys}) {
    std::filesystem::copy_file(folder + "/" + other.digest.ToHex(),
                               folder + "/" + body_.digest.ToHex(),
                               std::filesystem::copy_options::overwrite_existing);
  }
  EXPECT_THAT(bodies->Get(body_.digest), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(FileBodiesTest, ACheckNamesWhatIsDamagedOrHalfGone) {
  const auto bodies = Open();
  const kernel::Body other = kernel::MakeBody(Sha256("salt"), "another");
  ASSERT_THAT(bodies->Put(body_), IsOk());
  ASSERT_THAT(bodies->Put(other), IsOk());
  const auto all = [](const Hash&) { return true; };
  EXPECT_THAT(bodies->Check(all), IsOk());
  for (const std::string& path : {BodyFile(), KeyFile()}) {
    const std::string good = *trust::ReadSmallFile(path);
    ASSERT_THAT(trust::WriteFileAtomically(path, "damaged", trust::kPrivateMode), IsOk());
    EXPECT_THAT(bodies->Check(all), StatusIs(absl::StatusCode::kDataLoss)) << path;
    std::filesystem::remove(path);
    const absl::Status gone = bodies->Check(all);
    EXPECT_THAT(gone, StatusIs(absl::StatusCode::kDataLoss)) << path;
    EXPECT_THAT(std::string(gone.message()), ::testing::HasSubstr(body_.digest.ToHex()));
    EXPECT_THAT(bodies->Check([&](const Hash& digest) { return digest == other.digest; }), IsOk());
    ASSERT_THAT(trust::WriteFileAtomically(path, good, trust::kPrivateMode), IsOk());
    EXPECT_THAT(bodies->Check(all), IsOk());
  }
  // Neither here: not fetched yet.
  std::filesystem::remove(BodyFile());
  std::filesystem::remove(KeyFile());
  EXPECT_THAT(bodies->Check(all), IsOk());
}

}  // namespace
}  // namespace ch8::node
