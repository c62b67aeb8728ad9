#include "services/logistics/core/items.h"

#include <limits>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "chapter8/logistics/v1/stock_service.pb.h"
#include "services/books/postings.h"
#include "services/kernel/fields.h"
#include "services/kernel/money.h"
#include "services/kernel/paging.h"
#include "services/logistics/core/identifiers.h"
#include "storage/base/status_macros.h"

namespace ch8::logistics {
namespace {

using chapter8::books::v1::AccountOpened;
using chapter8::type::v1::Money;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::Item;

constexpr absl::string_view kCollection = "items/";
// "items/" and the id are the unit of accounts, which has at most 32 characters.
constexpr size_t kItemIdSizeMax = 26;
constexpr size_t kBaseUnitSizeMax = 12;
constexpr int kIdentifiersMax = 10;

absl::Status CheckItemId(absl::string_view id) {
  RETURN_IF_ERROR(kernel::CheckId(id, "item_id"));
  if (id.size() <= kItemIdSizeMax) return absl::OkStatus();
  return kernel::Invalid("BAD_ID",
                         absl::StrCat("item_id has at most ", kItemIdSizeMax, " characters"),
                         {{"field", "item_id"}});
}

absl::Status CheckItem(const Item& item) {
  RETURN_IF_ERROR(kernel::CheckText(item.title(), "resource.title"));
  RETURN_IF_ERROR(kernel::CheckText(item.base_unit(), "resource.base_unit"));
  if (item.base_unit().size() > kBaseUnitSizeMax) {
    return kernel::BadField("resource.base_unit", "is too long: ea, man-day, L, pack");
  }
  if (item.category() == Item::CATEGORY_UNSPECIFIED || !Item::Category_IsValid(item.category())) {
    return kernel::BadField("resource.category", "is missing or unknown");
  }
  if (item.category() == Item::ARMS && !item.lethal()) {
    return kernel::BadField("resource.lethal", "is required of arms");
  }
  if (item.identifiers_size() > kIdentifiersMax) {
    return kernel::BadField("resource.identifiers", "has at most 10 codes");
  }
  for (const Item::Identifier& identifier : item.identifiers()) {
    RETURN_IF_ERROR(CheckIdentifier(identifier));
  }
  return kernel::CheckMoney(item.unit_value(), "resource.unit_value");
}

// The accounts of an item, in the order in which they are opened.
void SetAccounts(uint32_t first, Item& item) {
  item.set_source_account(first);
  item.set_issued_account(first + 1);
  item.set_claims_account(first + 2);
  item.set_received_account(first + 3);
  item.set_announced_account(first + 4);
  item.set_expected_account(first + 5);
  item.set_adjusted_account(first + 6);
}

absl::StatusOr<Decision> CreateItem(const Context&, const v1::CreateItemRequest& request,
                                    const State& state) {
  RETURN_IF_ERROR(CheckItemId(request.item_id()));
  const Item& asked = request.resource();
  RETURN_IF_ERROR(CheckItem(asked));
  const std::string name = absl::StrCat(kCollection, request.item_id());
  if (kernel::TableReader<Item>(state.rows).Find(name).has_value()) {
    return kernel::Taken("ITEM_EXISTS", name, kernel::ShowCommand(kItems, name));
  }
  v1::LogisticsEvent event;
  Item& item = *event.mutable_item_created()->mutable_item();
  item.set_name(name);
  item.set_title(asked.title());
  item.set_base_unit(asked.base_unit());
  item.set_category(asked.category());
  *item.mutable_identifiers() = asked.identifiers();
  item.set_lethal(asked.lethal());
  item.set_perishable(asked.perishable());
  *item.mutable_unit_value() = asked.unit_value();
  SetAccounts(state.accounts.next_account(), item);
  kernel::Event logged = kernel::DomainEvent(event);
  for (uint32_t account = item.source_account(); account <= item.adjusted_account(); ++account) {
    books::OpenAccount({account, name, AccountOpened::NONE}, logged);
  }
  return Decision{{logged}, kernel::ReplyWith<Item>(name)};
}

absl::StatusOr<Item> GetItem(const Context&, const v1::GetItemRequest& request,
                             const State& state) {
  ASSIGN_OR_RETURN(const Item item, FindItem(state.rows, request.name()));
  return kernel::WithEtag(item);
}

absl::StatusOr<v1::ListItemsResponse> ListItems(const Context&, const v1::ListItemsRequest& request,
                                                const State& state) {
  return kernel::ListPage<Item, v1::ListItemsRequest, v1::ListItemsResponse>(
      state.rows, kCollection, request, [](const Item&) { return true; },
      [](const Item& row, v1::ListItemsResponse& response) {
        *response.add_items() = kernel::WithEtag(row);
      });
}

}  // namespace

absl::StatusOr<Item> FindItem(const kernel::RowReader& rows, absl::string_view name) {
  return kernel::FindResource<Item>(rows, name, kItems);
}

absl::Status CheckQuantity(int64_t quantity, absl::string_view field) {
  if (quantity > 0 && quantity <= kQuantityMax) return absl::OkStatus();
  return kernel::Invalid("BAD_QUANTITY",
                         absl::StrCat(field, " must be a whole number from 1 to ", kQuantityMax),
                         {{"field", std::string(field)}, {"wanted", absl::StrCat(quantity)}});
}

absl::StatusOr<Money> ValueOf(const Money& unit_value, int64_t quantity) {
  const absl::int128 value = absl::int128(unit_value.amount_minor()) * quantity;
  if (value > std::numeric_limits<int64_t>::max()) {
    return kernel::Invalid("BAD_QUANTITY", "quantity times unit value is no amount of money",
                           {{"field", "resource.quantity"}, {"wanted", absl::StrCat(quantity)}});
  }
  Money money = unit_value;
  money.set_amount_minor(static_cast<int64_t>(value));
  return money;
}

std::string FormatQuantity(int64_t quantity, absl::string_view base_unit) {
  return absl::StrCat(quantity, " ", base_unit);
}

void AddItemRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.logistics.v1.CatalogueService/";
  routes.AddCommand<v1::CreateItemRequest>(service + "CreateItem", CreateItem);
  routes.AddRead<v1::GetItemRequest>(service + "GetItem", kernel::ReadPath::kSnapshot, GetItem);
  routes.AddRead<v1::ListItemsRequest>(service + "ListItems", kernel::ReadPath::kSnapshot,
                                       ListItems);
}

void ApplyItemCreated(const v1::LogisticsEvent::ItemCreated& event, kernel::Rows& rows) {
  kernel::PutRow(rows, event.item());
}

}  // namespace ch8::logistics
