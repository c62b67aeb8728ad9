#include "services/logistics/core/lots.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "chapter8/logistics/v1/stock_service.pb.h"
#include "services/books/postings.h"
#include "services/kernel/fields.h"
#include "services/kernel/paging.h"
#include "services/kernel/spoken_ids.h"
#include "services/logistics/core/depots.h"
#include "services/logistics/core/fefo.h"
#include "services/logistics/core/items.h"
#include "storage/base/status_macros.h"

namespace ch8::logistics {
namespace {

using chapter8::books::v1::AccountOpened;
using chapter8::type::v1::Date;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::Item;
using v1::Lot;

// After every date, as text is ordered.
constexpr absl::string_view kNever = "never";

std::string Collection(absl::string_view organization) {
  return absl::StrCat(organization, "/lots/");
}

// The row that finds a lot in the order of expiry; there while something of it is available.
std::string StockKey(const Lot& lot) {
  const std::string expiry = FormatDay(lot.expires_on());
  return absl::StrCat("stock/", kernel::IdOf(lot.item()), "/", kernel::IdOf(lot.depot()), "/",
                      expiry.empty() ? kNever : expiry, "/", kernel::IdOf(lot.name()));
}

void PutLot(const Lot& lot, kernel::Rows& rows) {
  kernel::PutRow(rows, lot);
  if (AvailableOf(lot) > 0) {
    rows.Put(Table::kRows, StockKey(lot), lot.name());
  } else {
    rows.Delete(Table::kRows, StockKey(lot));
  }
}

absl::Status CheckExpiry(const Lot& asked, const Item& item) {
  if (!asked.has_expires_on()) {
    if (!item.perishable()) return absl::OkStatus();
    return kernel::Invalid("BAD_DATES",
                           absl::StrCat(item.name(), " is perishable: every lot has an expiry"),
                           {{"rule", "L-13"}, {"field", "resource.expires_on"}});
  }
  if (kernel::DayOf(asked.expires_on()).has_value()) return absl::OkStatus();
  return kernel::Invalid("BAD_DATES", "resource.expires_on must be a day of the calendar",
                         {{"field", "resource.expires_on"}});
}

absl::Status CheckLot(const Lot& asked, const Item& item) {
  RETURN_IF_ERROR(CheckExpiry(asked, item));
  RETURN_IF_ERROR(kernel::CheckOptionalText(asked.lot_number(), "resource.lot_number"));
  RETURN_IF_ERROR(kernel::CheckOptionalText(asked.owner(), "resource.owner"));
  if (!asked.operation().empty()) {
    RETURN_IF_ERROR(kernel::CheckName(asked.operation(), "operations/*", "resource.operation"));
  }
  if (!asked.non_lethal_only() || !item.lethal()) return absl::OkStatus();
  return kernel::NotNow("LETHAL_EARMARK",
                        absl::StrCat(item.name(),
                                     " is lethal, and what the donor gives is for "
                                     "non-lethal use only"),
                        {{"rule", "F-19"},
                         {"held", "non-lethal only"},
                         {"instead", kernel::ShowCommand(kItems, item.name())}});
}

absl::StatusOr<Decision> RecordStock(const Context& context, const v1::RecordStockRequest& request,
                                     const State& state) {
  const Lot& asked = request.resource();
  RETURN_IF_ERROR(CheckQuantity(request.quantity(), "quantity"));
  RETURN_IF_ERROR(kernel::CheckText(request.reason(), "reason"));
  ASSIGN_OR_RETURN(const Item item, FindItem(state.rows, asked.item()));
  RETURN_IF_ERROR(FindDepot(state.rows, asked.depot()).status());
  RETURN_IF_ERROR(CheckLot(asked, item));
  Lot lot;
  lot.set_name(NextLotName(context, state.rows, 1));
  lot.set_item(asked.item());
  lot.set_depot(asked.depot());
  lot.set_lot_number(asked.lot_number().empty() ? std::string(kernel::IdOf(lot.name()))
                                                : asked.lot_number());
  if (asked.has_expires_on()) *lot.mutable_expires_on() = asked.expires_on();
  lot.set_owner(asked.owner());
  lot.set_operation(asked.operation());
  lot.set_non_lethal_only(asked.non_lethal_only());
  lot.set_reason(request.reason());
  lot.set_on_hand(request.quantity());
  lot.set_account(state.accounts.next_account());
  return Decision{{LotEvent(lot, item.source_account())}, kernel::ReplyWith<Lot>(lot.name())};
}

absl::Status Insufficient(const Lot& lot, int64_t wanted) {
  return kernel::NotNow("INSUFFICIENT",
                        absl::StrCat(lot.name(), " has ", AvailableOf(lot),
                                     " neither held nor gone, less than ", wanted),
                        {{"available", absl::StrCat(AvailableOf(lot))},
                         {"held", absl::StrCat(lot.held())},
                         {"wanted", absl::StrCat(wanted)},
                         {"instead", kernel::ShowCommand(kLots, lot.name())}});
}

kernel::Event ChangedEvent(const Lot& lot, int64_t difference, const std::string& reason) {
  v1::LogisticsEvent event;
  auto& changed = *event.mutable_lot_changed();
  changed.set_lot(lot.name());
  changed.set_difference(difference);
  changed.set_reason(reason);
  return kernel::DomainEvent(event);
}

absl::StatusOr<Decision> AdjustStock(const Context&, const v1::AdjustStockRequest& request,
                                     const State& state) {
  const int64_t difference = request.difference();
  // The least number of all has no opposite: the greatest stands for it, and is as much too many.
  RETURN_IF_ERROR(CheckQuantity(
      difference < 0 ? -std::max(difference, -std::numeric_limits<int64_t>::max()) : difference,
      "difference"));
  RETURN_IF_ERROR(kernel::CheckText(request.reason(), "reason"));
  ASSIGN_OR_RETURN(const Lot lot, FindLot(state.rows, request.name()));
  ASSIGN_OR_RETURN(const Item item, FindItem(state.rows, lot.item()));
  if (difference < 0 && -difference > AvailableOf(lot)) return Insufficient(lot, -difference);
  kernel::Event event = ChangedEvent(lot, difference, request.reason());
  if (difference > 0) {
    books::Move({item.adjusted_account(), lot.account()}, static_cast<uint64_t>(difference), event);
  } else {
    books::Move({lot.account(), item.adjusted_account()}, static_cast<uint64_t>(-difference),
                event);
  }
  return Decision{{event}, kernel::ReplyWith<Lot>(lot.name())};
}

absl::StatusOr<Decision> QuarantineStock(const Context& context,
                                         const v1::QuarantineStockRequest& request,
                                         const State& state) {
  RETURN_IF_ERROR(CheckQuantity(request.quantity(), "quantity"));
  RETURN_IF_ERROR(kernel::CheckText(request.reason(), "reason"));
  ASSIGN_OR_RETURN(const Lot from, FindLot(state.rows, request.name()));
  if (from.quarantined()) {
    return kernel::NotNow("IN_QUARANTINE", absl::StrCat(from.name(), " is in quarantine already"),
                          {{"instead", kernel::ShowCommand(kLots, from.name())}});
  }
  if (request.quantity() > AvailableOf(from)) return Insufficient(from, request.quantity());
  Lot apart = from;
  apart.set_name(NextLotName(context, state.rows, 1));
  apart.set_on_hand(request.quantity());
  apart.set_held(0);
  apart.set_quarantined(true);
  apart.set_reason(request.reason());
  apart.set_account(state.accounts.next_account());
  return Decision{
      {LotEvent(apart, from.account()), ChangedEvent(from, -request.quantity(), request.reason())},
      kernel::ReplyWith<Lot>(apart.name())};
}

absl::StatusOr<Lot> GetLot(const Context&, const v1::GetLotRequest& request, const State& state) {
  ASSIGN_OR_RETURN(const Lot lot, FindLot(state.rows, request.name()));
  return kernel::WithEtag(lot);
}

absl::StatusOr<v1::ListLotsResponse> ListLots(const Context& context,
                                              const v1::ListLotsRequest& request,
                                              const State& state) {
  return kernel::ListPage<Lot, v1::ListLotsRequest, v1::ListLotsResponse>(
      state.rows, Collection(context.organization), request,
      [&](const Lot& row) {
        return (request.item().empty() || row.item() == request.item()) &&
               (request.depot().empty() || row.depot() == request.depot());
      },
      [](const Lot& row, v1::ListLotsResponse& response) {
        *response.add_lots() = kernel::WithEtag(row);
      });
}

}  // namespace

absl::StatusOr<Lot> FindLot(const kernel::RowReader& rows, absl::string_view name) {
  return kernel::FindResource<Lot>(rows, name, kLots);
}

int64_t AvailableOf(const Lot& lot) { return lot.on_hand() - lot.held(); }

bool IsExpiredOn(const Date& expires_on, absl::CivilDay day) {
  const std::optional<absl::CivilDay> last = kernel::DayOf(expires_on);
  return last.has_value() && *last < day;
}

std::string FormatDay(const Date& date) {
  if (!kernel::DayOf(date).has_value()) return "";
  return absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
}

std::string NextLotName(const Context& context, const kernel::RowReader& rows, uint64_t ahead) {
  return absl::StrCat(
      Collection(context.organization),
      kernel::NextSpokenId(
          rows, {.kind = kLotKind, .organization = context.organization, .time = context.time},
          ahead));
}

kernel::Event LotEvent(const Lot& lot, uint32_t from_account) {
  v1::LogisticsEvent event;
  *event.mutable_lot_recorded()->mutable_lot() = lot;
  kernel::Event logged = kernel::DomainEvent(event);
  books::OpenAccount({lot.account(), lot.item(), AccountOpened::CREDIT_BALANCE}, logged);
  books::Move({from_account, lot.account()}, static_cast<uint64_t>(lot.on_hand()), logged);
  return logged;
}

void AddStockRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.logistics.v1.StockService/";
  routes.AddCommand<v1::RecordStockRequest>(service + "RecordStock", RecordStock);
  routes.AddCommand<v1::AdjustStockRequest>(service + "AdjustStock", AdjustStock);
  routes.AddCommand<v1::QuarantineStockRequest>(service + "QuarantineStock", QuarantineStock);
  routes.AddRead<v1::GetLotRequest>(service + "GetLot", kernel::ReadPath::kSnapshot, GetLot);
  routes.AddRead<v1::ListLotsRequest>(service + "ListLots", kernel::ReadPath::kSnapshot, ListLots);
  routes.AddRead<v1::FindStockRequest>(service + "FindStock", kernel::ReadPath::kSnapshot,
                                       FindStock);
}

