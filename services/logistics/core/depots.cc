#include "services/logistics/core/depots.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "chapter8/logistics/v1/stock_service.pb.h"
#include "services/kernel/fields.h"
#include "services/kernel/paging.h"
#include "services/logistics/core/identifiers.h"
#include "services/logistics/core/items.h"
#include "services/logistics/core/supply_status.h"
#include "storage/base/status_macros.h"

namespace ch8::logistics {
namespace {

using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::DailyRate;
using v1::Depot;

constexpr int32_t kLatitudeMax = 90'000'000;
constexpr int32_t kLongitudeMax = 180'000'000;
// Persons that one depot can supply; with it quantity times strength stays below 2^63.
constexpr int64_t kStrengthMax = 1'000'000;

std::string Collection(const Context& context) {
  return absl::StrCat(context.organization, "/depots/");
}

std::string RateName(absl::string_view depot, absl::string_view item) {
  return absl::StrCat(depot, "/rates/", kernel::IdOf(item));
}

absl::Status CheckCoordinates(const Depot& depot) {
  const bool none = depot.latitude_microdegrees() == 0 && depot.longitude_microdegrees() == 0;
  if (none && !depot.locode().empty()) return absl::OkStatus();
  const bool on_earth = std::abs(int64_t{depot.latitude_microdegrees()}) <= kLatitudeMax &&
                        std::abs(int64_t{depot.longitude_microdegrees()}) <= kLongitudeMax;
  if (!none && on_earth) return absl::OkStatus();
  return kernel::Invalid("BAD_COORDINATES",
                         "a depot has a UN/LOCODE, or coordinates in millionths of a degree",
                         {{"rule", "L-9"}, {"field", "resource.latitude_microdegrees"}});
}

absl::StatusOr<Decision> CreateDepot(const Context& context, const v1::CreateDepotRequest& request,
                                     const State& state) {
  RETURN_IF_ERROR(kernel::CheckId(request.depot_id(), "depot_id"));
  const Depot& asked = request.resource();
  RETURN_IF_ERROR(kernel::CheckText(asked.title(), "resource.title"));
  if (!asked.locode().empty() && !IsLocode(asked.locode())) {
    return kernel::Invalid("BAD_LOCODE", "resource.locode is not a UN/LOCODE such as SOKMU",
                           {{"rule", "L-9"}, {"field", "resource.locode"}});
  }
  RETURN_IF_ERROR(CheckCoordinates(asked));
  const std::string name = absl::StrCat(Collection(context), request.depot_id());
  if (kernel::TableReader<Depot>(state.rows).Find(name).has_value()) {
    return kernel::Taken("DEPOT_EXISTS", name, kernel::ShowCommand(kDepots, name));
  }
  v1::LogisticsEvent event;
  Depot& depot = *event.mutable_depot_created()->mutable_depot();
  depot.set_name(name);
  depot.set_title(asked.title());
  depot.set_locode(asked.locode());
  depot.set_latitude_microdegrees(asked.latitude_microdegrees());
  depot.set_longitude_microdegrees(asked.longitude_microdegrees());
  return Decision{{kernel::DomainEvent(event)}, kernel::ReplyWith<Depot>(name)};
}

absl::StatusOr<Decision> SetDailyRate(const Context&, const v1::SetDailyRateRequest& request,
                                      const State& state) {
  const DailyRate& asked = request.resource();
  RETURN_IF_ERROR(CheckQuantity(asked.quantity(), "resource.quantity"));
  const int64_t strength = asked.strength() == 0 ? 1 : asked.strength();
  if (strength < 0 || strength > kStrengthMax) {
    return kernel::Invalid("BAD_QUANTITY",
                           absl::StrCat("resource.strength must be 1 to ", kStrengthMax),
                           {{"field", "resource.strength"}, {"wanted", absl::StrCat(strength)}});
  }
  RETURN_IF_ERROR(FindDepot(state.rows, asked.depot()).status());
  RETURN_IF_ERROR(FindItem(state.rows, asked.item()).status());
  v1::LogisticsEvent event;
  DailyRate& rate = *event.mutable_daily_rate_set()->mutable_rate();
  rate.set_name(RateName(asked.depot(), asked.item()));
  rate.set_depot(asked.depot());
  rate.set_item(asked.item());
  rate.set_quantity(asked.quantity());
  rate.set_strength(strength);
  return Decision{{kernel::DomainEvent(event)}, [name = rate.name()](const State& after) {
                    return kernel::TableReader<DailyRate>(after.rows)
                        .Find(name)
                        .value_or(DailyRate())
                        .SerializeAsString();
                  }};
}

absl::StatusOr<Depot> GetDepot(const Context&, const v1::GetDepotRequest& request,
                               const State& state) {
  ASSIGN_OR_RETURN(const Depot depot, FindDepot(state.rows, request.name()));
  return kernel::WithEtag(depot);
}

// Depots' rates stand among them in name order.
absl::StatusOr<v1::ListDepotsResponse> ListDepots(const Context& context,
                                                  const v1::ListDepotsRequest& request,
                                                  const State& state) {
  return kernel::ListPage<Depot, v1::ListDepotsRequest, v1::ListDepotsResponse>(
      state.rows, Collection(context), request,
      [](const Depot& row) { return kernel::CheckName(row.name(), kDepots.pattern, "name").ok(); },
      [](const Depot& row, v1::ListDepotsResponse& response) {
        *response.add_depots() = kernel::WithEtag(row);
      });
}

}  // namespace

absl::StatusOr<Depot> FindDepot(const kernel::RowReader& rows, absl::string_view name) {
  return kernel::FindResource<Depot>(rows, name, kDepots);
}

int64_t DailyUse(const kernel::RowReader& rows, absl::string_view depot, absl::string_view item) {
  const auto rate = kernel::TableReader<DailyRate>(rows).Find(RateName(depot, item));
  return rate.has_value() ? rate->quantity() * rate->strength() : 0;
}

void AddDepotRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.logistics.v1.DepotService/";
  routes.AddCommand<v1::CreateDepotRequest>(service + "CreateDepot", CreateDepot);
  routes.AddCommand<v1::SetDailyRateRequest>(service + "SetDailyRate", SetDailyRate);
  routes.AddRead<v1::GetDepotRequest>(service + "GetDepot", kernel::ReadPath::kSnapshot, GetDepot);
  routes.AddRead<v1::ListDepotsRequest>(service + "ListDepots", kernel::ReadPath::kSnapshot,
                                        ListDepots);
  routes.AddRead<v1::GetSupplyStatusRequest>(service + "GetSupplyStatus",
                                             kernel::ReadPath::kSnapshot, GetSupplyStatus);
}

void ApplyDepotCreated(const v1::LogisticsEvent::DepotCreated& event, kernel::Rows& rows) {
  kernel::PutRow(rows, event.depot());
}

void ApplyDailyRateSet(const v1::LogisticsEvent::DailyRateSet& event, kernel::Rows& rows) {
  kernel::PutRow(rows, event.rate());
}

}  // namespace ch8::logistics
