#include "storage/rocks/rocks_ledger.h"

#include <rocksdb/sst_file_writer.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/commit_limits.h"
#include "storage/ledger/durable_reads.h"
#include "storage/rocks/database.h"
#include "storage/rocks/file_checksums.h"
#include "storage/rocks/ledger_keys.h"
#include "storage/rocks/rocks_log.h"
#include "storage/rocks/slice.h"
#include "storage/rocks/status.h"
#include "storage/rocks/view.h"

namespace ch8 {

RocksLedger::~RocksLedger() = default;

const StoredLog& RocksLedger::stored_log() const { return *log_; }

const Snapshot& RocksLedger::WrittenView() const { return *written_view_; }

absl::Status RocksLedger::VerifyFileChecksums(
    const std::function<bool(uint64_t bytes)>& go_on) const {
  return ch8::VerifyFileChecksums(database_->db(), go_on);
}

absl::Status RocksLedger::CheckRunning() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    RETURN_IF_ERROR(stopped_);
  }
  const absl::Status health = database_->health();
  return health.ok() ? health : Stop(health);
}

absl::Status RocksLedger::Stop(const absl::Status& why) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (stopped_.ok()) {
    stopped_ =
        absl::DataLossError(absl::StrCat("ledger ", origin_, " has stopped: ", why.message()));
  }
  return stopped_;
}

absl::Status RocksLedger::CheckDiskSpace() const {
  const std::optional<uint64_t> free_bytes = database_->FreeSpace();
  if (!free_bytes.has_value() || *free_bytes >= disk_reserve_bytes_) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("the disk of ledger ", origin_,
                                                   " is full: ", *free_bytes, " bytes free, ",
                                                   disk_reserve_bytes_, " are kept in reserve"));
}

std::shared_ptr<const rocksdb::Snapshot> RocksLedger::NewSnapshot() const {
  rocksdb::DB& db = database_->db();
  return std::shared_ptr<const rocksdb::Snapshot>(
      db.GetSnapshot(), [&db](const rocksdb::Snapshot* snapshot) { db.ReleaseSnapshot(snapshot); });
}

absl::Status RocksLedger::FillBatch(const CommitRequest& request, uint64_t entry_count) {
  rocksdb::Status status;
  const auto put = [&](Family family, absl::string_view key, absl::string_view value) {
    if (!status.ok()) return;
    status = batch_->Put(database_->family(family), ToSlice(key), ToSlice(value));
  };
  batch_->Clear();
  packer_.Pack(tree_.size(), request.requests, [&](uint64_t index, absl::string_view chunk) {
    put(Family::kLog, KeyU64(index), chunk);
  });
  for (const LedgerTree::FullTile& tile : tree_.Append(request.requests)) {
    put(Family::kTile, TileKey(tile.id), tile.hashes);
  }
  if (entry_count > 0) {
    std::string head = KeyU64(tree_.size());
    const Hash root = tree_.Root();
    head.append(root.view().data(), Hash::kSize);
    put(Family::kMeta, kHeadKey, head);
  }
  for (const RowWrite& row : request.rows) {
    if (row.value.has_value()) {
      put(FamilyOf(row.table), row.key, *row.value);
    } else if (status.ok()) {
      status = batch_->Delete(database_->family(FamilyOf(row.table)), ToSlice(row.key));
    }
  }
  return FromRocks(status, "prepare a commit");
}

absl::StatusOr<Ledger::Committed> RocksLedger::Commit(const CommitRequest& request) {
  RETURN_IF_ERROR(CheckRunning());
  ASSIGN_OR_RETURN(const uint64_t entry_count, CheckedEntryCount(request));
  RETURN_IF_ERROR(CheckDiskSpace());

  const uint64_t first_index = tree_.size();
  const absl::Status filled = FillBatch(request, entry_count);
  if (!filled.ok()) return Stop(filled);
  const rocksdb::Status written = database_->db().Write(rocksdb::WriteOptions(), batch_.get());
  if (!written.ok()) return Stop(FromRocks(written, "write a commit"));
  tree_.TilesStored();
  Check(tree_.size() == first_index + entry_count, "the tree grew by the commit's entries");

  Version version{.size = tree_.size(), .root = tree_.Root(), .snapshot = NewSnapshot()};
  written_view_->set_size(version.size);
  std::lock_guard<std::mutex> lock(mutex_);
  pending_.push_back(std::move(version));
  return Committed{.first_index = first_index, .size = tree_.size()};
}

