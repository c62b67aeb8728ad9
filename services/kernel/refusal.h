#ifndef CH8_SERVICES_KERNEL_REFUSAL_H_
#define CH8_SERVICES_KERNEL_REFUSAL_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/rpc/error_details.pb.h"

namespace ch8::kernel {

// A refusal that a program can act on and a person can read: a status whose payload is a
// google.rpc.ErrorInfo (AIP-193). Everything variable in `message` also stands in `metadata`.
// Keys with a fixed meaning, which the CLI shows: "rule" (e.g. "F-1"), "missing", "held",
// "available", "wanted", "instead" (the next command to type).
struct RefusalParts {
  absl::StatusCode code = absl::StatusCode::kFailedPrecondition;
  absl::string_view domain;  // e.g. "finance.chapter8".
  absl::string_view reason;  // UPPER_SNAKE, listed in the service's README.
  std::string message;       // Lower case, no full stop, names the resource.
  std::vector<std::pair<std::string, std::string>> metadata = {};
};
absl::Status Refuse(const RefusalParts& parts);

// The ErrorInfo that a status carries; empty when it carries none.
google::rpc::ErrorInfo ErrorInfoOf(const absl::Status& status);

// The reason alone, "" when there is none.
std::string ReasonOf(const absl::Status& status);

// The payload's type URL within absl::Status.
inline constexpr absl::string_view kErrorInfoUrl = "type.googleapis.com/google.rpc.ErrorInfo";

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_REFUSAL_H_
