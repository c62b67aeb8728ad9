#ifndef CH8_SERVICES_NODE_SEALED_SUMS_H_
#define CH8_SERVICES_NODE_SEALED_SUMS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "services/books/seal_sums.h"
#include "storage/base/hash.h"
#include "storage/ledger/ledger.h"

// Seals of a stored ledger, and the sums that they commit to.
//
// Thread safety: all functions may be called from any thread.
namespace ch8::node {

// A seal as it stands in its log.
struct StoredSeal {
  uint64_t index = 0;
  chapter8::ledger::v1::Seal seal;
  Hash secret;                              // Of its rows' salts.
  chapter8::ledger::v1::LoggedEntry entry;  // As it is shown to others.
};
// Errors: kOutOfRange/NO_SUCH_ENTRY beyond what is durable; kFailedPrecondition/NOT_A_SEAL;
// kDataLoss.
absl::StatusOr<StoredSeal> ReadSeal(const Ledger& ledger, uint64_t index);

// A seal with all its rows.
struct SealedSums {
  StoredSeal stored;
  books::SealSums sums;
  books::SealTree tree;
};

// Adds the entries up to `size` to `sums`. `go_on` is asked now and then whether to. Errors:
// kCancelled when not; kDataLoss.
absl::Status AddEntries(const Ledger& ledger, uint64_t size, const std::function<bool()>& go_on,
                        books::SealSums& sums);

// The rows of a seal from `sums`, which cover as many entries. Errors: kDataLoss when they have
// another root.
absl::StatusOr<std::shared_ptr<const SealedSums>> Match(StoredSeal stored, books::SealSums sums);

// The sums of the ledger's newest seal, as they were kept at `path` or follow from those kept of an
// earlier one. Nothing when they are not there or not those of the seal: the log still has them.
// Errors: kUnavailable; kDataLoss.
absl::StatusOr<std::shared_ptr<const SealedSums>> LoadSums(const Ledger& ledger,
                                                           const std::string& path);
// Errors: those of WriteFileDurably().
absl::Status KeepSums(const SealedSums& sealed, const std::string& path);

// The sums of all that is durable, from those kept at `path` and the entries after that seal.
// Nothing when none are kept, or the log cannot be read: that is for the scrubber and fsck to say.
// Errors: kUnavailable.
absl::StatusOr<std::optional<books::SealSums>> SumsNow(const Ledger& ledger,
                                                       const std::string& path);

// Makes every seal of the ledger anew from its raw entries. What differs is named. Errors:
// kDataLoss when entries cannot be read.
absl::StatusOr<std::optional<std::string>> CheckSeals(const Ledger& ledger);

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_SEALED_SUMS_H_
