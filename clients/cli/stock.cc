#include "absl/strings/str_cat.h"
#include "chapter8/logistics/v1/stock_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::logistics::v1::AdjustStockRequest;
using chapter8::logistics::v1::FindStockRequest;
using chapter8::logistics::v1::FindStockResponse;
using chapter8::logistics::v1::GetLotRequest;
using chapter8::logistics::v1::ListLotsRequest;
using chapter8::logistics::v1::ListLotsResponse;
using chapter8::logistics::v1::Lot;
using chapter8::logistics::v1::QuarantineStockRequest;
using chapter8::logistics::v1::RecordStockRequest;

absl::Status Receive(const Arguments& arguments, Session& session) {
  RecordStockRequest request;
  ASSIGN_OR_RETURN(const ItemQuantity line, ParseItemQuantity(arguments.Get("line")));
  Lot& lot = *request.mutable_resource();
  lot.set_item(line.item);
  request.set_quantity(line.quantity);
  request.set_reason(arguments.Get("reason"));
  lot.set_lot_number(arguments.Get("lot"));
  if (arguments.Has("expires")) {
    ASSIGN_OR_RETURN(*lot.mutable_expires_on(), ParseDate(arguments.Get("expires")));
  }
  lot.set_owner(arguments.Get("owner"));
  if (arguments.Has("operation")) lot.set_operation(OperationName(arguments.Get("operation")));
  lot.set_non_lethal_only(arguments.Has("non-lethal-only"));
  RETURN_IF_ERROR(session.Connect());
  lot.set_depot(DepotName(arguments.Get("at"), session.own()));
  Lot recorded;
  RETURN_IF_ERROR(session.Act("logistics.v1.StockService.RecordStock", request, recorded));
  session.ShowRecord(recorded);
  return absl::OkStatus();
}

absl::Status Adjust(const Arguments& arguments, Session& session) {
  const bool less = arguments.Has("less");
  if (less == arguments.Has("more")) {
    return absl::InvalidArgumentError("give --more QUANTITY or --less QUANTITY");
  }
  ASSIGN_OR_RETURN(const uint64_t quantity,
                   ParseNumber(arguments.Get(less ? "less" : "more"), "a quantity"));
  AdjustStockRequest request;
  request.set_difference(less ? -static_cast<int64_t>(quantity) : static_cast<int64_t>(quantity));
  request.set_reason(arguments.Get("reason"));
  RETURN_IF_ERROR(session.Connect());
  request.set_name(LotName(arguments.Get("lot"), session.own()));
  Lot lot;
  RETURN_IF_ERROR(session.Act("logistics.v1.StockService.AdjustStock", request, lot));
  session.ShowRecord(lot);
  return absl::OkStatus();
}

absl::Status Quarantine(const Arguments& arguments, Session& session) {
  QuarantineStockRequest request;
  ASSIGN_OR_RETURN(const uint64_t quantity, ParseNumber(arguments.Get("quantity"), "a quantity"));
  request.set_quantity(static_cast<int64_t>(quantity));
  request.set_reason(arguments.Get("reason"));
  RETURN_IF_ERROR(session.Connect());
  request.set_name(LotName(arguments.Get("lot"), session.own()));
  Lot lot;
  RETURN_IF_ERROR(session.Act("logistics.v1.StockService.QuarantineStock", request, lot));
  session.ShowRecord(lot);
  return absl::OkStatus();
}

