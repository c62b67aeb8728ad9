#include "services/federation/rpc/depositor.h"

#include <optional>
#include <utility>

#include "services/federation/core/deposit.h"
#include "storage/base/hash.h"
#include "storage/base/sealed_box.h"
#include "storage/base/status_macros.h"

namespace ch8::federation {

using chapter8::federation::v1::Deposit;
using chapter8::federation::v1::GetDepositRequest;
using chapter8::federation::v1::GetDepositResponse;

absl::StatusOr<GetDepositResponse> Depositor::Next(const GetDepositRequest& request) const {
  GetDepositResponse response;
  ASSIGN_OR_RETURN(
      const std::optional<DepositDraft> draft,
      DraftDeposit(
          {.ledger = *options_.ledger, .log = *options_.log, .trust_domain = options_.trust_domain},
          request));
  if (!draft.has_value()) return response;
  Deposit& deposit = *response.mutable_deposit();
  deposit.set_begin(draft->begin);
  deposit.set_end(draft->end);
  deposit.set_root(std::string(draft->root.view()));
  deposit.set_complete(draft->complete);
  ASSIGN_OR_RETURN(*deposit.mutable_sealed(),
                   SealBox(options_.root_key, draft->content.SerializeAsString()));
  const std::string statement =
      DepositStatement(options_.ledger->origin(), deposit, Sha256(deposit.sealed()));
  deposit.set_signature(std::string(options_.log_key.Sign(statement).view()));
  return response;
}

}  // namespace ch8::federation
