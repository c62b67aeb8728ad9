#include "storage/rocks/fault_file_system.h"

#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/base/hash.h"

namespace ch8::testing {

using rocksdb::FSDirectory;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class FaultFileSystem::WritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WritableFile(FaultFileSystem& system, std::string path, std::unique_ptr<FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), system_(system), path_(std::move(path)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* dbg) override {
    if (const std::optional<FaultKind> fault = system_.Count()) {
      if (*fault != FaultKind::kError) {
        const Slice half(data.data(), data.size() / 2);
        if (target()->Append(half, options, dbg).ok()) system_.Appended(path_, half.size());
      }
      return Error(*fault);
    }
    const IOStatus status = target()->Append(data, options, dbg);
    if (status.ok()) system_.Appended(path_, data.size());
    return status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* dbg) override {
    return Append(data, options, dbg);
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    if (const std::optional<FaultKind> fault = system_.Count()) return Error(*fault);
    system_.Synced(path_);
    return IOStatus::OK();
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    return Sync(options, dbg);
  }
  // Neither makes anything durable.
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  FaultFileSystem& system_;
  const std::string path_;
};

class FaultFileSystem::Directory final : public rocksdb::FSDirectoryWrapper {
 public:
  Directory(FaultFileSystem& system, std::string path, std::unique_ptr<FSDirectory> directory)
      : FSDirectoryWrapper(std::move(directory)), system_(system), path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    if (const std::optional<FaultKind> fault = system_.Count()) return Error(*fault);
    system_.FolderSynced(path_);
    return IOStatus::OK();
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* dbg,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, dbg);
  }

 private:
  FaultFileSystem& system_;
  const std::string path_;
};

FaultFileSystem::FaultFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

void FaultFileSystem::FailAt(uint64_t n, FaultKind kind) {
  std::lock_guard<std::mutex> lock(mutex_);
  changes_ = 0;
  fail_at_ = n;
  kind_ = kind;
  once_ = false;
  failed_ = false;
}

void FaultFileSystem::FailOnceAt(uint64_t n, FaultKind kind) {
  FailAt(n, kind);
  std::lock_guard<std::mutex> lock(mutex_);
  once_ = true;
}

void FaultFileSystem::Die() { FailAt(1, FaultKind::kError); }

void FaultFileSystem::Heal() { FailAt(0, FaultKind::kError); }

uint64_t FaultFileSystem::changes() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return changes_;
}

bool FaultFileSystem::failed() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return failed_;
}

void FaultFileSystem::set_free_space(std::optional<uint64_t> bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  free_space_ = bytes;
}

std::optional<FaultKind> FaultFileSystem::Count() {
  std::lock_guard<std::mutex> lock(mutex_);
  ++changes_;
  if (fail_at_ == 0 || changes_ < fail_at_ || (once_ && changes_ > fail_at_)) return std::nullopt;
  failed_ = true;
  return kind_;
}

IOStatus FaultFileSystem::Error(FaultKind kind) {
  if (kind == FaultKind::kNoSpace) return IOStatus::NoSpace("injected: no space left on device");
  return IOStatus::IOError("injected fault");
}

void FaultFileSystem::Appended(const std::string& path, uint64_t bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  files_[path].size += bytes;
}

void FaultFileSystem::Synced(const std::string& path) {
  std::lock_guard<std::mutex> lock(mutex_);
  files_[path].synced_size = files_[path].size;
}

void FaultFileSystem::FolderSynced(const std::string& path) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (auto& [file, state] : files_) {
    if (std::filesystem::path(file).parent_path() == std::filesystem::path(path)) {
      state.folder_synced = true;
    }
  }
}

void FaultFileSystem::DropUnsynced(uint64_t seed) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [path, state] : files_) {
    if (!std::filesystem::exists(path)) continue;
    const Hash chance =
        Sha256(absl::StrCat(seed, " ", std::filesystem::path(path).filename().string()));
    ByteReader draw(chance.view());
    if (!state.folder_synced && state.synced_size == 0 && draw.ReadU8() % 2 == 0) {
      std::filesystem::remove(path);
      continue;
    }
    const uint64_t unsynced = state.size - state.synced_size;
    const uint64_t kept = draw.ReadU64() % (unsynced + 1);
    std::filesystem::resize_file(path, state.synced_size + kept);
  }
  files_.clear();
}

