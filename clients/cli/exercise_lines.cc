#include "clients/cli/exercise_lines.h"

#include <limits>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "clients/cli/names.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::training::v1::Category;
using chapter8::training::v1::Category_descriptor;
using chapter8::training::v1::DateRange;
using chapter8::training::v1::Line;

constexpr size_t kDecimalsMax = 6;

// "organizations/un/venues/nairobi" -> "organizations/un".
std::string OwnerOf(absl::string_view name) {
  const std::vector<absl::string_view> parts = absl::StrSplit(name, '/');
  return parts.size() < 2 ? std::string(name) : absl::StrCat(parts[0], "/", parts[1]);
}

absl::StatusOr<uint32_t> ParseCount(absl::string_view text) {
  ASSIGN_OR_RETURN(const uint64_t count, ParseNumber(text, "a number of seats"));
  if (count <= std::numeric_limits<uint32_t>::max()) return static_cast<uint32_t>(count);
  return absl::InvalidArgumentError("a number of seats is too large");
}

}  // namespace

absl::StatusOr<DateRange> ParseDays(const Arguments& arguments) {
  DateRange days;
  ASSIGN_OR_RETURN(*days.mutable_start(), ParseDate(arguments.Get("from")));
  *days.mutable_end() = days.start();
  if (arguments.Has("to")) {
    ASSIGN_OR_RETURN(*days.mutable_end(), ParseDate(arguments.Get("to")));
  }
  return days;
}

absl::StatusOr<int32_t> ParseDegrees(absl::string_view text) {
  const absl::Status wrong = absl::InvalidArgumentError(
      absl::StrCat("'", absl::CHexEscape(text),
                   "' is no number of degrees with at most six decimals, e.g. -1.292066"));
  absl::string_view digits = text;
  const bool negative = absl::ConsumePrefix(&digits, "-");
  const std::vector<absl::string_view> parts = absl::StrSplit(digits, '.');
  if (parts.size() > 2 || parts[0].empty() || parts[0].size() > 3) return wrong;
  std::string scaled(parts[0]);
  const absl::string_view decimals = parts.size() == 2 ? parts[1] : absl::string_view();
  if (decimals.size() > kDecimalsMax) return wrong;
  absl::StrAppend(&scaled, decimals, std::string(kDecimalsMax - decimals.size(), '0'));
  int32_t value = 0;
  for (const char digit : scaled) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(digit))) return wrong;
  }
  if (!absl::SimpleAtoi(scaled, &value)) return wrong;
  return negative ? -value : value;
}

absl::StatusOr<std::string> BookableName(absl::string_view typed, absl::string_view own) {
  absl::string_view rest = typed;
  if (absl::StartsWith(typed, "organizations/")) return std::string(typed);
  if (absl::ConsumePrefix(&rest, "venue:")) return VenueName(rest, own);
  if (absl::ConsumePrefix(&rest, "instructor:")) return InstructorName(rest, own);
  return absl::InvalidArgumentError(absl::StrCat(
      "'", absl::CHexEscape(typed), "' is no calendar; write venue:NAIROBI or instructor:i-7"));
}

Line VenueLine(absl::string_view typed, absl::string_view own) {
  Line line;
  line.set_kind(Line::VENUE);
  line.set_bookable(VenueName(typed, own));
  line.set_organization(OwnerOf(line.bookable()));
  return line;
}

absl::StatusOr<Line> InstructorLine(absl::string_view typed, absl::string_view own) {
  const std::vector<absl::string_view> parts = absl::StrSplit(typed, ':');
  if (parts.size() > 3) {
    return absl::InvalidArgumentError("an instructor is typed as un/i-7[:QUALIFICATION[:fr]]");
  }
  Line line;
  line.set_kind(Line::INSTRUCTOR);
  line.set_bookable(InstructorName(parts[0], own));
  line.set_organization(OwnerOf(line.bookable()));
  if (parts.size() > 1) line.set_qualification(absl::AsciiStrToUpper(parts[1]));
  if (parts.size() > 2) line.set_language(absl::AsciiStrToLower(parts[2]));
  return line;
}

absl::StatusOr<Line> SeatsLine(absl::string_view typed) {
  const std::pair<absl::string_view, absl::string_view> seats_unit =
      absl::StrSplit(typed, absl::MaxSplits('@', 1));
  const std::vector<absl::string_view> parts = absl::StrSplit(seats_unit.first, ':');
  if (parts.size() < 3 || parts.size() > 6 ||
      (absl::StrContains(typed, '@') && seats_unit.second.empty())) {
    return absl::InvalidArgumentError(
        "seats are typed as ecowas:troops:12[:WOMEN[:LEADERS[:WOMEN_LEADERS]]][@UNIT]");
  }
  Line line;
  line.set_kind(Line::SEATS);
  line.set_organization(OrganizationName(parts[0]));
  ASSIGN_OR_RETURN(const int category, ParseEnum(*Category_descriptor(), parts[1]));
  line.set_category(static_cast<Category>(category));
  std::vector<uint32_t> counts;
  for (size_t i = 2; i < parts.size(); ++i) {
    ASSIGN_OR_RETURN(const uint32_t count, ParseCount(parts[i]));
    counts.push_back(count);
  }
  counts.resize(4);
  line.set_quantity(counts[0]);
  line.set_women_min(counts[1]);
  line.set_leadership(counts[2]);
  line.set_leadership_women_min(counts[3]);
  if (!seats_unit.second.empty()) line.set_unit(UnitName(seats_unit.second));
  return line;
}

}  // namespace ch8::cli
