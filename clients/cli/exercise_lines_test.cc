#include "clients/cli/exercise_lines.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace ch8::cli {
namespace {

using chapter8::training::v1::Line;

TEST(ExerciseLinesTest, DegreesAreExact) {
  const struct {
    const char* typed;
    std::optional<int32_t> degrees_e6;
  } kTable[] = {
      {"-1.292066", -1292066}, {"36.8", 36800000},     {"0.000001", 1},
      {"-0.5", -500000},       {"180", 180000000},     {"1.", 1000000},
      {"", std::nullopt},      {".5", std::nullopt},   {"1.0000001", std::nullopt},
      {"1e3", std::nullopt},   {"--1", std::nullopt},  {"1.2.3", std::nullopt},
      {"+1", std::nullopt},    {"1234", std::nullopt},
  };
  for (const auto& row : kTable) {
    const auto parsed = ParseDegrees(row.typed);
    const auto degrees_e6 = parsed.ok() ? std::optional<int32_t>(*parsed) : std::nullopt;
    EXPECT_EQ(degrees_e6, row.degrees_e6) << row.typed;
  }
}

TEST(ExerciseLinesTest, CalendarsSayWhatTheyAreOf) {
  EXPECT_EQ(BookableName("venue:NAIROBI", "un").value(), "organizations/un/venues/nairobi");
  EXPECT_EQ(BookableName("instructor:au/i-7", "un").value(), "organizations/au/instructors/i-7");
  EXPECT_EQ(BookableName("nairobi", "un").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ExerciseLinesTest, LinesOfAnExercise) {
  const Line venue = VenueLine("un/Nairobi", "au");
  EXPECT_EQ(venue.organization(), "organizations/un");
  EXPECT_EQ(venue.bookable(), "organizations/un/venues/nairobi");
  const Line instructor = InstructorLine("i-7:cpx-control:FR", "au").value();
  EXPECT_EQ(instructor.organization(), "organizations/au");
  EXPECT_EQ(instructor.qualification(), "CPX-CONTROL");
  EXPECT_EQ(instructor.language(), "fr");
  EXPECT_FALSE(InstructorLine("i-7:a:b:c", "au").ok());
}

TEST(ExerciseLinesTest, SeatsBySexAndLeadership) {
  const Line seats = SeatsLine("ecowas:experts-and-staff-officers:12:4:1:1").value();
  EXPECT_EQ(seats.organization(), "organizations/ecowas");
  EXPECT_EQ(seats.category(), chapter8::training::v1::EXPERTS_AND_STAFF_OFFICERS);
  EXPECT_EQ(seats.quantity(), 12u);
  EXPECT_EQ(seats.women_min(), 4u);
  EXPECT_EQ(seats.leadership(), 1u);
  EXPECT_EQ(seats.leadership_women_min(), 1u);
  EXPECT_EQ(SeatsLine("ecowas:troops:12").value().women_min(), 0u);
  EXPECT_EQ(SeatsLine("ecowas:troops:12@ESF-BN-1").value().unit(), "units/esf-bn-1");
  EXPECT_FALSE(SeatsLine("ecowas:troops:12@").ok());
  for (const char* wrong : {"ecowas:troops", "ecowas:generals:12", "ecowas:troops:many",
                            "ecowas:troops:1:1:1:1:1", "ecowas:troops:4294967296"}) {
    EXPECT_FALSE(SeatsLine(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace ch8::cli
