#ifndef CH8_CLIENTS_CLI_RECEIPT_LEVEL_H_
#define CH8_CLIENTS_CLI_RECEIPT_LEVEL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/cli/session.h"

namespace ch8::cli {

// The newest head of the own ledger `origin` that each witness cosigned. Errors: those of the call.
absl::StatusOr<std::vector<chapter8::ledger::v1::CosignedHead>> CosignedHeads(
    const std::string& origin, Session& session);

// How well others hold us to the entry at `index`: "logged", "bilateral" or "witnessed", and who
// does. `partner` is the other party's trust domain, or empty; the first `witnessed_size` entries
// are witnessed by a policy.
std::string LevelText(uint64_t index, const std::vector<chapter8::ledger::v1::CosignedHead>& heads,
                      absl::string_view partner, uint64_t witnessed_size);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_RECEIPT_LEVEL_H_
