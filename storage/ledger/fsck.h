#ifndef CH8_STORAGE_LEDGER_FSCK_H_
#define CH8_STORAGE_LEDGER_FSCK_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "storage/base/hash.h"
#include "storage/ledger/ledger.h"
#include "storage/ledger/stored_log.h"

namespace ch8 {

// The first place where what is stored and what follows from the raw entries part.
struct Difference {
  uint64_t index = 0;  // Of the entry, or the size of the log at which it was noticed.
  std::string what;
};

struct FsckReport {
  uint64_t size = 0;  // Entries that were read and hashed.
  Hash root;          // Recomputed over them.
  uint64_t chunks = 0;
  uint64_t tiles = 0;
  uint64_t notes = 0;
  std::optional<Difference> difference;  // None: everything agrees.
};

// Recomputes a ledger's durable log from its raw entries and compares: chunks follow each other
// without gap or overlap; every full tile is stored and right; every kept note states this log's
// origin and the root of its size; the root is the one the ledger answers with. Reads the whole
// log: about a minute per 50 million entries. Safe while the ledger serves.
//
// Damage that storage itself reports is a difference too. Errors: those of reading the kept notes.
absl::StatusOr<FsckReport> Fsck(const Ledger& ledger, const StoredLog& log);

}  // namespace ch8

#endif  // CH8_STORAGE_LEDGER_FSCK_H_