// First expired, first out, and why.
absl::Status Find(const Arguments& arguments, Session& session) {
  FindStockRequest request;
  request.set_item(ItemName(arguments.Get("item")));
  if (arguments.Has("for")) request.set_request(RequestName(arguments.Get("for")));
  RETURN_IF_ERROR(session.Connect());
  if (arguments.Has("at")) request.set_depot(DepotName(arguments.Get("at"), session.own()));
  FindStockResponse found;
  RETURN_IF_ERROR(session.Read("logistics.v1.StockService.FindStock", request, found));
  if (session.globals().output == OutputFormat::kJson) {
    session.ShowRecord(found);
    return absl::OkStatus();
  }
  Table table;
  table.columns = {{"lot"},     {"depot"}, {"lot_number"}, {"available", Column::Align::kRight},
                   {"expires"}, {"why"}};
  for (const auto& option : found.options()) {
    const Lot& lot = option.lot();
    table.rows.push_back({IdOf(lot.name()), IdOf(lot.depot()), lot.lot_number(),
                          absl::StrCat(option.available()),
                          lot.has_expires_on() ? FormatDate(lot.expires_on()) : "", option.why()});
  }
  session.ShowTable(table);
  session.Say(absl::StrCat(found.available(), " can be given"));
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  GetLotRequest request;
  request.set_name(LotName(arguments.Get("lot"), session.own()));
  Lot lot;
  RETURN_IF_ERROR(session.Read("logistics.v1.StockService.GetLot", request, lot));
  session.ShowRecord(lot);
  return absl::OkStatus();
}

absl::Status List(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  ListLotsRequest request;
  if (arguments.Has("item")) request.set_item(ItemName(arguments.Get("item")));
  if (arguments.Has("at")) request.set_depot(DepotName(arguments.Get("at"), session.own()));
  std::vector<Lot> lots;
  RETURN_IF_ERROR(ListAll<ListLotsResponse>(
      session, "logistics.v1.StockService.ListLots", request, [&](const ListLotsResponse& page) {
        lots.insert(lots.end(), page.lots().begin(), page.lots().end());
      }));
  session.ShowList(Pointers(lots), {{"lot", "name"},
                                    {"item", "item"},
                                    {"depot", "depot"},
                                    {"lot number", "lot_number"},
                                    {"on hand", "on_hand"},
                                    {"held", "held"},
                                    {"expires", "expires_on"},
                                    {"quarantined", "quarantined"},
                                    {"for", "operation"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> StockCommands() {
  const Parameter lot = Positional("lot", "e.g. LOT-UN-26-0012");
  const Parameter reason = Required("reason", "TEXT", "why");
  return {
      {.path = {"stock", "receive"},
       .summary = "record goods bought or donated",
       .parameters = {Required("line", "TENT-10P=120", "item and quantity"),
                      Required("at", "KEMBA", "the depot"),
                      Required("reason", "TEXT", "e.g. the purchase order or the donor"),
                      Optional("lot", "NUMBER", "the maker's lot number"),
                      Optional("expires", "2026-09-30", "the last day it may be given"),
                      Optional("owner", "TEXT", "whose goods they are, when not your own"),
                      Optional("operation", "OPERATION", "may be given for this one only (F-19)"),
                      Flag("non-lethal-only", "given by the donor for non-lethal use (F-19)")},
       .run = Receive,
       .notes = "Goods that another organization dispatched are counted with: ch8 consignment "
                "receive"},
      {.path = {"stock", "find"},
       .summary = "lots of an item in the order they would be given, and why",
       .parameters = {Positional("item", "e.g. TENT-10P"),
                      Optional("for", "REQUEST", "compare earmarks with this request"),
                      Optional("at", "KEMBA", "only in this depot")},
       .run = Find,
       .notes = "First expired, first out (L-13); what may not be given comes last."},
      {.path = {"stock", "list"},
       .summary = "all lots",
       .parameters = {Optional("item", "ITEM", "only of this item"),
                      Optional("at", "KEMBA", "only in this depot")},
       .run = List,
       .notes = ""},
      {.path = {"stock", "show"},
       .summary = "a lot",
       .parameters = {lot},
       .run = Show,
       .notes = ""},
      {.path = {"stock", "quarantine"},
       .summary = "put part of a lot apart; it is not given any more",
       .parameters = {lot, Required("quantity", "15", "how much"), reason},
       .run = Quarantine,
       .notes = ""},
      {.path = {"stock", "adjust"},
       .summary = "correct what a lot holds, after a count",
       .parameters = {lot, Optional("more", "2", "found"), Optional("less", "3", "missing"),
                      reason},
       .run = Adjust,
       .notes = ""}};
}

}  // namespace ch8::cli
