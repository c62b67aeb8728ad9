#ifndef CH8_SERVICES_NODE_HISTORY_H_
#define CH8_SERVICES_NODE_HISTORY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/books/history_format.h"
#include "services/books/movements.h"
#include "storage/ledger/ledger.h"

namespace ch8::node {

// What each account of a ledger has seen, read from the log off the path of those who post: by far
// the most of it in runs of SearchIndex::kHistory, the newest entries in memory. Every answer is as
// of the entries seen so far; seen_size() says how many those are, and it never falls.
//
// Thread safety: all methods may be called from any thread; one Extend() runs at a time.
class History {
 public:
  // How many entries are in memory before they become a run: some 100 bytes each. Beside them 40
  // bytes are kept for each account.
  static constexpr uint64_t kRunEntries = uint64_t{1} << 19;

  // `ledger` outlives the history. Errors: kDataLoss, also for an index of another format:
  // Ledger::ForgetIndex(), and open it again.
  static absl::StatusOr<std::unique_ptr<History>> Open(Ledger& ledger,
                                                       uint64_t run_entries = kRunEntries);

  // Takes in up to `entries` of those that are durable and not seen yet; a run that is due is
  // ingested on the way. What was seen before stays as it is. Errors: those of Ledger::IngestRun(),
  // after which it can be called again; kDataLoss when an entry cannot be read, from then on
  // always.
  absl::Status Extend(uint64_t entries);

  // kDataLoss once an entry could not be read: nothing more will be seen.
  absl::Status failure() const;

  // Entries below it are seen.
  uint64_t seen_size() const;

  // The unit of an account. Errors: kNotFound when no entry seen opens it; kDataLoss.
  absl::StatusOr<std::string> UnitOf(uint32_t account) const;

  // Entries begin_index <= index < end_index.
  struct Range {
    uint64_t begin_index = 0;
    uint64_t end_index = UINT64_MAX;
  };
  // Where all entries of ledger times begin_time_us <= time < end_time_us are, and few others.
  Range RangeOf(int64_t begin_time_us, int64_t end_time_us) const;

  // Where movements are looked for.
  struct Place {
    uint32_t account = 0;
    Range range = {};
  };
  // Visits movements and the account's sums after each, the newest first, until `visit` returns
  // false. Returns how many entries were seen. Errors: kDataLoss.
  using Visitor =
      absl::FunctionRef<bool(const books::Movement& movement, const books::AccountSums& after)>;
  absl::StatusOr<uint64_t> VisitDown(const Place& place, Visitor visit) const {
    return VisitDown(place, visit, [](uint64_t) { return false; });
  }
  // The same, without runs of movements of which `skip` accepts the most that one of them posted.
  using Skip = absl::FunctionRef<bool(uint64_t posted_max)>;
  absl::StatusOr<uint64_t> VisitDown(const Place& place, Visitor visit, Skip skip) const;

 private:
  // Some entries that are in no run. Never changed once others see it.
  struct Slice {
    std::vector<books::Movement> movements;
    std::vector<uint32_t> accounts;                        // Of the movements: what is searched.
    std::vector<std::pair<uint32_t, std::string>> opened;  // Accounts and their units.
  };
  // What is seen and in no run, as of one moment.
  struct Tail {
    uint64_t begin = 0;  // The runs reach to here.
    uint64_t end = 0;
    std::vector<std::shared_ptr<const Slice>> slices;  // Few, the oldest first.

    void Add(Slice slice);
  };

  History(Ledger& ledger, uint64_t run_entries);
  absl::Status CheckFormat() const;
  absl::Status LoadTimes();
  absl::Status ReadSlice(uint64_t end);
  absl::Status IngestTail();
  // Adds the blocks of all accounts to `run`, with so many movements.
  absl::Status AddBlocks(size_t movements, IndexRun& run);
  // What an account came to at the end of all runs.
  absl::StatusOr<books::AccountSums> SumsInRuns(uint32_t account);
  // What it came to before the entry at `index`, which is in no run or at their end.
  absl::StatusOr<books::AccountSums> SumsBefore(uint32_t account, uint64_t index) const;
  absl::StatusOr<std::optional<uint64_t>> OlderHold(const books::Id& id) const;
  // The value of a key, or nothing.
  absl::StatusOr<std::optional<std::string>> Find(const std::string& key) const;
  Tail tail() const;
  // The tail's part of VisitDown(). False when `visit` was.
  absl::StatusOr<bool> VisitTail(const Tail& tail, const Place& place, Visitor visit) const;

  Ledger& ledger_;
  const uint64_t run_entries_;

  std::mutex extend_mutex_;  // Guards what follows, and the tail against others that write it.
  books::MovementReader reader_;
  struct Known {
    books::AccountSums sums;
    bool is_known = false;
  };
  std::vector<Known> in_runs_;  // By account: SumsInRuns(), of those that came up.

  mutable std::mutex mutex_;  // Guards what follows; held for moments only.
  Tail tail_;
  absl::Status failed_;                              // OK until an entry could not be read.
  std::vector<std::pair<uint64_t, int64_t>> times_;  // Of some requests: index and time.
};

// The ledger's time of the newest request within `range`, or 0. Errors: kDataLoss.
absl::StatusOr<int64_t> NewestTime(const Ledger& ledger, const History::Range& range);

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_HISTORY_H_
