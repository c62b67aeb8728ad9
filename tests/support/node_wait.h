#ifndef CH8_TESTS_SUPPORT_NODE_WAIT_H_
#define CH8_TESTS_SUPPORT_NODE_WAIT_H_

#include <functional>

#include "absl/time/time.h"

namespace ch8::testing {

inline constexpr absl::Duration kPatience = absl::Seconds(30);

// Asks `condition` every few milliseconds until it holds or `patience` is over; says whether it
// held. For conditions that no one signals: another process's answers.
//
// Thread safety: any thread.
bool WaitUntil(const std::function<bool()>& condition, absl::Duration patience = kPatience);

}  // namespace ch8::testing

#endif  // CH8_TESTS_SUPPORT_NODE_WAIT_H_
