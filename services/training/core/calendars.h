#ifndef CH8_SERVICES_TRAINING_CORE_CALENDARS_H_
#define CH8_SERVICES_TRAINING_CORE_CALENDARS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/kernel/machine.h"
#include "services/training/core/slots.h"
#include "services/training/core/vocabulary.h"

// The calendars of venues and instructors: free on all days of the opening but for entries, which
// never overlap. Entries are decided by the owner's ledger alone, one after the other, so that
// nothing is booked twice. They are keyed by their end: what stands in the way of some days is
// the first entry that ends behind their begin.
namespace ch8::training {

// Blackouts, calendars, free days.
void AddCalendarRoutes(kernel::Routes& routes);

// What exercises book: a venue or an instructor.
struct Bookable {
  std::string name;
  Days opening;
  absl::string_view unit;
  uint32_t account = 0;
  uint32_t given_account = 0;
  // Of venues.
  uint32_t capacity = 0;
  v1::Location location;
  // Of instructors.
  std::vector<std::string> qualifications;
  std::vector<std::string> languages;
};
// Errors: kInvalidArgument/BAD_NAME; kNotFound/UNKNOWN_VENUE, UNKNOWN_INSTRUCTOR.
absl::StatusOr<Bookable> FindBookable(const kernel::RowReader& rows, absl::string_view name);

// "venue:nairobi", as the CLI takes it.
std::string SpokenBookable(absl::string_view name);

// At most `count_max` ranges of `length_days` on which all of `bookables` are free.
struct FreeParts {
  int64_t length_days = 0;
  absl::CivilDay from;
  size_t count_max = 3;
};
std::vector<Days> FreeDays(const kernel::RowReader& rows, const std::vector<Bookable>& bookables,
                           const FreeParts& parts);

// Errors: kFailedPrecondition/CLASH (rule T-5), with metadata clashes_with and next_free: ranges of
// as many days from the first day wanted on.
absl::Status CheckFree(const kernel::RowReader& rows, const Bookable& bookable,
                       const Slots& wanted);

// The entry that a booking is in its bookable's calendar.
v1::CalendarEntry EntryOf(const v1::Booking& booking);

// For Apply.
void PutEntry(const v1::CalendarEntry& entry, kernel::Rows& rows);
void DeleteEntry(absl::string_view name, kernel::Rows& rows);

}  // namespace ch8::training

#endif  // CH8_SERVICES_TRAINING_CORE_CALENDARS_H_
