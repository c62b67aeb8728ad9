#ifndef CH8_SERVICES_NODE_HISTORY_READS_H_
#define CH8_SERVICES_NODE_HISTORY_READS_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chapter8/ledger/v1/history_service.pb.h"
#include "services/books/id.h"
#include "services/node/history.h"
#include "storage/ledger/ledger.h"

// The answers of chapter8.ledger.v1.HistoryService. Whoever gives them has checked authority, and
// that as much is seen as the request wants.
//
// Refusals, domain "books.chapter8": NOT_FOUND/NO_SUCH_ACCOUNT (while not all is seen:
// UNAVAILABLE/NOT_SEEN_YET of domain "kernel.chapter8"), NO_SUCH_TRANSFER;
// INVALID_ARGUMENT/BAD_ID; OUT_OF_RANGE/NO_SUCH_SIZE; those of kernel/paging.h. Beside them
// kDataLoss.
//
// Thread safety: any thread.
namespace ch8::node {

// The ledger and its history, which is of the same ledger.
struct HistoryOf {
  const Ledger& ledger;
  const History& history;
};

absl::StatusOr<chapter8::ledger::v1::ListMovementsResponse> ListMovements(
    const HistoryOf& of, const chapter8::ledger::v1::ListMovementsRequest& request);

// Asks `is_wanted` now and then whether to go on, if there is one. Errors: kCancelled.
absl::StatusOr<chapter8::ledger::v1::ListTopMovementsResponse> ListTopMovements(
    const HistoryOf& of, const chapter8::ledger::v1::ListTopMovementsRequest& request,
    const std::function<bool()>& is_wanted);

absl::StatusOr<chapter8::ledger::v1::BalanceAt> GetBalanceAt(
    const HistoryOf& of, const chapter8::ledger::v1::GetBalanceAtRequest& request);

// The id that a request is about.
absl::StatusOr<books::Id> IdOf(const chapter8::ledger::v1::FindTransferRequest& request);
// The entry at `index`, which used `id`.
absl::StatusOr<chapter8::ledger::v1::FoundTransfer> ReadTransfer(const Ledger& ledger,
                                                                 const books::Id& id,
                                                                 uint64_t index);
// That none of the first `seen_size` entries used it.
absl::Status NoSuchTransfer(const Ledger& ledger, const books::Id& id, uint64_t seen_size);

// kUnavailable/NOT_SEEN_YET, with RetryInfo.
absl::Status NotSeenYet(uint64_t seen_size, uint64_t size);

// When a log of `ledger` never had, or has not yet, `size` entries: kOutOfRange/NO_SUCH_SIZE.
absl::Status CheckSize(const Ledger& ledger, uint64_t size);

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_HISTORY_READS_H_
