#ifndef CH8_CLIENTS_CLI_EXERCISE_LINES_H_
#define CH8_CLIENTS_CLI_EXERCISE_LINES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/training/v1/training.pb.h"
#include "clients/cli/command.h"

// Days, places and lines of exercises as people type them. Errors are kInvalidArgument throughout.
namespace ch8::cli {

// The days of --from and --to; one day when --to is not given.
absl::StatusOr<chapter8::training::v1::DateRange> ParseDays(const Arguments& arguments);

// "-1.292066" into millionths of a degree, exactly: at most six decimals.
absl::StatusOr<int32_t> ParseDegrees(absl::string_view text);

// "venue:NAIROBI", "instructor:un/i-7": the name of what a calendar belongs to.
absl::StatusOr<std::string> BookableName(absl::string_view typed, absl::string_view own);

// "un/nairobi": a venue that is asked for.
chapter8::training::v1::Line VenueLine(absl::string_view typed, absl::string_view own);
// "un/i-7", "un/i-7:CPX-CONTROL", "un/i-7:CPX-CONTROL:fr": an instructor, with the qualification
// and the language that are needed.
absl::StatusOr<chapter8::training::v1::Line> InstructorLine(absl::string_view typed,
                                                            absl::string_view own);
// "ecowas:troops:12:4:1:1@ESF-BN-1": seats for an organization: category, seats, and, where wanted,
// the least number of women, leadership posts, the least number of women in them, and the unit.
absl::StatusOr<chapter8::training::v1::Line> SeatsLine(absl::string_view typed);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_EXERCISE_LINES_H_
