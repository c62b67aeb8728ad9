#ifndef CH8_SERVICES_NODE_DATA_FOLDER_H_
#define CH8_SERVICES_NODE_DATA_FOLDER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ch8::node {

// A daemon's own folder, held by one daemon at a time: the lock goes with the process, however that
// ends.
//
// Thread safety: one thread.
class DataFolder {
 public:
  // Creates the folder (mode 0700) if it is absent, takes its lock, and removes what the last
  // daemon said about where it listened.
  // Errors: kUnavailable when another daemon holds it or it cannot be made.
  static absl::StatusOr<std::unique_ptr<DataFolder>> Hold(const std::string& path);

  // Withdraws the endpoints and lets go.
  ~DataFolder();
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  // Where the daemon listens, a JSON object, written whole or not at all. Errors: those of
  // trust::WriteFileAtomically().
  absl::Status WriteEndpoints(absl::string_view json) const;

 private:
  DataFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  const std::string path_;
  const int lock_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_DATA_FOLDER_H_