absl::StatusOr<uint64_t> RocksLedger::Sync() {
  RETURN_IF_ERROR(CheckRunning());
  size_t count = 0;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    count = pending_.size();
  }
  if (count == 0) return durable_size();
  const rocksdb::Status synced = database_->db().SyncWAL();
  if (!synced.ok()) return Stop(FromRocks(synced, "sync"));

  std::vector<Version> superseded;  // Released after the lock is.
  superseded.reserve(count + 1);
  std::lock_guard<std::mutex> lock(mutex_);
  superseded.push_back(std::move(published_));
  for (size_t i = 0; i < count; ++i) {
    superseded.push_back(std::move(pending_.front()));
    pending_.pop_front();
  }
  published_ = std::move(superseded.back());
  superseded.pop_back();
  Check(published_.size >= durable_size(), "the durable size never falls");
  durable_size_.store(published_.size, std::memory_order_release);
  return published_.size;
}

std::unique_ptr<Snapshot> RocksLedger::TakeSnapshot() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::make_unique<View>(*database_, published_.size, published_.snapshot);
}

absl::Status RocksLedger::ReadEntries(uint64_t begin, uint64_t end,
                                      const EntryVisitor& visit) const {
  return ReadStoredEntries(*log_, begin, std::min(end, durable_size()), visit);
}

absl::StatusOr<Hash> RocksLedger::RootAt(uint64_t size) const {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (size == published_.size) return published_.root;
  }
  return DurableRoot(tree_, size, durable_size());
}

absl::StatusOr<std::vector<Hash>> RocksLedger::InclusionProof(uint64_t index, uint64_t size) const {
  return DurableInclusionProof(tree_, index, size, durable_size());
}

absl::StatusOr<std::vector<Hash>> RocksLedger::ConsistencyProof(uint64_t old_size,
                                                                uint64_t new_size) const {
  return DurableConsistencyProof(tree_, old_size, new_size, durable_size());
}

absl::Status RocksLedger::KeepNote(uint64_t size, absl::string_view note) {
  RETURN_IF_ERROR(CheckRunning());
  const std::string key = NoteKey(size, note);
  const rocksdb::Status written = database_->db().Put(
      rocksdb::WriteOptions(), database_->family(Family::kNote), ToSlice(key), ToSlice(note));
  return written.ok() ? absl::OkStatus() : Stop(FromRocks(written, "keep a note"));
}

absl::StatusOr<std::optional<std::string>> RocksLedger::NoteAtMost(uint64_t size) const {
  return log_->NoteAtMost(size);
}

absl::Status RocksLedger::WritePages(const std::vector<Page>& pages) {
  RETURN_IF_ERROR(CheckRunning());
  RETURN_IF_ERROR(CheckDiskSpace());
  rocksdb::WriteBatch batch;
  for (const Page& page : pages) {
    RETURN_IF_ERROR(FromRocks(
        batch.Put(database_->family(Family::kPages), ToSlice(page.key), ToSlice(page.value)),
        "prepare pages"));
  }
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  const rocksdb::Status written = database_->db().Write(options, &batch);
  return written.ok() ? absl::OkStatus() : Stop(FromRocks(written, "write pages"));
}

absl::Status RocksLedger::FlushPages() {
  RETURN_IF_ERROR(CheckRunning());
  const rocksdb::Status flushed =
      database_->db().Flush(rocksdb::FlushOptions(), database_->family(Family::kPages));
  return flushed.ok() ? absl::OkStatus() : Stop(FromRocks(flushed, "flush pages"));
}

