#ifndef CH8_STORAGE_ROCKS_RECOVERY_CONTRACT_H_
#define CH8_STORAGE_ROCKS_RECOVERY_CONTRACT_H_

#include <cstdint>

#include "storage/base/hash.h"
#include "storage/rocks/rocks_ledger.h"

namespace ch8::testing {

// What a test was told is safe.
struct Acknowledged {
  uint64_t size = 0;
  Hash root{};
};

// Expects of a recovered ledger, whose log consists of MakeTestCommit()s: all that was acknowledged
// is there; every entry holds what its position demands; rows and answers are those of the very
// commit that the log ends with; id runs do not run ahead; fsck finds no difference; and the ledger
// takes the next commit.
void ExpectSound(RocksLedger& ledger, const Acknowledged& acknowledged);

// Commits and syncs `count` entries; false when the ledger refused.
bool AppendTestCommit(Ledger& ledger, size_t count);

}  // namespace ch8::testing

#endif  // CH8_STORAGE_ROCKS_RECOVERY_CONTRACT_H_
