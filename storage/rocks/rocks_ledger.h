#ifndef CH8_STORAGE_ROCKS_ROCKS_LEDGER_H_
#define CH8_STORAGE_ROCKS_ROCKS_LEDGER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "storage/ledger/chunk.h"
#include "storage/ledger/genesis.h"
#include "storage/ledger/ledger.h"
#include "storage/ledger/ledger_tree.h"

namespace rocksdb {
class Env;
class Snapshot;
class WriteBatch;
}  // namespace rocksdb

namespace ch8 {

class Database;
class RocksLog;

// How a ledger's database is opened.
struct RocksLedgerOptions {
  std::string path;                            // The database's own folder.
  uint64_t memtable_bytes = 256ull << 20;      // Unflushed writes kept in RAM, at most.
  uint64_t disk_reserve_bytes = 128ull << 20;  // Commits are refused below this much room.
  rocksdb::Env* env = nullptr;                 // Tests only. Null: the operating system.
};

// The Ledger on disk: one RocksDB database, used as ledger.md §3 demands.
//
// One commit is one WriteBatch: chunks, tiles that became full, the new head, rows, answers and
// cursors. It is written without sync; Sync() syncs the WAL and publishes the RocksDB snapshot that
// the sequencer took right after the write. Closing flushes nothing, so that closing and crashing
// are the same case.
//
// Thread safety: as Ledger. Snapshots must not outlive the ledger.
class RocksLedger final : public Ledger {
 public:
  // A new ledger whose durable entry 0 is the genesis. Finishes a creation that a crash cut short.
  // Errors: kAlreadyExists when there is one; kInvalidArgument, see ValidateGenesis(); those of
  // Open().
  static absl::StatusOr<std::unique_ptr<RocksLedger>> Create(const RocksLedgerOptions& options,
                                                             const Genesis& genesis);

  // Opens a ledger and recovers it: the log ends where the last whole commit in the WAL ends; a
  // torn tail, which nobody was told of, is dropped. Before it returns, the tail is checked for
  // gaps and its root recomputed and compared with the last commit's and the newest kept note's.
  // Id runs that reach beyond the log are discarded.
  //
  // Errors: kNotFound when there is no ledger; kUnavailable when another process has it open;
  // kResourceExhausted when the disk is full; kDataLoss, naming the size, when entries are missing
  // or differ: recover from a backup or a replica.
  static absl::StatusOr<std::unique_ptr<RocksLedger>> Open(const RocksLedgerOptions& options);

  // Opens a ledger as it lies there, damaged or not, for fsck: it ends where its last commit says,
  // and RootAt(durable_size()) is the root that this commit recorded. Nothing is changed, neither
  // now nor later: every write fails with kFailedPrecondition. There are no proofs and no other
  // roots. Errors: kNotFound and kUnavailable as in Open(); kDataLoss when not even that can be
  // read.
  static absl::StatusOr<std::unique_ptr<RocksLedger>> OpenAsIs(const RocksLedgerOptions& options);

  ~RocksLedger() override;

  // The log as stored, for fsck; lives as long as the ledger.
  const StoredLog& stored_log() const;

  // Reads every database file and compares it with its recorded checksum. Asks `go_on` after each
  // piece of at most 1 MiB, with its bytes. Errors: kDataLoss, naming the file; kCancelled when
  // `go_on` returns false.
  absl::Status VerifyFileChecksums(const std::function<bool(uint64_t bytes)>& go_on) const;

  const std::string& origin() const override { return origin_; }
  const Hash& log_id() const override { return log_id_; }
  absl::StatusOr<Committed> Commit(const CommitRequest& request) override;
  absl::StatusOr<uint64_t> Sync() override;
  uint64_t durable_size() const override { return durable_size_.load(std::memory_order_acquire); }
  const Snapshot& WrittenView() const override;
  std::unique_ptr<Snapshot> TakeSnapshot() const override;
  absl::Status ReadEntries(uint64_t begin, uint64_t end, const EntryVisitor& visit) const override;
  absl::StatusOr<Hash> RootAt(uint64_t size) const override;
  absl::StatusOr<std::vector<Hash>> InclusionProof(uint64_t index, uint64_t size) const override;
  absl::StatusOr<std::vector<Hash>> ConsistencyProof(uint64_t old_size,
                                                     uint64_t new_size) const override;
  absl::Status KeepNote(uint64_t size, absl::string_view note) override;
  absl::StatusOr<std::optional<std::string>> NoteAtMost(uint64_t size) const override;
  absl::Status WritePages(const std::vector<Page>& pages) override;
  absl::Status FlushPages() override;
  absl::Status ReadPages(const std::function<void(const Page& page)>& visit) const override;
  absl::Status IngestRun(SearchIndex index, const IndexRun& run) override;
  absl::Status ForgetIndex(SearchIndex index) override;
  uint64_t indexed_size(SearchIndex index) const override {
    return indexed_sizes_[static_cast<size_t>(index)].load();
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> FindIds(
      const std::vector<std::string>& keys) const override;
  absl::Status VisitIndexDown(SearchIndex index, absl::string_view from,
                              const IndexVisitor& visit) const override;

 private:
  // One written commit: what becomes visible when it is synced.
  struct Version {
    uint64_t size = 0;
    Hash root;
    std::shared_ptr<const rocksdb::Snapshot> snapshot;
  };
  class View;

  RocksLedger(const RocksLedgerOptions& options, std::unique_ptr<Database> database,
              std::string origin, const Hash& log_id);

  // Recovery, in rocks_open.cc.
  enum class Damage { kReported, kLeft };
  static absl::StatusOr<std::unique_ptr<RocksLedger>> OpenUnrecovered(
      const RocksLedgerOptions& options, Damage damage);
  absl::Status Recover();
  absl::Status TakeAsIs();
  // What the last commit recorded; without a snapshot.
  absl::StatusOr<Version> RecordedHead() const;
  absl::Status CheckAgainstHead(uint64_t end) const;
  absl::Status CheckAgainstNewestNote(uint64_t end) const;
  absl::Status RecoverIndexes(uint64_t end);

  absl::Status FillBatch(const CommitRequest& request, uint64_t entry_count);
  std::shared_ptr<const rocksdb::Snapshot> NewSnapshot() const;
  // OK while it runs. Stops the ledger when a change to the disk has failed anywhere.
  absl::Status CheckRunning();
  absl::Status CheckDiskSpace() const;
  // Stops the ledger for good because of `why`, and says so.
  absl::Status Stop(const absl::Status& why);

  const std::string origin_;
  const Hash log_id_;
  const uint64_t disk_reserve_bytes_;
  const std::unique_ptr<Database> database_;
  const std::unique_ptr<RocksLog> log_;

  // The sequencer's.
  LedgerTree tree_;
  ChunkPacker packer_;
  std::unique_ptr<rocksdb::WriteBatch> batch_;
  std::unique_ptr<View> written_view_;

  std::atomic<uint64_t> durable_size_{0};
  std::array<std::atomic<uint64_t>, kSearchIndexCount> indexed_sizes_{};
  std::array<std::mutex, kSearchIndexCount> ingest_mutexes_;  // One run of an index at a time.

  mutable std::mutex mutex_;     // Guards what follows.
  std::deque<Version> pending_;  // Written, not synced; oldest first.
  Version published_;
  absl::Status stopped_;  // OK while it runs.
};

}  // namespace ch8

#endif  // CH8_STORAGE_ROCKS_ROCKS_LEDGER_H_
