#ifndef CH8_SERVICES_BOOKS_RECOVERY_H_
#define CH8_SERVICES_BOOKS_RECOVERY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/books/books.h"
#include "services/books/pages.h"
#include "storage/ledger/ledger.h"

// Rebuilds the books when a ledger opens: pages, then the tail of the log. The result equals a
// replay of the whole log, whatever the pages were.
namespace ch8::books {

// What recovery reads. RecoverySourceOf() makes one of a ledger.
struct RecoverySource {
  uint64_t size = 0;              // Of the log.
  uint64_t ids_through_size = 0;  // Ledger::indexed_size().
  std::function<absl::Status(uint64_t begin, uint64_t end, const Ledger::EntryVisitor&)>
      read_entries;
  std::function<absl::Status(const std::function<void(const Page&)>&)> read_pages;
  // Optional: takes the runs that come due when many ids are in no run yet.
  std::function<absl::Status(const IndexRun&)> ingest_ids;
  // Optional: what else the books must agree with when all is applied. Errors: kDataLoss when they
  // do not.
  std::function<absl::Status(const State&)> check;
};
// `ledger` must outlive the source. Everything written must be durable, as after an open.
RecoverySource RecoverySourceOf(Ledger& ledger);

struct Recovered {
  std::unique_ptr<Books> books;
  PageWriter pages;
  // Write and flush these before the first commit: they wipe pages stamped above the log's end,
  // which would come to look valid once the log has grown past their stamp.
  std::vector<Page> wipe;

  uint64_t replayed_from = 0;       // The first entry read.
  uint64_t pages_complete_to = 0;   // The first entry that some page needed.
  size_t pages_used = 0;            // Copies that the books were loaded from.
  size_t pages_discarded = 0;       // Copies torn, corrupt or above the log's end.
  bool replayed_from_zero = false;  // The pages could not be used at all.
};

// Of each page, the newest valid copy not above the log's end is loaded; without one the page
// starts empty at 0. Each side of an entry is applied iff its index is at or above the position of
// the page that the side belongs to. Should a row end a hold that no page remembers, which only
// damaged pages can bring about, all pages are dropped and the log is replayed from its start.
//
// Then the books are checked: per unit, debits and credits are equal, posted and held; what each
// account holds is the sum of its open holds; no floor is broken; and what the source checks. Pages
// that fail it are dropped like those above.
//
// Errors: kDataLoss when the log does not parse, contradicts itself or fails that check; the
// ledger must not serve. Errors of the source are passed on.
absl::StatusOr<Recovered> Recover(const RecoverySource& source, const IdIndex& older_ids,
                                  const Books::Options& options);

// The check by itself. Errors: kDataLoss.
absl::Status CheckState(const State& state);

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_RECOVERY_H_
