#include "services/federation/core/facts.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/federation/core/peer_log.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"

namespace ch8::federation {
namespace {

// "3h25m0s".
std::string AgeText(absl::Duration age) {
  return absl::FormatDuration(absl::Trunc(age, absl::Seconds(1)));
}

}  // namespace

absl::Status CheckFactsAge(const kernel::RowReader& rows, absl::string_view origin, absl::Time now,
                           absl::Duration age_max) {
  const absl::string_view own = origin.substr(0, origin.rfind('/') + 1);
  for (const absl::string_view service : {"directory", "mandate"}) {
    const std::string source = absl::StrCat(own, service);
    ASSIGN_OR_RETURN(const auto state,
                     PeerStateFrom(source, rows.Get(Table::kPeer, PeerStateKey(source))));
    const Freshness freshness = FreshnessOf(state, now);
    if (freshness.verified_size == 0 || freshness.age <= age_max) continue;
    return kernel::Refuse(
        {.code = absl::StatusCode::kUnavailable,
         .domain = "federation.chapter8",
         .reason = "FACTS_STALE",
         .message = absl::StrCat("nothing was heard from ", source, " for ", AgeText(freshness.age),
                                 "; acts need facts of the last ", AgeText(age_max)),
         .metadata = {{"origin", source},
                      {"age", AgeText(freshness.age)},
                      {"at_most", AgeText(age_max)},
                      {"instead", absl::StrCat("ch8 ledger peers ", kernel::IdOf(origin))}}});
  }
  return absl::OkStatus();
}

}  // namespace ch8::federation
