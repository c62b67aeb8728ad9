#ifndef CH8_CLIENTS_CLI_ORGANIZATIONS_H_
#define CH8_CLIENTS_CLI_ORGANIZATIONS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "clients/cli/session.h"
#include "clients/export/log_keys.h"

namespace ch8::cli {

// Every organization that the directory knows, the own one included, whatever its state.
absl::StatusOr<std::vector<chapter8::directory::v1::Organization>> AllOrganizations(
    Session& session);

// The keys of every pinned organization's ledgers, as its record in force states them; but none is
// revoked below what the own witness has cosigned, as far as a node of the context hosts one.
absl::StatusOr<audit::LogKeys> KeysHeldTo(Session& session);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_ORGANIZATIONS_H_
