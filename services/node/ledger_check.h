#ifndef CH8_SERVICES_NODE_LEDGER_CHECK_H_
#define CH8_SERVICES_NODE_LEDGER_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/node/modules.h"
#include "storage/base/hash.h"

// `ch8d fsck`: a stored ledger held against its own raw entries, by nothing that serves.
namespace ch8::node {

struct LedgerReport {
  std::string origin;
  uint64_t size = 0;  // Entries that were read and hashed.
  Hash root;          // Over them.
  size_t rows = 0;
  std::optional<std::string> difference;  // What is wrong, and where. None: everything agrees.
};

// Recomputes the ledger of `module` in `data` from its raw entries: chunks, tiles, kept notes and
// root (storage/ledger/fsck.h), naming the altered entry as closely as what is stored allows
// (altered_entry.h); every file's checksum; the rows, as a replay gives them; answers, cursors and
// parked entries; every seal, from the entries that it covers; the books as a start recovers them,
// against a replay from entry 0; the bodies that lie here, and their keys. Reads everything, holds
// all rows once, and changes nothing but what opening does; a ledger that agrees is barred no more
// (ledger_home.h). No daemon may run on `data`.
//
// Damage is a difference. Errors: kNotFound when there is no such ledger; kUnavailable when another
// process has it open; kResourceExhausted when the disk is full.
//
// Thread safety: any one thread.
absl::StatusOr<LedgerReport> CheckLedger(const Module& module, const std::string& data);

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_LEDGER_CHECK_H_
