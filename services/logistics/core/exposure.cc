#include "services/logistics/core/exposure.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "chapter8/logistics/v1/stock_service.pb.h"
#include "services/books/transfer_rows.h"
#include "services/kernel/authority.h"
#include "services/kernel/fields.h"
#include "services/kernel/money.h"
#include "services/kernel/paging.h"
#include "services/logistics/core/items.h"
#include "services/logistics/core/requests.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace ch8::logistics {
namespace {

using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::ExposureLimit;
using v1::SupplyOffer;

constexpr absl::string_view kCollection = "exposureLimits/";
constexpr absl::string_view kListCommand = "ch8 stock limits";
constexpr uint64_t kNone = std::numeric_limits<uint64_t>::max();

std::string LimitName(absl::string_view organization) {
  return absl::StrCat(kCollection, kernel::IdOf(organization));
}

// Where the dispatches of one giver's ledger stand, by their index there.
std::string DispatchPrefix(absl::string_view giver_origin) {
  return absl::StrCat("dispatched/", giver_origin, ":");
}

// The ledger by which the goods under a limit come; empty when its organization is not known.
std::string OriginOf(const kernel::RowReader& rows, const ExposureLimit& limit) {
  const auto giver = kernel::FindOrganization(rows, limit.organization());
  return giver.has_value() ? absl::StrCat(giver->trust_domain(), "/ch8/logistics") : "";
}

// Where a giver's goods stand to its limit.
struct Standing {
  uint64_t witnessed_size = 0;
  absl::int128 unwitnessed = 0;  // In the limit's currency.
  uint64_t waits_from = kNone;   // Indexes of dispatches in its ledger: the first that waits,
  uint64_t last = kNone;         // and the last of those looked at that is not witnessed.
};

// What the goods count; nothing when a value is in another currency.
std::optional<int64_t> CountedIn(const std::string& currency_code, const v1::ExposedGoods& goods) {
  int64_t most = 0;
  for (const auto& value : goods.values()) {
    if (value.currency_code() != currency_code) return std::nullopt;
    most = std::max(most, value.amount_minor());
  }
  return most;
}

enum class Look { kUntilOneWaits, kAtAll };

Standing StandingOf(const kernel::RowReader& rows, const ExposureLimit& limit, Look look) {
  const std::string origin = OriginOf(rows, limit);
  const std::string prefix = DispatchPrefix(origin);
  Standing standing{.witnessed_size = kernel::WitnessedSize(rows, origin, limit.witnesses())};
  const std::string after =
      standing.witnessed_size == 0 ? "" : absl::StrCat(prefix, KeyU64(standing.witnessed_size - 1));
  rows.Scan(Table::kRows, prefix, after, [&](absl::string_view key, absl::string_view value) {
    v1::ExposedGoods goods;
    Check(goods.ParseFromArray(value.data(), static_cast<int>(value.size())),
          "a dispatch to us does not parse");
    const auto counted = CountedIn(limit.limit().currency_code(), goods);
    standing.unwitnessed += counted.value_or(0);
    standing.last = ByteReader(key.substr(prefix.size())).ReadU64();
    if (!counted.has_value() || standing.unwitnessed > limit.limit().amount_minor()) {
      standing.waits_from = std::min(standing.waits_from, standing.last);
    }
    return look == Look::kAtAll || standing.waits_from == kNone;
  });
  return standing;
}

absl::Status CheckLimit(const ExposureLimit& asked, const State& state) {
  RETURN_IF_ERROR(kernel::CheckCurrency(asked.limit().currency_code(), "resource.limit"));
  if (asked.limit().amount_minor() < 0) {
    return kernel::Invalid("BAD_AMOUNT", "resource.limit must be zero or more",
                           {{"field", "resource.limit"}});
  }
  uint32_t third = 0;
  for (const auto& organization : kernel::PinnedOrganizations(state.rows)) {
    third += !organization.own() && organization.name() != asked.organization() ? 1 : 0;
  }
  if (asked.witnesses() >= 1 && asked.witnesses() <= third) return absl::OkStatus();
  return kernel::Invalid("BAD_WITNESSES",
                         absl::StrCat("resource.witnesses must be 1 to ", third,
                                      ", the organizations pinned beside the giver"),
                         {{"field", "resource.witnesses"},
                          {"wanted", absl::StrCat(asked.witnesses())},
                          {"available", absl::StrCat(third)},
                          {"instead", "ch8 org list"}});
}

absl::StatusOr<Decision> SetExposureLimit(const Context&,
                                          const v1::SetExposureLimitRequest& request,
                                          const State& state) {
  const ExposureLimit& asked = request.resource();
  RETURN_IF_ERROR(
      kernel::CheckName(asked.organization(), "organizations/*", "resource.organization"));
  const std::string name = LimitName(asked.organization());
  const auto known = kernel::TableReader<ExposureLimit>(state.rows).Find(name);
  if (known.has_value()) RETURN_IF_ERROR(kernel::CheckEtag(*known, asked.etag(), kListCommand));
  const bool lifts = !asked.has_limit() && asked.witnesses() == 0;
  if (lifts) {
    if (!known.has_value()) return kernel::Unknown("UNKNOWN_LIMIT", name, kListCommand);
  } else {
    RETURN_IF_ERROR(FindPinned(state.rows, asked.organization()).status());
    RETURN_IF_ERROR(CheckLimit(asked, state));
  }
  v1::LogisticsEvent event;
  ExposureLimit& limit = *event.mutable_exposure_limit_set()->mutable_limit();
  limit.set_name(name);
  limit.set_organization(asked.organization());
  if (!lifts) {
    *limit.mutable_limit() = asked.limit();
    limit.set_witnesses(asked.witnesses());
  }
  return Decision{{kernel::DomainEvent(event)}, kernel::ReplyWith<ExposureLimit>(name)};
}

v1::Exposure ExposureOf(const kernel::RowReader& rows, const ExposureLimit& limit) {
  const Standing standing = StandingOf(rows, limit, Look::kAtAll);
  v1::Exposure exposure;
  *exposure.mutable_limit() = kernel::WithEtag(limit);
  exposure.mutable_unwitnessed()->set_currency_code(limit.limit().currency_code());
  exposure.mutable_unwitnessed()->set_amount_minor(static_cast<int64_t>(
      std::min(standing.unwitnessed, absl::int128(std::numeric_limits<int64_t>::max()))));
  exposure.set_witnessed_size(standing.witnessed_size);
  exposure.set_wanted_size(standing.waits_from == kNone ? 0 : standing.last + 1);
  return exposure;
}

absl::StatusOr<v1::ListExposuresResponse> ListExposures(const Context&,
                                                        const v1::ListExposuresRequest& request,
                                                        const State& state) {
  return kernel::ListPage<ExposureLimit, v1::ListExposuresRequest, v1::ListExposuresResponse>(
      state.rows, kCollection, request, [](const ExposureLimit&) { return true; },
      [&](const ExposureLimit& limit, v1::ListExposuresResponse& response) {
        *response.add_exposures() = ExposureOf(state.rows, limit);
      });
}

}  // namespace

