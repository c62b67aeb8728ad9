#include "tests/faults/syscall_faults.h"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <mutex>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace ch8::testing {
namespace {

std::mutex mutex;  // Guards the two below.
FaultFileSystem* failing_disk = nullptr;
std::string failing_folder;

// The fault that a change to `path` has to suffer.
std::optional<FaultKind> FaultOf(absl::string_view path) {
  std::lock_guard<std::mutex> lock(mutex);
  if (failing_disk == nullptr || !absl::StartsWith(path, failing_folder)) return std::nullopt;
  return failing_disk->Count();
}

std::optional<FaultKind> FaultOf(int fd) {
  char path[PATH_MAX];
  const ssize_t size = readlink(absl::StrCat("/proc/self/fd/", fd).c_str(), path, sizeof path);
  if (size < 0) return std::nullopt;
  return FaultOf(absl::string_view(path, static_cast<size_t>(size)));
}

int Fail(FaultKind kind) {
  errno = kind == FaultKind::kNoSpace ? ENOSPC : EIO;
  return -1;
}

}  // namespace

SyscallFaults::SyscallFaults(FaultFileSystem& disk, const std::string& folder) {
  std::lock_guard<std::mutex> lock(mutex);
  failing_disk = &disk;
  failing_folder = folder;
}

SyscallFaults::~SyscallFaults() {
  std::lock_guard<std::mutex> lock(mutex);
  failing_disk = nullptr;
}

extern "C" {

ssize_t __real_write(int fd, const void* bytes, size_t size);
int __real_fsync(int fd);
int __real_rename(const char* from, const char* to);

ssize_t __wrap_write(int fd, const void* bytes, size_t size) {
  const std::optional<FaultKind> fault = FaultOf(fd);
  if (!fault.has_value()) return __real_write(fd, bytes, size);
  if (*fault != FaultKind::kError) static_cast<void>(__real_write(fd, bytes, size / 2) + 0);
  return Fail(*fault);
}

int __wrap_fsync(int fd) {
  const std::optional<FaultKind> fault = FaultOf(fd);
  return fault.has_value() ? Fail(*fault) : __real_fsync(fd);
}

int __wrap_rename(const char* from, const char* to) {
  const std::optional<FaultKind> fault = FaultOf(to);
  return fault.has_value() ? Fail(*fault) : __real_rename(from, to);
}

}  // extern "C"

}  // namespace ch8::testing
