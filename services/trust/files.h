#ifndef CH8_SERVICES_TRUST_FILES_H_
#define CH8_SERVICES_TRUST_FILES_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Small files that must be whole or absent, and secret ones that must be nobody else's.
//
// Thread safety: any thread; two writers of one path leave one of their files, whole.
namespace ch8::trust {

// The modes this folder gives files.
inline constexpr mode_t kPrivateMode = 0600;
inline constexpr mode_t kPublicMode = 0644;

// Larger files are refused; keys, certificates and organization records are far smaller.
inline constexpr size_t kSmallFileSizeMax = 1024 * 1024;

// Writes `content` beside `path` with `mode`, syncs it, renames it over `path`, syncs the folder.
// Errors: kNotFound (no such folder), kPermissionDenied, kResourceExhausted (disk full),
// kUnavailable; the former content is then still in place.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view content, mode_t mode);

// Gives a file another name in the same file system, in the place of what has it. Errors:
// kNotFound, kPermissionDenied, kUnavailable.
absl::Status MoveFile(const std::string& from, const std::string& to);

// Errors: kNotFound, kPermissionDenied, kInvalidArgument (larger than kSmallFileSizeMax or not a
// regular file), kUnavailable.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path);

// The same for a file that holds a private key. Errors: also kFailedPrecondition when group or
// others may read or write it; the message says which chmod repairs it.
absl::StatusOr<std::string> ReadPrivateFile(const std::string& path);

}  // namespace ch8::trust

#endif  // CH8_SERVICES_TRUST_FILES_H_
