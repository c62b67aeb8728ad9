#include "services/node/scrubber.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/federation/core/peer_log.h"
#include "services/node/altered_entry.h"
#include "storage/base/clock.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/fsck.h"

namespace ch8::node {
namespace {

constexpr uint64_t kEntriesAtOnce = 256;
// The lowest: whoever waits for an answer comes first.
constexpr int kNice = 19;

absl::Duration TimeFor(double count, double per_second) {
  return absl::Seconds(count / per_second);
}

}  // namespace

Scrubber::Scrubber(Options options)
    : options_(std::move(options)),
      counted_(options_.targets.size(), Counted{.passed_at = SystemClock().SinceBoot()}),
      thread_([this] { Run(); }) {}

Scrubber::~Scrubber() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    ending_.notify_one();
  }
  thread_.join();
}

Scrubber::Progress Scrubber::progress(const Ledger& ledger) const {
  std::lock_guard<std::mutex> lock(mutex_);
  Progress progress;
  for (size_t i = 0; i < counted_.size(); ++i) {
    if (options_.targets[i].ledger != &ledger) continue;
    progress.entries = counted_[i].entries;
    progress.passes = counted_[i].passes;
    progress.since_pass = SystemClock().SinceBoot() - counted_[i].passed_at;
  }
  return progress;
}

bool Scrubber::Rest(absl::Duration duration) {
  std::unique_lock<std::mutex> lock(mutex_);
  ending_.wait_for(lock, absl::ToChronoMicroseconds(duration), [this] { return ended_; });
  return !ended_;
}

void Scrubber::Run() {
  pthread_setname_np(pthread_self(), "scrubber");
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
  while (true) {
    const absl::Duration start = SystemClock().SinceBoot();
    double entries = 0;
    for (const Target& target : options_.targets) {
      entries += static_cast<double>(target.ledger->durable_size());
    }
    const double per_second = std::max(options_.entries_per_second_min,
                                       entries / absl::ToDoubleSeconds(options_.pass_time));
    for (size_t i = 0; i < options_.targets.size(); ++i) Pass(i, per_second);
    const absl::Duration took = SystemClock().SinceBoot() - start;
    if (!Rest(std::max(options_.pass_time - took, absl::ZeroDuration()))) return;
  }
}

void Scrubber::Pass(size_t target, double entries_per_second) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (ended_ || counted_[target].altered) return;
  }
  const absl::StatusOr<std::string> altered = Read(target, entries_per_second);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!altered.ok() || ended_) return;  // Nothing is known: the next pass will tell.
    counted_[target].altered = !altered->empty();
    if (altered->empty()) {
      ++counted_[target].passes;
      counted_[target].passed_at = SystemClock().SinceBoot();
    }
  }
  if (!altered->empty()) options_.targets[target].on_altered(*altered);
}

absl::StatusOr<std::string> Scrubber::Read(size_t target, double entries_per_second) {
  const Target& read = options_.targets[target];
  LogCheck check(*read.ledger, *read.log);
  uint64_t size = 0;
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(more, check.Step(kEntriesAtOnce));
    const uint64_t entries = check.report().size - std::exchange(size, check.report().size);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      counted_[target].entries += entries;
    }
    if (!Rest(TimeFor(static_cast<double>(entries), entries_per_second))) return "";
  }
  if (check.report().difference.has_value()) {
    const absl::StatusOr<Difference> narrowed =
        NarrowToEntry(*read.ledger, *check.report().difference);
    return Describe(narrowed.ok() ? *narrowed : *check.report().difference);
  }
  ASSIGN_OR_RETURN(const std::string differs, CompareHeads(read, size));
  if (!differs.empty()) return differs;
  const absl::Status files = read.verify_files([this](uint64_t bytes) {
    return Rest(TimeFor(static_cast<double>(bytes), options_.file_bytes_per_second));
  });
  if (absl::IsDataLoss(files)) return std::string(files.message());
  RETURN_IF_ERROR(files);
  return "";
}

absl::StatusOr<std::string> Scrubber::CompareHeads(const Target& target, uint64_t size) const {
  const std::string& origin = target.ledger->origin();
  for (const Target& other : options_.targets) {
    ASSIGN_OR_RETURN(
        const std::optional<std::string> row,
        other.ledger->TakeSnapshot()->Get(Table::kPeer, federation::PeerStateKey(origin)));
    if (!row.has_value()) continue;
    const auto state = federation::PeerStateFrom(origin, row);
    if (!state.ok() || state->verified_size() == 0 || state->verified_size() > size) continue;
    ASSIGN_OR_RETURN(const Hash root, target.ledger->RootAt(state->verified_size()));
    if (root.view() != state->verified_root()) {
      return absl::StrCat("size ", state->verified_size(), ": ", other.ledger->origin(),
                          " has verified another root");
    }
  }
  return "";
}

}  // namespace ch8::node
