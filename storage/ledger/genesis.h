#ifndef CH8_STORAGE_LEDGER_GENESIS_H_
#define CH8_STORAGE_LEDGER_GENESIS_H_

#include <string>

#include "absl/status/status.h"
#include "storage/base/hash.h"
#include "storage/ledger/entry.h"

namespace ch8 {

// What a log starts from. Its entry 0 is the genesis payload, of class administration, row 0;
// origin and payload together make the log's identity, LogId().
struct Genesis {
  std::string origin;   // `<organization's trust domain>/ch8/<service>`.
  std::string payload;  // The exact bytes, at most kPayloadSizeMax.
  Hash salt;            // The request salt of entry 0: random, secret.
};

// Errors: kInvalidArgument when the origin is empty, holds a space, a control character or a plus
// (it names a key in signed notes), or the payload is too long.
absl::Status ValidateGenesis(const Genesis& genesis);

// The first commit's only request. `genesis` must outlive it.
RequestEntries GenesisRequest(const Genesis& genesis);

}  // namespace ch8

#endif  // CH8_STORAGE_LEDGER_GENESIS_H_
