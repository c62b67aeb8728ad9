#include "clients/export/export_folder.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/ed25519.h"
#include "storage/base/hash.h"
#include "storage/base/status_macros.h"

namespace ch8::audit {
namespace {

namespace fs = std::filesystem;

constexpr char kSums[] = "SHA256SUMS";
// Payloads and salts are for auditors; whoever owns the export may open it to others.
constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0644;

absl::Status SystemError(const std::string& path) { return absl::ErrnoToStatus(errno, path); }

// An open file, closed with the object.
class File {
 public:
  File(const std::string& path, int flags)
      : path_(path), fd_(::open(path.c_str(), flags, kFileMode)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  absl::Status opened() const { return fd_ >= 0 ? absl::OkStatus() : SystemError(path_); }

  absl::Status Write(absl::string_view content) {
    while (!content.empty()) {
      const ssize_t written = ::write(fd_, content.data(), content.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return SystemError(path_);
      content.remove_prefix(static_cast<size_t>(written));
    }
    return absl::OkStatus();
  }
  absl::Status Sync() { return ::fsync(fd_) == 0 ? absl::OkStatus() : SystemError(path_); }

  absl::StatusOr<Hash> Digest() {
    struct stat status = {};
    if (::fstat(fd_, &status) != 0) return SystemError(path_);
    const size_t size = static_cast<size_t>(status.st_size);
    if (size == 0) return Sha256("");
    void* content = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd_, 0);
    if (content == MAP_FAILED) return SystemError(path_);
    const Hash digest = Sha256(absl::string_view(static_cast<const char*>(content), size));
    ::munmap(content, size);
    return digest;
  }

 private:
  const std::string path_;
  const int fd_;
};

absl::Status SyncFolder(const std::string& path) {
  File folder(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  RETURN_IF_ERROR(folder.opened());
  return folder.Sync();
}

absl::Status CheckFree(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (!fs::exists(status)) return absl::OkStatus();
  if (fs::is_directory(status) && fs::is_empty(path, error) && !error) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat(path, " exists and is not an empty folder; an export never overwrites"));
}

std::string WithoutSlash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string ParentOf(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ExportFolder>> ExportFolder::Begin(const std::string& typed) {
  const std::string path = WithoutSlash(typed);
  RETURN_IF_ERROR(CheckFree(path));
  // A name of its own, so that two exports at a time do not meet.
  const std::string mark = Hash::FromBytes(RandomBytes(Hash::kSize))->ToHex().substr(0, 12);
  std::string work_path = absl::StrCat(path, ".unfinished-", mark);
  if (::mkdir(work_path.c_str(), kFolderMode) != 0) return SystemError(work_path);
  return std::unique_ptr<ExportFolder>(new ExportFolder(path, std::move(work_path)));
}

ExportFolder::~ExportFolder() {
  std::error_code ignored;
  if (!finished_) fs::remove_all(work_path_, ignored);
}

absl::Status ExportFolder::Append(const std::string& name, absl::string_view content) {
  const std::string path = absl::StrCat(work_path_, "/", name);
  if (files_.insert(name).second) {
    std::error_code error;
    fs::create_directories(ParentOf(path), error);
    if (error) return absl::ErrnoToStatus(error.value(), ParentOf(path));
    for (fs::path folder = fs::path(name).parent_path(); !folder.empty();
         folder = folder.parent_path()) {
      folders_.insert(folder.string());
    }
  }
  File file(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC);
  RETURN_IF_ERROR(file.opened());
  return file.Write(content);
}

absl::Status ExportFolder::Finish() {
  std::string sums;
  for (const std::string& name : files_) {
    File file(absl::StrCat(work_path_, "/", name), O_RDONLY | O_CLOEXEC);
    RETURN_IF_ERROR(file.opened());
    RETURN_IF_ERROR(file.Sync());
    ASSIGN_OR_RETURN(const Hash digest, file.Digest());
    absl::StrAppend(&sums, digest.ToHex(), "  ", name, "\n");
  }
  File file(absl::StrCat(work_path_, "/", kSums), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
  RETURN_IF_ERROR(file.opened());
  RETURN_IF_ERROR(file.Write(sums));
  RETURN_IF_ERROR(file.Sync());
  for (const std::string& folder : folders_) {
    RETURN_IF_ERROR(SyncFolder(absl::StrCat(work_path_, "/", folder)));
  }
  RETURN_IF_ERROR(SyncFolder(work_path_));
  RETURN_IF_ERROR(CheckFree(path_));
  if (std::rename(work_path_.c_str(), path_.c_str()) != 0) return SystemError(path_);
  finished_ = true;
  return SyncFolder(ParentOf(path_));
}

}  // namespace ch8::audit
