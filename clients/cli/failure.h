#ifndef CH8_CLIENTS_CLI_FAILURE_H_
#define CH8_CLIENTS_CLI_FAILURE_H_

#include <string>

#include "absl/status/status.h"

namespace ch8::cli {

// The program's exit codes. Stable: scripts depend on them.
inline constexpr int kExitDone = 0;
inline constexpr int kExitDiffers = 1;      // Differs, or not everything was taken.
inline constexpr int kExitUsage = 2;        // The request is wrong whatever the state.
inline constexpr int kExitNotFound = 3;     // No such thing.
inline constexpr int kExitDenied = 4;       // A rule forbids it.
inline constexpr int kExitConflict = 5;     // Taken, or stale.
inline constexpr int kExitUnreachable = 6;  // The node, or its capacity; worth another try.
inline constexpr int kExitIntegrity = 7;    // Something is broken: call the node's operator.

int ExitCode(const absl::Status& status);

// What a failure is about, besides its status.
struct FailureContext {
  bool from_server = false;      // The node decided; else the command line or a file was wrong.
  bool mutation = false;         // It would have written.
  bool outcome_unknown = false;  // Nobody knows whether it did.
  std::string again{};           // The command line that asks again with the same request id.
};

// What an officer reads on standard error: what happened, the rule, the figures, the next command.
//
//   REFUSED (F-1, exit 4), nothing written: 2719 funding of AUSSOM is UNDER_CONSIDERATION, …
//     missing: Council activation, GA appropriation      held: AU PSC request, exit strategy
//     instead: ch8 fund list --for AUSSOM                2 extra-budgetary funds, …
//
// Shown from ErrorInfo.metadata: `rule`, the pairs missing/held, needed/held and available/wanted,
// every other figure that the message does not already give, and `instead`, whose text after two
// spaces is a remark on the command. Ends with a line end.
std::string RenderFailure(const absl::Status& status, const FailureContext& context);

// The same for a program (-o json): one line, an object with exit, code, reason, domain, message
// and metadata. Ends with a line end.
std::string FailureJson(const absl::Status& status);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_FAILURE_H_
