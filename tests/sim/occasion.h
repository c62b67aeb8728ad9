#ifndef CH8_TESTS_SIM_OCCASION_H_
#define CH8_TESTS_SIM_OCCASION_H_

#include <string>

#include "absl/time/time.h"

namespace ch8::sim {

// When officers of an organization do something, and with whom in mind.
struct Occasion {
  std::string organization;  // "un"
  std::string partner;
  std::string delegation;  // That offers are made under; empty for none.
  absl::Time time;
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_OCCASION_H_
