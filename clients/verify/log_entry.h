#ifndef CH8_CLIENTS_VERIFY_LOG_ENTRY_H_
#define CH8_CLIENTS_VERIFY_LOG_ENTRY_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/books/v1/posting.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "storage/base/hash.h"
#include "storage/merkle/leaf.h"

namespace ch8::verify {

// One entry as it lies in a bundle of payloads.
struct BundledEntry {
  uint16_t entry_class = 0;
  Tag tag{};
  Hash salt;
  std::string payload;
};

// The entries of a bundle, of which there must be `entries`, the first at `first_index`.
// Errors: a refusal naming the entry at which the bytes go wrong.
absl::StatusOr<std::vector<BundledEntry>> ParseBundle(absl::string_view bytes,
                                                      absl::string_view origin,
                                                      uint64_t first_index, uint64_t entries);

// Those disclosed of a sample's bundle, by index; each lies within `entries` from `first_index` on.
// Class and tag stand in their leaves. Errors: a refusal naming the entry at which the bytes go
// wrong.
absl::StatusOr<std::map<uint64_t, BundledEntry>> ParseDisclosed(absl::string_view bytes,
                                                                absl::string_view origin,
                                                                uint64_t first_index,
                                                                uint64_t entries);

// The leaf of an entry. Errors: a refusal, for a class that there is not.
absl::StatusOr<Leaf> LeafOf(const BundledEntry& bundled, const Hash& log_id,
                            absl::string_view origin, uint64_t index);

// One entry of a log, understood.
struct LogEntry {
  enum class Kind { kEntry, kRow };

  uint64_t index = 0;
  Hash leaf_hash;
  Tag tag{};
  Kind kind = Kind::kEntry;
  chapter8::ledger::v1::Entry entry{};     // For kEntry.
  chapter8::books::v1::TransferRow row{};  // For kRow.
};

// Parses a payload and checks that the leaf's class and tag are those of what it says (ledger.md
// §1): the tag of a step is made anew from the transfer's id.
// Errors: a refusal; also for fields that this verifier does not know, which it could not check.
absl::StatusOr<LogEntry> Understand(const BundledEntry& bundled, const Leaf& leaf,
                                    absl::string_view origin, uint64_t index);

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_LOG_ENTRY_H_
