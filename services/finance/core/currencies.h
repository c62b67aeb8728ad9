#ifndef CH8_SERVICES_FINANCE_CORE_CURRENCIES_H_
#define CH8_SERVICES_FINANCE_CORE_CURRENCIES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

// The currencies that money can be kept in: ISO 4217 codes in use that have a minor unit, with its
// number of decimals (rule F-14). Francs CFA, Uganda shillings and Djibouti francs have none, so
// whoever assumes two is wrong by a factor of a hundred.
//
// Thread safety: all functions are pure.
namespace ch8::finance {

// Decimals of the currency's minor unit, 0 to 4; nothing for codes that are withdrawn, unknown or
// have no minor unit (gold, special drawing rights, test codes).
std::optional<int> MinorUnitDecimals(absl::string_view currency_code);

// For people: "USD 75,000,000.00", "XOF 1,500", "KWD -0.125". An unknown currency's amount is shown
// in plain minor units.
std::string FormatAmount(absl::string_view currency_code, int64_t amount_minor);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_CURRENCIES_H_
