#ifndef CH8_SERVICES_NODE_DISK_GUARD_H_
#define CH8_SERVICES_NODE_DISK_GUARD_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace ch8::node {

// Keeps a node from filling its disk: below a reserve of free space nothing new is taken, so that
// what is under way, recovery and the operator still have room.
//
// Thread safety: any thread.
class DiskGuard {
 public:
  DiskGuard(std::string directory, uint64_t reserve_bytes)
      : directory_(std::move(directory)), reserve_bytes_(reserve_bytes) {}

  // Looks at the disk at most four times a second.
  // Errors: kResourceExhausted/DISK_FULL, domain "node.chapter8".
  absl::Status AdmitWrites();

  // What an unprivileged writer may still write. A disk that cannot be asked counts as full.
  uint64_t free_bytes() const;

 private:
  const std::string directory_;
  const uint64_t reserve_bytes_;
  std::atomic<int64_t> look_again_us_{0};  // On the steady clock.
  std::atomic<bool> full_{false};
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_DISK_GUARD_H_
