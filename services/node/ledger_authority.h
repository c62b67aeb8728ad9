#ifndef CH8_SERVICES_NODE_LEDGER_AUTHORITY_H_
#define CH8_SERVICES_NODE_LEDGER_AUTHORITY_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/kernel/machine.h"
#include "services/kernel/rows.h"

namespace ch8::node {

// Whether the caller of `command`, a read of a ledger itself, may have the answer, by the ledger's
// rows. Errors: those of kernel::AuthorizeRead(). Thread safety: any thread.
absl::Status AuthorizeOn(const kernel::RowReader& rows, const kernel::Command& command,
                         absl::Time now);

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_LEDGER_AUTHORITY_H_
