#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "chapter8/logistics/v1/stock_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::logistics::v1::CreateDepotRequest;
using chapter8::logistics::v1::DailyRate;
using chapter8::logistics::v1::Depot;
using chapter8::logistics::v1::GetDepotRequest;
using chapter8::logistics::v1::GetSupplyStatusRequest;
using chapter8::logistics::v1::ListDepotsRequest;
using chapter8::logistics::v1::ListDepotsResponse;
using chapter8::logistics::v1::SetDailyRateRequest;
using chapter8::logistics::v1::SupplyStatus;

// "4.735833" -> 4735833; at most six decimals, never a float.
absl::StatusOr<int32_t> ParseMicrodegrees(absl::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  const absl::string_view digits = negative ? text.substr(1) : text;
  const size_t point = digits.find('.');
  std::string decimals(point == absl::string_view::npos ? "" : digits.substr(point + 1));
  const bool fits = decimals.size() <= 6;
  if (fits) decimals.append(6 - decimals.size(), '0');
  const absl::StatusOr<uint64_t> value =
      ParseNumber(absl::StrCat(digits.substr(0, point), decimals), "a coordinate");
  if (!fits || !value.ok() || *value > 180'000'000) {
    return absl::InvalidArgumentError("a coordinate is in degrees, e.g. 4.735833 or -1.2");
  }
  const auto magnitude = static_cast<int32_t>(*value);
  return negative ? -magnitude : magnitude;
}

absl::Status Add(const Arguments& arguments, Session& session) {
  CreateDepotRequest request;
  request.set_depot_id(absl::AsciiStrToLower(arguments.Get("id")));
  Depot& depot = *request.mutable_resource();
  depot.set_title(arguments.Get("title"));
  depot.set_locode(absl::AsciiStrToUpper(arguments.Get("locode")));
  if (arguments.Has("latitude")) {
    ASSIGN_OR_RETURN(const int32_t latitude, ParseMicrodegrees(arguments.Get("latitude")));
    depot.set_latitude_microdegrees(latitude);
  }
  if (arguments.Has("longitude")) {
    ASSIGN_OR_RETURN(const int32_t longitude, ParseMicrodegrees(arguments.Get("longitude")));
    depot.set_longitude_microdegrees(longitude);
  }
  Depot created;
  RETURN_IF_ERROR(session.Act("logistics.v1.DepotService.CreateDepot", request, created));
  session.ShowRecord(created);
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  GetDepotRequest request;
  request.set_name(DepotName(arguments.Get("depot"), session.own()));
  Depot depot;
  RETURN_IF_ERROR(session.Read("logistics.v1.DepotService.GetDepot", request, depot));
  session.ShowRecord(depot);
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  std::vector<Depot> depots;
  RETURN_IF_ERROR(ListAll<ListDepotsResponse>(
      session, "logistics.v1.DepotService.ListDepots", ListDepotsRequest(),
      [&](const ListDepotsResponse& page) {
        depots.insert(depots.end(), page.depots().begin(), page.depots().end());
      }));
  session.ShowList(Pointers(depots), {{"depot", "name"}, {"locode", "locode"}, {"title", "title"}});
  return absl::OkStatus();
}

absl::Status ShowStatus(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  GetSupplyStatusRequest request;
  request.set_depot(DepotName(arguments.Get("at"), session.own()));
  SupplyStatus status;
  RETURN_IF_ERROR(session.Read("logistics.v1.DepotService.GetSupplyStatus", request, status));
  if (session.globals().output == OutputFormat::kJson) {
    session.ShowRecord(status);
    return absl::OkStatus();
  }
  session.ShowList(Pointers(status.lines()), {{"item", "item"},
                                              {"unit", "base_unit"},
                                              {"on hand", "on_hand"},
                                              {"held", "held"},
                                              {"unfit", "unfit"},
                                              {"expiring 90 d", "expiring"},
                                              {"coming", "in_transit_to"},
                                              {"leaving", "in_transit_from"},
                                              {"on order", "on_order"},
                                              {"a day", "daily"},
                                              {"days", "days_of_supply", "no rate"}});
  return absl::OkStatus();
}

absl::Status SetRate(const Arguments& arguments, Session& session) {
  SetDailyRateRequest request;
  DailyRate& rate = *request.mutable_resource();
  rate.set_item(ItemName(arguments.Get("item")));
  ASSIGN_OR_RETURN(const uint64_t quantity, ParseNumber(arguments.Get("quantity"), "a quantity"));
  rate.set_quantity(static_cast<int64_t>(quantity));
  if (arguments.Has("strength")) {
    ASSIGN_OR_RETURN(const uint64_t strength, ParseNumber(arguments.Get("strength"), "a strength"));
    rate.set_strength(static_cast<int64_t>(strength));
  }
  RETURN_IF_ERROR(session.Connect());
  rate.set_depot(DepotName(arguments.Get("at"), session.own()));
  DailyRate set;
  RETURN_IF_ERROR(session.Act("logistics.v1.DepotService.SetDailyRate", request, set));
  session.ShowRecord(set);
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> DepotCommands() {
  return {{.path = {"depot", "add"},
           .summary = "add a depot of your organization",
           .parameters = {Positional("id", "e.g. KEMBA"), Required("title", "TEXT", "its name"),
                          Optional("locode", "KEMBA", "its UN/LOCODE"),
                          Optional("latitude", "4.735833", "when it has no UN/LOCODE"),
                          Optional("longitude", "45.203611", "when it has no UN/LOCODE")},
           .run = Add,
           .notes = ""},
          {.path = {"depot", "show"},
           .summary = "a depot",
           .parameters = {Positional("depot", "e.g. KEMBA")},
           .run = Show,
           .notes = ""},
          {.path = {"depot", "list"},
           .summary = "all depots of your organization",
           .parameters = {},
           .run = List,
           .notes = ""}};
}

std::vector<Command> SupplyCommands() {
  return {{.path = {"supply", "status"},
           .summary = "what a depot has, awaits and asks for, and how long it lasts",
           .parameters = {Required("at", "SOKMU", "the depot")},
           .run = ShowStatus,
           .notes = "Days are stock on hand that is not held, by the daily rate (L-13); -1 without "
                    "one."},
          {.path = {"supply", "rate"},
           .summary = "set how much of an item a depot uses up in a day",
           .parameters = {Positional("item", "e.g. WATER"), Required("at", "SOKMU", "the depot"),
                          Required("quantity", "15", "base units a day, for each person"),
                          Optional("strength", "850",
                                   "how many persons; else the quantity is "
                                   "for all")},
           .run = SetRate,
           .notes = ""}};
}

}  // namespace ch8::cli
