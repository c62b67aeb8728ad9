#ifndef CH8_SERVICES_NODE_ALTERED_ENTRY_H_
#define CH8_SERVICES_NODE_ALTERED_ENTRY_H_

#include "absl/status/statusor.h"
#include "storage/ledger/fsck.h"
#include "storage/ledger/ledger.h"

namespace ch8::node {

// Which of the entries of a difference it is, as far as anything stored beside the log can tell: a
// ledger keeps the leaf hash of each entry that it addressed to somebody, and of each request whose
// answer it keeps; and an entry that does not have its own form was not written so.
//
// Returns the one entry that is altered, or the difference with those left out from both ends of
// its range that are proven not to be. The difference itself when its entries cannot be read.
// Errors: kDataLoss when the rows cannot be read.
absl::StatusOr<Difference> NarrowToEntry(const Ledger& ledger, const Difference& difference);

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_ALTERED_ENTRY_H_
