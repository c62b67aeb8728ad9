#ifndef CH8_STORAGE_ROCKS_FAULT_FILE_SYSTEM_H_
#define CH8_STORAGE_ROCKS_FAULT_FILE_SYSTEM_H_

#include <rocksdb/file_system.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

// A file system that fails when told to, and that knows what a power loss would take. For tests.
namespace ch8::testing {

// What happens to the operation that fails.
enum class FaultKind {
  kError,    // It does nothing and reports an I/O error.
  kTorn,     // An append writes half of its bytes and reports an I/O error.
  kNoSpace,  // As kTorn, but reports that the disk is full.
};

// Passes every call on to the real file system, and counts those that change it: appends, syncs,
// creations, renames, deletions, folder syncs. One of them, by number, can be made to fail. A sync
// is noted, not done: a test's power loss is DropUnsynced(), and so needs no patience.
//
// Thread safety: all methods may be called from any thread.
class FaultFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultFileSystem();
  const char* Name() const override { return "FaultFileSystem"; }

  // Makes the n-th change from now on fail (the first is 1), and all later ones too: the disk is
  // gone until Heal().
  void FailAt(uint64_t n, FaultKind kind);
  // Makes only the n-th fail; the next succeeds. What a failed fsync looks like.
  void FailOnceAt(uint64_t n, FaultKind kind);
  // Every change fails from now on.
  void Die();
  void Heal();
  // Changes counted since the last FailAt(), FailOnceAt() or Heal().
  uint64_t changes() const;
  // True when the failure that was asked for has happened.
  bool failed() const;

  // Counts one change; the fault it has to suffer, if any. For changes to files beside the
  // database's, which go past this class.
  std::optional<FaultKind> Count();

  void set_free_space(std::optional<uint64_t> bytes);

  // What a power loss does: cuts every file to what was synced of it, plus a random part of the
  // rest, and removes every other file that neither itself nor its folder was synced.
  void DropUnsynced(uint64_t seed);

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
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* dbg) override;
  rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options,
                                 uint64_t* bytes, rocksdb::IODebugContext* dbg) override;

 private:
  class WritableFile;
  class Directory;

  // How far a file is safe.
  struct FileState {
    uint64_t size = 0;
    uint64_t synced_size = 0;
    bool folder_synced = false;
  };

  static rocksdb::IOStatus Error(FaultKind kind);

  void Appended(const std::string& path, uint64_t bytes);
  void Synced(const std::string& path);
  void FolderSynced(const std::string& path);

  mutable std::mutex mutex_;  // Guards what follows.
  uint64_t changes_ = 0;
  uint64_t fail_at_ = 0;  // 0: never.
  FaultKind kind_ = FaultKind::kError;
  bool once_ = false;
  bool failed_ = false;
  std::optional<uint64_t> free_space_;
  std::map<std::string, FileState> files_;
};

// Inverts one byte of the file. Aborts when it is shorter.
void FlipByte(const std::string& path, uint64_t offset);

}  // namespace ch8::testing

#endif  // CH8_STORAGE_ROCKS_FAULT_FILE_SYSTEM_H_