IOStatus FaultFileSystem::NewWritableFile(const std::string& path,
                                          const rocksdb::FileOptions& options,
                                          std::unique_ptr<FSWritableFile>* result,
                                          IODebugContext* dbg) {
  if (const std::optional<FaultKind> fault = Count()) return Error(*fault);
  std::unique_ptr<FSWritableFile> file;
  const IOStatus status = target()->NewWritableFile(path, options, &file, dbg);
  if (!status.ok()) return status;
  *result = std::make_unique<WritableFile>(*this, path, std::move(file));
  std::lock_guard<std::mutex> lock(mutex_);
  files_[path] = FileState{};
  return status;
}

IOStatus FaultFileSystem::ReopenWritableFile(const std::string& path,
                                             const rocksdb::FileOptions& options,
                                             std::unique_ptr<FSWritableFile>* result,
                                             IODebugContext* dbg) {
  if (const std::optional<FaultKind> fault = Count()) return Error(*fault);
  std::unique_ptr<FSWritableFile> file;
  const IOStatus status = target()->ReopenWritableFile(path, options, &file, dbg);
  if (!status.ok()) return status;
  *result = std::make_unique<WritableFile>(*this, path, std::move(file));
  std::lock_guard<std::mutex> lock(mutex_);
  if (!files_.contains(path)) {
    const uint64_t size = std::filesystem::file_size(path);
    files_[path] = {.size = size, .synced_size = size, .folder_synced = true};
  }
  return status;
}

IOStatus FaultFileSystem::NewDirectory(const std::string& path, const IOOptions& options,
                                       std::unique_ptr<FSDirectory>* result, IODebugContext* dbg) {
  std::unique_ptr<FSDirectory> directory;
  const IOStatus status = target()->NewDirectory(path, options, &directory, dbg);
  if (status.ok()) *result = std::make_unique<Directory>(*this, path, std::move(directory));
  return status;
}

IOStatus FaultFileSystem::DeleteFile(const std::string& path, const IOOptions& options,
                                     IODebugContext* dbg) {
  if (const std::optional<FaultKind> fault = Count()) return Error(*fault);
  const IOStatus status = target()->DeleteFile(path, options, dbg);
  std::lock_guard<std::mutex> lock(mutex_);
  if (status.ok()) files_.erase(path);
  return status;
}

IOStatus FaultFileSystem::RenameFile(const std::string& from, const std::string& to,
                                     const IOOptions& options, IODebugContext* dbg) {
  if (const std::optional<FaultKind> fault = Count()) return Error(*fault);
  const IOStatus status = target()->RenameFile(from, to, options, dbg);
  std::lock_guard<std::mutex> lock(mutex_);
  if (!status.ok()) return status;
  files_.erase(to);
  if (auto file = files_.extract(from); !file.empty()) {
    file.key() = to;
    files_.insert(std::move(file));
  }
  return status;
}

IOStatus FaultFileSystem::LinkFile(const std::string& from, const std::string& to,
                                   const IOOptions& options, IODebugContext* dbg) {
  if (const std::optional<FaultKind> fault = Count()) return Error(*fault);
  const IOStatus status = target()->LinkFile(from, to, options, dbg);
  std::lock_guard<std::mutex> lock(mutex_);
  if (const auto file = files_.find(from); status.ok() && file != files_.end()) {
    files_[to] = file->second;
    files_[to].folder_synced = false;
  }
  return status;
}

IOStatus FaultFileSystem::GetFreeSpace(const std::string& path, const IOOptions& options,
                                       uint64_t* bytes, IODebugContext* dbg) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (free_space_.has_value()) {
      *bytes = *free_space_;
      return IOStatus::OK();
    }
  }
  return target()->GetFreeSpace(path, options, bytes, dbg);
}

void FlipByte(const std::string& path, uint64_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const int byte = file.get();
  Check(file.good(), "the file has the byte to flip");
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(~byte));
}

}  // namespace ch8::testing
