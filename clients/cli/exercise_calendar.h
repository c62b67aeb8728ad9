#ifndef CH8_CLIENTS_CLI_EXERCISE_CALENDAR_H_
#define CH8_CLIENTS_CLI_EXERCISE_CALENDAR_H_

#include <string>

#include "chapter8/training/v1/training.pb.h"

namespace ch8::cli {

// An exercise as iCalendar (RFC 5545), for any calendar: one event for its days and one for each
// planning conference. The same exercise gives the same UIDs from every organization, and SEQUENCE
// rises with its version, so that importing a newer file replaces the events of an older one. All
// of it is marked as exercise (rule T-7).
std::string ExerciseCalendar(const chapter8::training::v1::Exercise& exercise);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_EXERCISE_CALENDAR_H_
