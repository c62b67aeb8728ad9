#ifndef CH8_SERVICES_LOGISTICS_CORE_SUPPLY_STATUS_H_
#define CH8_SERVICES_LOGISTICS_CORE_SUPPLY_STATUS_H_

#include "absl/status/statusor.h"
#include "chapter8/logistics/v1/stock_service.pb.h"
#include "services/kernel/machine.h"

namespace ch8::logistics {

// What a depot has, holds, awaits and asks for, and how many days it lasts (rule L-13): stock that
// is fit and not held, divided by the daily rate and rounded down. Goes through all lots, offers
// and requests of the ledger. Errors: kInvalidArgument/BAD_NAME; kNotFound/UNKNOWN_DEPOT.
absl::StatusOr<chapter8::logistics::v1::SupplyStatus> GetSupplyStatus(
    const kernel::Context& context, const chapter8::logistics::v1::GetSupplyStatusRequest& request,
    const kernel::State& state);

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_SUPPLY_STATUS_H_
