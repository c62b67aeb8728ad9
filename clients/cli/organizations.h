#ifndef CH8_CLIENTS_CLI_ORGANIZATIONS_H_
#define CH8_CLIENTS_CLI_ORGANIZATIONS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "clients/cli/session.h"

namespace ch8::cli {

// Every organization that the directory knows, the own one included, whatever its state.
absl::StatusOr<std::vector<chapter8::directory::v1::Organization>> AllOrganizations(
    Session& session);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_ORGANIZATIONS_H_
