#include "services/node/readers.h"

#include <pthread.h>

#include <utility>

#include "services/node/busy.h"

namespace ch8::node {

Readers::Readers(size_t threads, size_t waiting_max) : waiting_max_(waiting_max) {
  while (threads_.size() < threads) threads_.emplace_back([this] { Run(); });
}

absl::Status Readers::Submit(std::function<void()> read) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return Busy("DRAINING", "this node is shutting down", absl::Seconds(1));
  if (waiting_.size() >= waiting_max_) {
    return Busy("TOO_MANY_WAITING", "as many calls wait for what accounts have seen as may",
                absl::Seconds(1));
  }
  waiting_.push_back(std::move(read));
  wanted_.notify_one();
  return absl::OkStatus();
}

void Readers::Close() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    threads = std::exchange(threads_, {});
    wanted_.notify_all();
  }
  for (std::thread& thread : threads) thread.join();
}

void Readers::Run() {
  pthread_setname_np(pthread_self(), "reader");
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wanted_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::function<void()> read = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    read();
    lock.lock();
  }
}

}  // namespace ch8::node
