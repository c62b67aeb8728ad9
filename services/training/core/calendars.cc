#include "services/training/core/calendars.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "chapter8/training/v1/training_service.pb.h"
#include "services/kernel/fields.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace ch8::training {
namespace {

using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::CalendarEntry;

constexpr absl::string_view kOrganizations = "organizations/";
constexpr uint32_t kFreeDefault = 3;
constexpr uint32_t kFreeMax = 100;
constexpr uint32_t kFreeDaysMax = 366;
constexpr size_t kClashesShown = 3;

// "organizations/un/venues/nairobi" -> "calendars/un/venues/nairobi/".
std::string CalendarOf(absl::string_view bookable) {
  return absl::StrCat("calendars/", bookable.substr(kOrganizations.size()), "/");
}

std::string EntryName(absl::string_view bookable, int64_t end) {
  return absl::StrCat(CalendarOf(bookable), absl::StrFormat("%08d", end));
}

// Entries that end behind `begin`, soonest end first, until `visit` returns false.
void VisitEntries(const kernel::RowReader& rows, absl::string_view bookable, int64_t begin,
                  const std::function<bool(const CalendarEntry&, const Slots&)>& visit) {
  kernel::TableReader<CalendarEntry>(rows).Scan(CalendarOf(bookable), EntryName(bookable, begin),
                                                [&](const CalendarEntry& entry) {
                                                  const std::optional<Slots> slots = SlotsOf(entry);
                                                  return !slots.has_value() || visit(entry, *slots);
                                                });
}

// "BKG-UN-26-0003 2026-05-04 to 2026-05-08", or the blackout's reason instead of the booking.
std::string EntryText(const CalendarEntry& entry, const Slots& slots) {
  return absl::StrCat(
      entry.booking().empty() ? absl::string_view(entry.reason()) : kernel::IdOf(entry.booking()),
      " ", DaysText({DayOfSlot(slots.begin), DayOfSlot(slots.end - 1)}));
}

// What stands in the way of the wanted time, the first few.
std::vector<std::string> Clashes(const kernel::RowReader& rows, const Bookable& bookable,
                                 const Slots& wanted) {
  std::vector<std::string> clashes;
  const Slots open = SlotsOf(bookable.opening);
  if (wanted.begin < open.begin || wanted.end > open.end) {
    clashes.push_back(absl::StrCat("closed outside ", DaysText(bookable.opening)));
  }
  VisitEntries(rows, bookable.name, wanted.begin,
               [&](const CalendarEntry& entry, const Slots& slots) {
                 if (slots.begin >= wanted.end || clashes.size() == kClashesShown) return false;
                 clashes.push_back(EntryText(entry, slots));
                 return true;
               });
  return clashes;
}

bool IsVenue(absl::string_view name) { return absl::StrContains(name, "/venues/"); }

std::string CalendarCommand(absl::string_view bookable) {
  return absl::StrCat("ch8 calendar show ", SpokenBookable(bookable));
}

absl::Status CheckOwn(const Context& context, absl::string_view bookable) {
  if (absl::StartsWith(bookable, absl::StrCat(context.organization, "/"))) return absl::OkStatus();
  return kernel::BadField("bookable", "is another organization's");
}

absl::StatusOr<Decision> SetBlackout(const Context& context, const v1::SetBlackoutRequest& request,
                                     const State& state) {
  ASSIGN_OR_RETURN(const Bookable bookable, FindBookable(state.rows, request.bookable()));
  RETURN_IF_ERROR(CheckOwn(context, bookable.name));
  const CalendarEntry& asked = request.resource();
  RETURN_IF_ERROR(kernel::CheckText(asked.reason(), "resource.reason"));
  if (!v1::Half_IsValid(asked.start_half()) || !v1::Half_IsValid(asked.end_half())) {
    return kernel::BadField("resource.start_half", "and end_half are MORNING, AFTERNOON or unset");
  }
  const std::optional<Slots> slots = SlotsOf(asked);
  if (!slots.has_value()) {
    return kernel::Invalid("BAD_DATES", "resource.start and end must be days, in this order");
  }
  const absl::Status free = CheckFree(state.rows, bookable, *slots);
  if (!free.ok()) {
    return kernel::Annotate(free, "", {{"instead", CalendarCommand(bookable.name)}});
  }
  v1::TrainingEvent event;
  CalendarEntry& entry = *event.mutable_calendar_blocked()->mutable_entry();
  entry.set_name(EntryName(bookable.name, slots->end));
  entry.set_bookable(bookable.name);
  *entry.mutable_start() = asked.start();
  entry.set_start_half(asked.start_half());
  *entry.mutable_end() = asked.end();
  entry.set_end_half(asked.end_half());
  entry.set_reason(asked.reason());
  return Decision{{kernel::DomainEvent(event)},
                  [bytes = entry.SerializeAsString()](const State&) { return bytes; }};
}

absl::StatusOr<Decision> ClearBlackout(const Context&, const v1::ClearBlackoutRequest& request,
                                       const State& state) {
  RETURN_IF_ERROR(kernel::CheckName(request.name(), "calendars/*/*/*/*", "name"));
  const auto entry = kernel::TableReader<CalendarEntry>(state.rows).Find(request.name());
  if (!entry.has_value()) {
    return kernel::Unknown("UNKNOWN_ENTRY", request.name(), "ch8 venue list");
  }
  if (!entry->booking().empty()) {
    return kernel::NotNow("NOT_BLACKOUT",
                          absl::StrCat(request.name(), " is ", entry->booking(), ", no blackout"),
                          {{"instead", kernel::ShowCommand(kBookingKind, entry->booking())}});
  }
  v1::TrainingEvent event;
  event.mutable_calendar_unblocked()->set_entry(entry->name());
  return Decision{{kernel::DomainEvent(event)},
                  [bytes = entry->SerializeAsString()](const State&) { return bytes; }};
}

absl::StatusOr<v1::ListCalendarResponse> ListCalendar(const Context&,
                                                      const v1::ListCalendarRequest& request,
                                                      const State& state) {
  ASSIGN_OR_RETURN(const Bookable bookable, FindBookable(state.rows, request.bookable()));
  return kernel::ListPage<CalendarEntry, v1::ListCalendarRequest, v1::ListCalendarResponse>(
      state.rows, CalendarOf(bookable.name), request, [](const CalendarEntry&) { return true; },
      [](const CalendarEntry& entry, v1::ListCalendarResponse& response) {
        *response.add_entries() = entry;
      });
}

absl::StatusOr<v1::GetFreeSlotsResponse> GetFreeSlots(const Context& context,
                                                      const v1::GetFreeSlotsRequest& request,
                                                      const State& state) {
  ASSIGN_OR_RETURN(const Bookable bookable, FindBookable(state.rows, request.bookable()));
  if (request.days() == 0 || request.days() > kFreeDaysMax) {
    return kernel::BadField("days", "must be from 1 to 366");
  }
  const std::optional<absl::CivilDay> from =
      request.has_from() ? kernel::DayOf(request.from()) : kernel::DayOf(context.time);
  if (!from.has_value()) {
    return kernel::Invalid("BAD_DATES", "from must be a day of the calendar");
  }
  const uint32_t count = request.count() == 0 ? kFreeDefault : std::min(request.count(), kFreeMax);
  v1::GetFreeSlotsResponse response;
  for (const Days& days :
       FreeDays(state.rows, {bookable},
                {.length_days = request.days(), .from = *from, .count_max = count})) {
    *response.add_free() = RangeOf(days);
  }
  return response;
}

}  // namespace