absl::Status RocksLedger::ReadPages(const std::function<void(const Page& page)>& visit) const {
  const std::unique_ptr<rocksdb::Iterator> pages = database_->NewIterator(Family::kPages);
  for (pages->SeekToFirst(); pages->Valid(); pages->Next()) {
    visit({.key = pages->key().ToString(), .value = pages->value().ToString()});
  }
  return FromRocks(pages->status(), "read pages");
}

absl::Status RocksLedger::IngestRun(SearchIndex index, const IndexRun& run) {
  RETURN_IF_ERROR(CheckRunning());
  RETURN_IF_ERROR(CheckRun(run, durable_size()));
  RETURN_IF_ERROR(CheckDiskSpace());
  const auto number = static_cast<size_t>(index);
  const std::lock_guard<std::mutex> lock(ingest_mutexes_[number]);
  const uint64_t through_size = std::max(run.through_size(), indexed_size(index));

  const rocksdb::Options options = database_->FamilyOptions(FamilyOf(index));
  rocksdb::ColumnFamilyHandle* family = database_->family(FamilyOf(index));
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(options), options, family);
  const std::string path = absl::StrCat(database_->path(), "/run_", number, ".fresh");
  rocksdb::Status status = writer.Open(path);
  if (status.ok()) status = writer.Put(ToSlice(kThroughKey), KeyU64(through_size));
  std::string stored_key(1, kIndexPrefix);
  run.Visit([&](absl::string_view key, absl::string_view value) {
    stored_key.resize(1);
    stored_key.append(key.data(), key.size());
    if (status.ok()) status = writer.Put(stored_key, ToSlice(value));
    return status.ok();
  });
  if (status.ok()) status = writer.Finish();
  rocksdb::IngestExternalFileOptions ingest;
  ingest.move_files = true;
  if (status.ok()) status = database_->db().IngestExternalFile(family, {path}, ingest);
  if (!status.ok()) return Stop(FromRocks(status, "ingest an index run"));
  indexed_sizes_[number] = through_size;
  return absl::OkStatus();
}

absl::Status RocksLedger::ForgetIndex(SearchIndex index) {
  RETURN_IF_ERROR(CheckRunning());
  const absl::Status dropped = database_->RecreateFamily(FamilyOf(index));
  if (!dropped.ok()) return Stop(dropped);
  indexed_sizes_[static_cast<size_t>(index)] = 0;
  return absl::OkStatus();
}

absl::Status RocksLedger::VisitIndexDown(SearchIndex index, absl::string_view from,
                                         const IndexVisitor& visit) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // A scan may be long; lookups of ids share the cache.
  const std::unique_ptr<rocksdb::Iterator> rows = database_->NewIterator(FamilyOf(index), options);
  const std::string stored_from = absl::StrCat(std::string(1, kIndexPrefix), from);
  for (rows->SeekForPrev(stored_from); rows->Valid(); rows->Prev()) {
    const absl::string_view key = ToView(rows->key());
    if (key.front() != kIndexPrefix) break;
    if (!visit(key.substr(1), ToView(rows->value()))) break;
  }
  return FromRocks(rows->status(), "read an index");
}

absl::StatusOr<std::vector<std::optional<std::string>>> RocksLedger::FindIds(
    const std::vector<std::string>& keys) const {
  std::string stored_keys;  // One after another: a batch has thousands.
  for (const std::string& key : keys) {
    stored_keys.push_back(kIndexPrefix);
    stored_keys.append(key);
  }
  std::vector<rocksdb::Slice> slices;
  slices.reserve(keys.size());
  const char* begin = stored_keys.data();
  for (const std::string& key : keys) {
    const size_t size = sizeof(kIndexPrefix) + key.size();
    slices.emplace_back(begin, size);
    begin += size;
  }
  // As the family compares, by bytes. Ids that are counted up come so; RocksDB sorts others.
  const bool sorted = std::is_sorted(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  database_->db().MultiGet(rocksdb::ReadOptions(), database_->family(Family::kIds), keys.size(),
                           slices.data(), values.data(), statuses.data(), sorted);
  std::vector<std::optional<std::string>> found(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    RETURN_IF_ERROR(FromRocks(statuses[i], "look up ids"));
    found[i] = values[i].ToString();
  }
  return found;
}

}  // namespace ch8
