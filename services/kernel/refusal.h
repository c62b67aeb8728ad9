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
  // e.g. "kernel.chapter8". Empty in what a machine decides: the executor fills in the machine's.
  absl::string_view domain = "";
  absl::string_view reason;  // UPPER_SNAKE, listed in the service's README.
  std::string message;       // Lower case, no full stop, names the resource.
  std::vector<std::pair<std::string, std::string>> metadata = {};
};
absl::Status Refuse(const RefusalParts& parts);

using Metadata = std::vector<std::pair<std::string, std::string>>;

// The ways in which machines say no, without a domain.
// Wrong in any state: kInvalidArgument.
absl::Status Invalid(absl::string_view reason, std::string message, Metadata metadata = {});
// Legal, but not in this state: kFailedPrecondition.
absl::Status NotNow(absl::string_view reason, std::string message, Metadata metadata = {});
// kNotFound; says "`name` does not exist here".
absl::Status Unknown(absl::string_view reason, absl::string_view name, absl::string_view instead);
// kAlreadyExists; says "`name` exists already".
absl::Status Taken(absl::string_view reason, absl::string_view name, absl::string_view instead);
// kInvalidArgument/BAD_FIELD about one field of the request.
absl::Status BadField(absl::string_view field, absl::string_view what);
// A limit of the service: kResourceExhausted.
absl::Status TooMany(absl::string_view reason, std::string message);
// kAborted/STALE_ETAG.
absl::Status StaleEtag(absl::string_view name, absl::string_view instead);

// The same refusal with more metadata and a message that starts with `prefix`.
absl::Status Annotate(const absl::Status& refusal, absl::string_view prefix,
                      const Metadata& metadata);

// The same refusal with `domain`, unless it has one or is no refusal.
absl::Status WithDomain(const absl::Status& refusal, absl::string_view domain);

// The ErrorInfo that a status carries; empty when it carries none.
google::rpc::ErrorInfo ErrorInfoOf(const absl::Status& status);

// The reason alone, "" when there is none.
std::string ReasonOf(const absl::Status& status);

// The payload's type URL within absl::Status.
inline constexpr absl::string_view kErrorInfoUrl = "type.googleapis.com/google.rpc.ErrorInfo";

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_REFUSAL_H_
