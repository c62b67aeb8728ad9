#ifndef CH8_SERVICES_KERNEL_NAMES_H_
#define CH8_SERVICES_KERNEL_NAMES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// Resource names: collections and ids joined by "/", e.g. "organizations/un/funds/aussom-trust".
namespace ch8::kernel {

// [a-z0-9-]{1,63}
bool IsResourceId(absl::string_view id);

// Ids that people say on a radio, made by the ledger: [A-Z0-9-]{1,63}, e.g. "REQ-AU-26-0041".
bool IsSpokenId(absl::string_view id);

// The last segment of a name: its id.
absl::string_view IdOf(absl::string_view name);

// Checks `name` against a pattern such as "organizations/*/funds/*", each * one IsResourceId() or
// IsSpokenId(). Errors: kInvalidArgument/BAD_NAME naming the field, never echoing the value.
absl::Status CheckName(absl::string_view name, absl::string_view pattern, absl::string_view field);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_NAMES_H_
