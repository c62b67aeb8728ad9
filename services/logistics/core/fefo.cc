#include "services/logistics/core/fefo.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/kernel/fields.h"
#include "services/kernel/money.h"
#include "services/logistics/core/depots.h"
#include "services/logistics/core/exposure.h"
#include "services/logistics/core/items.h"
#include "services/logistics/core/lots.h"
#include "services/logistics/core/requests.h"
#include "storage/base/status_macros.h"

namespace ch8::logistics {
namespace {

using v1::Lot;
using v1::Pick;

constexpr size_t kOptionsMax = 200;

enum class Fitness { kFit, kExpired, kEarmarked, kQuarantined, kUnwitnessed };

Fitness FitnessOf(const Lot& lot, const StockWanted& wanted, const Exposures& exposures) {
  if (lot.quarantined()) return Fitness::kQuarantined;
  if (IsExpiredOn(lot.expires_on(), wanted.day)) return Fitness::kExpired;
  if (!lot.operation().empty() && lot.operation() != wanted.operation) return Fitness::kEarmarked;
  if (exposures.KeepsBack(lot) != nullptr) return Fitness::kUnwitnessed;
  return Fitness::kFit;
}

// What of the item is there, by fitness.
struct Sums {
  int64_t fit = 0;
  int64_t expired = 0;
  int64_t earmarked = 0;
  int64_t quarantined = 0;
  int64_t unwitnessed = 0;