Exposures::Exposures(const kernel::RowReader& rows) : rows_(rows) {
  kernel::TableReader<ExposureLimit>(rows).Scan(kCollection, "", [&](const ExposureLimit& limit) {
    const Standing standing = StandingOf(rows, limit, Look::kUntilOneWaits);
    if (standing.waits_from != kNone) {
      by_giver_[std::string(kernel::IdOf(limit.name()))] = {.limit = limit,
                                                            .waits_from = standing.waits_from};
    }
    return true;
  });
}

const ExposureLimit* Exposures::KeepsBack(const v1::Lot& lot) const {
  // "consignments/un/WB-7781"
  const std::vector<std::string> names = absl::StrSplit(lot.consignment(), '/');
  const auto of = names.size() == 3 ? by_giver_.find(names[1]) : by_giver_.end();
  if (of == by_giver_.end()) return nullptr;
  const auto consignment = kernel::TableReader<v1::Consignment>(rows_).Find(lot.consignment());
  const auto offer =
      kernel::TableReader<SupplyOffer>(rows_).Find(consignment.value_or(v1::Consignment()).offer());
  // What cannot be placed waits.
  if (!offer.has_value()) return &of->second.limit;
  if (!offer->original().empty()) return nullptr;  // Our own, come back.
  const auto record = books::FindTransfer(rows_, offer->giver_origin(), offer->transfer_id());
  const bool waits =
      !record.has_value() || record->terminal().reference().index() >= of->second.waits_from;
  return waits ? &of->second.limit : nullptr;
}

