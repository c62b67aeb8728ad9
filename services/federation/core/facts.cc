#include "services/federation/core/facts.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/federation/core/peer_log.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"

namespace ch8::federation {
namespace {

// "3h25m0s".
std::string AgeText(absl::Duration age) {
  return absl::FormatDuration(absl::Trunc(age, absl::Seconds(1)));
}

}  // namespace

absl::Status CheckFactsAge(const kernel::RowReader& rows, absl::string_view trust_domain,
                           absl::Time now, absl::Duration age_max) {
  for (const absl::string_view service : {"directory", "mandate"}) {
    const std::string origin = absl::StrCat(trust_domain, "/ch8/", service);
    ASSIGN_OR_RETURN(const auto state,
                     PeerStateFrom(origin, rows.Get(Table::kPeer, PeerStateKey(origin))));
    const Freshness freshness = FreshnessOf(state, now);
    if (freshness.verified_size == 0 || freshness.age <= age_max) continue;
    return kernel::Refuse(
        {.code = absl::StatusCode::kUnavailable,
         .domain = "federation.chapter8",
         .reason = "FACTS_STALE",
         .message = absl::StrCat("nothing was heard from ", origin, " for ", AgeText(freshness.age),
                                 "; acts need facts of the last ", AgeText(age_max)),
         .metadata = {{"origin", origin},
                      {"age", AgeText(freshness.age)},
                      {"at_most", AgeText(age_max)},
                      {"instead", "ch8 node status"}}});
  }
  return absl::OkStatus();
}

}  // namespace ch8::federation
