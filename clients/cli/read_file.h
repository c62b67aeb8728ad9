#ifndef CH8_CLIENTS_CLI_READ_FILE_H_
#define CH8_CLIENTS_CLI_READ_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace ch8::cli {

inline constexpr size_t kInputSizeMax = 64 * 1024 * 1024;

// A whole file that an officer named; larger ones than kInputSizeMax are refused.
// Errors: kNotFound, kInvalidArgument (too large, a folder).
absl::StatusOr<std::string> ReadFileText(const std::string& path);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_READ_FILE_H_
