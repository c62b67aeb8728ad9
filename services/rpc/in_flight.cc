#include "services/rpc/in_flight.h"

namespace ch8::rpc {

std::optional<InFlight::Slot> InFlight::Take(const std::string& caller) {
  std::lock_guard<std::mutex> lock(mutex_);
  size_t& count = calls_[caller];
  if (count >= per_caller_max_) return std::nullopt;
  ++count;
  return Slot(*this, caller);
}

size_t InFlight::callers() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return calls_.size();
}

void InFlight::Release(const std::string& caller) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = calls_.find(caller);
  if (--found->second == 0) calls_.erase(found);
}

}  // namespace ch8::rpc