absl::StatusOr<Bookable> FindBookable(const kernel::RowReader& rows, absl::string_view name) {
  Bookable bookable;
  bookable.name = std::string(name);
  v1::DateRange opening;
  if (IsVenue(name)) {
    ASSIGN_OR_RETURN(const v1::Venue venue,
                     kernel::FindResource<v1::Venue>(rows, name, kVenueKind));
    opening = venue.opening();
    bookable.unit = kVenueDayUnit;
    bookable.account = venue.account();
    bookable.given_account = venue.given_account();
    bookable.capacity = venue.capacity();
    bookable.location = venue.location();
  } else {
    ASSIGN_OR_RETURN(const v1::Instructor instructor,
                     kernel::FindResource<v1::Instructor>(rows, name, kInstructorKind));
    opening = instructor.opening();
    bookable.unit = kInstructorDayUnit;
    bookable.account = instructor.account();
    bookable.given_account = instructor.given_account();
    bookable.qualifications = {instructor.qualifications().begin(),
                               instructor.qualifications().end()};
    bookable.languages = {instructor.languages().begin(), instructor.languages().end()};
  }
  const std::optional<Days> days = DaysOf(opening);
  ch8::Check(days.has_value(), "a bookable without an opening");
  bookable.opening = *days;
  return bookable;
}

