#include "services/node/growth.h"

#include <pthread.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "services/node/busy.h"

namespace ch8::node {

using SteadyClock = std::chrono::steady_clock;

Growth::Growth(std::function<uint64_t()> size, size_t calls_max)
    : size_(std::move(size)), calls_max_(calls_max), thread_([this] { Run(); }) {}

Growth::~Growth() {
  Close();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    calls_.notify_one();
  }
  thread_.join();
}

uint64_t Growth::Wait(uint64_t size, absl::Duration timeout) {
  std::unique_lock<std::mutex> lock(mutex_);
  grown_.wait_for(lock, absl::ToChronoMicroseconds(timeout), [&] { return size_() > size; });
  return size_();
}

absl::Status Growth::Watch(uint64_t size, absl::Duration timeout, std::function<void()> done) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return Busy("DRAINING", "this node is shutting down", absl::Seconds(1));
  if (waiters_.size() >= calls_max_) {
    return Busy("TOO_MANY_WAITING", "as many calls wait for this ledger to grow as may",
                absl::Seconds(1));
  }
  waiters_.push_back({.size = size,
                      .deadline = SteadyClock::now() + absl::ToChronoMicroseconds(timeout),
                      .done = std::move(done)});
  calls_.notify_one();
  return absl::OkStatus();
}

void Growth::Notify() {
  std::lock_guard<std::mutex> lock(mutex_);
  grown_.notify_all();
  if (!waiters_.empty()) calls_.notify_one();
}

void Growth::Close() {
  std::lock_guard<std::mutex> lock(mutex_);
  closed_ = true;
  calls_.notify_one();
}

void Growth::Run() {
  pthread_setname_np(pthread_self(), "growth");
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    if (std::vector<Waiter> ready = TakeReady(); !ready.empty()) {
      lock.unlock();
      for (const Waiter& waiter : ready) waiter.done();
      lock.lock();
    } else if (ended_) {
      return;
    } else if (waiters_.empty()) {
      calls_.wait(lock);
    } else {
      const auto first = std::min_element(
          waiters_.begin(), waiters_.end(),
          [](const Waiter& a, const Waiter& b) { return a.deadline < b.deadline; });
      calls_.wait_until(lock, SteadyClock::time_point(first->deadline));
    }
  }
}

std::vector<Growth::Waiter> Growth::TakeReady() {
  const uint64_t size = size_();
  const SteadyClock::time_point now = SteadyClock::now();
  const auto ready = std::partition(waiters_.begin(), waiters_.end(), [&](const Waiter& waiter) {
    return !closed_ && waiter.size >= size && waiter.deadline > now;
  });
  std::vector<Waiter> taken(std::make_move_iterator(ready),
                            std::make_move_iterator(waiters_.end()));
  waiters_.erase(ready, waiters_.end());
  return taken;
}

}  // namespace ch8::node
