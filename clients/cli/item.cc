#include "absl/strings/str_split.h"
#include "chapter8/logistics/v1/stock_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::logistics::v1::CreateItemRequest;
using chapter8::logistics::v1::GetItemRequest;
using chapter8::logistics::v1::Item;
using chapter8::logistics::v1::Item_Category;
using chapter8::logistics::v1::Item_Category_descriptor;
using chapter8::logistics::v1::ListItemsRequest;
using chapter8::logistics::v1::ListItemsResponse;

absl::Status AddCodes(const std::vector<std::string>& codes, Item& item) {
  for (const std::string& typed : codes) {
    const std::vector<std::string> parts = absl::StrSplit(typed, absl::MaxSplits(':', 1));
    if (parts.size() != 2) {
      return absl::InvalidArgumentError("--code is SCHEME:CODE, e.g. GTIN:4006381333931");
    }
    auto& identifier = *item.add_identifiers();
    identifier.set_scheme(parts[0]);
    identifier.set_code(parts[1]);
  }
  return absl::OkStatus();
}

absl::Status Add(const Arguments& arguments, Session& session) {
  CreateItemRequest request;
  request.set_item_id(IdOf(ItemName(arguments.Get("id"))));
  Item& item = *request.mutable_resource();
  item.set_title(arguments.Get("title"));
  item.set_base_unit(arguments.Get("unit"));
  ASSIGN_OR_RETURN(const int category,
                   ParseEnum(*Item_Category_descriptor(), arguments.Get("category")));
  item.set_category(static_cast<Item_Category>(category));
  ASSIGN_OR_RETURN(*item.mutable_unit_value(), client::ParseMoney(arguments.Get("value")));
  item.set_perishable(arguments.Has("perishable"));
  item.set_lethal(arguments.Has("lethal"));
  RETURN_IF_ERROR(AddCodes(arguments.All("code"), item));
  Item created;
  RETURN_IF_ERROR(session.Act("logistics.v1.CatalogueService.CreateItem", request, created));
  session.ShowRecord(created);
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  GetItemRequest request;
  request.set_name(ItemName(arguments.Get("item")));
  Item item;
  RETURN_IF_ERROR(session.Read("logistics.v1.CatalogueService.GetItem", request, item));
  session.ShowRecord(item);
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  std::vector<Item> items;
  RETURN_IF_ERROR(ListAll<ListItemsResponse>(
      session, "logistics.v1.CatalogueService.ListItems", ListItemsRequest(),
      [&](const ListItemsResponse& page) {
        items.insert(items.end(), page.items().begin(), page.items().end());
      }));
  session.ShowList(Pointers(items), {{"item", "name"},
                                     {"unit", "base_unit"},
                                     {"category", "category"},
                                     {"perishable", "perishable"},
                                     {"lethal", "lethal"},
                                     {"value", "unit_value"},
                                     {"title", "title"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> ItemCommands() {
  return {{.path = {"item", "add"},
           .summary = "add an item to the catalogue",
           .parameters = {Positional("id", "e.g. TENT-10P; the same id at both organizations"),
                          Required("title", "TEXT", "its full title"),
                          Required("unit", "UNIT", "what one is: ea, man-day, L, pack"),
                          Required("category", "CATEGORY", "what it is used for",
                                   EnumWords(*Item_Category_descriptor())),
                          Required("value", "USD:980.00", "the value of one"),
                          Repeated("code", "SCHEME:CODE", "e.g. GTIN:4006381333931, UNDG:UN1202"),
                          Flag("perishable", "every lot has an expiry date (L-13)"),
                          Flag("lethal", "never given under a non-lethal earmark (F-19)")},
           .run = Add,
           .notes = ""},
          {.path = {"item", "show"},
           .summary = "an item with its codes",
           .parameters = {Positional("item", "its id")},
           .run = Show,
           .notes = ""},
          {.path = {"item", "list"},
           .summary = "the catalogue",
           .parameters = {},
           .run = List,
           .notes = ""}};
}

}  // namespace ch8::cli
