#include "clients/cli/exercise_calendar.h"

#include <libical/ical.h>

#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace ch8::cli {
namespace {

namespace v1 = chapter8::training::v1;
using v1::Exercise;

constexpr double kDegree = 1e6;

absl::CivilDay DayOf(const chapter8::type::v1::Date& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

icaltimetype DateValue(absl::CivilDay day) {
  icaltimetype value = icaltime_null_date();
  value.year = static_cast<int>(day.year());
  value.month = day.month();
  value.day = day.day();
  return value;
}

icaltimetype UtcValue(int64_t time_us) {
  const absl::CivilSecond at =
      absl::ToCivilSecond(absl::FromUnixMicros(time_us), absl::UTCTimeZone());
  icaltimetype value = icaltime_null_time();
  value.year = static_cast<int>(at.year());
  value.month = at.month();
  value.day = at.day();
  value.hour = at.hour();
  value.minute = at.minute();
  value.second = at.second();
  value.zone = icaltimezone_get_utc_timezone();
  return value;
}

// "au.example/ch8/training" -> "au.example".
std::string TrustDomainOf(const std::string& origin) { return origin.substr(0, origin.find('/')); }

icalproperty_status StatusOf(const Exercise& exercise) {
  switch (exercise.state()) {
    case Exercise::CONFIRMED:
      return ICAL_STATUS_CONFIRMED;
    case Exercise::CANCELLED:
      return ICAL_STATUS_CANCELLED;
    default:
      return ICAL_STATUS_TENTATIVE;
  }
}

std::optional<v1::Location> LocationOf(const Exercise& exercise) {
  for (const v1::Line& line : exercise.lines()) {
    if (line.kind() == v1::Line::VENUE && line.has_location()) return line.location();
  }
  return std::nullopt;
}

void AddExerciseMark(icalcomponent* component) {
  icalproperty* mark = icalproperty_new_x("EXERCISE");
  icalproperty_set_x_name(mark, "X-CH8-STATUS");
  icalcomponent_add_property(component, mark);
}

struct EventParts {
  std::string uid;
  std::string summary;
  absl::CivilDay first;
  absl::CivilDay last;
};
icalcomponent* NewEvent(const Exercise& exercise, const EventParts& parts) {
  icalcomponent* event = icalcomponent_new_vevent();
  const auto add = [event](icalproperty* property) { icalcomponent_add_property(event, property); };
  add(icalproperty_new_uid(parts.uid.c_str()));
  add(icalproperty_new_dtstamp(UtcValue(exercise.changed_us())));
  add(icalproperty_new_sequence(static_cast<int>(exercise.version()) - 1));
  add(icalproperty_new_dtstart(DateValue(parts.first)));
  add(icalproperty_new_dtend(DateValue(parts.last + 1)));  // The first day after.
  add(icalproperty_new_summary(parts.summary.c_str()));
  add(icalproperty_new_status(StatusOf(exercise)));
  add(icalproperty_new_categories("EXERCISE"));
  AddExerciseMark(event);
  return event;
}

void AddLocation(const v1::Location& location, icalcomponent* event) {
  const std::string text = location.unlocode().empty()
                               ? location.title()
                               : absl::StrCat(location.title(), " (", location.unlocode(), ")");
  icalcomponent_add_property(event, icalproperty_new_location(text.c_str()));
  if (!location.has_coordinates()) return;
  icalgeotype geo;
  geo.lat = location.coordinates().latitude_e6() / kDegree;
  geo.lon = location.coordinates().longitude_e6() / kDegree;
  icalcomponent_add_property(event, icalproperty_new_geo(geo));
}

}  // namespace

std::string ExerciseCalendar(const Exercise& exercise) {
  const std::unique_ptr<icalcomponent, decltype(&icalcomponent_free)> calendar(
      icalcomponent_new_vcalendar(), &icalcomponent_free);
  const auto add = [&](icalproperty* property) {
    icalcomponent_add_property(calendar.get(), property);
  };
  add(icalproperty_new_version("2.0"));
  add(icalproperty_new_prodid("-//Chapter8//ch8 exercise ics//EN"));
  add(icalproperty_new_method(ICAL_METHOD_PUBLISH));
  AddExerciseMark(calendar.get());

  const std::string id = exercise.name().substr(exercise.name().rfind('/') + 1);
  const std::string domain = TrustDomainOf(exercise.lead_origin());
  const std::string what =
      absl::StrCat("EXERCISE ", Exercise::Kind_Name(exercise.kind()), " ", exercise.title());
  icalcomponent* event = NewEvent(exercise, {.uid = absl::StrCat(id, "@", domain),
                                             .summary = what,
                                             .first = DayOf(exercise.days().start()),
                                             .last = DayOf(exercise.days().end())});
  if (const auto location = LocationOf(exercise)) AddLocation(*location, event);
  icalcomponent_add_component(calendar.get(), event);
  for (const v1::Conference& conference : exercise.conferences()) {
    const std::string kind = v1::ConferenceKind_Name(conference.kind());
    const absl::CivilDay day = DayOf(conference.date());
    icalcomponent_add_component(calendar.get(),
                                NewEvent(exercise, {.uid = absl::StrCat(id, "-", kind, "@", domain),
                                                    .summary = absl::StrCat(kind, ": ", what),
                                                    .first = day,
                                                    .last = day}));
  }
  const std::unique_ptr<char, decltype(&icalmemory_free_buffer)> text(
      icalcomponent_as_ical_string_r(calendar.get()), &icalmemory_free_buffer);
  return text.get();
}

}  // namespace ch8::cli
