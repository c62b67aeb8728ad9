#ifndef CH8_SERVICES_LOGISTICS_CORE_DEPOTS_H_
#define CH8_SERVICES_LOGISTICS_CORE_DEPOTS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/kernel/machine.h"
#include "services/logistics/core/vocabulary.h"

// Depots of the own organization, and how much of an item each uses up in a day.
namespace ch8::logistics {

void AddDepotRoutes(kernel::Routes& routes);

// Errors: kInvalidArgument/BAD_NAME; kNotFound/UNKNOWN_DEPOT.
absl::StatusOr<v1::Depot> FindDepot(const kernel::RowReader& rows, absl::string_view name);

// What `depot` uses up of `item` in a day: quantity times strength; 0 when no rate is set.
int64_t DailyUse(const kernel::RowReader& rows, absl::string_view depot, absl::string_view item);

void ApplyDepotCreated(const v1::LogisticsEvent::DepotCreated& event, kernel::Rows& rows);
void ApplyDailyRateSet(const v1::LogisticsEvent::DailyRateSet& event, kernel::Rows& rows);

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_DEPOTS_H_
