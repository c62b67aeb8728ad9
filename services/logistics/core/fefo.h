#ifndef CH8_SERVICES_LOGISTICS_CORE_FEFO_H_
#define CH8_SERVICES_LOGISTICS_CORE_FEFO_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "chapter8/logistics/v1/stock_service.pb.h"
#include "services/kernel/machine.h"
#include "services/logistics/core/vocabulary.h"

// First expired, first out (rule L-13): which lots an offer takes, and why each of them.
namespace ch8::logistics {

// What is looked for.
struct StockWanted {
  v1::Item item;
  std::string depot;      // Empty: any.
  std::string operation;  // What earmarks are compared with; empty: only goods without one.
  absl::CivilDay day;     // The ledger's: later than a lot's expiry means expired.
  int64_t quantity = 0;
  std::string request;  // For the refusals' next command.
};

// Lots that hold `quantity` of the item in the depot: the earliest expiry first, those without one
// last. Never expired ones, never those in quarantine or earmarked for another operation.
// Never what its giver's exposure limit keeps back.
//
// Errors, kFailedPrecondition with available, wanted and instead: EXPIRED_STOCK when there would be
// enough but for what is expired; EARMARK when there would be but for other operations' goods;
// UNWITNESSED when there would be but for what is kept back; INSUFFICIENT; TOO_MANY_LOTS when it
// takes more than kPicksMax.
absl::StatusOr<std::vector<v1::Pick>> PickLots(const kernel::RowReader& rows,
                                               const StockWanted& wanted);

// Goods of one consignment that go back: what is in quarantine first.
struct ReturnWanted {
  v1::Item item;
  std::string depot;
  std::string consignment;
  std::string original;  // The offer, for the refusals' next command.
  int64_t quantity = 0;
};
// Errors, kFailedPrecondition: INSUFFICIENT, TOO_MANY_LOTS.
absl::StatusOr<std::vector<v1::Pick>> PickReturn(const kernel::RowReader& rows,
                                                 const ReturnWanted& wanted);

// Rule L-13 for what an offer holds. `instead` is the command to use then.
// Errors: kFailedPrecondition/EXPIRED_STOCK.
absl::Status CheckNotExpired(const v1::SupplyOffer& offer, absl::CivilDay day);

// The read of that name.
absl::StatusOr<v1::FindStockResponse> FindStock(const kernel::Context& context,
                                                const v1::FindStockRequest& request,
                                                const kernel::State& state);

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_FEFO_H_
