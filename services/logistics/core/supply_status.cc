#include "services/logistics/core/supply_status.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/kernel/fields.h"
#include "services/logistics/core/depots.h"
#include "services/logistics/core/lots.h"
#include "services/logistics/core/vocabulary.h"
#include "storage/base/status_macros.h"

namespace ch8::logistics {
namespace {

using kernel::Context;
using kernel::State;
using v1::Lot;
using v1::MaterielRequest;
using v1::SupplyOffer;
using Line = v1::SupplyStatus::Line;

constexpr int kExpiringDays = 90;

// One depot's figures, item by item.
class Status {
 public:
  Status(std::string depot, absl::CivilDay day) : depot_(std::move(depot)), day_(day) {}

  void Add(const Lot& lot) {
    if (lot.depot() != depot_ || lot.on_hand() == 0) return;
    Line& line = LineOf(lot.item());
    if (lot.quarantined() || IsExpiredOn(lot.expires_on(), day_)) {
      line.set_unfit(line.unfit() + lot.on_hand());
      return;
    }
    line.set_on_hand(line.on_hand() + lot.on_hand());
    line.set_held(line.held() + lot.held());
    if (IsExpiredOn(lot.expires_on(), day_ + kExpiringDays)) {
      line.set_expiring(line.expiring() + lot.on_hand());
    }
  }

  void Add(const SupplyOffer& offer) {
    if (offer.state() != SupplyOffer::DISPATCHED) return;
    if (offer.destination() == depot_) {
      Line& line = LineOf(offer.item());
      line.set_in_transit_to(line.in_transit_to() + offer.quantity());
    }
    if (offer.depot() == depot_) {
      Line& line = LineOf(offer.item());
      line.set_in_transit_from(line.in_transit_from() + offer.quantity());
    }
  }

  void Add(const MaterielRequest& request) {
    if (request.destination() != depot_ || request.state() != MaterielRequest::OPEN) return;
    for (const MaterielRequest::Line& asked : request.lines()) {
      Line& line = LineOf(asked.item());
      line.set_on_order(line.on_order() +
                        std::max(int64_t{0}, asked.quantity() - asked.accepted()));
    }
  }

  void AddRates(const kernel::RowReader& rows) {
    for (auto& [name, line] : lines_) {
      const auto item = kernel::TableReader<v1::Item>(rows).Find(name);
      if (item.has_value()) line.set_base_unit(item->base_unit());
      line.set_daily(DailyUse(rows, depot_, name));
      if (line.daily() == 0) continue;
      line.set_days_of_supply((line.on_hand() - line.held()) / line.daily());
    }
  }

  // Items that a rate is set for are shown even when there is nothing of them.
  void AddRate(const v1::DailyRate& rate) { LineOf(rate.item()); }

  v1::SupplyStatus Take() {
    v1::SupplyStatus status;
    status.set_depot(depot_);
    for (const auto& [name, line] : lines_) *status.add_lines() = line;
    return status;
  }

 private:
  Line& LineOf(const std::string& item) {
    Line& line = lines_[item];
    line.set_item(item);
    return line;
  }

  const std::string depot_;
  const absl::CivilDay day_;
  std::map<std::string, Line> lines_;  // By item, and so in order of their names.
};

}  // namespace

absl::StatusOr<v1::SupplyStatus> GetSupplyStatus(const Context& context,
                                                 const v1::GetSupplyStatusRequest& request,
                                                 const State& state) {
  ASSIGN_OR_RETURN(const v1::Depot depot, FindDepot(state.rows, request.depot()));
  Status status(depot.name(), kernel::DayOf(context.time));
  const auto visit = [&](const auto& row) {
    status.Add(row);
    return true;
  };
  kernel::TableReader<Lot>(state.rows)
      .Scan(absl::StrCat(context.organization, "/lots/"), "", visit);
  kernel::TableReader<SupplyOffer>(state.rows).Scan("offers/", "", visit);
  kernel::TableReader<MaterielRequest>(state.rows).Scan("requests/", "", visit);
  kernel::TableReader<v1::DailyRate>(state.rows)
      .Scan(absl::StrCat(depot.name(), "/rates/"), "", [&](const v1::DailyRate& rate) {
        status.AddRate(rate);
        return true;
      });
  status.AddRates(state.rows);
  return status.Take();
}

}  // namespace ch8::logistics
