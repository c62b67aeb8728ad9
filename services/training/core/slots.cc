#include "services/training/core/slots.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/kernel/fields.h"

namespace ch8::training {
namespace {

constexpr absl::CivilDay kFirstDay(1, 1, 1);

int64_t FirstSlotOf(absl::CivilDay day) { return 2 * (day - kFirstDay); }

}  // namespace

std::optional<Days> DaysOf(const v1::DateRange& range) {
  const std::optional<absl::CivilDay> first = kernel::DayOf(range.start());
  const std::optional<absl::CivilDay> last = kernel::DayOf(range.end());
  if (!first.has_value() || !last.has_value() || *last < *first) return std::nullopt;
  return Days{*first, *last};
}

chapter8::type::v1::Date DateOf(absl::CivilDay day) {
  chapter8::type::v1::Date date;
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

v1::DateRange RangeOf(const Days& days) {
  v1::DateRange range;
  *range.mutable_start() = DateOf(days.first);
  *range.mutable_end() = DateOf(days.last);
  return range;
}

std::string DaysText(const Days& days) {
  return absl::StrCat(absl::FormatCivilTime(days.first), " to ", absl::FormatCivilTime(days.last));
}

std::string RangesText(const std::vector<Days>& ranges) {
  return absl::StrJoin(ranges, ", ", [](std::string* out, const Days& days) {
    absl::StrAppend(out, DaysText(days));
  });
}

Slots SlotsOf(const Days& days) {
  return {.begin = FirstSlotOf(days.first), .end = FirstSlotOf(days.last) + 2};
}

std::optional<Slots> SlotsOf(const v1::CalendarEntry& entry) {
  v1::DateRange range;
  *range.mutable_start() = entry.start();
  *range.mutable_end() = entry.end();
  const std::optional<Days> days = DaysOf(range);
  if (!days.has_value()) return std::nullopt;
  Slots slots = SlotsOf(*days);
  if (entry.start_half() == v1::AFTERNOON) ++slots.begin;
  if (entry.end_half() == v1::MORNING) --slots.end;
  if (slots.begin >= slots.end) return std::nullopt;
  return slots;
}

absl::CivilDay DayOfSlot(int64_t slot) { return kFirstDay + slot / 2; }

std::vector<Slots> Joined(std::vector<Slots> taken) {
  std::sort(taken.begin(), taken.end(),
            [](const Slots& a, const Slots& b) { return a.begin < b.begin; });
  std::vector<Slots> joined;
  for (const Slots& slots : taken) {
    if (!joined.empty() && slots.begin <= joined.back().end) {
      joined.back().end = std::max(joined.back().end, slots.end);
    } else {
      joined.push_back(slots);
    }
  }
  return joined;
}

std::vector<Days> NextFree(const FreeQuestion& question) {
  std::vector<Days> free;
  if (question.length_days <= 0) return free;
  absl::CivilDay first = std::max(question.from, question.opening.first);
  auto taken = question.taken.begin();
  while (free.size() < question.count_max) {
    const Days days = {first, first + (question.length_days - 1)};
    if (days.last > question.opening.last) break;
    const Slots wanted = SlotsOf(days);
    while (taken != question.taken.end() && taken->end <= wanted.begin) ++taken;
    if (taken != question.taken.end() && taken->begin < wanted.end) {
      first = DayOfSlot(taken->end + 1);  // A day half taken is not free.
      continue;
    }
    free.push_back(days);
    first = days.last + 1;
  }
  return free;
}

}  // namespace ch8::training
