#ifndef CH8_SERVICES_BOOKS_IDS_H_
#define CH8_SERVICES_BOOKS_IDS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/books/id.h"
#include "storage/ledger/ledger.h"

// Which ids a ledger has used. Every id stays known for ever, which is what makes a row, a hold or
// a transfer happen at most once; the newest are in memory, the older ones in the ledger's id runs.
namespace ch8::books {

// The ids that have left memory.
//
// Implementations: LedgerIds, NoOlderIds.
// Thread safety: may be called from any thread.
class IdIndex {
 public:
  virtual ~IdIndex() = default;

  // The log index of each id that some run holds, in the order asked. Errors: kDataLoss.
  virtual absl::StatusOr<std::vector<std::optional<uint64_t>>> Find(
      absl::Span<const Id> ids) const = 0;

  // The ids of entries below this size are in runs; those at or above it are in none.
  virtual uint64_t through_size() const = 0;
};

// The id runs of `ledger`, which must outlive this.
class LedgerIds final : public IdIndex {
 public:
  explicit LedgerIds(const Ledger& ledger) : ledger_(ledger) {}
  absl::StatusOr<std::vector<std::optional<uint64_t>>> Find(
      absl::Span<const Id> ids) const override;
  uint64_t through_size() const override { return ledger_.indexed_size(SearchIndex::kIds); }

 private:
  const Ledger& ledger_;
};

// No id has ever left memory.
class NoOlderIds final : public IdIndex {
 public:
  absl::StatusOr<std::vector<std::optional<uint64_t>>> Find(
      absl::Span<const Id> ids) const override;
  uint64_t through_size() const override { return 0; }
};

// Ids on their way out of memory: immutable, so that any thread may sort them.
struct SealedIds {
  absl::flat_hash_map<Id, uint64_t> index_of;
  uint64_t through_size = 0;  // One above the greatest index: what the run covers.
};

// The run of `sealed`, sorted by id, for Ledger::IngestRun(): key = 16 bytes of id, value = 8
// bytes of log index, both big-endian. Pure and slow (about a second for four million ids): call it
// off the sequencer's thread.
IndexRun SortedRun(const SealedIds& sealed);

// The ids used since the last id run, with the log index of their entries. About 50 bytes each.
//
//   sequencer, after a commit     run = window.TakeRun(durable_size)
//   index thread                  ledger.IngestRun(SearchIndex::kIds, SortedRun(*run))
//   sequencer, when that is done  window.Drop(*run)
//
// Thread safety: none; belongs to the ledger's sequencer.
class IdWindow {
 public:
  static constexpr size_t kLimitDefault = 4'000'000;

  // `limit`: how many ids are kept before a run of them is due; at least 1.
  explicit IdWindow(size_t limit = kLimitDefault);

  // Remembers `id`. False, and nothing changes, when the window has it already.
  bool Insert(const Id& id, uint64_t index);
  // Takes back the newest Insert() not yet taken back, within one commit: the row was not applied
  // after all. Aborts when it is not there.
  void Erase(const Id& id);
  std::optional<uint64_t> Find(const Id& id) const;
  // Loads what Insert() will touch.
  void Prefetch(const Id& id) const { current_.prefetch(id); }

  // Ids in memory, those being indexed included.
  size_t size() const;
  size_t limit() const { return limit_; }

  // The oldest ids as one run, when more than the limit are held and all of them are durable; else
  // null. The ids stay known here until Drop(). At most one run is out at a time.
  std::shared_ptr<const SealedIds> TakeRun(uint64_t durable_size);
  // Forgets a taken run. Call it only after its ingestion succeeded: an id leaves memory only when
  // it is durably indexed. Aborts when `run` was not taken.
  void Drop(const SealedIds& run);

 private:
  size_t limit_;
  absl::flat_hash_map<Id, uint64_t> current_;
  uint64_t current_through_size_ = 0;
  std::deque<std::shared_ptr<const SealedIds>> sealed_;  // Oldest first.
  bool taken_ = false;                                   // The oldest is out.
};

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_IDS_H_
