#ifndef CH8_SERVICES_NODE_READERS_H_
#define CH8_SERVICES_NODE_READERS_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"

namespace ch8::node {

// A few threads for reads that take long, so that they stand in nobody's way: neither on gRPC's
// threads nor on those that sync. The queue is bounded.
//
// Thread safety: all methods may be called from any thread.
class Readers {
 public:
  Readers(size_t threads, size_t waiting_max);
  // Close().
  ~Readers() { Close(); }
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  // Runs `read` on one of the threads, in turn. Errors: kUnavailable/TOO_MANY_WAITING and DRAINING,
  // with RetryInfo; it is not run.
  absl::Status Submit(std::function<void()> read);

  // Takes nothing more, and waits until all that was submitted has run.
  void Close();

 private:
  void Run();

  const size_t waiting_max_;
  std::mutex mutex_;  // Guards what follows.
  std::condition_variable wanted_;
  std::deque<std::function<void()>> waiting_;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_READERS_H_
