#include "storage/ledger/genesis.h"

#include "absl/strings/str_cat.h"
#include "storage/base/limits.h"
#include "storage/merkle/leaf.h"
#include "storage/merkle/note.h"

namespace ch8 {

absl::Status ValidateGenesis(const Genesis& genesis) {
  if (!IsValidKeyName(genesis.origin)) {
    return absl::InvalidArgumentError(absl::StrCat("not a log origin: '", genesis.origin, "'"));
  }
  if (genesis.payload.size() > kPayloadSizeMax) {
    return absl::InvalidArgumentError("genesis payload is too long");
  }
  return absl::OkStatus();
}

RequestEntries GenesisRequest(const Genesis& genesis) {
  const Hash log_id = LogId(genesis.origin, genesis.payload);
  RequestEntries request{.request_salt = genesis.salt, .entries = {}};
  request.entries.push_back(
      MakeEntry(log_id, genesis.salt,
                {.entry_class = EntryClass::kAdministration, .payload = genesis.payload}));
  return request;
}

}  // namespace ch8
