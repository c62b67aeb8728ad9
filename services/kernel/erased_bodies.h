#ifndef CH8_SERVICES_KERNEL_ERASED_BODIES_H_
#define CH8_SERVICES_KERNEL_ERASED_BODIES_H_

#include <optional>
#include <string>

#include "services/kernel/bodies.h"
#include "services/kernel/rows.h"
#include "storage/ledger/ledger.h"

// How a machine has a body destroyed: Apply, which touches no body, writes a row; whoever commits
// that row destroys the body once the commit is durable, and at the next start when a crash came
// between, unless a row still names the body (Machine::NamesBody).
namespace ch8::kernel {

// For Apply. `why` names what was erased, e.g. "reports/RPT-AU-26-0001".
void MarkErased(const Hash& digest, std::string why, Rows& rows);

// What was marked for it; nothing when it is not marked.
std::optional<std::string> WhyErased(const RowReader& rows, const Hash& digest);

// The body that a committed row wants destroyed; nothing for any other row.
std::optional<Hash> ErasedBy(const RowWrite& row);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_ERASED_BODIES_H_
