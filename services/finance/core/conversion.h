#ifndef CH8_SERVICES_FINANCE_CORE_CONVERSION_H_
#define CH8_SERVICES_FINANCE_CORE_CONVERSION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Conversion between currencies (rules F-13, F-14), in integers only.
//
// Thread safety: all functions are pure.
namespace ch8::finance {

// An exchange rate: `digits` / 10^`scale` units of the original currency per unit of the other.
// The same orientation as FTS and the UN operational rates of exchange: divide by it.
struct ExchangeRate {
  absl::uint128 digits = 0;
  int scale = 0;
};

// Parses a decimal such as "0.824" or "104.5002": up to 12 digits before the point and up to 12
// after it, no sign, no exponent, more than zero. Nothing for anything else.
std::optional<ExchangeRate> ParseExchangeRate(absl::string_view text);

struct ConversionParts {
  int64_t amount_minor = 0;  // Not negative, in the original currency's minor units.
  absl::string_view from;    // Both currencies are known.
  absl::string_view to;
  ExchangeRate rate;
};

// The amount in minor units of `to`, rounded half away from zero; nothing when it does not fit.
std::optional<int64_t> Convert(const ConversionParts& parts);

// floor(amount × basis_points / 10000) for amounts and basis points that are not negative; at most
// 10000 basis points.
int64_t ShareOf(int64_t amount_minor, uint32_t basis_points);

// a + b, or nothing when it does not fit.
std::optional<int64_t> CheckedAdd(int64_t a, int64_t b);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_CONVERSION_H_
