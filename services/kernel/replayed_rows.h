#ifndef CH8_SERVICES_KERNEL_REPLAYED_ROWS_H_
#define CH8_SERVICES_KERNEL_REPLAYED_ROWS_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/kernel/machine.h"
#include "storage/ledger/ledger.h"

// A ledger's rows (Table::kRows) twice: as they are stored, and as its log gives them from nothing.
// They are equal, or the ledger is damaged.
//
// Thread safety: may be called from any thread. Errors: kDataLoss when storage cannot be read or an
// entry does not parse.
namespace ch8::kernel {

// All of them, in memory.
absl::StatusOr<std::map<std::string, std::string>> StoredRows(const Ledger& ledger);
absl::StatusOr<std::map<std::string, std::string>> ReplayedRows(const Ledger& ledger,
                                                                const Machine& machine);

struct RowComparison {
  size_t rows = 0;                        // Stored.
  std::optional<std::string> difference;  // The first in key order: "row x differs".
};
// Holds the replayed rows in memory and reads the stored ones beside them.
absl::StatusOr<RowComparison> CompareRows(const Ledger& ledger, const Machine& machine);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_REPLAYED_ROWS_H_
