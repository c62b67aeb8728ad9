#include "services/node/work_queue.h"

#include <chrono>
#include <utility>

#include "services/node/busy.h"

namespace ch8::node {

size_t Work::size_bytes() const {
  size_t size = sizeof(Work) + command.request.size();
  if (batch != nullptr) size += batch->size_bytes();
  for (const kernel::InboundEntry& entry : inbound) {
    size += sizeof(entry) + entry.delivered.entry.ByteSizeLong();
  }
  for (const auto& head : witnessed) size += sizeof(head) + head.ByteSizeLong();
  return size;
}

absl::Status WorkQueue::Push(Work& work) {
  const size_t size = work.size_bytes();
  std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) {
    return Busy("DRAINING", "this node is shutting down", absl::Seconds(1));
  }
  if (work_.size() >= requests_max_ || (!work_.empty() && bytes_ + size > bytes_max_)) {
    ++refused_;
    return Busy("QUEUE_FULL", "this node has more requests than it can take just now",
                absl::Milliseconds(100));
  }
  bytes_ += size;
  work_.push_back(std::move(work));
  wanted_.notify_one();
  return absl::OkStatus();
}

bool WorkQueue::Take(absl::Duration wait, std::deque<Work>& out) {
  std::unique_lock<std::mutex> lock(mutex_);
  wanted_.wait_for(lock, absl::ToChronoMicroseconds(wait),
                   [this] { return closed_ || !work_.empty(); });
  const bool open = !closed_ || !work_.empty();
  for (Work& work : work_) out.push_back(std::move(work));
  work_.clear();
  bytes_ = 0;
  return open;
}

void WorkQueue::Close() {
  std::lock_guard<std::mutex> lock(mutex_);
  closed_ = true;
  wanted_.notify_all();
}

size_t WorkQueue::size() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return work_.size();
}

uint64_t WorkQueue::refused() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return refused_;
}

}  // namespace ch8::node
