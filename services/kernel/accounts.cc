#include "services/kernel/accounts.h"

#include "storage/base/check.h"

namespace ch8::kernel {

absl::StatusOr<Balance> NoAccounts::Find(uint32_t /*account*/) const {
  return absl::NotFoundError("this ledger has no accounts");
}

absl::Status NoAccounts::Check(const std::vector<Change>& changes) const {
  for (const Change& change : changes) {
    if (!change.accounts.empty() || !change.postings.empty()) {
      return absl::InvalidArgumentError("this ledger has no accounts");
    }
  }
  return absl::OkStatus();
}

void NoAccounts::Apply(const Change& change, uint64_t /*index*/) {
  ch8::Check(change.accounts.empty() && change.postings.empty(), "this ledger has no accounts");
}

}  // namespace ch8::kernel
