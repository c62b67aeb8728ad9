#ifndef CH8_SERVICES_KERNEL_SPOKEN_IDS_H_
#define CH8_SERVICES_KERNEL_SPOKEN_IDS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/kernel/rows.h"

// Ids that people say on a radio: KIND-ORG-YY-NNNN, e.g. "REQ-AU-26-0041". Counted per kind and
// year of the ledger's time, by the organization that makes them, so two organizations never make
// the same one. The counter is a row, moved by Apply. No two services have a kind in common, so the
// id says which ledger knows it.
//
// Thread safety: all functions are pure.
namespace ch8::kernel {

struct SpokenIdParts {
  absl::string_view kind;
  absl::string_view organization;  // "organizations/au"
  absl::Time time;                 // The ledger's.
};
// The id that the `ahead`-th next resource of its kind gets; 1 is the next.
std::string NextSpokenId(const RowReader& rows, const SpokenIdParts& parts, uint64_t ahead = 1);

// Whether `id` is one that only `organization` makes.
bool IsSpokenIdOf(absl::string_view id, absl::string_view kind, absl::string_view organization);

// Moves the counter to `id`, one that this ledger made. Anything else changes nothing.
void CountSpokenId(absl::string_view id, Rows& rows);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_SPOKEN_IDS_H_
