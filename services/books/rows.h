#ifndef CH8_SERVICES_BOOKS_ROWS_H_
#define CH8_SERVICES_BOOKS_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/books/v1/posting.pb.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "services/books/books.h"
#include "services/books/id.h"
#include "services/books/ids.h"
#include "storage/base/hash.h"
#include "storage/ledger/entry.h"

// Bulk rows: a PostTransfersRequest goes from received bytes to log entries without ever being a
// protobuf object. The log keeps each row's bytes exactly as they came.
//
//   gRPC thread   PrepareBatch()  parse, hash, look up older ids
//   sequencer     ApplyBatch()    decide and apply, then commit TakeApplied()
namespace ch8::books {

// One row, parsed.
struct Row {
  Id id;
  Id hold_id;
  uint64_t amount = 0;
  uint32_t debit_account = 0;
  uint32_t credit_account = 0;
  uint32_t offset = 0;  // Of the row's bytes in the request.
  uint16_t size_bytes = 0;
  uint8_t kind = 0;  // TransferRow::Kind.
  bool linked = false;
};

// A parsed request. Views point into the request bytes, which must outlive it.
struct ParsedBatch {
  absl::string_view bytes;       // The whole request.
  absl::string_view request_id;  // As received; its form is not checked here.
  absl::string_view post;
  std::vector<Row> rows;          // 1 to kBatchRowsMax.
  std::vector<NewEntry> entries;  // One for each row, when prepared.
  // Positions of rows whose id some run held when the runs reached `older_ids_through_size`.
  std::vector<uint32_t> older_ids_found;
  std::optional<uint64_t> older_ids_through_size;

  absl::string_view payload(const Row& row) const {
    return bytes.substr(row.offset, row.size_bytes);
  }
};

// Parses one row's bytes as stored in the log, strictly: unknown or repeated fields, wrong wire
// types, values out of range, a zero id, a hold id on a row that takes none or none on one that
// does are kInvalidArgument. Whether accounts and amounts fit is ApplyBatch()'s matter.
// Thread safety: any thread.
absl::StatusOr<Row> ParseRow(absl::string_view bytes);

// Parses a PostTransfersRequest. Errors: kInvalidArgument, naming the row ("row 17: ..."), when a
// row is malformed, the last one is linked, there are none or more than kBatchRowsMax, or the
// request has other fields than its own. Not retryable. Thread safety: any thread.
absl::StatusOr<ParsedBatch> ParseRows(absl::string_view request);

struct PrepareParts {
  Hash log_id;
  Hash request_salt;  // Secret, random, of this request alone.
};

// ParseRows(), the entry of each row (class transfer, zero tag, row = 1 + position), and a look at
// the older ids, so that the sequencer need not wait for a disk. Errors: as ParseRows(); kDataLoss.
// Thread safety: any thread.
absl::StatusOr<ParsedBatch> PrepareBatch(absl::string_view request, const PrepareParts& parts,
                                         const IdIndex& older_ids);

// Looks `batch`'s ids up in the id runs and remembers how far the runs reached, unless they reach
// no further than when it last did. Errors: kDataLoss. Thread safety: any thread.
absl::Status FindOlderIds(const IdIndex& older_ids, ParsedBatch& batch);

using RowResult = v1::PostTransfersResponse::Result;

struct BatchOutcome {
  std::vector<RowResult> results;  // One for each row.
  uint32_t applied = 0;            // How many are APPLIED.
};

// Decides and applies a batch. Rows are taken in order, each seeing those before it; a chain of
// linked rows applies as one, or none of it: the row at fault keeps its own result and the others
// are LINKED_FAILED. Results by precedence: ID_EXISTS, BAD_ACCOUNT, UNIT_MISMATCH, BAD_HOLD,
// BAD_AMOUNT, INSUFFICIENT.
//
// The k-th applied row (from 0) becomes the entry at `first_row_index` + k, which is one above the
// index of the batch's Request entry. Refused rows leave nothing, their ids are free again.
//
// A row's HOLD can be ended by rows only, and a posting's hold by postings only.
//
// Looks older ids up again when runs were ingested since the batch was prepared. Errors, with
// nothing changed: kDataLoss when they cannot be read. Thread safety: sequencer.
absl::StatusOr<BatchOutcome> ApplyBatch(Books& books, ParsedBatch& batch, uint64_t first_row_index);

// Appends the entries of the applied rows to `entries`, in order.
void AppendApplied(const ParsedBatch& batch, const BatchOutcome& outcome,
                   std::vector<NewEntry>& entries);

// The answer to the batch whose Request entry is at `first_index`.
v1::PostTransfersResponse ResponseOf(const BatchOutcome& outcome, uint64_t first_index);

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_ROWS_H_
