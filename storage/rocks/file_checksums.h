#ifndef CH8_STORAGE_ROCKS_FILE_CHECKSUMS_H_
#define CH8_STORAGE_ROCKS_FILE_CHECKSUMS_H_

#include <rocksdb/db.h>

#include <cstdint>
#include <functional>

#include "absl/status/status.h"

namespace ch8 {

// Reads every table file of `db` and compares it with the checksum recorded when it was written.
// DB::VerifyFileChecksums() does the same in one go; this asks `go_on` after each piece read, with
// its bytes, so that a reader in the background can take its time, or end. Files that a compaction
// removes meanwhile are passed over.
//
// Errors: kDataLoss, naming the file; kCancelled when `go_on` returns false.
absl::Status VerifyFileChecksums(rocksdb::DB& db, const std::function<bool(uint64_t bytes)>& go_on);

}  // namespace ch8

#endif  // CH8_STORAGE_ROCKS_FILE_CHECKSUMS_H_
