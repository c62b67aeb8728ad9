#include "services/federation/rpc/durable.h"

#include <future>
#include <memory>
#include <utility>

namespace ch8::federation {

absl::Status WaitDurable(const std::function<void(kernel::Runner::Done)>& submit) {
  auto promise = std::make_shared<std::promise<absl::Status>>();
  std::future<absl::Status> durable = promise->get_future();
  submit([promise](kernel::Outcome outcome) { promise->set_value(std::move(outcome.status)); });
  return durable.get();
}

}  // namespace ch8::federation
