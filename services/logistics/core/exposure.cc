#include "services/logistics/core/exposure.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "chapter8/logistics/v1/stock_service.pb.h"
#include "services/books/transfer_rows.h"
#include "services/kernel/authority.h"
#include "services/kernel/fields.h"
#include "services/kernel/money.h"
#include "services/kernel/paging.h"
#include "services/logistics/core/requests.h"
#include "storage/base/bytes.h"
#include "storage/base/status_macros.h"

namespace ch8::logistics {
namespace {

using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::ExposureLimit;
using v1::SupplyOffer;

constexpr absl::string_view kCollection = "exposureLimits/";
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
  uint64_t waits_to = kNone;     // and the last.
};

Standing StandingOf(const kernel::RowReader& rows, const ExposureLimit& limit) {
  const std::string origin = OriginOf(rows, limit);
  const std::string prefix = DispatchPrefix(origin);
  Standing standing{.witnessed_size = kernel::WitnessedSize(rows, origin, limit.witnesses())};
  const std::string after =
      standing.witnessed_size == 0 ? "" : absl::StrCat(prefix, KeyU64(standing.witnessed_size - 1));
  rows.Scan(Table::kRows, prefix, after, [&](absl::string_view key, absl::string_view name) {
    const auto offer = kernel::TableReader<SupplyOffer>(rows).Find(name);
    if (!offer.has_value()) return true;
    const auto& value = offer->value();
    const bool comparable = value.currency_code() == limit.limit().currency_code();
    if (comparable) standing.unwitnessed += value.amount_minor();
    if (!comparable || standing.unwitnessed > limit.limit().amount_minor()) {
      standing.waits_to = ByteReader(key.substr(prefix.size())).ReadU64();
      standing.waits_from = std::min(standing.waits_from, standing.waits_to);
    }
    return true;
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
  const bool lifts = !asked.has_limit() && asked.witnesses() == 0;
  if (lifts) {
    if (!kernel::TableReader<ExposureLimit>(state.rows).Find(name).has_value()) {
      return kernel::Unknown("UNKNOWN_LIMIT", name, "ch8 stock limits");
    }
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
  const Standing standing = StandingOf(rows, limit);
  v1::Exposure exposure;
  *exposure.mutable_limit() = kernel::WithEtag(limit);
  exposure.mutable_unwitnessed()->set_currency_code(limit.limit().currency_code());
  exposure.mutable_unwitnessed()->set_amount_minor(static_cast<int64_t>(
      std::min(standing.unwitnessed, absl::int128(std::numeric_limits<int64_t>::max()))));
  exposure.set_witnessed_size(standing.witnessed_size);
  exposure.set_wanted_size(standing.waits_to == kNone ? 0 : standing.waits_to + 1);
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

const Exposures::OfGiver& Exposures::Of(const std::string& giver) {
  const auto [known, is_new] = by_giver_.try_emplace(giver);
  OfGiver& of = known->second;
  if (is_new) {
    of.limit = kernel::TableReader<ExposureLimit>(rows_).Find(LimitName(giver));
    of.waits_from = of.limit.has_value() ? StandingOf(rows_, *of.limit).waits_from : kNone;
  }
  return of;
}

const ExposureLimit* Exposures::KeepsBack(const v1::Lot& lot) {
  if (lot.consignment().empty()) return nullptr;
  const auto consignment = kernel::TableReader<v1::Consignment>(rows_).Find(lot.consignment());
  if (!consignment.has_value()) return nullptr;
  const OfGiver& of = Of(consignment->giver());
  if (of.waits_from == kNone) return nullptr;
  const auto offer = kernel::TableReader<SupplyOffer>(rows_).Find(consignment->offer());
  const auto record = offer.has_value()
                          ? books::FindTransfer(rows_, offer->giver_origin(), offer->transfer_id())
                          : std::nullopt;
  const bool waits = record.has_value() && record->terminal().reference().index() >= of.waits_from;
  return waits ? &*of.limit : nullptr;
}

std::optional<kernel::WitnessesWanted> WantedWitnesses(absl::string_view origin,
                                                       const kernel::RowReader& rows) {
  std::optional<kernel::WitnessesWanted> wanted;
  kernel::TableReader<ExposureLimit>(rows).Scan(kCollection, "", [&](const ExposureLimit& limit) {
    if (OriginOf(rows, limit) != origin) return true;
    const Standing standing = StandingOf(rows, limit);
    if (standing.waits_from != kNone) {
      wanted = {.size = standing.waits_from + 1, .witnesses = limit.witnesses()};
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
  rows.Put(Table::kRows,
           absl::StrCat(DispatchPrefix(offer.giver_origin()),
                        KeyU64(record.terminal().reference().index())),
           offer.name());
}

}  // namespace ch8::logistics
