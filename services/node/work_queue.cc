#include "services/node/work_queue.h"

#include <chrono>
#include <utility>

#include "services/node/busy.h"

namespace ch8::node {
namespace {

// Of a request that others may stand behind: some 100 us of the sequencer. Each of another ledger's
// entries is decided by itself.
constexpr size_t kSmallRows = 256;
constexpr size_t kSmallInbound = 16;
// Large requests leave a quarter of the bounds to others.
constexpr size_t LargeShare(size_t bound) { return bound - bound / 4; }
constexpr size_t kTopUpBelow = 4;

}  // namespace

bool Work::is_large() const {
  return inbound.size() > kSmallInbound || (batch != nullptr && batch->row_count() > kSmallRows);
}

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
  if (!HasRoom(work.is_large(), size)) {
    ++refused_;
    return Busy("QUEUE_FULL", "this node has more requests than it can take just now",
                absl::Milliseconds(100));
  }
  Lane& lane = work.is_large() ? large_ : small_;
  lane.bytes += size;
  lane.work.push_back(std::move(work));
  wanted_.notify_one();
  return absl::OkStatus();
}

bool WorkQueue::HasRoom(bool large, size_t size) const {
  const size_t waiting = small_.work.size() + large_.work.size();
  if (waiting == 0) return true;  // One alone may be larger than the bound.
  if (waiting >= requests_max_ || small_.bytes + large_.bytes + size > bytes_max_) return false;
  return !large || large_.work.empty() ||
         (large_.work.size() < LargeShare(requests_max_) &&
          large_.bytes + size <= LargeShare(bytes_max_));
}

void WorkQueue::TopUp(Lane& lane, std::deque<Work>& out) {
  if (out.size() >= kTopUpBelow) return;
  for (Work& work : lane.work) out.push_back(std::move(work));
  lane.work.clear();
  lane.bytes = 0;
}

bool WorkQueue::Take(absl::Duration wait, Lanes& out) {
  const auto is_empty = [this] { return small_.work.empty() && large_.work.empty(); };
  std::unique_lock<std::mutex> lock(mutex_);
  wanted_.wait_for(lock, absl::ToChronoMicroseconds(wait), [&] { return closed_ || !is_empty(); });
  const bool open = !closed_ || !is_empty();
  TopUp(small_, out.small);
  TopUp(large_, out.large);
  return open;
}

void WorkQueue::Close() {
  std::lock_guard<std::mutex> lock(mutex_);
  closed_ = true;
  wanted_.notify_all();
}

size_t WorkQueue::size() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return small_.work.size() + large_.work.size();
}

uint64_t WorkQueue::refused() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return refused_;
}

}  // namespace ch8::node
