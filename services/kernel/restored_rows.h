#ifndef CH8_SERVICES_KERNEL_RESTORED_ROWS_H_
#define CH8_SERVICES_KERNEL_RESTORED_ROWS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/kernel/machine.h"
#include "storage/ledger/ledger.h"

namespace ch8::kernel {

// The rows of a ledger whose log was brought back and that has none yet: those that follow from the
// log, and with them what does not, `remembered`: kept answers (Table::kAnswers) and what is known
// of other ledgers (Table::kPeer), as they stood when the log ended where it ends. Answers whose
// time is over are left out.
//
// Holds all rows in memory. Thread safety: any thread. Errors: kDataLoss when storage cannot be
// read, or an entry or an answer does not parse.
// `time` is the ledger's then; it is never before its newest request's.
absl::StatusOr<std::vector<RowWrite>> RestoredRows(const Ledger& ledger, const Machine& machine,
                                                   absl::Time time,
                                                   std::vector<RowWrite> remembered);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_RESTORED_ROWS_H_
