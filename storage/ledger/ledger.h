#ifndef CH8_STORAGE_LEDGER_LEDGER_H_
#define CH8_STORAGE_LEDGER_LEDGER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/base/hash.h"
#include "storage/ledger/entry.h"
#include "storage/ledger/index_run.h"
#include "storage/merkle/proof.h"

namespace ch8 {

// Which of a ledger's row families a key belongs to.
enum class Table : uint8_t {
  kRows,     // Resources and what decisions read.
  kAnswers,  // First replies, kept for retries.
  kPeer,     // What is known of the other ledgers: cursors, verified heads, parked entries.
  kMeta,     // The ledger's own records. Keys starting with "!" belong to the storage layer.
};

// What a ledger can be searched by. Each index is made of runs, sorted by key, which are ingested
// whole and take no other write. It is derived from the log and can be made anew from it.
enum class SearchIndex : uint8_t {
  kIds,      // The log index of each id used (services/books/ids.h).
  kHistory,  // What each account has seen (services/node/history.h).
};
inline constexpr size_t kSearchIndexCount = 2;

// One row to set, or to delete when `value` is absent.
struct RowWrite {
  Table table = Table::kRows;
  std::string key;
  std::optional<std::string> value;
};

// One page of state that is derived from the log and kept in memory (see services/books).
struct Page {
  std::string key;
  std::string value;  // Carries the log position it was dumped at, in its owner's format.
};

// A consistent, read-only view of the rows at one durable size. Cheap to take, but it pins old rows
// on disk: hold it for one request at most. It must not outlive its ledger.
//
// Thread safety: const methods may be called from any thread.
class Snapshot {
 public:
  virtual ~Snapshot() = default;

  // The number of entries in the log as of this view.
  virtual uint64_t size() const = 0;

  // The row's value, or nothing when there is no such row. Errors: kDataLoss.
  virtual absl::StatusOr<std::optional<std::string>> Get(Table table,
                                                         absl::string_view key) const = 0;

  // Visits the rows with begin <= key < end in key order (an empty `end` means no upper bound),
  // until `visit` returns false. Errors: kDataLoss.
  using RowVisitor = std::function<bool(absl::string_view key, absl::string_view value)>;
  virtual absl::Status Scan(Table table, absl::string_view begin, absl::string_view end,
                            const RowVisitor& visit) const = 0;
};

// A Ledger is the append-only, Merkle-committed history of one service, with the rows derived from
// it. The log is the truth; rows are the part of its consequences that is kept on disk.
//
// Everything a group of requests changes is written by one Commit(): entries, rows, answers and
// cursors. There is no moment at which a reader sees one without the others, and so there is no
// repair code. Writing and syncing are two steps (ledger.md §3): Commit() writes, Sync() makes it
// durable and only then visible. `durable_size` is the gate that every reader but the sequencer
// stops at: proofs, snapshots, entries and index runs never show what a crash could still take.
//
// Implementations: MemLedger (tests, simulation), RocksLedger (storage/rocks). Both pass
// storage/ledger/ledger_contract.h.
//
// Thread safety: Commit() and WrittenView() belong to one thread, the ledger's sequencer; Sync() to
// one thread, the sync stage, which may run while the sequencer commits. All other methods may be
// called from any thread at any time.
class Ledger {
 public:
  virtual ~Ledger() = default;

  // `<organization's trust domain>/ch8/<service>`, e.g. "un.example/ch8/finance".
  virtual const std::string& origin() const = 0;

  // SHA-256(origin ‖ "\n" ‖ genesis payload): what every payload commitment is bound to.
  virtual const Hash& log_id() const = 0;

  struct CommitRequest {
    // In log order. At most kCommitEntriesMax entries and kCommitBytesMax payload bytes in all,
    // each payload at most kPayloadSizeMax. May be empty when only rows change.
    std::vector<RequestEntries> requests{};
    std::vector<RowWrite> rows{};  // Applied in order; the last write of a key wins.
  };

  struct Committed {
    uint64_t first_index = 0;  // The index of the first entry of this commit.
    uint64_t size = 0;         // Number of entries in the log after it.
  };

  // Writes the entries and rows as one atomic, not yet durable commit. `request`'s payload views
  // need to live until it returns.
  //
  // Errors:
  //   kResourceExhausted  a limit above is exceeded (not retryable as it is), or the disk is so
  //   full
  //                       that nothing was tried (retryable once there is room). Nothing is
  //                       written.
  //   kInvalidArgument    a row's key belongs to the storage layer. Nothing is written.
  //   kDataLoss           a write failed, e.g. on a full disk, and the ledger has stopped: every
  //                       later write fails the same way. Recovery starts from disk: only reopening
  //                       tells whether the commit is there, whole, or not at all.
  virtual absl::StatusOr<Committed> Commit(const CommitRequest& request) = 0;

