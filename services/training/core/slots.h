#ifndef CH8_SERVICES_TRAINING_CORE_SLOTS_H_
#define CH8_SERVICES_TRAINING_CORE_SLOTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "chapter8/type/v1/date.pb.h"
#include "services/training/core/vocabulary.h"

// Days, half days, and when something is next free. What a calendar is made of, without the rows.
//
// Thread safety: all functions are pure.
namespace ch8::training {

// Days in a row, both included; first <= last.
struct Days {
  absl::CivilDay first;
  absl::CivilDay last;

  int64_t count() const { return last - first + 1; }
};

// Nothing when a day is missing, not of the calendar, or the last is before the first.
std::optional<Days> DaysOf(const v1::DateRange& range);
v1::DateRange RangeOf(const Days& days);
chapter8::type::v1::Date DateOf(absl::CivilDay day);
// "2026-05-04 to 2026-05-08".
std::string DaysText(const Days& days);
// All of them, joined by ", ".
std::string RangesText(const std::vector<Days>& ranges);

// Half days counted from the first morning of the year 1; [begin, end).
struct Slots {
  int64_t begin = 0;
  int64_t end = 0;
};
Slots SlotsOf(const Days& days);
// The half days of a calendar entry; nothing when it has none.
std::optional<Slots> SlotsOf(const v1::CalendarEntry& entry);
// The day that a half day belongs to.
absl::CivilDay DayOfSlot(int64_t slot);

// Sorted, with overlaps and neighbours joined.
std::vector<Slots> Joined(std::vector<Slots> taken);

struct FreeQuestion {
  Days opening;
  absl::Span<const Slots> taken;  // Sorted and disjoint.
  int64_t length_days = 0;        // More than zero.
  absl::CivilDay from;            // Not before this day.
  size_t count_max = 0;
};
// The next ranges of whole free days of that length within the opening, soonest first: each starts
// at the first day that is possible behind the one before.
std::vector<Days> NextFree(const FreeQuestion& question);

}  // namespace ch8::training

#endif  // CH8_SERVICES_TRAINING_CORE_SLOTS_H_
