#include <utility>

#include "absl/strings/str_cat.h"
#include "services/logistics/core/depots.h"
#include "services/logistics/core/fefo.h"
#include "services/logistics/core/items.h"
#include "services/logistics/core/offers.h"
#include "services/logistics/core/requests.h"
#include "storage/base/status_macros.h"

// A return is an offer the other way: a two-sided transfer of its own, whose terms name the offer
// that the goods came by. Both sides hold Σ returns ≤ what was found of it.
namespace ch8::logistics {

using chapter8::directory::v1::Organization;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::SupplyOffer;

int64_t ReturnableOf(const SupplyOffer& offer) {
  return offer.good() + offer.damaged() - offer.returned();
}

absl::StatusOr<Decision> ReturnGoods(const Context& context, const v1::ReturnGoodsRequest& request,
                                     const State& state) {
  RETURN_IF_ERROR(CheckQuantity(request.quantity(), "quantity"));
  RETURN_IF_ERROR(CheckHoldDuration(request.hold_duration()));
  ASSIGN_OR_RETURN(const SupplyOffer original, FindOffer(state.rows, request.original()));
  ASSIGN_OR_RETURN(const v1::Depot depot, FindDepot(state.rows, request.depot()));
  RETURN_IF_ERROR(CheckSide(original, SupplyOffer::RECEIVER));
  if (original.state() != SupplyOffer::RECEIVED) {
    return WrongState(original, "NOT_RECEIVED", "RECEIVED");
  }
  if (request.quantity() > ReturnableOf(original)) {
    return kernel::NotNow(
        "OVER_RECEIVED",
        absl::StrCat(original.name(), " brought ", original.good() + original.damaged(), ", and ",
                     original.returned(), " are in returns already"),
        {{"rule", "L-10"},
         {"available", absl::StrCat(ReturnableOf(original))},
         {"returned", absl::StrCat(original.returned())},
         {"wanted", absl::StrCat(request.quantity())},
         {"instead", kernel::ShowCommand(kOffers, original.name())}});
  }
  ASSIGN_OR_RETURN(const Organization receiver, FindPinned(state.rows, original.giver()));
  ASSIGN_OR_RETURN(const v1::Item item, FindItem(state.rows, original.item()));
  ASSIGN_OR_RETURN(const std::vector<v1::Pick> picks,
                   PickReturn(state.rows, {.item = item,
                                           .depot = depot.name(),
                                           .consignment = original.consignment(),
                                           .original = original.name(),
                                           .quantity = request.quantity()}));
  SupplyOffer draft;
  draft.set_original(original.name());
  draft.set_item(item.name());
  draft.set_quantity(request.quantity());
  draft.set_depot(depot.name());
  draft.set_destination(original.depot());
  *draft.mutable_hold_duration() = request.hold_duration();
  *draft.mutable_unit_value() = original.unit_value();
  draft.mutable_picks()->Assign(picks.begin(), picks.end());
  return MakeDraft(context, state, receiver, std::move(draft));
}

}  // namespace ch8::logistics
