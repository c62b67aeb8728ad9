#include "storage/rocks/fail_stop_file_system.h"

#include <atomic>
#include <cstdint>
#include <utility>

#include "absl/strings/match.h"

namespace ch8 {

using rocksdb::FSDirectory;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class FailStopFileSystem::File : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  File(FailStopFileSystem& system, std::unique_ptr<FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), system_(system) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* dbg) override {
    return system_.Try([&] { return target()->Append(data, options, dbg); });
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification, IODebugContext* dbg) override {
    return system_.Try([&] { return target()->Append(data, options, verification, dbg); });
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* dbg) override {
    return system_.Try([&] { return target()->Truncate(size, options, dbg); });
  }
  IOStatus RangeSync(uint64_t offset, uint64_t bytes, const IOOptions& options,
                     IODebugContext* dbg) override {
    return system_.Try([&] { return target()->RangeSync(offset, bytes, options, dbg); });
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* dbg) override {
    return system_.Try([&] { return target()->Sync(options, dbg); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    return system_.Try([&] { return target()->Fsync(options, dbg); });
  }

 protected:
  FailStopFileSystem& system_;
};

// A write-ahead log, which knows whether it has anything to sync.
class FailStopFileSystem::Log final : public File {
 public:
  using File::File;
  ~Log() override {
    std::lock_guard<std::mutex> lock(system_.newest_log_mutex_);
    if (system_.newest_log_ == this) system_.newest_log_ = nullptr;
  }

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* dbg) override {
    appends_.fetch_add(1);
    return File::Append(data, options, dbg);
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification, IODebugContext* dbg) override {
    appends_.fetch_add(1);
    return File::Append(data, options, verification, dbg);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* dbg) override {
    // Read first: what is appended meanwhile belongs to the next sync.
    const uint64_t appends = appends_.load();
    if (synced_appends_.load() >= appends) return IOStatus::OK();
    const IOStatus status = File::Sync(options, dbg);
    uint64_t before = synced_appends_.load();
    while (status.ok() && before < appends &&
           !synced_appends_.compare_exchange_weak(before, appends)) {
    }
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    return Sync(options, dbg);
  }

 private:
  std::atomic<uint64_t> appends_{0};
  std::atomic<uint64_t> synced_appends_{0};
};

class FailStopFileSystem::Directory final : public rocksdb::FSDirectoryWrapper {
 public:
  Directory(FailStopFileSystem& system, std::unique_ptr<FSDirectory> directory)
      : FSDirectoryWrapper(std::move(directory)), system_(system) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    return system_.Try([&] { return FSDirectoryWrapper::Fsync(options, dbg); });
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* dbg,
                               const rocksdb::DirFsyncOptions& directory_options) override {
    return system_.Try(
        [&] { return FSDirectoryWrapper::FsyncWithDirOptions(options, dbg, directory_options); });
  }

 private:
  FailStopFileSystem& system_;
};

IOStatus FailStopFileSystem::health() const {
  std::lock_guard<std::mutex> lock(health_mutex_);
  return health_;
}

// Absence and lack of support are answers, not failures.
void FailStopFileSystem::Note(const IOStatus& status) {
  if (status.ok() || status.IsNotFound() || status.IsPathNotFound() || status.IsNotSupported()) {
    return;
  }
  std::lock_guard<std::mutex> lock(health_mutex_);
  if (health_.ok()) health_ = status;
}

IOStatus FailStopFileSystem::NewWritableFile(const std::string& path,
                                             const rocksdb::FileOptions& options,
                                             std::unique_ptr<FSWritableFile>* result,
                                             IODebugContext* dbg) {
  std::unique_ptr<FSWritableFile> file;
  const auto create = [&] {
    return Try([&] { return target()->NewWritableFile(path, options, &file, dbg); });
  };
  if (!absl::EndsWith(path, ".log")) {
    const IOStatus status = create();
    if (status.ok()) *result = std::make_unique<File>(*this, std::move(file));
    return status;
  }
  std::lock_guard<std::mutex> lock(newest_log_mutex_);
  IOStatus status;
  if (newest_log_ != nullptr) status = newest_log_->Sync(IOOptions(), dbg);
  if (status.ok()) status = create();
  if (!status.ok()) return status;
  auto log = std::make_unique<Log>(*this, std::move(file));
  newest_log_ = log.get();
  *result = std::move(log);
  return status;
}

IOStatus FailStopFileSystem::ReopenWritableFile(const std::string& path,
                                                const rocksdb::FileOptions& options,
                                                std::unique_ptr<FSWritableFile>* result,
                                                IODebugContext* dbg) {
  std::unique_ptr<FSWritableFile> file;
  const IOStatus status =
      Try([&] { return target()->ReopenWritableFile(path, options, &file, dbg); });
  if (status.ok()) *result = std::make_unique<File>(*this, std::move(file));
  return status;
}

IOStatus FailStopFileSystem::NewDirectory(const std::string& path, const IOOptions& options,
                                          std::unique_ptr<FSDirectory>* result,
                                          IODebugContext* dbg) {
  std::unique_ptr<FSDirectory> directory;
  const IOStatus status = target()->NewDirectory(path, options, &directory, dbg);
  if (status.ok()) *result = std::make_unique<Directory>(*this, std::move(directory));
  return status;
}

IOStatus FailStopFileSystem::DeleteFile(const std::string& path, const IOOptions& options,
                                        IODebugContext* dbg) {
  return Try([&] { return target()->DeleteFile(path, options, dbg); });
}

IOStatus FailStopFileSystem::Truncate(const std::string& path, size_t size,
                                      const IOOptions& options, IODebugContext* dbg) {
  return Try([&] { return target()->Truncate(path, size, options, dbg); });
}

IOStatus FailStopFileSystem::RenameFile(const std::string& from, const std::string& to,
                                        const IOOptions& options, IODebugContext* dbg) {
  return Try([&] { return target()->RenameFile(from, to, options, dbg); });
}

IOStatus FailStopFileSystem::LinkFile(const std::string& from, const std::string& to,
                                      const IOOptions& options, IODebugContext* dbg) {
  return Try([&] { return target()->LinkFile(from, to, options, dbg); });
}

}  // namespace ch8
