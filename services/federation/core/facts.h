#ifndef CH8_SERVICES_FEDERATION_CORE_FACTS_H_
#define CH8_SERVICES_FEDERATION_CORE_FACTS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/kernel/rows.h"

namespace ch8::federation {

// How old the facts may be that officers' acts rest on. A revocation that does not arrive stops the
// acts that it would have stopped, an hour late at most. (Waiving a head is let through: without it
// no feed goes on.)
inline constexpr absl::Duration kFactsAgeMax = absl::Hours(1);

// Whether the ledger `origin`, whose rows these are, has heard lately from the own directory (who
// may act) and the own mandate ledger (under which authority): counted from when each last showed a
// head that holds, by the clock that `now` is read from, which may have been set back. One never
// heard from has given no facts, and is not waited for.
//
// Errors: kUnavailable/FACTS_STALE (metadata: origin, age, at_most, instead), domain
// "federation.chapter8": retry, it passes when the feed goes on; kDataLoss/STATE_BROKEN.
absl::Status CheckFactsAge(const kernel::RowReader& rows, absl::string_view origin, absl::Time now,
                           absl::Duration age_max);

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_CORE_FACTS_H_
