#include "clients/verify/export_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "absl/strings/str_cat.h"
#include "clients/verify/refusal.h"
#include "storage/base/hash.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::verify {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using ::ch8::testing::TempDir;
using ::testing::ElementsAre;

// Two files and their sums.
class ExportFilesTest : public ::testing::Test {
 protected:
  ExportFilesTest() {
    Write("a/one", "one");
    Write("b", "");
    Write("SHA256SUMS",
          absl::StrCat(Sha256("one").ToHex(), "  a/one\n", Sha256("").ToHex(), "  b\n"));
  }
  void Write(const std::string& name, const std::string& content) {
    std::filesystem::create_directories((dir_.path() / name).parent_path());
    std::ofstream(dir_ / name) << content;
  }
  // The file that CheckSums() refuses; "" when it is content.
  std::string Refused() {
    auto files = ExportFiles::List(dir_.path().string());
    const absl::Status status = files.ok() ? files->CheckSums() : files.status();
    const std::optional<Refusal> refusal = RefusalOf(status);
    return refusal.has_value() ? refusal->file : "";
  }

  const TempDir dir_;
};

TEST_F(ExportFilesTest, AllIsAsTheSumsSay) { EXPECT_EQ(Refused(), ""); }

TEST_F(ExportFilesTest, AChangedFileIsNamed) {
  Write("a/one", "onf");
  EXPECT_EQ(Refused(), "a/one");
}

TEST_F(ExportFilesTest, AFileTooManyIsNamed) {
  Write("c", "");
  EXPECT_EQ(Refused(), "c");
}

TEST_F(ExportFilesTest, AMissingFileIsNamed) {
  std::filesystem::remove(dir_.path() / "b");
  EXPECT_EQ(Refused(), "b");
}

TEST_F(ExportFilesTest, ALinkIsNoFile) {
  std::filesystem::create_symlink("b", dir_.path() / "link");
  EXPECT_EQ(Refused(), "link");
}

TEST_F(ExportFilesTest, SumsHaveOneSpelling) {
  std::string sums = absl::StrCat(Sha256("one").ToHex(), "  a/one\n", Sha256("").ToHex(), "  b\n");
  Write("SHA256SUMS", sums + sums);
  EXPECT_EQ(Refused(), "SHA256SUMS");
  sums[0] = 'A';
  Write("SHA256SUMS", sums);
  EXPECT_EQ(Refused(), "SHA256SUMS");
}

TEST_F(ExportFilesTest, WhatNobodyReadDoesNotBelong) {
  auto files = ExportFiles::List(dir_.path().string());
  ASSERT_THAT(files, IsOk());
  ASSERT_THAT(files->CheckSums(), IsOk());
  EXPECT_THAT(files->Expect("a/one", "one"), IsOk());
  EXPECT_EQ(RefusalOf(files->CheckAllRead())->file, "b");
  EXPECT_THAT(files->Read("b"), IsOk());
  EXPECT_THAT(files->CheckAllRead(), IsOk());
  EXPECT_EQ(RefusalOf(files->Expect("a/one", "two"))->file, "a/one");
  EXPECT_THAT(files->TopFolders(), ElementsAre("a"));
  EXPECT_THAT(files->In("a"), ElementsAre("one"));
}

TEST(ExportFiles, ThereMustBeAFolder) {
  const TempDir dir;
  EXPECT_THAT(ExportFiles::List(dir / "none").status(), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace ch8::verify
