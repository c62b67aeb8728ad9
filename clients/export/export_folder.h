#ifndef CH8_CLIENTS_EXPORT_EXPORT_FOLDER_H_
#define CH8_CLIENTS_EXPORT_EXPORT_FOLDER_H_

#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ch8::audit {

// A folder that is there whole or not at all: files are written into a sibling, which takes the
// folder's name when all of them and SHA256SUMS are on disk.
//
// Thread safety: none.
class ExportFolder {
 public:
  // Nothing that exists is ever overwritten: `path` must not exist or be an empty folder.
  // Errors: kAlreadyExists when it is more; those of the file system, as ErrnoToStatus() has them.
  static absl::StatusOr<std::unique_ptr<ExportFolder>> Begin(const std::string& path);
  // Removes what was not finished.
  ~ExportFolder();

  // Appends to the file `name`, e.g. "finance/tile/0/000", which it creates with its folders.
  // Errors: those of the file system.
  absl::Status Append(const std::string& name, absl::string_view content);

  // Adds SHA256SUMS (as of coreutils: `sha256sum --check SHA256SUMS`), syncs everything, and gives
  // the folder its name. Errors: kAlreadyExists when somebody took it; those of the file system.
  absl::Status Finish();

 private:
  ExportFolder(std::string path, std::string work_path)
      : path_(std::move(path)), work_path_(std::move(work_path)) {}

  const std::string path_;
  const std::string work_path_;
  std::set<std::string> files_;    // Relative to the folder.
  std::set<std::string> folders_;  // Of those files.
  bool finished_ = false;
};

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_EXPORT_FOLDER_H_
