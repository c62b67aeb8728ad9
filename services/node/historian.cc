#include "services/node/historian.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "absl/time/time.h"
#include "storage/base/status_macros.h"

namespace ch8::node {
namespace {

// Behind those who post, before what nobody waits for.
constexpr int kNice = 10;
// What comes within so long is taken in at once.
constexpr absl::Duration kPause = absl::Milliseconds(20);
constexpr absl::Duration kPatience = absl::Minutes(1);
// Who waits for some of it need not wait for all.
constexpr uint64_t kStepEntries = 65'536;

}  // namespace

absl::Status Historian::Open() {
  absl::StatusOr<std::unique_ptr<History>> opened =
      History::Open(options_.ledger, options_.run_entries);
  if (absl::IsDataLoss(opened.status())) {
    if (options_.on_failed) options_.on_failed(opened.status());
    RETURN_IF_ERROR(options_.ledger.ForgetIndex(SearchIndex::kHistory));
    opened = History::Open(options_.ledger, options_.run_entries);
  }
  ASSIGN_OR_RETURN(history_, std::move(opened));
  seen_ = std::make_unique<Growth>([this] { return history_->seen_size(); }, options_.calls_max);
  return absl::OkStatus();
}

void Historian::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Historian::Notify() {
  const std::lock_guard<std::mutex> lock(mutex_);
  has_news_ = true;
  wanted_.notify_one();
}

void Historian::Drain() {
  if (seen_ != nullptr) seen_->Close();
}

void Historian::Close() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    wanted_.notify_one();
    ending_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  seen_.reset();
}

void Historian::Run() {
  pthread_setname_np(pthread_self(), "historian");
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wanted_.wait(lock, [this] { return has_news_ || ended_; });
    if (ended_) return;
    has_news_ = false;
    lock.unlock();
    const absl::Status extended = history_->Extend(kStepEntries);
    if (!extended.ok() && options_.on_failed) options_.on_failed(extended);
    seen_->Notify();
    if (!history_->failure().ok()) return;
    const bool behind = history_->seen_size() < options_.ledger.durable_size();
    lock.lock();
    has_news_ = has_news_ || behind;
    if (behind && extended.ok()) continue;
    ending_.wait_for(lock, absl::ToChronoMilliseconds(extended.ok() ? kPause : kPatience),
                     [this] { return ended_; });
  }
}

}  // namespace ch8::node
