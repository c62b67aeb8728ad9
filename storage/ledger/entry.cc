#include "storage/ledger/entry.h"

namespace ch8 {

bool IsBulkRow(const Entry& entry) {
  return entry.entry_class == EntryClass::kTransfer && entry.tag == Tag{};
}

Leaf EntryLeaf(const Hash& log_id, EntryClass entry_class, const Tag& tag, const Hash& salt,
               absl::string_view payload) {
  return Leaf{.entry_class = entry_class,
              .tag = tag,
              .payload_commit = PayloadCommit(log_id, salt, payload)};
}

Hash EntryLeafHash(const Hash& log_id, const Entry& entry) {
  return LeafHash(EntryLeaf(log_id, entry.entry_class, entry.tag,
                            EntrySalt(entry.request_salt, entry.row), entry.payload));
}

NewEntry MakeEntry(const Hash& log_id, const Hash& request_salt, const EntryParts& parts) {
  return NewEntry{
      .entry_class = parts.entry_class,
      .tag = parts.tag,
      .row = parts.row,
      .payload = parts.payload,
      .leaf_hash = LeafHash(EntryLeaf(log_id, parts.entry_class, parts.tag,
                                      EntrySalt(request_salt, parts.row), parts.payload))};
}

}  // namespace ch8
