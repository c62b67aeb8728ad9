#include "clients/cli/exercise_calendar.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <libical/ical.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "tests/support/temp_dir.h"

namespace ch8::cli {
namespace {

using chapter8::training::v1::Exercise;

// 2 March 2026, 09:00 UTC. The title is long and has what iCalendar must escape and may not split.
Exercise Amani() {
  Exercise exercise;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        name: "exercises/EXR-AU-26-0001"
        kind: CPX
        title: "Amani; état-major conjoint, planification à Nairobi, ÉÉÉÉÉÉÉÉÉÉÉÉÉÉÉÉÉÉÉÉ"
        lead: "organizations/au"
        lead_origin: "au.example/ch8/training"
        days {
          start { year: 2026 month: 12 day: 28 }
          end { year: 2026 month: 12 day: 31 }
        }
        conferences {
          kind: IPC
          date { year: 2026 month: 6 day: 1 }
        }
        conferences {
          kind: FPC
          date { year: 2026 month: 10 day: 1 }
        }
        lines {
          number: 1
          kind: VENUE
          location { title: "Nairobi" unlocode: "KENBO" }
        }
        state: CONFIRMED
        status: EXERCISE
        version: 3
        changed_us: 1772442000000000
      )pb",
      &exercise));
  return exercise;
}

using Component = std::unique_ptr<icalcomponent, decltype(&icalcomponent_free)>;

Component ParsedCalendar(const std::string& text) {
  return Component(icalparser_parse_string(text.c_str()), &icalcomponent_free);
}

std::string DateText(icaltimetype time) { return icaltime_as_ical_string(time); }

TEST(ExerciseCalendarTest, SaysTheSameWhenReadBack) {
  const Component calendar = ParsedCalendar(ExerciseCalendar(Amani()));
  ASSERT_NE(calendar, nullptr);
  EXPECT_EQ(icalcomponent_count_errors(calendar.get()), 0);
  EXPECT_EQ(icalcomponent_get_method(calendar.get()), ICAL_METHOD_PUBLISH);
  ASSERT_EQ(icalcomponent_count_components(calendar.get(), ICAL_VEVENT_COMPONENT), 3);
  icalcomponent* event = icalcomponent_get_first_component(calendar.get(), ICAL_VEVENT_COMPONENT);
  EXPECT_STREQ(icalcomponent_get_uid(event), "EXR-AU-26-0001@au.example");
  EXPECT_EQ(icalcomponent_get_sequence(event), 2);
  EXPECT_TRUE(icalcomponent_get_dtstart(event).is_date);
  EXPECT_EQ(DateText(icalcomponent_get_dtstart(event)), "20261228");
  EXPECT_EQ(DateText(icalcomponent_get_dtend(event)), "20270101");  // Not included.
  EXPECT_EQ(DateText(icalcomponent_get_dtstamp(event)), "20260302T090000Z");
  EXPECT_EQ(icalcomponent_get_status(event), ICAL_STATUS_CONFIRMED);
  EXPECT_STREQ(icalcomponent_get_location(event), "Nairobi (KENBO)");
  EXPECT_EQ(icalcomponent_get_summary(event), "EXERCISE CPX " + Amani().title());
  icalproperty* category = icalcomponent_get_first_property(event, ICAL_CATEGORIES_PROPERTY);
  ASSERT_NE(category, nullptr);
  EXPECT_STREQ(icalproperty_get_categories(category), "EXERCISE");
  icalproperty* mark = icalcomponent_get_first_property(event, ICAL_X_PROPERTY);
  ASSERT_NE(mark, nullptr);
  EXPECT_STREQ(icalproperty_get_x_name(mark), "X-CH8-STATUS");
  event = icalcomponent_get_next_component(calendar.get(), ICAL_VEVENT_COMPONENT);
  EXPECT_STREQ(icalcomponent_get_uid(event), "EXR-AU-26-0001-IPC@au.example");
  EXPECT_EQ(DateText(icalcomponent_get_dtstart(event)), "20260601");
  EXPECT_EQ(DateText(icalcomponent_get_dtend(event)), "20260602");
}

TEST(ExerciseCalendarTest, ANewerVersionReplacesTheOlder) {
  Exercise exercise = Amani();
  exercise.set_version(4);
  exercise.set_state(Exercise::CANCELLED);
  const Component calendar = ParsedCalendar(ExerciseCalendar(exercise));
  icalcomponent* event = icalcomponent_get_first_component(calendar.get(), ICAL_VEVENT_COMPONENT);
  EXPECT_STREQ(icalcomponent_get_uid(event), "EXR-AU-26-0001@au.example");
  EXPECT_EQ(icalcomponent_get_sequence(event), 3);
  EXPECT_EQ(icalcomponent_get_status(event), ICAL_STATUS_CANCELLED);
}

// RFC 5545, 3.1, checked without libical: lines end in CRLF and have at most 75 octets, no
// character is torn, and unfolded they are the content lines.
TEST(ExerciseCalendarTest, LinesAreFoldedAsTheStandardSays) {
  const ch8::testing::TempDir dir;
  const std::string ics = (dir.path() / "amani.ics").string();
  const std::string script = (dir.path() / "check.py").string();
  std::ofstream(ics, std::ios::binary) << ExerciseCalendar(Amani());
  std::ofstream(script) << R"(import sys
data = open(sys.argv[1], 'rb').read()
assert data.endswith(b'\r\n')
lines = data.split(b'\r\n')[:-1]
assert all(b'\n' not in line and b'\r' not in line for line in lines), 'a bare line end'
assert max(len(line) for line in lines) <= 75, max(lines, key=len)
for line in lines:
    line.decode('utf-8')
assert any(line.startswith(b' ') for line in lines), 'nothing was folded'
content = data.replace(b'\r\n ', b'').decode('utf-8').split('\r\n')[:-1]
assert content[0] == 'BEGIN:VCALENDAR' and content[-1] == 'END:VCALENDAR'
assert 'DTSTART;VALUE=DATE:20261228' in content and 'DTEND;VALUE=DATE:20270101' in content
assert content.count('CATEGORIES:EXERCISE') == 3 and content.count('X-CH8-STATUS:EXERCISE') == 4
summary = [line for line in content if line.startswith('SUMMARY:EXERCISE CPX Amani')]
assert summary and summary[0].startswith('SUMMARY:EXERCISE CPX Amani\\; '), content
)";
  EXPECT_EQ(std::system(("python3 " + script + " " + ics).c_str()), 0);
}

}  // namespace
}  // namespace ch8::cli