  // Syncs every commit written before the call, then publishes it: durable_size() and
  // TakeSnapshot() move. Returns the new durable size.
  //
  // Errors: kDataLoss when the sync failed. The ledger has stopped, because after a failed sync
  // nobody knows what is on disk.
  virtual absl::StatusOr<uint64_t> Sync() = 0;

  // Number of entries that survive a crash. Never decreases.
  virtual uint64_t durable_size() const = 0;

  // The rows including commits that are written but not yet durable. For the sequencer only.
  virtual const Snapshot& WrittenView() const = 0;

  // A view at the newest durable commit.
  virtual std::unique_ptr<Snapshot> TakeSnapshot() const = 0;

  // Visits durable entries begin <= index < end in order (`end` is clamped to durable_size), until
  // `visit` returns false. Views in Entry are valid only during the call.
  // Errors: kDataLoss when a stored chunk does not parse or is missing.
  using EntryVisitor = std::function<bool(const Entry& entry)>;
  virtual absl::Status ReadEntries(uint64_t begin, uint64_t end,
                                   const EntryVisitor& visit) const = 0;

  // RFC 6962 root and proofs over the first `size` entries, size <= durable_size().
  // Errors: kOutOfRange when a position lies beyond durable_size; kDataLoss.
  virtual absl::StatusOr<Hash> RootAt(uint64_t size) const = 0;
  virtual absl::StatusOr<std::vector<Hash>> InclusionProof(uint64_t index, uint64_t size) const = 0;
  virtual absl::StatusOr<std::vector<Hash>> ConsistencyProof(uint64_t old_size,
                                                             uint64_t new_size) const = 0;

  // Keeps a signed checkpoint of `size` for good ("every checkpoint ever signed"). Needs no sync of
  // its own: the head's own file is the durable record (head_keeper.h). Errors: kDataLoss.
  virtual absl::Status KeepNote(uint64_t size, absl::string_view note) = 0;
  // The newest kept note with size at most `size`, or nothing.
  virtual absl::StatusOr<std::optional<std::string>> NoteAtMost(uint64_t size) const = 0;

  // Pages: written without WAL and without order against commits, so each value says how far it
  // goes and its owner dumps only what is durable. Errors: kDataLoss, kResourceExhausted.
  virtual absl::Status WritePages(const std::vector<Page>& pages) = 0;
  // Flushes written pages to disk. Errors: kDataLoss, kResourceExhausted.
  virtual absl::Status FlushPages() = 0;
  // Visits all pages in key order. Errors: kDataLoss.
  virtual absl::Status ReadPages(const std::function<void(const Page& page)>& visit) const = 0;

  // Adds a run to `index`, durably; where keys are equal, the newest run's value counts. A run is
  // there whole or not at all. At open, indexes that reach beyond the log's end are discarded.
  // Errors: kInvalidArgument when the run is unsorted or reaches beyond durable_size;
  // kResourceExhausted; kDataLoss.
  virtual absl::Status IngestRun(SearchIndex index, const IndexRun& run) = 0;
  // Drops all runs of `index`, to be made anew, while nobody else uses it. Errors: kDataLoss.
  virtual absl::Status ForgetIndex(SearchIndex index) = 0;
  // How far the runs of `index` reach: entries at or above this size are in none.
  virtual uint64_t indexed_size(SearchIndex index) const = 0;
  // The values of those `keys` that any run of SearchIndex::kIds holds; absent ones are nullopt.
  // Errors: kDataLoss.
  virtual absl::StatusOr<std::vector<std::optional<std::string>>> FindIds(
      const std::vector<std::string>& keys) const = 0;
  // Visits the rows of `index` with a key of at most `from`, the greatest first, until `visit`
  // returns false. Views are valid only during the call, in which `visit` must not call this
  // ledger. Errors: kDataLoss.
  using IndexVisitor = std::function<bool(absl::string_view key, absl::string_view value)>;
  virtual absl::Status VisitIndexDown(SearchIndex index, absl::string_view from,
                                      const IndexVisitor& visit) const = 0;
};

}  // namespace ch8

#endif  // CH8_STORAGE_LEDGER_LEDGER_H_
