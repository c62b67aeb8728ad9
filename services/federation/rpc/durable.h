#ifndef CH8_SERVICES_FEDERATION_RPC_DURABLE_H_
#define CH8_SERVICES_FEDERATION_RPC_DURABLE_H_

#include <functional>

#include "absl/status/status.h"
#include "services/kernel/runner.h"

namespace ch8::federation {

// Blocks until what `submit` hands to a runner is durable, and returns what it came to. Not to be
// called on a runner's own thread; else any thread.
absl::Status WaitDurable(const std::function<void(kernel::Runner::Done)>& submit);

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_RPC_DURABLE_H_
