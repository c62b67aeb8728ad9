#ifndef CH8_TESTS_SIM_APART_H_
#define CH8_TESTS_SIM_APART_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "tests/sim/bug.h"
#include "tests/sim/world.h"

namespace ch8::sim {

// Runs a world in a process of its own: what a planted bug breaks may abort it, and that is a find.
// Of the report only the status comes back. The caller has no other threads.
RunReport RunApart(RunOptions options);

// Runs worlds with a planted bug until the auditor says of one what the bug is (BugInfo::shows).
// Errors: kNotFound, with what was broken last, when none of `seeds` shows it.
absl::Status SearchFor(const BugInfo& bug, const std::vector<uint64_t>& seeds);

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_APART_H_
