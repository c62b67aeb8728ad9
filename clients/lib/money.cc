#include "clients/lib/money.h"

#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "clients/lib/currencies.h"
#include "storage/base/status_macros.h"

namespace ch8::client {
namespace {

absl::Status NotANumber(absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat("'", absl::CHexEscape(text),
                                                 "' is not an amount; write digits and at most one",
                                                 " point, e.g. 1000000.00"));
}

absl::Status TooManyDecimals(absl::string_view currency_code, int decimals) {
  if (decimals == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(currency_code, " has no decimals (ISO 4217); write whole units"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(currency_code, " has ", decimals, " decimals (ISO 4217), not more"));
}

bool IsDigits(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return !text.empty();
}

std::string WithThousands(absl::string_view digits) {
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

}  // namespace

absl::StatusOr<int64_t> ParseAmount(absl::string_view decimal, absl::string_view currency_code) {
  const std::optional<int> decimals = MinorUnits(currency_code);
  if (!decimals.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", absl::CHexEscape(currency_code), "' is not an ISO 4217 currency in use"));
  }
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(decimal, absl::MaxSplits('.', 1));
  const bool has_point = decimal.find('.') != absl::string_view::npos;
  if (!IsDigits(parts.first) || (has_point && !IsDigits(parts.second))) return NotANumber(decimal);
  if (static_cast<int>(parts.second.size()) > *decimals) {
    return TooManyDecimals(currency_code, *decimals);
  }
  std::string digits = absl::StrCat(parts.first, parts.second);
  digits.append(static_cast<size_t>(*decimals) - parts.second.size(), '0');
  int64_t minor = 0;
  for (const char c : digits) {
    const int digit = c - '0';
    if (minor > (std::numeric_limits<int64_t>::max() - digit) / 10) {
      return absl::InvalidArgumentError(absl::StrCat(decimal, " is more than can be recorded"));
    }
    minor = minor * 10 + digit;
  }
  return minor;
}

absl::StatusOr<chapter8::type::v1::Money> ParseMoney(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  if (parts.size() != 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", absl::CHexEscape(text), "' is not money; write CURRENCY:AMOUNT, e.g. USD:1000000.00"));
  }
  chapter8::type::v1::Money money;
  money.set_currency_code(absl::AsciiStrToUpper(parts[0]));
  ASSIGN_OR_RETURN(const int64_t minor, ParseAmount(parts[1], money.currency_code()));
  money.set_amount_minor(minor);
  return money;
}

std::string FormatAmount(int64_t amount_minor, absl::string_view currency_code, Grouping grouping) {
  const std::optional<int> decimals = MinorUnits(currency_code);
  if (!decimals.has_value()) return absl::StrCat(amount_minor, " minor units");
  const bool negative = amount_minor < 0;
  const uint64_t magnitude =
      negative ? uint64_t{0} - static_cast<uint64_t>(amount_minor) : uint64_t(amount_minor);
  std::string digits = absl::StrCat(magnitude);
  const size_t fraction = static_cast<size_t>(*decimals);
  if (digits.size() <= fraction) digits.insert(0, fraction + 1 - digits.size(), '0');
  const absl::string_view whole = absl::string_view(digits).substr(0, digits.size() - fraction);
  const absl::string_view rest = absl::string_view(digits).substr(digits.size() - fraction);
  const std::string shown =
      grouping == Grouping::kThousands ? WithThousands(whole) : std::string(whole);
  return absl::StrCat(negative ? "-" : "", shown, fraction > 0 ? "." : "", rest);
}

std::string FormatMoney(absl::string_view currency_code, int64_t amount_minor) {
  return absl::StrCat(currency_code, currency_code.empty() ? "" : " ",
                      FormatAmount(amount_minor, currency_code, Grouping::kThousands));
}

}  // namespace ch8::client
