#ifndef CH8_SERVICES_NODE_KEPT_DEPOSITS_H_
#define CH8_SERVICES_NODE_KEPT_DEPOSITS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/federation/v1/deposit_service.pb.h"
#include "storage/rocks/row_store.h"

namespace ch8::node {

// What this node keeps for other organizations: the encrypted copies of their ledgers, in a
// database of its own.
//
// Nothing is ever dropped but an unfinished end: a copy that no longer fits its ledger may be the
// last one of what that ledger lost. To give up all copies, stop the node and move the folder away.
//
// Thread safety: any thread.
class KeptDeposits {
 public:
  struct Options {
    std::string path;        // Of the database; made when there is something to keep.
    uint64_t bytes_max = 0;  // For one organization.
    // Optional. Whether the disk has room: the node's own ledgers come first.
    std::function<absl::Status()> admit_writes = nullptr;
  };
  explicit KeptDeposits(Options options) : options_(std::move(options)) {}

  // What is kept of the ledger `origin`, as the next GetDeposit() has to say. Errors: those of
  // RowStore.
  absl::StatusOr<chapter8::federation::v1::GetDepositRequest> Next(const std::string& origin);

  // Whether a complete deposit of it was ever kept. Errors: those of RowStore.
  absl::StatusOr<bool> WasComplete(const std::string& origin);

  // Adds a deposit that begins where the last one ends. When it returns OK it survives a power
  // loss. Errors: kInvalidArgument when it does not follow, or is none; kResourceExhausted when the
  // disk or the organization's share is full; those of RowStore.
  absl::Status Keep(const std::string& origin, const chapter8::federation::v1::Deposit& deposit);

  // Takes back what came after the last complete deposit. True when that was anything. Errors:
  // those of RowStore.
  absl::StatusOr<bool> DropIncomplete(const std::string& origin);

  // From deposit number `after_count` on, as many as fit into one answer. Errors: kNotFound when
  // nothing is kept of that ledger; those of RowStore.
  absl::StatusOr<chapter8::federation::v1::FetchDepositsResponse> Read(const std::string& origin,
                                                                       uint64_t after_count);

 private:
  struct Newest;

  // The database; null when there is none and none is to be made.
  enum class IfMissing { kNull, kMake };
  absl::StatusOr<RowStore*> Store(IfMissing if_missing);
  absl::StatusOr<Newest> FindNewest(const std::string& origin);
  absl::StatusOr<uint64_t> BytesOf(absl::string_view trust_domain);

  const Options options_;
  std::mutex mutex_;
  std::unique_ptr<RowStore> store_;  // Guarded by mutex_, and so is what is in it.
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_KEPT_DEPOSITS_H_
