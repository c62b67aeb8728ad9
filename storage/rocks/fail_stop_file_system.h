#ifndef CH8_STORAGE_ROCKS_FAIL_STOP_FILE_SYSTEM_H_
#define CH8_STORAGE_ROCKS_FAIL_STOP_FILE_SYSTEM_H_

#include <rocksdb/file_system.h>

#include <memory>
#include <mutex>
#include <string>

namespace ch8 {

// What a ledger's database writes through. Two rules that RocksDB 7.8.3 does not keep by itself,
// each found by fault_test.cc:
//
//   Fail stop.  After the first change that fails, nothing on disk changes any more until the
//     database is reopened. Otherwise RocksDB goes on tidying up: when the sync of a manifest fails
//     it deletes the table that the manifest, as it lies on disk, may already name, and the
//     database cannot be opened again.
//   Log order.  Each write-ahead log is synced before the next one is begun, so that only the
//     newest has an unsynced tail. Otherwise a power loss may keep the new log and lose the end of
//     the old one: a hole that recovery cannot tell from damage. Costs one sync per memtable, and
//     saves the one that the flush would do: syncing a log that has nothing new is free.
//
// Thread safety: as rocksdb::FileSystem.
class FailStopFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FailStopFileSystem(const std::shared_ptr<rocksdb::FileSystem>& target)
      : FileSystemWrapper(target) {}
  const char* Name() const override { return "FailStopFileSystem"; }

  // OK while changes are let through, else the error of the one that failed.
  rocksdb::IOStatus health() const;

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result,
                                       rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result,
                                 rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus Truncate(const std::string& path, size_t size,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* dbg) override;

 private:
  class File;
  class Log;
  class Directory;

  // Makes one change, unless one has failed before; remembers whether this one does.
  template <typename Change>
  rocksdb::IOStatus Try(Change change) {
    rocksdb::IOStatus status = health();
    if (!status.ok()) return status;
    status = change();
    Note(status);
    return status;
  }
  void Note(const rocksdb::IOStatus& status);

  mutable std::mutex health_mutex_;
  rocksdb::IOStatus health_;  // Guarded by health_mutex_.

  std::mutex newest_log_mutex_;
  Log* newest_log_ = nullptr;  // Guarded by newest_log_mutex_; null when closed or not begun.
};

}  // namespace ch8

#endif  // CH8_STORAGE_ROCKS_FAIL_STOP_FILE_SYSTEM_H_
