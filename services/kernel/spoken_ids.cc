#include "services/kernel/spoken_ids.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/kernel/fields.h"
#include "services/kernel/names.h"

namespace ch8::kernel {
namespace {

// Leaves room for kind, year and number within the 63 characters of an id.
constexpr size_t kOrganizationSizeMax = 40;
constexpr size_t kYearSize = 2;
constexpr size_t kNumberSizeMin = 4;
constexpr size_t kNumberSizeMax = 12;

std::string CounterKey(absl::string_view prefix) { return absl::StrCat("counters/", prefix); }

std::string PrefixOf(absl::string_view kind, absl::string_view organization) {
  return absl::StrCat(
      kind, "-", absl::AsciiStrToUpper(IdOf(organization).substr(0, kOrganizationSizeMax)), "-");
}

uint64_t CountOf(const RowReader& rows, absl::string_view prefix) {
  uint64_t count = 0;
  const std::optional<std::string> stored = rows.Get(Table::kRows, CounterKey(prefix));
  return stored.has_value() && absl::SimpleAtoi(*stored, &count) ? count : 0;
}

bool AllDigits(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
}

}  // namespace

std::string NextSpokenId(const RowReader& rows, const SpokenIdParts& parts, uint64_t ahead) {
  const int64_t year = DayOf(parts.time).year() % 100;
  const std::string prefix =
      absl::StrCat(PrefixOf(parts.kind, parts.organization), absl::StrFormat("%02d", year));
  return absl::StrFormat("%s-%04d", prefix, CountOf(rows, prefix) + ahead);
}

bool IsSpokenIdOf(absl::string_view id, absl::string_view kind, absl::string_view organization) {
  const std::string prefix = PrefixOf(kind, organization);
  if (!absl::StartsWith(id, prefix)) return false;
  const absl::string_view rest = id.substr(prefix.size());
  if (rest.size() < kYearSize + 1 + kNumberSizeMin ||
      rest.size() > kYearSize + 1 + kNumberSizeMax || rest[kYearSize] != '-') {
    return false;
  }
  return AllDigits(rest.substr(0, kYearSize)) && AllDigits(rest.substr(kYearSize + 1));
}

void CountSpokenId(absl::string_view id, Rows& rows) {
  const size_t dash = id.rfind('-');
  uint64_t number = 0;
  if (dash == absl::string_view::npos || !absl::SimpleAtoi(id.substr(dash + 1), &number)) return;
  const absl::string_view prefix = id.substr(0, dash);
  if (number > CountOf(rows, prefix)) {
    rows.Put(Table::kRows, CounterKey(prefix), absl::StrCat(number));
  }
}

}  // namespace ch8::kernel
