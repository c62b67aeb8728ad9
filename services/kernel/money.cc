#include "services/kernel/money.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "chapter8/type/v1/currency.pb.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"

namespace ch8::kernel {

using chapter8::type::v1::Money;

// The one table is the proto's: clients show amounts by it too.
std::optional<int> MinorUnitDecimals(absl::string_view currency_code) {
  const auto* currency =
      chapter8::type::v1::Currency_descriptor()->FindValueByName(std::string(currency_code));
  if (currency == nullptr || currency->number() == 0) return std::nullopt;
  return static_cast<int>(currency->options().GetExtension(chapter8::type::v1::minor_units));
}

std::string FormatAmount(absl::string_view currency_code, int64_t amount_minor) {
  const size_t decimals =
      static_cast<size_t>(std::max(0, MinorUnitDecimals(currency_code).value_or(0)));
  const bool negative = amount_minor < 0;
  const uint64_t magnitude =
      negative ? uint64_t{0} - static_cast<uint64_t>(amount_minor) : amount_minor;
  std::string digits = absl::StrCat(magnitude);
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  const std::string fraction = digits.substr(digits.size() - decimals);
  std::string whole = digits.substr(0, digits.size() - decimals);
  for (size_t at = whole.size(); at > 3; at -= 3) whole.insert(at - 3, 1, ',');
  return absl::StrCat(currency_code, negative ? " -" : " ", whole, decimals > 0 ? "." : "",
                      fraction);
}

absl::Status CheckCurrency(absl::string_view currency_code, absl::string_view field) {
  if (MinorUnitDecimals(currency_code).has_value()) return absl::OkStatus();
  return Invalid("UNKNOWN_CURRENCY",
                 absl::StrCat(field, " has no ISO 4217 code of a currency in use"),
                 {{"rule", "F-14"}, {"field", std::string(field)}});
}

absl::Status CheckMoney(const Money& money, absl::string_view field) {
  RETURN_IF_ERROR(CheckCurrency(money.currency_code(), field));
  if (money.amount_minor() > 0) return absl::OkStatus();
  return Invalid("BAD_AMOUNT", absl::StrCat(field, " must be more than zero"),
                 {{"field", std::string(field)},
                  {"amount", absl::StrCat(money.amount_minor())},
                  {"currency", money.currency_code()}});
}

absl::Status CheckSameCurrency(absl::string_view wanted, absl::string_view given,
                               absl::string_view what) {
  if (wanted == given) return absl::OkStatus();
  return Invalid("CURRENCY_MISMATCH", absl::StrCat(what, " is in ", wanted, ", not ", given),
                 {{"wanted", std::string(wanted)}, {"given", std::string(given)}});
}

std::string FormatMoney(const Money& money) {
  return FormatAmount(money.currency_code(), money.amount_minor());
}

}  // namespace ch8::kernel
