#ifndef CH8_SERVICES_FEDERATION_RPC_DEPOSITOR_H_
#define CH8_SERVICES_FEDERATION_RPC_DEPOSITOR_H_

#include <string>

#include "absl/status/statusor.h"
#include "chapter8/federation/v1/deposit_service.pb.h"
#include "storage/base/ed25519.h"
#include "storage/ledger/ledger.h"
#include "storage/ledger/stored_log.h"

namespace ch8::federation {

// Makes the encrypted copy of one ledger, piece by piece, for whoever keeps it.
//
// Thread safety: any thread.
class Depositor {
 public:
  struct Options {
    const Ledger* ledger = nullptr;  // Outlives this.
    const StoredLog* log = nullptr;  // The same ledger's.
    std::string trust_domain;        // The own one.
    PublicKey root_key;              // Of the organization: it alone can open a deposit.
    SigningKey log_key;              // Signs the ledger's heads, and its deposits.
  };
  explicit Depositor(Options options) : options_(std::move(options)) {}

  // The next piece; without one when the keeper holds all. Errors: those of DraftDeposit();
  // kInvalidArgument when nothing can be sealed for the root key.
  absl::StatusOr<chapter8::federation::v1::GetDepositResponse> Next(
      const chapter8::federation::v1::GetDepositRequest& request) const;

 private:
  const Options options_;
};

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_RPC_DEPOSITOR_H_
