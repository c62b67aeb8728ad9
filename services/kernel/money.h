#ifndef CH8_SERVICES_KERNEL_MONEY_H_
#define CH8_SERVICES_KERNEL_MONEY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "chapter8/type/v1/money.pb.h"

// The currencies that money can be kept in: ISO 4217 codes in use that have a minor unit, with its
// number of decimals (rule F-14). Francs CFA, Uganda shillings and Djibouti francs have none, so
// whoever assumes two is wrong by a factor of a hundred.
//
// Thread safety: all functions are pure.
namespace ch8::kernel {

// Decimals of the currency's minor unit, 0 to 4; nothing for codes that are withdrawn, unknown or
// have no minor unit (gold, special drawing rights, test codes).
std::optional<int> MinorUnitDecimals(absl::string_view currency_code);

// For people: "USD 75,000,000.00", "XOF 1,500", "KWD -0.125". An unknown currency's amount is shown
// in plain minor units.
std::string FormatAmount(absl::string_view currency_code, int64_t amount_minor);

// A known currency. Errors: kInvalidArgument/UNKNOWN_CURRENCY.
absl::Status CheckCurrency(absl::string_view currency_code, absl::string_view field);
// A known currency and more than zero. Errors: kInvalidArgument/UNKNOWN_CURRENCY, BAD_AMOUNT.
absl::Status CheckMoney(const chapter8::type::v1::Money& money, absl::string_view field);

// Errors: kInvalidArgument/CURRENCY_MISMATCH unless both codes are equal.
absl::Status CheckSameCurrency(absl::string_view wanted, absl::string_view given,
                               absl::string_view what);

// "USD 1,000.00".
std::string FormatMoney(const chapter8::type::v1::Money& money);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_MONEY_H_
