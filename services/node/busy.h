#ifndef CH8_SERVICES_NODE_BUSY_H_
#define CH8_SERVICES_NODE_BUSY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace ch8::node {

// A refusal that goes away by itself: kUnavailable, domain "kernel.chapter8", with RetryInfo that
// says when to try again.
absl::Status Busy(absl::string_view reason, std::string message, absl::Duration retry_after);

// That of a command whose stream's earlier one was refused: kAborted, same domain. Nothing was
// decided; send it again, in a new stream, when the earlier one is put right.
absl::Status EarlierRefused();

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_BUSY_H_
