#ifndef CH8_CLIENTS_LIB_CURRENCIES_H_
#define CH8_CLIENTS_LIB_CURRENCIES_H_

#include <optional>

#include "absl/strings/string_view.h"

namespace ch8::client {

// Decimals of the minor unit of an ISO 4217 currency (rule F-14): 2 for "USD", 0 for "XOF"; nothing
// for a code that is no currency in use. Codes are upper case. The table is
// proto/chapter8/type/v1/currency.proto.
//
// Thread safety: any thread.
std::optional<int> MinorUnits(absl::string_view currency_code);

}  // namespace ch8::client

#endif  // CH8_CLIENTS_LIB_CURRENCIES_H_
