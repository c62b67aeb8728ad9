#include "clients/export/export_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/data.h"
#include "tests/support/shell.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::audit {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::ReadFile;
using ::ch8::testing::RunShell;
using ::ch8::testing::StatusIs;
using ::ch8::testing::TempDir;

std::ptrdiff_t CountIn(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder),
                       std::filesystem::directory_iterator());
}

TEST(ExportFolder, IsThereWholeWhenFinishedAndSha256sumAgrees) {
  const TempDir dir;
  auto folder = ExportFolder::Begin(dir / "out/");
  ASSERT_THAT(folder, IsOk());
  EXPECT_THAT((*folder)->Append("a/b/one", "on"), IsOk());
  EXPECT_THAT((*folder)->Append("empty", ""), IsOk());
  EXPECT_THAT((*folder)->Append("a/b/one", "e"), IsOk());
  EXPECT_FALSE(std::filesystem::exists(dir / "out"));
  ASSERT_THAT((*folder)->Finish(), IsOk());
  EXPECT_EQ(ReadFile(dir / "out/a/b/one"), "one");
  const auto checked =
      RunShell("cd " + (dir / "out") + " && sha256sum --check --strict SHA256SUMS");
  EXPECT_EQ(checked.output, "a/b/one: OK\nempty: OK\n");
  EXPECT_EQ(CountIn(dir.path()), 1);
}

TEST(ExportFolder, LeavesNothingWhenItIsNotFinished) {
  const TempDir dir;
  {
    auto folder = ExportFolder::Begin(dir / "out");
    ASSERT_THAT(folder, IsOk());
    EXPECT_THAT((*folder)->Append("one", "one"), IsOk());
  }
  EXPECT_EQ(CountIn(dir.path()), 0);
}

TEST(ExportFolder, TakesAnEmptyFolderAndNothingElse) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "empty");
  auto folder = ExportFolder::Begin(dir / "empty");
  ASSERT_THAT(folder, IsOk());
  EXPECT_THAT((*folder)->Append("one", "one"), IsOk());
  ASSERT_THAT((*folder)->Finish(), IsOk());
  EXPECT_THAT(ExportFolder::Begin(dir / "empty").status(),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(ExportFolder::Begin(dir / "empty/one").status(),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(ReadFile(dir / "empty/one"), "one");
}

TEST(ExportFolder, ANameTakenMeanwhileIsNotOverwritten) {
  const TempDir dir;
  auto folder = ExportFolder::Begin(dir / "out");
  ASSERT_THAT(folder, IsOk());
  EXPECT_THAT((*folder)->Append("one", "ours"), IsOk());
  std::filesystem::create_directory(dir / "out");
  std::ofstream(dir / "out/one") << "theirs";
  EXPECT_THAT((*folder)->Finish(), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(ReadFile(dir / "out/one"), "theirs");
}

TEST(ExportFolder, NeedsAParent) {
  const TempDir dir;
  EXPECT_THAT(ExportFolder::Begin(dir / "no/out").status(), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace ch8::audit
