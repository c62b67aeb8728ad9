#ifndef CH8_STORAGE_LEDGER_ENTRY_H_
#define CH8_STORAGE_LEDGER_ENTRY_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "storage/base/hash.h"
#include "storage/merkle/leaf.h"

namespace ch8 {

// One entry about to be appended. `leaf_hash` is computed beforehand, on whatever thread has time,
// by MakeEntry(): no part of a leaf depends on its position.
struct NewEntry {
  EntryClass entry_class = EntryClass::kDomain;
  Tag tag{};                  // All zero unless the entry is a step of a two-sided transfer.
  uint32_t row = 0;           // Which row of its request this is; the salt depends on it.
  absl::string_view payload;  // The exact bytes; not owned.
  Hash leaf_hash{};
};

// The entries of one accepted request: its Request entry (row 0) and the rows that follow.
struct RequestEntries {
  Hash request_salt{};  // Secret and random; stored in the log's chunks, never shown to a peer.
  std::vector<NewEntry> entries{};
};

// One stored entry, as read back. Views point into the reader's buffer.
struct Entry {
  uint64_t index = 0;
  EntryClass entry_class = EntryClass::kDomain;
  Tag tag{};
  uint32_t row = 0;
  Hash request_salt{};
  absl::string_view payload;
};

// Whether the payload is a bare bulk row (chapter8.books.v1.TransferRow), not an Entry.
bool IsBulkRow(const Entry& entry);

// The leaf that an entry hashes to; the one frozen function (ledger.md §1). `salt` is the entry's
// own, EntrySalt(request_salt, row).
Leaf EntryLeaf(const Hash& log_id, EntryClass entry_class, const Tag& tag, const Hash& salt,
               absl::string_view payload);

// The leaf hash of a stored entry.
Hash EntryLeafHash(const Hash& log_id, const Entry& entry);

// An entry ready to commit, with its leaf hash. `payload` must outlive the result.
struct EntryParts {
  EntryClass entry_class = EntryClass::kDomain;
  Tag tag{};
  uint32_t row = 0;
  absl::string_view payload;
};
NewEntry MakeEntry(const Hash& log_id, const Hash& request_salt, const EntryParts& parts);

}  // namespace ch8

#endif  // CH8_STORAGE_LEDGER_ENTRY_H_
