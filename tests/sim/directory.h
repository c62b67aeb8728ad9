#ifndef CH8_TESTS_SIM_DIRECTORY_H_
#define CH8_TESTS_SIM_DIRECTORY_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "storage/base/ed25519.h"
#include "storage/merkle/log_signers.h"

namespace ch8::sim {

// The key with which `name` signs: a ledger its heads, a witness its cosignatures.
SigningKey KeyOf(absl::string_view name);

// The newest record of each organization: who signs the heads of its ledgers. Each ledger learns of
// a newer one when the world tells it.
//
// Thread safety: none.
class Directory {
 public:
  // Of a log whose key was never changed, the one key that it began with.
  LogSigners SignersOf(const std::string& origin) const;
  // The same with the private keys, in the same order.
  std::vector<SigningKey> KeysOf(const std::string& origin) const;
  // Another key signs from here on; its predecessor is believed for heads of `until_size` at most.
  void ChangeKey(const std::string& origin, uint64_t until_size);
  // SignedOrganizationRecord bytes. Nobody here reads the signature of a record.
  std::string RecordOf(const std::string& trust_domain) const;

 private:
  std::map<std::string, std::vector<uint64_t>> until_sizes_;  // By origin, of its former keys.
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_DIRECTORY_H_
