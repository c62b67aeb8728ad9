#include "services/node/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "services/trust/files.h"

namespace ch8::node {
namespace {

std::string EndpointsPath(const std::string& path) { return path + "/endpoints.json"; }

}  // namespace

absl::StatusOr<std::unique_ptr<DataFolder>> DataFolder::Hold(const std::string& path) {
  std::error_code error;
  if (std::filesystem::create_directories(path, error)) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  }
  if (error) {
    return absl::UnavailableError(absl::StrCat("cannot create ", path, ": ", error.message()));
  }
  const std::string lock_path = path + "/lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, trust::kPrivateMode);
  if (lock < 0) {
    return absl::UnavailableError(absl::StrCat("cannot open ", lock_path, ": ", strerror(errno)));
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return absl::UnavailableError(absl::StrCat(path, " is in use by another ch8d"));
  }
  std::filesystem::remove(EndpointsPath(path), error);
  return std::unique_ptr<DataFolder>(new DataFolder(path, lock));
}

DataFolder::~DataFolder() {
  std::error_code error;
  std::filesystem::remove(EndpointsPath(path_), error);
  ::close(lock_);
}

absl::Status DataFolder::WriteEndpoints(absl::string_view json) const {
  return trust::WriteFileAtomically(EndpointsPath(path_), json, trust::kPublicMode);
}

}  // namespace ch8::node
