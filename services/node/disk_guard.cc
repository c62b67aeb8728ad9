#include "services/node/disk_guard.h"

#include <chrono>
#include <filesystem>
#include <system_error>

#include "services/kernel/refusal.h"

namespace ch8::node {
namespace {

constexpr int64_t kLookIntervalUs = 250'000;

int64_t SteadyMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

uint64_t DiskGuard::free_bytes() const {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(directory_, error);
  return error ? 0 : space.available;
}

absl::Status DiskGuard::AdmitWrites() {
  const int64_t now_us = SteadyMicros();
  int64_t look_again_us = look_again_us_.load();
  // Whoever moves the mark looks; the others take the last answer.
  if (now_us >= look_again_us &&
      look_again_us_.compare_exchange_strong(look_again_us, now_us + kLookIntervalUs)) {
    full_.store(free_bytes() < reserve_bytes_);
  }
  if (!full_.load()) return absl::OkStatus();
  return kernel::Refuse({.code = absl::StatusCode::kResourceExhausted,
                         .domain = "node.chapter8",
                         .reason = "DISK_FULL",
                         .message = "this node's disk is nearly full: it answers questions, and "
                                    "takes nothing new until its operator has made room"});
}

}  // namespace ch8::node
