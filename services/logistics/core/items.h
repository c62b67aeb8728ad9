#ifndef CH8_SERVICES_LOGISTICS_CORE_ITEMS_H_
#define CH8_SERVICES_LOGISTICS_CORE_ITEMS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/type/v1/money.pb.h"
#include "services/kernel/machine.h"
#include "services/logistics/core/vocabulary.h"

// The catalogue. Each item is a unit of the books, and has the accounts in which its quantities
// stand when they are in no lot and in no offer.
namespace ch8::logistics {

void AddItemRoutes(kernel::Routes& routes);

// Errors: kInvalidArgument/BAD_NAME; kNotFound/UNKNOWN_ITEM.
absl::StatusOr<v1::Item> FindItem(const kernel::RowReader& rows, absl::string_view name);

// More than zero, and within kQuantityMax. Errors: kInvalidArgument/BAD_QUANTITY.
absl::Status CheckQuantity(int64_t quantity, absl::string_view field);

// Quantity times unit value. Errors: kInvalidArgument/BAD_QUANTITY when no amount can hold it.
absl::StatusOr<chapter8::type::v1::Money> ValueOf(const chapter8::type::v1::Money& unit_value,
                                                  int64_t quantity);

// "120 ea".
std::string FormatQuantity(int64_t quantity, absl::string_view base_unit);

void ApplyItemCreated(const v1::LogisticsEvent::ItemCreated& event, kernel::Rows& rows);

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_ITEMS_H_
