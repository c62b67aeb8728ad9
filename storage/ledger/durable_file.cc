#include "storage/ledger/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace ch8 {
namespace {

absl::Status Failed(absl::string_view what, const std::string& path) {
  const int error = errno;
  const std::string message = absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(error));
  if (error == ENOSPC || error == EDQUOT) return absl::ResourceExhaustedError(message);
  return absl::UnavailableError(message);
}

// An open file, closed when the object goes away.
class File {
 public:
  File(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int fd() const { return fd_; }

 private:
  const int fd_;
};

absl::Status WriteAndSync(const std::string& path, absl::string_view bytes) {
  const File file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (file.fd() < 0) return Failed("create", path);
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.fd(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write", path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(file.fd()) != 0) return Failed("sync", path);
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteFileDurably(const std::string& path, absl::string_view bytes) {
  const std::string fresh = path + ".new";
  RETURN_IF_ERROR(WriteAndSync(fresh, bytes));
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return Failed("replace", path);
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const File folder(parent.empty() ? "." : parent, O_RDONLY | O_DIRECTORY);
  if (folder.fd() < 0 || ::fsync(folder.fd()) != 0) return Failed("sync the folder of", path);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> ReadFileIfPresent(const std::string& path) {
  const File file(path, O_RDONLY);
  if (file.fd() < 0) {
    if (errno == ENOENT) return std::nullopt;
    return Failed("open", path);
  }
  std::string bytes;
  char buffer[4096];
  while (true) {
    const ssize_t got = ::read(file.fd(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("read", path);
    if (got == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(got));
  }
}

}  // namespace ch8
