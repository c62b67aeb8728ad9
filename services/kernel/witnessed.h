#ifndef CH8_SERVICES_KERNEL_WITNESSED_H_
#define CH8_SERVICES_KERNEL_WITNESSED_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/kernel/rows.h"

// How far third organizations hold another organization to its ledger, as this ledger has logged it
// (ledger.md §2, "Witnessing").
//
// Thread safety: none; as the rows.
namespace ch8::kernel {

// What a machine wants of another organization's ledger.
struct WitnessesWanted {
  uint64_t size = 0;       // So many entries of it,
  uint32_t witnesses = 0;  // held by the witnesses of so many third organizations.
  bool waits = false;      // Something is kept back until then; or else it is well to know in time.
};

// How many entries of the ledger `origin` are held by the witnesses of at least `witnesses` third
// organizations; all of them when `witnesses` is 0.
uint64_t WitnessedSize(const RowReader& rows, absl::string_view origin, uint32_t witnesses);

// Whether `head` goes beyond what is known of its witness.
bool IsNewlyWitnessed(const RowReader& rows, const chapter8::ledger::v1::WitnessedHead& head);

// For Apply.
void ApplyWitnessedHead(const chapter8::ledger::v1::WitnessedHead& head, Rows& rows);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_WITNESSED_H_
