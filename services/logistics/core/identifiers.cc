#include "services/logistics/core/identifiers.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace ch8::logistics {
namespace {

constexpr size_t kCodeSizeMax = 40;
constexpr size_t kUnspscDigits = 8;
constexpr size_t kUnNumberDigits = 4;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

bool AreDigits(absl::string_view text, size_t count) {
  return text.size() == count && std::all_of(text.begin(), text.end(), IsDigit);
}

bool IsSpoken(absl::string_view text) {
  return !text.empty() && text.size() <= kCodeSizeMax &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsUpper(c) || IsDigit(c) || c == '-'; });
}

bool FitsScheme(absl::string_view scheme, absl::string_view code) {
  if (scheme == "GTIN") return IsGs1Number(code) && code.size() <= 14;
  if (scheme == "UNDG") return IsUnNumber(code);
  if (scheme == "UNSPSC") return AreDigits(code, kUnspscDigits);
  for (const absl::string_view known : {"NATO5", "MIL10", "COE-ME", "COE-SS"}) {
    if (scheme == known) return IsSpoken(code);
  }
  return false;
}

}  // namespace

bool IsGs1Number(absl::string_view code) {
  const bool length =
      code.size() == 8 || (code.size() >= 12 && code.size() <= 14) || code.size() == 18;
  if (!length || !AreDigits(code, code.size())) return false;
  // From the right, the check digit aside, digits weigh 3, 1, 3, 1, …
  int sum = 0;
  for (size_t i = 0; i + 1 < code.size(); ++i) {
    const bool triple = (code.size() - 2 - i) % 2 == 0;
    sum += (code[i] - '0') * (triple ? 3 : 1);
  }
  return (10 - sum % 10) % 10 == code.back() - '0';
}

bool IsUnNumber(absl::string_view code) {
  return absl::StartsWith(code, "UN") && AreDigits(code.substr(2), kUnNumberDigits);
}

bool IsLocode(absl::string_view code) {
  return code.size() == 5 && IsUpper(code[0]) && IsUpper(code[1]) &&
         std::all_of(code.begin() + 2, code.end(),
                     [](char c) { return IsUpper(c) || (c >= '2' && c <= '9'); });
}

bool IsWaybill(absl::string_view number) { return IsSpoken(number); }

absl::Status CheckIdentifier(const v1::Item::Identifier& identifier) {
  if (FitsScheme(identifier.scheme(), identifier.code())) return absl::OkStatus();
  return kernel::Invalid(
      "BAD_IDENTIFIER",
      "an identifier is a GTIN with its check digit, UNDG such as UN1202, UNSPSC of 8 digits, or "
      "a code of NATO5, MIL10, COE-ME or COE-SS",
      {{"rule", "L-9"}, {"field", "resource.identifiers"}});
}

}  // namespace ch8::logistics
