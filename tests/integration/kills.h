#ifndef CH8_TESTS_INTEGRATION_KILLS_H_
#define CH8_TESTS_INTEGRATION_KILLS_H_

#include <cstdint>

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

}  // namespace ch8::testing

#endif  // CH8_TESTS_INTEGRATION_KILLS_H_
