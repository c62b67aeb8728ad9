#ifndef CH8_SERVICES_NODE_COMMAND_HEADER_H_
#define CH8_SERVICES_NODE_COMMAND_HEADER_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/kernel/machine.h"

namespace ch8::node {

// Fills request id, post and mode from the fields that every mutation's request has (request_id,
// post, validate_only), by the request type that the method's descriptor names.
//
// Errors: kInvalidArgument/MALFORMED_REQUEST or UNKNOWN_FIELD; kUnimplemented for a method that no
// proto declares. Thread safety: any thread.
absl::Status FillHeader(kernel::Command& command);

// A request id is 1 to 63 characters of letters, digits and "-", so that it can stand in keys and
// logs. Errors: kInvalidArgument/NO_REQUEST_ID or BAD_REQUEST_ID.
absl::Status CheckRequestId(absl::string_view request_id);

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_COMMAND_HEADER_H_
