#ifndef CH8_TESTS_FAULTS_SYSCALL_FAULTS_H_
#define CH8_TESTS_FAULTS_SYSCALL_FAULTS_H_

#include <string>

#include "storage/rocks/fault_file_system.h"

namespace ch8::testing {

// While it lives, the changes that our own code makes to files below `folder` (signed heads and
// the like, which are no file of RocksDB's) count among those of `disk`, and fail as they do. A
// program that uses it is linked with --wrap for write, fsync and rename.
//
// Thread safety: one at a time; the calls it lets fail may come from any thread.
class SyscallFaults {
 public:
  SyscallFaults(FaultFileSystem& disk, const std::string& folder);
  ~SyscallFaults();
  SyscallFaults(const SyscallFaults&) = delete;
  SyscallFaults& operator=(const SyscallFaults&) = delete;
};

}  // namespace ch8::testing

#endif  // CH8_TESTS_FAULTS_SYSCALL_FAULTS_H_