std::string SpokenBookable(absl::string_view name) {
  return absl::StrCat(IsVenue(name) ? "venue:" : "instructor:", kernel::IdOf(name));
}

std::vector<Days> FreeDays(const kernel::RowReader& rows, const std::vector<Bookable>& bookables,
                           const FreeParts& parts) {
  if (bookables.empty()) return {};
  Days opening = bookables.front().opening;
  std::vector<Slots> taken;
  const int64_t begin = SlotsOf(Days{parts.from, parts.from}).begin;
  for (const Bookable& bookable : bookables) {
    opening.first = std::max(opening.first, bookable.opening.first);
    opening.last = std::min(opening.last, bookable.opening.last);
    VisitEntries(rows, bookable.name, begin, [&](const CalendarEntry&, const Slots& slots) {
      taken.push_back(slots);
      return true;
    });
  }
  taken = Joined(std::move(taken));
  return NextFree({.opening = opening,
                   .taken = taken,
                   .length_days = parts.length_days,
                   .from = parts.from,
                   .count_max = parts.count_max});
}

absl::Status CheckFree(const kernel::RowReader& rows, const Bookable& bookable,
                       const Slots& wanted) {
  const std::vector<std::string> clashes = Clashes(rows, bookable, wanted);
  if (clashes.empty()) return absl::OkStatus();
  const Days days = {DayOfSlot(wanted.begin), DayOfSlot(wanted.end - 1)};
  const std::vector<Days> free =
      FreeDays(rows, {bookable}, {.length_days = days.count(), .from = days.first});
  const std::string clashes_with = absl::StrJoin(clashes, ", ");
  const std::string next_free = free.empty() ? "none" : RangesText(free);
  return kernel::NotNow("CLASH",
                        absl::StrCat(bookable.name, " is not free ", DaysText(days), ": ",
                                     clashes_with, "; next free: ", next_free),
                        {{"rule", "T-5"},
                         {"bookable", bookable.name},
                         {"wanted", DaysText(days)},
                         {"clashes_with", clashes_with},
                         {"next_free", next_free}});
}

CalendarEntry EntryOf(const v1::Booking& booking) {
  CalendarEntry entry;
  const std::optional<Days> days = DaysOf(booking.days());
  ch8::Check(days.has_value(), "a booking without days");
  entry.set_name(EntryName(booking.bookable(), SlotsOf(*days).end));
  entry.set_bookable(booking.bookable());
  *entry.mutable_start() = booking.days().start();
  *entry.mutable_end() = booking.days().end();
  entry.set_booking(booking.name());
  return entry;
}

void PutEntry(const CalendarEntry& entry, kernel::Rows& rows) { kernel::PutRow(rows, entry); }

void DeleteEntry(absl::string_view name, kernel::Rows& rows) { rows.Delete(Table::kRows, name); }

void AddCalendarRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.training.v1.CalendarService/";
  routes.AddCommand<v1::SetBlackoutRequest>(service + "SetBlackout", SetBlackout);
  routes.AddCommand<v1::ClearBlackoutRequest>(service + "ClearBlackout", ClearBlackout);
  routes.AddRead<v1::ListCalendarRequest>(service + "ListCalendar", kernel::ReadPath::kSnapshot,
                                          ListCalendar);
  routes.AddRead<v1::GetFreeSlotsRequest>(service + "GetFreeSlots", kernel::ReadPath::kSnapshot,
                                          GetFreeSlots);
}

}  // namespace ch8::training
