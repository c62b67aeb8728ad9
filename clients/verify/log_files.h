#ifndef CH8_CLIENTS_VERIFY_LOG_FILES_H_
#define CH8_CLIENTS_VERIFY_LOG_FILES_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/verify/export_files.h"
#include "clients/verify/log_entry.h"

namespace ch8::verify {

inline constexpr uint64_t kBundleEntries = 256;

// An origin as a file's name: each slash is a plus.
std::string FlatName(absl::string_view origin);

// The payloads of one log in an export, read bundle by bundle.
//
// Thread safety: none.
class LogFiles {
 public:
  struct Log {
    std::string folder;  // "finance"
    std::string origin;
    uint64_t size = 0;  // At least 1.
  };
  // `files` outlives this object.
  LogFiles(ExportFiles& files, Log log) : files_(&files), log_(std::move(log)) {}

  const std::string& folder() const { return log_.folder; }
  const std::string& origin() const { return log_.origin; }
  uint64_t size() const { return log_.size; }
  ExportFiles& files() { return *files_; }
  std::string Name(absl::string_view name) const;  // "finance/checkpoint"

  // One entry and its leaf. The leaf is what the payload gives; nothing is compared.
  struct Read {
    BundledEntry bundled;
    Leaf leaf;
  };
  // Errors: a refusal.
  absl::StatusOr<Read> At(uint64_t index);

  // Visits all entries in order until `visit` fails. Errors: a refusal; those of `visit`.
  absl::Status Visit(const std::function<absl::Status(uint64_t index, const Read& read)>& visit);

 private:
  absl::Status Load(uint64_t bundle);

  ExportFiles* files_;
  Log log_;
  std::optional<Hash> log_id_;
  std::optional<uint64_t> loaded_;  // Which bundle `entries_` are.
  std::vector<BundledEntry> entries_;
};

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_LOG_FILES_H_
