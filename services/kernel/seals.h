#ifndef CH8_SERVICES_KERNEL_SEALS_H_
#define CH8_SERVICES_KERNEL_SEALS_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/kernel/rows.h"
#include "storage/base/hash.h"

// Where a ledger's newest seal stands. What seals sum up is books' matter
// (services/books/seal_sums.h); here they are entries.
//
// Thread safety: none; as the rows.
namespace ch8::kernel {

inline constexpr absl::string_view kSealMethod = "/internal/Seal";

// A seal to be logged, made beside the sequencer: its root depends on the salt of its request.
struct SealDraft {
  chapter8::ledger::v1::Seal seal;
  Hash request_salt;
};

struct SealPlace {
  uint64_t index = 0;   // Of the seal's entry; its request is the one before.
  uint64_t size = 0;    // Entries that it covers.
  int64_t time_us = 0;  // Ledger time, microseconds since 1970 UTC.
};

// Nothing before the first seal.
std::optional<SealPlace> NewestSeal(const RowReader& rows);
void PutNewestSeal(const SealPlace& place, Rows& rows);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_SEALS_H_
