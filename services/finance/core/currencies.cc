#include "services/finance/core/currencies.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "chapter8/type/v1/currency.pb.h"

namespace ch8::finance {

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

}  // namespace ch8::finance
