#include <pthread.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "services/node/sequencer.h"
#include "storage/base/bytes.h"

// What a sequencer does for the books beside deciding: their pages, runs of ids, and history.
namespace ch8::node {
namespace {

// Books' pages that a group writes: few of a small one, whose callers wait for the next sync, and
// never so many that a full one takes notice. A round over the pages of a million accounts takes
// some 300,000 entries of small groups and 2.5 million of full ones; a start replays two rounds at
// most, or what the window of ids holds, which is more.
constexpr size_t kEntriesPerPage = 16;
constexpr size_t kPagesMax = 64;

}  // namespace

// What is missing of it a start makes good from the log, so a failure here is no loss.
void Sequencer::WriteAllPages() {
  std::lock_guard<std::mutex> lock(stopped_mutex_);
  if (options_.books == nullptr || !stopped_.ok()) return;
  const uint64_t size = options_.ledger->durable_size();
  const std::vector<Page> pages =
      options_.pages.Dump(*options_.books, {.written_size = size,
                                            .durable_size = size,
                                            .budget = std::numeric_limits<size_t>::max(),
                                            .marker_interval = 0});
  if (!options_.ledger->WritePages(pages).ok()) return;
  options_.ledger->FlushPages().IgnoreError();
}

void Sequencer::MaintainBooks(Group& group) {
  if (options_.books == nullptr || !group.wrote) return;
  const uint64_t durable_size = options_.ledger->durable_size();
  const size_t pages = std::clamp<size_t>(executor_->entries() / kEntriesPerPage, 1, kPagesMax);
  group.pages = options_.pages.Dump(
      *options_.books,
      {.written_size = group.written_size, .durable_size = durable_size, .budget = pages});
  if (ids_out_ != nullptr && ids_indexed_.exchange(false)) {
    options_.books->ids().Drop(*ids_out_);
    ids_out_ = nullptr;
  }
  if (ids_out_ != nullptr) return;
  ids_out_ = options_.books->ids().TakeRun(durable_size);
  if (ids_out_ == nullptr) return;
  std::lock_guard<std::mutex> lock(index_mutex_);
  ids_to_index_ = ids_out_;
  index_wanted_.notify_one();
}

void Sequencer::RunIndex() {
  pthread_setname_np(pthread_self(), "index");
  std::unique_lock<std::mutex> lock(index_mutex_);
  while (true) {
    index_wanted_.wait(lock, [this] { return ids_to_index_ != nullptr || index_ended_; });
    if (index_ended_) return;
    const std::shared_ptr<const books::SealedIds> sealed = std::move(ids_to_index_);
    ids_to_index_ = nullptr;
    lock.unlock();
    const absl::Status ingested =
        options_.ledger->IngestRun(SearchIndex::kIds, books::SortedRun(*sealed));
    if (ingested.ok()) {
      ids_indexed_.store(true);
    } else {
      Stop(ingested);
    }
    lock.lock();
  }
}

std::unique_ptr<Historian> Sequencer::MakeHistorian() const {
  if (options_.books == nullptr) return nullptr;
  return std::make_unique<Historian>(Historian::Options{.ledger = *options_.ledger,
                                                        .calls_max = options_.waiting_reads_max,
                                                        .run_entries = options_.history_run_entries,
                                                        .on_failed = options_.on_history_failed});
}

void Sequencer::SubmitFindId(const books::Id& id, Done done) {
  Work work;
  work.kind = Work::Kind::kFindId;
  work.id = id;
  work.done = std::move(done);
  Enqueue(std::move(work));
}

kernel::Outcome Sequencer::FindNewId(const Work& work) const {
  kernel::Outcome outcome;
  if (options_.books == nullptr) return outcome;
  const std::optional<uint64_t> index = options_.books->ids().Find(work.id);
  if (index.has_value()) outcome.reply = KeyU64(*index);
  return outcome;
}

}  // namespace ch8::node
