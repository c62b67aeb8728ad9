#ifndef CH8_TESTS_FAULTS_FAILING_DISK_H_
#define CH8_TESTS_FAULTS_FAILING_DISK_H_

#include <rocksdb/env.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "storage/rocks/fault_file_system.h"
#include "storage/rocks/rocks_ledger.h"
#include "tests/faults/syscall_faults.h"
#include "tests/support/temp_dir.h"

namespace ch8::testing {

enum class Lasts { kOnce, kForEver };
enum class After {
  kProcessCrash,  // What was written is there.
  kPowerLoss,     // What the database did not sync is lost, in part; and another boot.
};

// What happens to the n-th change to the disk, and then.
struct Fault {
  FaultKind kind = FaultKind::kError;
  Lasts lasts = Lasts::kForEver;
  After after = After::kProcessCrash;
};

// The disk of one ledger: its database, and beside it the state that nodes keep in files.
class FailingDisk {
 public:
  FailingDisk() { std::filesystem::create_directories(state()); }

  // Small memtables, so that flushes fail, too.
  RocksLedgerOptions options() const {
    return {.path = directory_ / "db", .memtable_bytes = 256u << 10, .env = env_.get()};
  }
  std::string state() const { return directory_ / "state"; }
  // Of the machine as it runs now.
  const std::string& boot_id() const { return boot_id_; }

  // The n-th change from now on suffers it.
  void FailAt(uint64_t n, const Fault& fault) {
    if (fault.lasts == Lasts::kOnce) {
      files_->FailOnceAt(n, fault.kind);
    } else {
      files_->FailAt(n, fault.kind);
    }
  }
  bool failed() const { return files_->failed(); }
  // The process, which is gone, starts anew, on a disk that works.
  void Restart(After after, uint64_t seed) {
    if (after == After::kPowerLoss) {
      files_->DropUnsynced(seed);
      boot_id_ = "another boot";
    }
    files_->Heal();
  }

 private:
  const TempDir directory_;
  const std::shared_ptr<FaultFileSystem> files_ = std::make_shared<FaultFileSystem>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(files_);
  const SyscallFaults state_faults_{*files_, state()};
  std::string boot_id_ = "boot";
};

// Has the 1st, 2nd, 3rd … change fail, or a sample of them, until `run` says that its work was done
// before the n-th. Returns how many that took.
uint64_t FailEveryChange(const std::function<bool(uint64_t n)>& run);

}  // namespace ch8::testing

#endif  // CH8_TESTS_FAULTS_FAILING_DISK_H_
