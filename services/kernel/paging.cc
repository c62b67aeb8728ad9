#include "services/kernel/paging.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "services/kernel/refusal.h"

namespace ch8::kernel {

absl::StatusOr<int> PageSize(int wanted) {
  if (wanted < 0) {
    return Refuse({.code = absl::StatusCode::kInvalidArgument,
                   .domain = "kernel.chapter8",
                   .reason = "BAD_PAGE_SIZE",
                   .message = "page_size is negative"});
  }
  return wanted == 0 ? kPageSizeDefault : std::min(wanted, kPageSizeMax);
}

std::string PageToken(absl::string_view last_name) { return absl::WebSafeBase64Escape(last_name); }

absl::StatusOr<std::string> LastNameOf(absl::string_view page_token) {
  std::string name;
  if (!absl::WebSafeBase64Unescape(page_token, &name)) {
    return BadPageToken();
  }
  return name;
}

absl::Status BadPageToken() {
  return Refuse({.code = absl::StatusCode::kInvalidArgument,
                 .domain = "kernel.chapter8",
                 .reason = "BAD_PAGE_TOKEN",
                 .message = "page_token is not one of ours"});
}

}  // namespace ch8::kernel
