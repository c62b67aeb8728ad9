#include "services/trust/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace ch8::trust {
namespace {

// Closes a descriptor when it goes out of scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// `errno` as a status; what Abseil has no code for is the machine's trouble, not the caller's.
absl::Status FileError(absl::string_view what, const std::string& path) {
  const int error = errno;
  const absl::Status status = absl::ErrnoToStatus(error, absl::StrCat(what, " ", path));
  if (status.code() != absl::StatusCode::kUnknown) return status;
  return absl::UnavailableError(status.message());
}

absl::Status WriteAll(int fd, absl::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("cannot write", path);
    content.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) return FileError("cannot sync folder", folder);
  return absl::OkStatus();
}

absl::Status FillAndName(int fd, const std::string& draft, const std::string& path,
                         absl::string_view content, mode_t mode) {
  RETURN_IF_ERROR(WriteAll(fd, content, path));
  if (::fchmod(fd, mode) != 0) return FileError("cannot set the mode of", path);
  if (::fsync(fd) != 0) return FileError("cannot sync", path);
  if (std::rename(draft.c_str(), path.c_str()) != 0) return FileError("cannot replace", path);
  return SyncFolderOf(path);
}

absl::StatusOr<std::string> ReadWhole(int fd, const std::string& path) {
  std::string content;
  char buffer[16 * 1024];
  while (true) {
    const ssize_t count = ::read(fd, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError("cannot read", path);
    if (count == 0) return content;
    content.append(buffer, static_cast<size_t>(count));
    if (content.size() > kSmallFileSizeMax) {
      return absl::InvalidArgumentError(absl::StrCat(path, " is larger than 1 MiB"));
    }
  }
}

enum class Secrecy { kPublic, kPrivate };

absl::StatusOr<std::string> Read(const std::string& path, Secrecy secrecy) {
  // Non-blocking, so that a pipe is refused below instead of waited for.
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return FileError("cannot open", path);
  struct stat facts;
  if (::fstat(fd.get(), &facts) != 0) return FileError("cannot look at", path);
  if (!S_ISREG(facts.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is not a regular file"));
  }
  if (secrecy == Secrecy::kPrivate && (facts.st_mode & 077) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("private key ", path, " is open to other users; run: chmod 600 ", path));
  }
  return ReadWhole(fd.get(), path);
}

}  // namespace

absl::Status WriteFileAtomically(const std::string& path, absl::string_view content, mode_t mode) {
  std::string draft = absl::StrCat(path, ".XXXXXX");
  const Descriptor fd(::mkostemp(draft.data(), O_CLOEXEC));
  if (fd.get() < 0) return FileError("cannot create", path);
  const absl::Status status = FillAndName(fd.get(), draft, path, content, mode);
  if (!status.ok()) ::unlink(draft.c_str());
  return status;
}

absl::Status MoveFile(const std::string& from, const std::string& to) {
  return std::rename(from.c_str(), to.c_str()) == 0 ? absl::OkStatus()
                                                    : FileError("cannot move", from);
}

absl::StatusOr<std::string> ReadSmallFile(const std::string& path) {
  return Read(path, Secrecy::kPublic);
}

absl::StatusOr<std::string> ReadPrivateFile(const std::string& path) {
  return Read(path, Secrecy::kPrivate);
}

}  // namespace ch8::trust
