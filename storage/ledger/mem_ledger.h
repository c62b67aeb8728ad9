#ifndef CH8_STORAGE_LEDGER_MEM_LEDGER_H_
#define CH8_STORAGE_LEDGER_MEM_LEDGER_H_

#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "storage/ledger/chunk.h"
#include "storage/ledger/genesis.h"
#include "storage/ledger/ledger.h"
#include "storage/ledger/ledger_tree.h"
#include "storage/ledger/mem_rows.h"
#include "storage/ledger/stored_log.h"

namespace ch8 {

// A Ledger in memory, for tests and the simulator: same chunks, tree and visibility rules as on
// disk, without the disk. It knows what a crash would take, so a test can take it: CrashCopy().
//
// Thread safety: as Ledger. Snapshots must not outlive the ledger.
class MemLedger final : public Ledger {
 public:
  ~MemLedger() override;

  // A log whose durable entry 0 is the genesis. Errors: kInvalidArgument, see ValidateGenesis().
  static absl::StatusOr<std::unique_ptr<MemLedger>> Create(const Genesis& genesis);

  // What a restart after power loss would find: every synced commit, flushed pages, ingested runs;
  // nothing else. This ledger is left as it is. Belongs to the sequencer's thread.
  absl::StatusOr<std::unique_ptr<MemLedger>> CrashCopy() const;

  // The log as stored, for fsck; lives as long as the ledger.
  const StoredLog& stored_log() const { return log_; }

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
  uint64_t indexed_size(SearchIndex index) const override;
  absl::StatusOr<std::vector<std::optional<std::string>>> FindIds(
      const std::vector<std::string>& keys) const override;
  absl::Status VisitIndexDown(SearchIndex index, absl::string_view from,
                              const IndexVisitor& visit) const override;

 private:
  // Chunks, tiles and notes, with a lock of their own because proofs read them at any time.
  class Log final : public StoredLog {
   public:
    absl::Status VisitChunks(uint64_t begin, const ChunkVisitor& visit) const override;
    absl::StatusOr<std::optional<std::string>> ReadTile(const TileId& tile) const override;
    absl::Status VisitNotes(uint64_t size_min, const NoteVisitor& visit) const override;

    void CopyUpTo(uint64_t size, const Log& from);

    mutable std::mutex mutex;  // Guards what follows.
    std::map<uint64_t, std::shared_ptr<const std::string>> chunks;
    std::map<TileId, std::string> tiles;
    std::multimap<uint64_t, std::string> notes;
  };
  // A commit that is written but not yet published.
  struct Pending {
    uint64_t size = 0;
    uint64_t version = 0;
  };
  struct IndexRows {
    std::map<std::string, std::string, std::less<>> rows;
    uint64_t through_size = 0;
  };
  class View;
  class PinnedView;

  MemLedger(std::string origin, const Hash& log_id);

  const std::string origin_;
  const Hash log_id_;
  Log log_;
  LedgerTree tree_;
  ChunkPacker packer_;
  std::unique_ptr<View> written_view_;
  std::atomic<uint64_t> durable_size_{0};

  mutable std::mutex mutex_;  // Guards what follows.
  MemRows rows_;
  uint64_t written_version_ = 0;
  uint64_t durable_version_ = 0;
  std::deque<Pending> pending_;
  mutable std::multiset<uint64_t> pinned_versions_;
  std::map<std::string, std::string> pages_;
  std::map<std::string, std::string> flushed_pages_;
  std::array<IndexRows, kSearchIndexCount> indexes_;
};

}  // namespace ch8

#endif  // CH8_STORAGE_LEDGER_MEM_LEDGER_H_
