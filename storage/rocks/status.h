#ifndef CH8_STORAGE_ROCKS_STATUS_H_
#define CH8_STORAGE_ROCKS_STATUS_H_

#include <rocksdb/status.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace ch8 {

// The project's one mapping from RocksDB's errors; `what` was being done, e.g. "write a commit".
//
//   no space                       kResourceExhausted, saying that the disk is full
//   corruption, any other I/O      kDataLoss: what was read or written cannot be trusted
//   busy, timed out, shutting down kUnavailable, may be retried
//   not found                      kNotFound
//   all else                       kInternal: we called it wrongly
absl::Status FromRocks(const rocksdb::Status& status, absl::string_view what);

}  // namespace ch8

#endif  // CH8_STORAGE_ROCKS_STATUS_H_
