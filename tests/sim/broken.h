#ifndef CH8_TESTS_SIM_BROKEN_H_
#define CH8_TESTS_SIM_BROKEN_H_

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace ch8::sim {

// An invariant that does not hold.
template <typename... Parts>
absl::Status Broken(const Parts&... parts) {
  return absl::InternalError(absl::StrCat(parts...));
}

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_BROKEN_H_
