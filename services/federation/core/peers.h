#ifndef CH8_SERVICES_FEDERATION_CORE_PEERS_H_
#define CH8_SERVICES_FEDERATION_CORE_PEERS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "services/kernel/rows.h"

namespace ch8::federation {

// The other ledgers that `request.origin` reads, by origin: those that its rows remember, and those
// that it would read by whom it has pinned but has never heard from. `rows` are that ledger's.
//
// Errors: kInvalidArgument/BAD_PAGE_SIZE, BAD_PAGE_TOKEN; kDataLoss/STATE_BROKEN when a row does
// not parse. Thread safety: any thread.
absl::StatusOr<chapter8::ledger::v1::ListPeersResponse> ListPeers(
    const kernel::RowReader& rows, const chapter8::ledger::v1::ListPeersRequest& request);

// The proofs that `rows` keep of other ledgers that showed two histories, by origin.
//
// Errors: kInvalidArgument/BAD_PAGE_SIZE, BAD_PAGE_TOKEN; kDataLoss/STATE_BROKEN when a row does
// not parse. Thread safety: any thread.
absl::StatusOr<chapter8::ledger::v1::ListEvidenceResponse> ListEvidence(
    const kernel::RowReader& rows, const chapter8::ledger::v1::ListEvidenceRequest& request);

// How many there are.
uint64_t CountEvidence(const kernel::RowReader& rows);

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_CORE_PEERS_H_