absl::Status CheckWitnessed(const kernel::RowReader& rows, const SupplyOffer& offer) {
  if (!offer.original().empty()) return absl::OkStatus();
  const Exposures exposures(rows);
  for (const v1::Pick& pick : offer.picks()) {
    const auto lot = kernel::TableReader<v1::Lot>(rows).Find(pick.lot());
    const ExposureLimit* limit = lot.has_value() ? exposures.KeepsBack(*lot) : nullptr;
    if (limit == nullptr) continue;
    return kernel::NotNow(
        "UNWITNESSED",
        absl::StrCat(offer.name(), " holds ", pick.quantity(), " of lot ", pick.lot_number(),
                     ", which came from ", limit->organization(), " above the limit of ",
                     kernel::FormatMoney(limit->limit()), " and is not witnessed enough yet"),
        {{"unwitnessed", absl::StrCat(pick.quantity())},
         {"lot", pick.lot()},
         {"wanted", absl::StrCat(offer.quantity())},
         {"instead", std::string(kListCommand)}});
  }
  return absl::OkStatus();
}

std::optional<kernel::WitnessesWanted> WantedWitnesses(absl::string_view origin,
                                                       const kernel::RowReader& rows) {
  std::optional<kernel::WitnessesWanted> wanted;
  kernel::TableReader<ExposureLimit>(rows).Scan(kCollection, "", [&](const ExposureLimit& limit) {
    if (OriginOf(rows, limit) != origin) return true;
    const Standing standing = StandingOf(rows, limit, Look::kUntilOneWaits);
    const bool waits = standing.waits_from != kNone;
    // In time: before anything waits, and so that what is looked at here stays little.
    if (waits || 2 * standing.unwitnessed > limit.limit().amount_minor()) {
      wanted = {.size = standing.last + 1, .witnesses = limit.witnesses(), .waits = waits};
    }
    return false;
  });
  return wanted;
}

void AddExposureRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.logistics.v1.StockService/";
  routes.AddCommand<v1::SetExposureLimitRequest>(service + "SetExposureLimit", SetExposureLimit);
  routes.AddRead<v1::ListExposuresRequest>(service + "ListExposures", kernel::ReadPath::kSnapshot,
                                           ListExposures);
}

void ApplyExposureLimitSet(const v1::LogisticsEvent::ExposureLimitSet& event, kernel::Rows& rows) {
  if (event.limit().has_limit()) {
    kernel::PutRow(rows, event.limit());
  } else {
    rows.Delete(Table::kRows, event.limit().name());
  }
}

void ApplyDispatchedToUs(const SupplyOffer& offer,
                         const chapter8::books::v1::TransferRecord& record, kernel::Rows& rows) {
  if (!offer.original().empty()) return;
  v1::ExposedGoods goods;
  *goods.add_values() = offer.value();
  const auto item = kernel::TableReader<v1::Item>(rows).Find(offer.item());
  const auto own = ValueOf(item.value_or(v1::Item()).unit_value(), offer.quantity());
  if (own.ok()) *goods.add_values() = *own;
  rows.Put(Table::kRows,
           absl::StrCat(DispatchPrefix(offer.giver_origin()),
                        KeyU64(record.terminal().reference().index())),
           goods.SerializeAsString());
}

}  // namespace ch8::logistics
