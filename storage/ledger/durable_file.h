#ifndef CH8_STORAGE_LEDGER_DURABLE_FILE_H_
#define CH8_STORAGE_LEDGER_DURABLE_FILE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Small files that are replaced whole, so that a crash leaves the old or the new bytes.
//
// Thread safety: callable from any thread; two writers of one path need a lock of their own.
namespace ch8 {

// Writes `<path>.new`, syncs it, renames it over `path` and syncs the folder. When it returns OK
// the bytes survive a power loss; after an error either the old or the new bytes are there.
// Errors: kResourceExhausted when the disk is full; kUnavailable otherwise, naming the path.
// Both may be retried.
absl::Status WriteFileDurably(const std::string& path, absl::string_view bytes);

// The whole file, or nothing when there is none. Errors: kUnavailable, naming the path.
absl::StatusOr<std::optional<std::string>> ReadFileIfPresent(const std::string& path);

}  // namespace ch8

#endif  // CH8_STORAGE_LEDGER_DURABLE_FILE_H_
