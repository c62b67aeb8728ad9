#include "storage/rocks/fail_stop_file_system.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "storage/rocks/fault_file_system.h"
#include "tests/support/temp_dir.h"

namespace ch8::testing {
namespace {

using rocksdb::FileOptions;
using rocksdb::FSWritableFile;
using rocksdb::IOOptions;

std::unique_ptr<FSWritableFile> Begin(rocksdb::FileSystem& system, const std::string& path) {
  std::unique_ptr<FSWritableFile> file;
  EXPECT_TRUE(system.NewWritableFile(path, FileOptions(), &file, nullptr).ok());
  EXPECT_TRUE(file->Append(std::string(1000, 'x'), IOOptions(), nullptr).ok());
  return file;
}

// Of two logs with unsynced records, only the newer may lose any.
TEST(FailStopFileSystemTest, AnOlderLogIsWholeBeforeANewerOneExists) {
  bool newer_lost_some = false;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const TempDir directory;
    const auto disk = std::make_shared<FaultFileSystem>();
    FailStopFileSystem system(disk);
    const auto first = Begin(system, directory / "000001.log");
    const auto second = Begin(system, directory / "000002.log");
    const auto table = Begin(system, directory / "000003.sst");
    disk->DropUnsynced(seed);
    EXPECT_EQ(std::filesystem::file_size(directory / "000001.log"), 1000u);
    newer_lost_some |= !std::filesystem::exists(directory / "000002.log") ||
                       std::filesystem::file_size(directory / "000002.log") < 1000;
  }
  EXPECT_TRUE(newer_lost_some);
}

TEST(FailStopFileSystemTest, NoNewLogWhenTheOldOneCannotBeSynced) {
  const TempDir directory;
  const auto disk = std::make_shared<FaultFileSystem>();
  FailStopFileSystem system(disk);
  const auto first = Begin(system, directory / "000001.log");
  disk->FailOnceAt(1, FaultKind::kError);
  std::unique_ptr<FSWritableFile> second;
  EXPECT_TRUE(system.NewWritableFile(directory / "000002.log", FileOptions(), &second, nullptr)
                  .IsIOError());
  EXPECT_FALSE(std::filesystem::exists(directory / "000002.log"));
}

TEST(FailStopFileSystemTest, ALogThatIsGoneHoldsNothingUp) {
  const TempDir directory;
  FailStopFileSystem system(std::make_shared<FaultFileSystem>());
  Begin(system, directory / "000001.log").reset();
  ASSERT_TRUE(system.DeleteFile(directory / "000001.log", IOOptions(), nullptr).ok());
  EXPECT_NE(Begin(system, directory / "000002.log"), nullptr);
}

TEST(FailStopFileSystemTest, NothingChangesAfterTheFirstFailure) {
  const TempDir directory;
  const auto disk = std::make_shared<FaultFileSystem>();
  FailStopFileSystem system(disk);
  const auto table = Begin(system, directory / "000001.sst");
  EXPECT_TRUE(system.DeleteFile(directory / "absent", IOOptions(), nullptr).IsPathNotFound());
  EXPECT_TRUE(system.health().ok());
  disk->FailOnceAt(1, FaultKind::kError);
  EXPECT_TRUE(table->Sync(IOOptions(), nullptr).IsIOError());
  const uint64_t changes = disk->changes();
  EXPECT_FALSE(system.health().ok());
  EXPECT_FALSE(table->Append("x", IOOptions(), nullptr).ok());
  EXPECT_FALSE(table->Sync(IOOptions(), nullptr).ok());
  EXPECT_FALSE(system.DeleteFile(directory / "000001.sst", IOOptions(), nullptr).ok());
  EXPECT_FALSE(
      system.RenameFile(directory / "000001.sst", directory / "2", IOOptions(), nullptr).ok());
  EXPECT_EQ(disk->changes(), changes);
}

TEST(FailStopFileSystemTest, ALogWithNothingNewIsNotSyncedAgain) {
  const TempDir directory;
  const auto disk = std::make_shared<FaultFileSystem>();
  FailStopFileSystem system(disk);
  const auto log = Begin(system, directory / "000001.log");
  ASSERT_TRUE(log->Sync(IOOptions(), nullptr).ok());
  const uint64_t changes = disk->changes();
  ASSERT_TRUE(log->Sync(IOOptions(), nullptr).ok());
  EXPECT_EQ(disk->changes(), changes);
  ASSERT_TRUE(log->Append("x", IOOptions(), nullptr).ok());
  ASSERT_TRUE(log->Sync(IOOptions(), nullptr).ok());
  EXPECT_EQ(disk->changes(), changes + 2);
}

}  // namespace
}  // namespace ch8::testing
