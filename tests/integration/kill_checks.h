#ifndef CH8_TESTS_INTEGRATION_KILL_CHECKS_H_
#define CH8_TESTS_INTEGRATION_KILL_CHECKS_H_

#include <string>

#include "absl/status/status.h"
#include "clients/lib/transport.h"
#include "tests/support/node_officer.h"
#include "tests/support/node_organization.h"

// What those who kill nodes hold them to. Failures are GoogleTest's.
namespace ch8::testing {

// One request as sent, and what came back first.
struct Sent {
  std::string officer{};
  std::string rpc{};
  std::string request{};
  std::string act{};
  client::WireReply first{};
};

// True when the node may or may not have done what it was asked.
bool LeavesOutcomeOpen(const absl::Status& status);

// Asks again, and expects the reply and the receipt that came first, byte for byte.
void ExpectSameReply(OfficerClient& client, const Sent& sent);

// Of a node that does not run: the log is recomputed from its raw entries, and the books of the
// finance ledger are rebuilt and balance.
void CheckLedger(const OrganizationNode& node, const std::string& service);

}  // namespace ch8::testing

#endif  // CH8_TESTS_INTEGRATION_KILL_CHECKS_H_
