#ifndef CH8_SERVICES_LOGISTICS_CORE_LOTS_H_
#define CH8_SERVICES_LOGISTICS_CORE_LOTS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "services/kernel/machine.h"
#include "services/logistics/core/vocabulary.h"

// Stock: lots in depots. The books hold what there is (one account a lot, which never falls below
// zero); the rows repeat it, so that reads and the order of expiry need no books.
namespace ch8::logistics {

void AddStockRoutes(kernel::Routes& routes);

// Errors: kInvalidArgument/BAD_NAME; kNotFound/UNKNOWN_LOT.
absl::StatusOr<v1::Lot> FindLot(const kernel::RowReader& rows, absl::string_view name);

// In the depot and not held.
int64_t AvailableOf(const v1::Lot& lot);

// Rule L-13: past the last day on which it may be given.
bool IsExpiredOn(const chapter8::type::v1::Date& expires_on, absl::CivilDay day);
// "2026-05-01"; empty when there is no date.
std::string FormatDay(const chapter8::type::v1::Date& date);

// The name of the `ahead`-th lot that this ledger forms next; 1 is the next.
std::string NextLotName(const kernel::Context& context, const kernel::RowReader& rows,
                        uint64_t ahead);

// Forms a lot: opens its account and moves its first quantity there from `from_account`.
kernel::Event LotEvent(const v1::Lot& lot, uint32_t from_account);

void ApplyLotRecorded(const v1::LogisticsEvent::LotRecorded& event, kernel::Rows& rows);
void ApplyLotChanged(const v1::LogisticsEvent::LotChanged& event, kernel::Rows& rows);

// For Apply: what offers take from a lot and give back to it.
struct LotChange {
  std::string lot;
  int64_t held = 0;
  int64_t on_hand = 0;
};
void ApplyLotChange(const LotChange& change, kernel::Rows& rows);

// Lots of an item with anything available, in the order of their expiry, those of one depot
// together. Visits until `visit` returns false. An empty depot means all.
struct StockPlace {
  absl::string_view item;
  absl::string_view depot;
};
void VisitStock(const kernel::RowReader& rows, const StockPlace& place,
                const std::function<bool(const v1::Lot&)>& visit);

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_LOTS_H_
