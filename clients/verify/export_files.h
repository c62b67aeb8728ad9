#ifndef CH8_CLIENTS_VERIFY_EXPORT_FILES_H_
#define CH8_CLIENTS_VERIFY_EXPORT_FILES_H_

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ch8::verify {

// The whole file. Errors: kNotFound, kUnavailable.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// The files of an export, by their names below its folder. Which of them nobody has asked for is
// known at the end: an export holds what it must and nothing else.
//
// Thread safety: none.
class ExportFiles {
 public:
  // Errors: kNotFound when there is no such folder; a refusal when it holds anything but folders
  // and regular files, e.g. links.
  static absl::StatusOr<ExportFiles> List(const std::string& directory);

  bool Has(const std::string& name) const { return names_.contains(name); }

  // Errors: a refusal when there is no such file; kUnavailable when it cannot be read.
  absl::StatusOr<std::string> Read(const std::string& name);

  // OK when `name` holds exactly `content`. Errors: those of Read(); a refusal when it differs.
  absl::Status Expect(const std::string& name, absl::string_view content);

  // The folders at the top, and the files in the folder `folder`, without it, in order.
  std::set<std::string> TopFolders() const;
  std::vector<std::string> In(absl::string_view folder) const;

  // Every file against SHA256SUMS, which must name all others and nothing else.
  // Errors: a refusal naming the first that is wrong, missing or not named.
  absl::Status CheckSums();

  // Refuses a file that nothing above has read.
  absl::Status CheckAllRead() const;

  const std::string& directory() const { return directory_; }

 private:
  explicit ExportFiles(std::string directory) : directory_(std::move(directory)) {}

  std::string directory_;
  std::set<std::string> names_;
  std::set<std::string> read_;
};

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_EXPORT_FILES_H_
