#ifndef CH8_SERVICES_RPC_IN_FLIGHT_H_
#define CH8_SERVICES_RPC_IN_FLIGHT_H_

#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace ch8::rpc {

// How many calls each caller has under way, and the most that one may have: nobody, by malice or by
// a loop gone wrong, takes the node from the others.
//
// Thread safety: any thread. Must outlive its slots.
class InFlight {
 public:
  explicit InFlight(size_t per_caller_max) : per_caller_max_(per_caller_max) {}

  // One call under way, until it goes.
  class Slot {
   public:
    Slot(InFlight& owner, std::string caller) : owner_(&owner), caller_(std::move(caller)) {}
    Slot(Slot&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), caller_(std::move(other.caller_)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (owner_ != nullptr) owner_->Release(caller_);
    }

   private:
    InFlight* owner_;
    std::string caller_;
  };

  // Nothing when the caller has as many as one may have.
  std::optional<Slot> Take(const std::string& caller);

  // Callers with a call under way.
  size_t callers() const;

 private:
  void Release(const std::string& caller);

  const size_t per_caller_max_;
  mutable std::mutex mutex_;
  absl::flat_hash_map<std::string, size_t> calls_;  // Guarded by mutex_; no entry stands at zero.
};

}  // namespace ch8::rpc

#endif  // CH8_SERVICES_RPC_IN_FLIGHT_H_
