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
  return command.stream != nullptr || inbound.size() > kSmallInbound ||
         (batch != nullptr && batch->row_count() > kSmallRows);
}

bool Work::follows_refused() const {
  return command.stream != nullptr && command.stream->refused();
}

void Work::SetRefused() {
  if (command.stream != nullptr) command.stream->SetRefused();
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
  const std::shared_ptr<kernel::CommandStream> stream = work.command.stream;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) {
      return Busy("DRAINING", "this node is shutting down", absl::Seconds(1));
    }
    const bool has_room = HasRoom(work.is_large(), work.size_bytes());
    if (stream != nullptr && (!has_room || !waiting_.empty())) {
      waiting_.push_back(std::move(work));
      return absl::OkStatus();
    }
    if (!has_room) {
      ++refused_;
      return Busy("QUEUE_FULL", "this node has more requests than it can take just now",
                  absl::Milliseconds(100));
    }
    Add(std::move(work));
  }
  if (stream != nullptr) stream->Queued();
  return absl::OkStatus();
}

void WorkQueue::Add(Work work) {
  Lane& lane = work.is_large() ? large_ : small_;
  lane.bytes += work.size_bytes();
  lane.work.push_back(std::move(work));
  wanted_.notify_one();
}

// Those whose turn it is, and their streams.
std::vector<std::shared_ptr<kernel::CommandStream>> WorkQueue::LetIn() {
  std::vector<std::shared_ptr<kernel::CommandStream>> streams;
  while (!waiting_.empty() && HasRoom(waiting_.front().is_large(), waiting_.front().size_bytes())) {
    streams.push_back(waiting_.front().command.stream);
    Add(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return streams;
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
  const std::vector<std::shared_ptr<kernel::CommandStream>> let_in = LetIn();
  lock.unlock();
  for (const auto& stream : let_in) stream->Queued();
  return open;
}

void WorkQueue::Close() {
  std::lock_guard<std::mutex> lock(mutex_);
  closed_ = true;
  wanted_.notify_all();
}

size_t WorkQueue::size() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return small_.work.size() + large_.work.size() + waiting_.size();
}

uint64_t WorkQueue::refused() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return refused_;
}

}  // namespace ch8::node
