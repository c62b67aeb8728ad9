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
#include "clients/verify/coverage.h"
#include "clients/verify/export_files.h"
#include "clients/verify/log_entry.h"

namespace ch8::verify {

inline constexpr uint64_t kBundleEntries = 256;

// An origin as a file's name: each slash is a plus.
std::string FlatName(absl::string_view origin);

// The leaves of one log in an export and the payloads that are disclosed, read bundle by bundle.
//
// Thread safety: none.
class LogFiles {
 public:
  struct Log {
    std::string folder;  // "finance"
    std::string origin;
    uint64_t size = 0;  // At least 1.
    Coverage coverage = Coverage::kComplete;
  };
  // `files` outlives this object.
  LogFiles(ExportFiles& files, Log log) : files_(&files), log_(std::move(log)) {}

  const std::string& folder() const { return log_.folder; }
  const std::string& origin() const { return log_.origin; }
  uint64_t size() const { return log_.size; }
  Coverage coverage() const { return log_.coverage; }
  ExportFiles& files() { return *files_; }
  std::string Name(absl::string_view name) const;  // "finance/checkpoint"

  // One entry and its leaf. The leaf is what the payload gives, or of one that is not disclosed
  // what tile/entries has; nothing is compared.
  struct Read {
    std::optional<BundledEntry> bundled;  // Nothing when it is not disclosed.
    Leaf leaf;
  };
  // Errors: a refusal.
  absl::StatusOr<Read> At(uint64_t index);

  // Visits all entries in order until `visit` fails. Errors: a refusal; those of `visit`.
  absl::Status Visit(const std::function<absl::Status(uint64_t index, const Read& read)>& visit);

 private:
  absl::Status Load(uint64_t bundle);
  absl::Status LoadSample(const std::string& tile, uint64_t first, uint64_t count);

  ExportFiles* files_;
  Log log_;
  std::optional<Hash> log_id_;
  std::optional<uint64_t> loaded_;  // Which bundle `entries_` are.
  std::vector<std::optional<BundledEntry>> entries_;
  std::vector<Leaf> leaves_;  // Of a sample.
};

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_LOG_FILES_H_
