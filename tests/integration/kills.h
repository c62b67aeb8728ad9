#ifndef CH8_TESTS_INTEGRATION_KILLS_H_
#define CH8_TESTS_INTEGRATION_KILLS_H_

#include <cstdint>

#include "absl/time/time.h"

namespace ch8::testing {

struct KillOptions {
  int kills = 5;
  uint64_t seed = 0;
};

// Kills a real node (kill -9) at random instants under load, again and again. After each restart
//
//   every acknowledged request, asked again with the same bytes, gets the first reply's bytes;
//   every request whose outcome the caller does not know has happened once or not at all, and once
//   it is asked again, once;
//
// and at the end the ledgers' logs are recomputed from their raw entries, the books are rebuilt and
// balance, and what they say is what the acknowledged requests add up to. Failures are
// GoogleTest's.
void RunKills(const KillOptions& options);

struct ThreeKillsOptions {
  absl::Duration lasts = absl::Seconds(10);  // From the first kill to the last.
  uint64_t seed = 0;
};

// Three nodes that give each other money in a ring, and whose officers are at work, while one of
// them after the other is killed and started again. Officers repeat what was not answered, with the
// same bytes, until it is. Once all run, every transfer settles and its two halves agree; what the
// giver has given is what the receiver has received; every reply ever given is given again; and
// `ch8d fsck` finds every ledger sound.
void RunThreeKills(const ThreeKillsOptions& options);

}  // namespace ch8::testing

#endif  // CH8_TESTS_INTEGRATION_KILLS_H_
