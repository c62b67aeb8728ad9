#ifndef CH8_SERVICES_FINANCE_CORE_REFUSALS_H_
#define CH8_SERVICES_FINANCE_CORE_REFUSALS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// How finance says no. Reasons are listed in services/finance/README.md. Amounts in metadata are
// minor units of the metadata's "currency"; "instead" is the next command to type.
namespace ch8::finance {

inline constexpr absl::string_view kDomain = "finance.chapter8";

using Metadata = std::vector<std::pair<std::string, std::string>>;

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
// A limit of this service: kResourceExhausted.
absl::Status TooMany(absl::string_view reason, std::string message);
// kAborted/STALE_ETAG.
absl::Status StaleEtag(absl::string_view name, absl::string_view instead);

// The same refusal with more metadata and a message that starts with `prefix`.
absl::Status Annotate(const absl::Status& refusal, absl::string_view prefix,
                      const Metadata& metadata);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_REFUSALS_H_
