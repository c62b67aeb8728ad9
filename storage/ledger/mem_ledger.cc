#include "storage/ledger/mem_ledger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/commit_limits.h"
#include "storage/ledger/durable_reads.h"

namespace ch8 {

absl::Status MemLedger::Log::VisitChunks(uint64_t begin, const ChunkVisitor& visit) const {
  uint64_t at = begin;
  bool first = true;
  while (true) {
    std::shared_ptr<const std::string> chunk;
    {
      std::lock_guard<std::mutex> lock(mutex);
      auto found = chunks.lower_bound(at);
      if (first && (found == chunks.end() || found->first != begin) && found != chunks.begin()) {
        --found;
      }
      if (found == chunks.end()) return absl::OkStatus();
      at = found->first;
      chunk = found->second;
    }
    if (!visit(at, *chunk)) return absl::OkStatus();
    first = false;
    ++at;
  }
}

absl::StatusOr<std::optional<std::string>> MemLedger::Log::ReadTile(const TileId& tile) const {
  std::lock_guard<std::mutex> lock(mutex);
  const auto found = tiles.find(tile);
  if (found == tiles.end()) return std::nullopt;
  return found->second;
}

absl::Status MemLedger::Log::VisitNotes(uint64_t size_min, const NoteVisitor& visit) const {
  std::multimap<uint64_t, std::string> copy;
  {
    std::lock_guard<std::mutex> lock(mutex);
    copy.insert(notes.lower_bound(size_min), notes.end());
  }
  for (const auto& [size, note] : copy) {
    if (!visit(size, note)) break;
  }
  return absl::OkStatus();
}

void MemLedger::Log::CopyUpTo(uint64_t size, const Log& from) {
  std::scoped_lock lock(mutex, from.mutex);
  chunks.insert(from.chunks.begin(), from.chunks.lower_bound(size));
  for (const auto& [tile, hashes] : from.tiles) {
    const int height = (tile.level + 1) * 8;
    if (((tile.index + 1) << height) <= size) tiles[tile] = hashes;
  }
  notes.insert(from.notes.begin(), from.notes.upper_bound(size));
}

// The rows at one version. The written view's version moves with each commit.
class MemLedger::View : public Snapshot {
 public:
  View(const MemLedger& ledger, uint64_t size, uint64_t version)
      : ledger_(ledger), size_(size), version_(version) {}

  uint64_t size() const override { return size_; }

  absl::StatusOr<std::optional<std::string>> Get(Table table,
                                                 absl::string_view key) const override {
    std::lock_guard<std::mutex> lock(ledger_.mutex_);
    return ledger_.rows_.Get(table, key, version_);
  }

  absl::Status Scan(Table table, absl::string_view begin, absl::string_view end,
                    const RowVisitor& visit) const override {
    std::string at(begin);
    while (true) {
      std::optional<std::pair<std::string, std::string>> row;
      {
        std::lock_guard<std::mutex> lock(ledger_.mutex_);
        row = ledger_.rows_.First(table, at, version_);
      }
      if (!row.has_value() || (!end.empty() && absl::string_view(row->first) >= end)) break;
      if (!visit(row->first, row->second)) break;
      at = std::move(row->first);
      at.push_back('\0');
    }
    return absl::OkStatus();
  }

  void MoveTo(uint64_t size, uint64_t version) {
    size_ = size;
    version_ = version;
  }

 protected:
  const MemLedger& ledger_;

 private:
  uint64_t size_;
  uint64_t version_;
};

// A view that keeps the rows it sees from being dropped.
class MemLedger::PinnedView final : public View {
 public:
  using Pin = std::multiset<uint64_t>::iterator;
  PinnedView(const MemLedger& ledger, uint64_t size, Pin pin)
      : View(ledger, size, *pin), pin_(pin) {}
  ~PinnedView() override {
    std::lock_guard<std::mutex> lock(ledger_.mutex_);
    ledger_.pinned_versions_.erase(pin_);
  }

 private:
  const Pin pin_;
};

MemLedger::MemLedger(std::string origin, const Hash& log_id)
    : origin_(std::move(origin)),
      log_id_(log_id),
      tree_(log_, log_id),
      written_view_(std::make_unique<View>(*this, 0, 0)) {}

MemLedger::~MemLedger() = default;

const Snapshot& MemLedger::WrittenView() const { return *written_view_; }

absl::StatusOr<std::unique_ptr<MemLedger>> MemLedger::Create(const Genesis& genesis) {
  RETURN_IF_ERROR(ValidateGenesis(genesis));
  std::unique_ptr<MemLedger> ledger(
      new MemLedger(genesis.origin, LogId(genesis.origin, genesis.payload)));
  CommitRequest first;
  first.requests.push_back(GenesisRequest(genesis));
  RETURN_IF_ERROR(ledger->Commit(first).status());
  RETURN_IF_ERROR(ledger->Sync().status());
  return ledger;
}

absl::StatusOr<std::unique_ptr<MemLedger>> MemLedger::CrashCopy() const {
  std::unique_ptr<MemLedger> copy(new MemLedger(origin_, log_id_));
  std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t size = durable_size();
  copy->log_.CopyUpTo(size, log_);
  RETURN_IF_ERROR(copy->tree_.Load(size));
  copy->rows_ = rows_.AsOf(durable_version_);
  copy->pages_ = flushed_pages_;
  copy->flushed_pages_ = flushed_pages_;
  copy->indexes_ = indexes_;
  copy->durable_size_ = size;
  copy->written_view_->MoveTo(size, 0);
  return copy;
}

absl::StatusOr<Ledger::Committed> MemLedger::Commit(const CommitRequest& request) {
  RETURN_IF_ERROR(CheckedEntryCount(request).status());
  const uint64_t first_index = tree_.size();
  {
    std::lock_guard<std::mutex> lock(log_.mutex);
    packer_.Pack(first_index, request.requests, [this](uint64_t index, absl::string_view chunk) {
      log_.chunks[index] = std::make_shared<const std::string>(chunk);
    });
  }
  std::vector<LedgerTree::FullTile> full = tree_.Append(request.requests);
  {
    std::lock_guard<std::mutex> lock(log_.mutex);
    for (LedgerTree::FullTile& tile : full) log_.tiles[tile.id] = std::move(tile.hashes);
  }
  tree_.TilesStored();

  std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t oldest_read = pinned_versions_.empty()
                                   ? durable_version_
                                   : std::min(durable_version_, *pinned_versions_.begin());
  ++written_version_;
  rows_.Apply(written_version_, oldest_read, request.rows);
  pending_.push_back({.size = tree_.size(), .version = written_version_});
  written_view_->MoveTo(tree_.size(), written_version_);
  return Committed{.first_index = first_index, .size = tree_.size()};
}

absl::StatusOr<uint64_t> MemLedger::Sync() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!pending_.empty()) {
    durable_version_ = pending_.back().version;
    durable_size_.store(pending_.back().size, std::memory_order_release);
    pending_.clear();
  }
  return durable_size();
}

