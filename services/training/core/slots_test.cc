#include "services/training/core/slots.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "absl/strings/str_cat.h"

namespace ch8::training {
namespace {

constexpr absl::CivilDay kOpen(2026, 5, 1);

// Half days as a calendar on the wall has them: one box each.
struct WallCalendar {
  Days opening;
  std::set<int64_t> taken;  // Half days counted from kOpen.

  bool IsFree(absl::CivilDay day) const {
    const int64_t morning = 2 * (day - kOpen);
    return day >= opening.first && day <= opening.last && taken.count(morning) == 0 &&
           taken.count(morning + 1) == 0;
  }

  // Day by day: what NextFree() must say.
  std::vector<std::string> NextFree(int64_t length, absl::CivilDay from, size_t count_max) const {
    std::vector<std::string> free;
    for (absl::CivilDay day = from; day <= opening.last && free.size() < count_max;) {
      int64_t days = 0;
      while (days < length && IsFree(day + days)) ++days;
      if (days < length) {
        ++day;
        continue;
      }
      free.push_back(DaysText({day, day + (length - 1)}));
      day += length;
    }
    return free;
  }
};

std::vector<std::string> Texts(const std::vector<Days>& ranges) {
  std::vector<std::string> texts;
  for (const Days& days : ranges) texts.push_back(DaysText(days));
  return texts;
}

TEST(NextFreeTest, AgreesWithACalendarOnTheWall) {
  std::mt19937_64 random(20260504);
  const auto pick = [&](int64_t count) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(count));
  };
  const int64_t base = SlotsOf(Days{kOpen, kOpen}).begin;
  int found = 0;
  for (int round = 0; round < 5'000; ++round) {
    WallCalendar wall = {.opening = {kOpen + pick(5), kOpen + 20 + pick(60)}, .taken = {}};
    std::vector<Slots> taken;
    for (int64_t at = pick(6); at < 160;) {
      const int64_t length = 1 + pick(9);
      taken.push_back({base + at, base + at + length});
      for (int64_t slot = at; slot < at + length; ++slot) wall.taken.insert(slot);
      at += length + pick(20);
    }
    const int64_t length = 1 + pick(6);
    const absl::CivilDay from = kOpen - 2 + pick(60);
    const std::vector<Days> free = NextFree({.opening = wall.opening,
                                             .taken = taken,
                                             .length_days = length,
                                             .from = from,
                                             .count_max = 3});
    ASSERT_EQ(Texts(free), wall.NextFree(length, from, 3)) << "round " << round;
    found += static_cast<int>(free.size());
  }
  EXPECT_GT(found, 5'000);  // The calendars were neither all full nor all empty.
}

TEST(SlotsTest, HalfDaysEndAtNoon) {
  v1::CalendarEntry entry;
  *entry.mutable_start() = DateOf(absl::CivilDay(2026, 5, 4));
  *entry.mutable_end() = DateOf(absl::CivilDay(2026, 5, 5));
  const Slots whole = SlotsOf(entry).value();
  EXPECT_EQ(whole.end - whole.begin, 4);
  entry.set_start_half(v1::AFTERNOON);
  entry.set_end_half(v1::MORNING);
  const Slots halves = SlotsOf(entry).value();
  EXPECT_EQ(halves.begin, whole.begin + 1);
  EXPECT_EQ(halves.end, whole.end - 1);
  EXPECT_EQ(DayOfSlot(halves.begin), absl::CivilDay(2026, 5, 4));
  EXPECT_EQ(DayOfSlot(halves.end - 1), absl::CivilDay(2026, 5, 5));
  *entry.mutable_end() = entry.start();
  EXPECT_FALSE(SlotsOf(entry).has_value());  // From noon until noon of one day.
}

TEST(SlotsTest, JoinsOverlapsAndNeighbours) {
  const std::vector<Slots> joined = Joined({{8, 9}, {1, 3}, {3, 4}, {2, 3}, {6, 7}});
  ASSERT_EQ(joined.size(), 3u);
  EXPECT_EQ(joined[0].begin, 1);
  EXPECT_EQ(joined[0].end, 4);
  EXPECT_EQ(joined[1].begin, 6);
  EXPECT_EQ(joined[2].end, 9);
}

TEST(SlotsTest, OnlyDaysOfTheCalendarInTheirOrder) {
  const absl::CivilDay day(2024, 2, 29);
  EXPECT_TRUE(DaysOf(RangeOf({day, day})).has_value());
  v1::DateRange range = RangeOf({day, day + 1});
  range.mutable_start()->set_year(2026);
  EXPECT_FALSE(DaysOf(range).has_value());  // 2026 has no 29 February.
  EXPECT_FALSE(DaysOf(RangeOf({day, day - 1})).has_value());
}

}  // namespace
}  // namespace ch8::training
