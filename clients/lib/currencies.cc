#include "clients/lib/currencies.h"

#include <string>

#include "chapter8/type/v1/currency.pb.h"

namespace ch8::client {

std::optional<int> MinorUnits(absl::string_view currency_code) {
  const auto* value =
      chapter8::type::v1::Currency_descriptor()->FindValueByName(std::string(currency_code));
  if (value == nullptr || value->number() == 0) return std::nullopt;
  return static_cast<int>(value->options().GetExtension(chapter8::type::v1::minor_units));
}

}  // namespace ch8::client
