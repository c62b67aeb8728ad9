#ifndef CH8_CLIENTS_CLI_AUDIT_DISCLOSE_H_
#define CH8_CLIENTS_CLI_AUDIT_DISCLOSE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/export/selector.h"

namespace ch8::cli {

// What an officer types after --disclose: "transfer=OFF-UN-26-0107",
// "period=2026-03-01/2026-03-31". Errors: kInvalidArgument.
absl::StatusOr<audit::Selector> ParseSelector(absl::string_view typed);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_AUDIT_DISCLOSE_H_
