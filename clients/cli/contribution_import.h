#ifndef CH8_CLIENTS_CLI_CONTRIBUTION_IMPORT_H_
#define CH8_CLIENTS_CLI_CONTRIBUTION_IMPORT_H_

#include "absl/status/status.h"
#include "clients/cli/command.h"

namespace ch8::cli {

class Session;

// `ch8 contribution import`: reads the file, sends it in batches of at most 1,000, each of which is
// taken whole or not at all, and sums up what was recorded. Rows that cannot be taken are set aside
// into --rejects; without it one bad row stops the import. Asking again with the same request id
// and file goes on where it stopped.
absl::Status ImportContributions(const Arguments& arguments, Session& session);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_CONTRIBUTION_IMPORT_H_
