#ifndef CH8_SERVICES_NODE_GROWTH_H_
#define CH8_SERVICES_NODE_GROWTH_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace ch8::node {

// The longest that a call waits, whatever it asks for.
inline constexpr absl::Duration kLongestWait = absl::Seconds(20);

// Who waits for a ledger to grow, or for what is seen of it: threads that block in Wait(), and
// calls, which hold no thread while they do.
//
// Thread safety: all methods may be called from any thread.
class Growth {
 public:
  // `size`: how many entries there are now, from any thread; calls_max: how many calls may wait at
  // once.
  Growth(std::function<uint64_t()> size, size_t calls_max);
  // Close(), and the end of the thread that answers.
  ~Growth();
  Growth(const Growth&) = delete;
  Growth& operator=(const Growth&) = delete;

  // Blocks until there are more than `size` entries or `timeout` has passed; returns how many there
  // are.
  uint64_t Wait(uint64_t size, absl::Duration timeout);

  // Calls `done` once, on a thread of this: when there are more than `size` entries, when `timeout`
  // has passed, or at Close(). It may read the ledger; only others that wait are held up
  // by it.
  //
  // Errors: kUnavailable/TOO_MANY_WAITING and DRAINING, with RetryInfo; `done` is not called.
  absl::Status Watch(uint64_t size, absl::Duration timeout, std::function<void()> done);

  // There are more than before.
  void Notify();

  // Answers the calls that wait; from now on none does. Wait() is as before.
  void Close();

 private:
  struct Waiter {
    uint64_t size = 0;
    std::chrono::steady_clock::time_point deadline;
    std::function<void()> done;
  };

  void Run();
  // Takes out the calls whose wait is over. The caller holds the mutex.
  std::vector<Waiter> TakeReady();

  const std::function<uint64_t()> size_;
  const size_t calls_max_;
  std::mutex mutex_;               // Guards what follows.
  std::condition_variable grown_;  // For Wait().
  std::condition_variable calls_;  // For the thread.
  std::vector<Waiter> waiters_;
  bool closed_ = false;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_GROWTH_H_
