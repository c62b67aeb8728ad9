#ifndef CH8_TESTS_SIM_APART_H_
#define CH8_TESTS_SIM_APART_H_

#include "tests/sim/world.h"

namespace ch8::sim {

// Runs a world in a process of its own: what a planted bug breaks may abort it, and that is a find.
// Of the report only the status comes back. The caller has no other threads.
RunReport RunApart(RunOptions options);

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_APART_H_
