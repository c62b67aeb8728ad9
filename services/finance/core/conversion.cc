#include "services/finance/core/conversion.h"

#include <limits>

#include "absl/strings/ascii.h"
#include "services/kernel/money.h"
#include "storage/base/check.h"

namespace ch8::finance {
namespace {

constexpr size_t kRateDigitsMax = 12;
constexpr int64_t kAmountMax = std::numeric_limits<int64_t>::max();

absl::uint128 PowerOfTen(int exponent) {
  absl::uint128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

}  // namespace

std::optional<ExchangeRate> ParseExchangeRate(absl::string_view text) {
  const size_t point = text.find('.');
  const absl::string_view whole = text.substr(0, point);
  const absl::string_view fraction =
      point == absl::string_view::npos ? absl::string_view() : text.substr(point + 1);
  if (whole.empty() || whole.size() > kRateDigitsMax || fraction.size() > kRateDigitsMax ||
      (point != absl::string_view::npos && fraction.empty())) {
    return std::nullopt;
  }
  ExchangeRate rate{.digits = 0, .scale = static_cast<int>(fraction.size())};
  for (const absl::string_view part : {whole, fraction}) {
    for (const char c : part) {
      if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
      rate.digits = rate.digits * 10 + static_cast<uint32_t>(c - '0');
    }
  }
  if (rate.digits == 0) return std::nullopt;
  return rate;
}

// amount / 10^from ÷ (digits / 10^scale) × 10^to. The numerator stays below 2^63 × 10^16, the
// denominator below 10^28, so both fit in 128 bits.
std::optional<int64_t> Convert(const ConversionParts& parts) {
  const std::optional<int> from = kernel::MinorUnitDecimals(parts.from);
  const std::optional<int> to = kernel::MinorUnitDecimals(parts.to);
  Check(parts.amount_minor >= 0 && from.has_value() && to.has_value() && parts.rate.digits > 0,
        "a conversion that was not checked before");
  const absl::uint128 numerator = absl::uint128(static_cast<uint64_t>(parts.amount_minor)) *
                                  PowerOfTen(parts.rate.scale) * PowerOfTen(*to);
  const absl::uint128 denominator = parts.rate.digits * PowerOfTen(*from);
  absl::uint128 quotient = numerator / denominator;
  const absl::uint128 remainder = numerator % denominator;
  if (remainder >= denominator - remainder) quotient += 1;
  if (quotient > absl::uint128(static_cast<uint64_t>(kAmountMax))) return std::nullopt;
  return static_cast<int64_t>(absl::Uint128Low64(quotient));
}

int64_t ShareOf(int64_t amount_minor, uint32_t basis_points) {
  Check(amount_minor >= 0 && basis_points <= 10'000, "a share that was not checked before");
  const absl::uint128 share =
      absl::uint128(static_cast<uint64_t>(amount_minor)) * basis_points / 10'000;
  return static_cast<int64_t>(absl::Uint128Low64(share));
}

std::optional<int64_t> CheckedAdd(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

}  // namespace ch8::finance