std::unique_ptr<Snapshot> MemLedger::TakeSnapshot() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::make_unique<PinnedView>(*this, durable_size(),
                                      pinned_versions_.insert(durable_version_));
}

absl::Status MemLedger::ReadEntries(uint64_t begin, uint64_t end, const EntryVisitor& visit) const {
  return ReadStoredEntries(log_, begin, std::min(end, durable_size()), visit);
}

absl::StatusOr<Hash> MemLedger::RootAt(uint64_t size) const {
  return DurableRoot(tree_, size, durable_size());
}

absl::StatusOr<std::vector<Hash>> MemLedger::InclusionProof(uint64_t index, uint64_t size) const {
  return DurableInclusionProof(tree_, index, size, durable_size());
}

absl::StatusOr<std::vector<Hash>> MemLedger::ConsistencyProof(uint64_t old_size,
                                                              uint64_t new_size) const {
  return DurableConsistencyProof(tree_, old_size, new_size, durable_size());
}

absl::Status MemLedger::KeepNote(uint64_t size, absl::string_view note) {
  std::lock_guard<std::mutex> lock(log_.mutex);
  const auto [begin, end] = log_.notes.equal_range(size);
  for (auto kept = begin; kept != end; ++kept) {
    if (absl::string_view(kept->second) == note) return absl::OkStatus();
  }
  log_.notes.emplace(size, std::string(note));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> MemLedger::NoteAtMost(uint64_t size) const {
  std::lock_guard<std::mutex> lock(log_.mutex);
  auto above = log_.notes.upper_bound(size);
  if (above == log_.notes.begin()) return std::nullopt;
  return std::prev(above)->second;
}

absl::Status MemLedger::WritePages(const std::vector<Page>& pages) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const Page& page : pages) pages_[page.key] = page.value;
  return absl::OkStatus();
}

absl::Status MemLedger::FlushPages() {
  std::lock_guard<std::mutex> lock(mutex_);
  flushed_pages_ = pages_;
  return absl::OkStatus();
}

absl::Status MemLedger::ReadPages(const std::function<void(const Page& page)>& visit) const {
  std::map<std::string, std::string> pages;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    pages = pages_;
  }
  for (const auto& [key, value] : pages) visit({.key = key, .value = value});
  return absl::OkStatus();
}

absl::Status MemLedger::IngestRun(SearchIndex index, const IndexRun& run) {
  RETURN_IF_ERROR(CheckRun(run, durable_size()));
  std::lock_guard<std::mutex> lock(mutex_);
  IndexRows& into = indexes_[static_cast<size_t>(index)];
  run.Visit([&](absl::string_view key, absl::string_view value) {
    into.rows[std::string(key)] = std::string(value);
    return true;
  });
  into.through_size = std::max(into.through_size, run.through_size());
  return absl::OkStatus();
}

absl::Status MemLedger::ForgetIndex(SearchIndex index) {
  std::lock_guard<std::mutex> lock(mutex_);
  indexes_[static_cast<size_t>(index)] = {};
  return absl::OkStatus();
}

uint64_t MemLedger::indexed_size(SearchIndex index) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return indexes_[static_cast<size_t>(index)].through_size;
}

absl::StatusOr<std::vector<std::optional<std::string>>> MemLedger::FindIds(
    const std::vector<std::string>& keys) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto& ids = indexes_[static_cast<size_t>(SearchIndex::kIds)].rows;
  std::vector<std::optional<std::string>> values;
  values.reserve(keys.size());
  for (const std::string& key : keys) {
    const auto found = ids.find(key);
    values.push_back(found == ids.end() ? std::nullopt : std::optional(found->second));
  }
  return values;
}

absl::Status MemLedger::VisitIndexDown(SearchIndex index, absl::string_view from,
                                       const IndexVisitor& visit) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto& rows = indexes_[static_cast<size_t>(index)].rows;
  for (auto row = rows.upper_bound(from); row != rows.begin();) {
    --row;
    if (!visit(row->first, row->second)) break;
  }
  return absl::OkStatus();
}

}  // namespace ch8