  void Add(Fitness fitness, int64_t quantity) {
    switch (fitness) {
      case Fitness::kFit:
        fit += quantity;
        break;
      case Fitness::kExpired:
        expired += quantity;
        break;
      case Fitness::kEarmarked:
        earmarked += quantity;
        break;
      case Fitness::kQuarantined:
        quarantined += quantity;
        break;
      case Fitness::kUnwitnessed:
        unwitnessed += quantity;
        break;
    }
  }
};

std::string FindCommand(const StockWanted& wanted) {
  const std::string command = absl::StrCat("ch8 stock find ", kernel::IdOf(wanted.item.name()));
  if (wanted.request.empty()) return command;
  return absl::StrCat(command, " --for ", kernel::IdOf(wanted.request));
}

// Why there is not enough.
absl::Status NotEnough(const StockWanted& wanted, const Sums& sums) {
  const std::string& unit = wanted.item.base_unit();
  absl::string_view reason = "INSUFFICIENT";
  absl::string_view rule = "L-10";
  std::string because;
  if (sums.fit + sums.expired >= wanted.quantity) {
    reason = "EXPIRED_STOCK";
    rule = "L-13";
    because = absl::StrCat("; ", FormatQuantity(sums.expired, unit), " more are expired");
  } else if (sums.fit + sums.earmarked >= wanted.quantity) {
    reason = "EARMARK";
    rule = "F-19";
    because = absl::StrCat("; ", FormatQuantity(sums.earmarked, unit),
                           " more are earmarked for other operations");
  } else if (sums.fit + sums.unwitnessed >= wanted.quantity) {
    reason = "UNWITNESSED";
    rule = "";
    because = absl::StrCat("; ", FormatQuantity(sums.unwitnessed, unit),
                           " more wait until enough witnesses hold their giver to having given "
                           "them");
  }
  kernel::Metadata figures = {{"available", absl::StrCat(sums.fit)},
                              {"expired", absl::StrCat(sums.expired)},
                              {"earmarked", absl::StrCat(sums.earmarked)},
                              {"quarantined", absl::StrCat(sums.quarantined)},
                              {"unwitnessed", absl::StrCat(sums.unwitnessed)},
                              {"wanted", absl::StrCat(wanted.quantity)},
                              {"unit", unit},
                              {"instead", FindCommand(wanted)}};
  if (!rule.empty()) figures.emplace_back("rule", rule);
  return kernel::NotNow(
      reason,
      absl::StrCat(wanted.depot, " has ", FormatQuantity(sums.fit, unit), " of ",
                   wanted.item.name(), " to give, less than ", wanted.quantity, because),
      std::move(figures));
}

absl::Status TooManyLots(absl::string_view item, int64_t available, int64_t wanted,
                         std::string instead) {
  return kernel::NotNow("TOO_MANY_LOTS",
                        absl::StrCat("an offer takes at most ", kPicksMax, " lots, which hold ",
                                     available, " of ", item),
                        {{"available", absl::StrCat(available)},
                         {"wanted", absl::StrCat(wanted)},
                         {"instead", std::move(instead)}});
}

Pick PickOf(const Lot& lot, int64_t quantity, std::string why) {
  Pick pick;
  pick.set_lot(lot.name());
  pick.set_lot_number(lot.lot_number());
  if (lot.has_expires_on()) *pick.mutable_expires_on() = lot.expires_on();
  pick.set_quantity(quantity);
  pick.set_why(std::move(why));
  return pick;
}

// Why a fit lot stands in its place, counting from 1.
std::string WhyFit(const Lot& lot, size_t place) {
  if (!lot.has_expires_on()) {
    return absl::StrCat("no. ", place, ": does not expire, after those that do, oldest first");
  }
  return absl::StrCat("no. ", place, ": expires ", FormatDay(lot.expires_on()),
                      place == 1 ? ", the first to expire" : "");
}

std::string WhyUnfit(const Lot& lot, Fitness fitness, const Exposures& exposures) {
  switch (fitness) {
    case Fitness::kExpired:
      return absl::StrCat("not given: expired after ", FormatDay(lot.expires_on()), " (L-13)");
    case Fitness::kEarmarked:
      return absl::StrCat("not given: earmarked for ", kernel::IdOf(lot.operation()), " (F-19)");
    case Fitness::kQuarantined:
      return absl::StrCat("not given: in quarantine: ", lot.reason());
    case Fitness::kUnwitnessed: {
      const v1::ExposureLimit& limit = *exposures.KeepsBack(lot);
      return absl::StrCat("not given: waits until the witnesses of ", limit.witnesses(),
                          " third organizations hold ", kernel::IdOf(limit.organization()),
                          " to it, being above the limit of ", kernel::FormatMoney(limit.limit()));
    }
    case Fitness::kFit:
      break;
  }
  return "";
}

int64_t SumOf(const std::vector<Pick>& picks) {
  int64_t sum = 0;
  for (const Pick& pick : picks) sum += pick.quantity();
  return sum;
}

}  // namespace

absl::StatusOr<std::vector<Pick>> PickLots(const kernel::RowReader& rows,
                                           const StockWanted& wanted) {
  std::vector<Pick> picks;
  Sums sums;
  const Exposures exposures(rows);
  int64_t missing = wanted.quantity;
  VisitStock(rows, {wanted.item.name(), wanted.depot}, [&](const Lot& lot) {
    const Fitness fitness = FitnessOf(lot, wanted, exposures);
    sums.Add(fitness, AvailableOf(lot));
    if (fitness != Fitness::kFit) return true;
    if (picks.size() < kPicksMax) {
      const int64_t taken = std::min(missing, AvailableOf(lot));
      picks.push_back(PickOf(lot, taken, WhyFit(lot, picks.size() + 1)));
      missing -= taken;
    }
    return missing > 0;
  });
  if (missing == 0) return picks;
  if (sums.fit < wanted.quantity) return NotEnough(wanted, sums);
  return TooManyLots(wanted.item.name(), SumOf(picks), wanted.quantity, FindCommand(wanted));
}

absl::StatusOr<std::vector<Pick>> PickReturn(const kernel::RowReader& rows,
                                             const ReturnWanted& wanted) {
  std::vector<Lot> lots;
  int64_t available = 0;
  VisitStock(rows, {wanted.item.name(), wanted.depot}, [&](const Lot& lot) {
    if (lot.consignment() != wanted.consignment) return true;
    lots.push_back(lot);
    available += AvailableOf(lot);
    return true;
  });
  const std::string instead = kernel::ShowCommand(kOffers, wanted.original);
  if (available < wanted.quantity) {
    return kernel::NotNow(
        "INSUFFICIENT",
        absl::StrCat(wanted.depot, " has ", FormatQuantity(available, wanted.item.base_unit()),
                     " left that came with ", wanted.consignment, ", less than ", wanted.quantity),
        {{"rule", "L-10"},
         {"available", absl::StrCat(available)},
         {"wanted", absl::StrCat(wanted.quantity)},
         {"unit", wanted.item.base_unit()},
         {"instead", instead}});
  }
  std::stable_sort(lots.begin(), lots.end(),
                   [](const Lot& a, const Lot& b) { return a.quarantined() && !b.quarantined(); });
  std::vector<Pick> picks;
  int64_t missing = wanted.quantity;
  for (const Lot& lot : lots) {
    if (missing == 0 || picks.size() == kPicksMax) break;
    const int64_t taken = std::min(missing, AvailableOf(lot));
    picks.push_back(
        PickOf(lot, taken, lot.quarantined() ? "in quarantine goes back first" : "goes back"));
    missing -= taken;
  }
  if (missing == 0) return picks;
  return TooManyLots(wanted.item.name(), SumOf(picks), wanted.quantity, instead);
}

absl::Status CheckNotExpired(const v1::SupplyOffer& offer, absl::CivilDay day) {
  if (!offer.original().empty()) return absl::OkStatus();  // It may go back, whatever its age.
  for (const Pick& pick : offer.picks()) {
    if (!IsExpiredOn(pick.expires_on(), day)) continue;
    return kernel::NotNow(
        "EXPIRED_STOCK",
        absl::StrCat(offer.name(), " holds ", pick.quantity(), " of lot ", pick.lot_number(),
                     ", which expired after ", FormatDay(pick.expires_on())),
        {{"rule", "L-13"},
         {"expired", absl::StrCat(pick.quantity())},
         {"lot", pick.lot()},
         {"wanted", absl::StrCat(offer.quantity())},
         {"instead", absl::StrCat("ch8 offer cancel ", kernel::IdOf(offer.name()))}});
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::FindStockResponse> FindStock(const kernel::Context& context,
                                                const v1::FindStockRequest& request,
                                                const kernel::State& state) {
  StockWanted wanted;
  ASSIGN_OR_RETURN(wanted.item, FindItem(state.rows, request.item()));
  wanted.depot = request.depot();
  wanted.day = kernel::DayOf(context.time);
  if (!request.request().empty()) {
    ASSIGN_OR_RETURN(const v1::MaterielRequest asked, FindRequest(state.rows, request.request()));
    wanted.operation = asked.operation();
  }
  if (!wanted.depot.empty()) RETURN_IF_ERROR(FindDepot(state.rows, wanted.depot).status());
  const Exposures exposures(state.rows);
  std::vector<Lot> lots;
  VisitStock(state.rows, {wanted.item.name(), wanted.depot}, [&](const Lot& lot) {
    lots.push_back(lot);
    return lots.size() < kOptionsMax;
  });
  struct Found {
    Lot lot;
    Fitness fitness;
  };
  std::vector<Found> options;
  for (Lot& lot : lots) {
    const Fitness fitness = FitnessOf(lot, wanted, exposures);
    options.push_back({.lot = std::move(lot), .fitness = fitness});
  }
  // Depots stand together in the rows; here expiry alone counts, and what is unfit comes last.
  std::stable_sort(options.begin(), options.end(), [](const Found& a, const Found& b) {
    const auto order = [](const Found& found) {
      return std::make_tuple(found.fitness != Fitness::kFit, !found.lot.has_expires_on(),
                             FormatDay(found.lot.expires_on()));
    };
    return order(a) < order(b);
  });
  v1::FindStockResponse response;
  for (const auto& [lot, fitness] : options) {
    const bool fit = fitness == Fitness::kFit;
    auto& option = *response.add_options();
    *option.mutable_lot() = kernel::WithEtag(lot);
    option.set_available(fit ? AvailableOf(lot) : 0);
    option.set_why(fit ? WhyFit(lot, static_cast<size_t>(response.options_size()))
                       : WhyUnfit(lot, fitness, exposures));
    response.set_available(response.available() + option.available());
  }
  return response;
}

}  // namespace ch8::logistics
