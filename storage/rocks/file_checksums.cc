#include "storage/rocks/file_checksums.h"

#include <rocksdb/file_checksum.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "storage/rocks/status.h"

namespace ch8 {
namespace {

constexpr size_t kPieceBytes = 1u << 20;

std::vector<rocksdb::LiveFileMetaData> LiveFiles(rocksdb::DB& db) {
  std::vector<rocksdb::LiveFileMetaData> files;
  db.GetLiveFilesMetaData(&files);
  return files;
}

std::string PathOf(const rocksdb::LiveFileMetaData& file) { return file.db_path + file.name; }

bool IsLive(rocksdb::DB& db, const std::string& path) {
  const std::vector<rocksdb::LiveFileMetaData> files = LiveFiles(db);
  return std::any_of(files.begin(), files.end(),
                     [&](const auto& file) { return PathOf(file) == path; });
}

absl::Status Unreadable(const rocksdb::IOStatus& status, const std::string& path) {
  const absl::Status mapped = FromRocks(status, absl::StrCat("read ", path));
  // A file that is listed and not there is damage, whatever the system calls it.
  return absl::IsNotFound(mapped) ? absl::DataLossError(mapped.message()) : mapped;
}

absl::Status VerifyFile(rocksdb::FileSystem& files, const rocksdb::LiveFileMetaData& file,
                        const std::function<bool(uint64_t bytes)>& go_on) {
  const std::string path = PathOf(file);
  std::unique_ptr<rocksdb::FSSequentialFile> reader;
  rocksdb::IOStatus status =
      files.NewSequentialFile(path, rocksdb::FileOptions(), &reader, /*dbg=*/nullptr);
  if (!status.ok()) return Unreadable(status, path);
  const std::unique_ptr<rocksdb::FileChecksumGenerator> checksum =
      rocksdb::GetFileChecksumGenCrc32cFactory()->CreateFileChecksumGenerator(
          {.file_name = path, .requested_checksum_func_name = file.file_checksum_func_name});
  std::string piece(kPieceBytes, '\0');
  while (true) {
    rocksdb::Slice read;
    status = reader->Read(kPieceBytes, rocksdb::IOOptions(), &read, piece.data(), /*dbg=*/nullptr);
    if (!status.ok()) return Unreadable(status, path);
    if (read.empty()) break;
    checksum->Update(read.data(), read.size());
    if (!go_on(read.size())) return absl::CancelledError("told to end");
  }
  checksum->Finalize();
  if (checksum->GetChecksum() == file.file_checksum) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(path, " has not the checksum it was written with"));
}

}  // namespace

absl::Status VerifyFileChecksums(rocksdb::DB& db,
                                 const std::function<bool(uint64_t bytes)>& go_on) {
  for (const rocksdb::LiveFileMetaData& file : LiveFiles(db)) {
    const absl::Status verified = VerifyFile(*db.GetFileSystem(), file, go_on);
    if (verified.ok()) continue;
    if (!absl::IsDataLoss(verified) || IsLive(db, PathOf(file))) return verified;
  }
  return absl::OkStatus();
}

}  // namespace ch8