void ApplyLotRecorded(const v1::LogisticsEvent::LotRecorded& event, kernel::Rows& rows) {
  kernel::CountSpokenId(kernel::IdOf(event.lot().name()), rows);
  PutLot(event.lot(), rows);
}

void ApplyLotChanged(const v1::LogisticsEvent::LotChanged& event, kernel::Rows& rows) {
  ApplyLotChange({.lot = event.lot(), .on_hand = event.difference()}, rows);
}

void ApplyLotChange(const LotChange& change, kernel::Rows& rows) {
  if (change.held == 0 && change.on_hand == 0) return;
  std::optional<Lot> lot = kernel::TableReader<Lot>(rows).Find(change.lot);
  if (!lot.has_value()) return;
  lot->set_held(lot->held() + change.held);
  lot->set_on_hand(lot->on_hand() + change.on_hand);
  PutLot(*lot, rows);
}

void VisitStock(const kernel::RowReader& rows, const StockPlace& place,
                const std::function<bool(const Lot&)>& visit) {
  std::string prefix = absl::StrCat("stock/", kernel::IdOf(place.item), "/");
  if (!place.depot.empty()) absl::StrAppend(&prefix, kernel::IdOf(place.depot), "/");
  rows.Scan(Table::kRows, prefix, "", [&](absl::string_view, absl::string_view name) {
    const auto lot = kernel::TableReader<Lot>(rows).Find(name);
    return !lot.has_value() || visit(*lot);
  });
}

}  // namespace ch8::logistics
