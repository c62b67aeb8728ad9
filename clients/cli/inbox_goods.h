#ifndef CH8_CLIENTS_CLI_INBOX_GOODS_H_
#define CH8_CLIENTS_CLI_INBOX_GOODS_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "clients/cli/session.h"

namespace ch8::cli {

// Something about goods that waits for an officer.
struct GoodsTask {
  std::optional<absl::CivilDay> due;
  std::string id;
  std::string what;
  std::string amount;
  std::string command;
};

// Who looks: the roles of the posts held (chapter8.authz.v1.Role), and the person.
struct GoodsOfficer {
  std::set<int> roles;
  uint64_t person = 0;
};

// Requests to answer, drafts to approve, offers to accept or dispatch, consignments to count and
// discrepancies to answer or close. Only what the officer's roles may do is asked for; a node that
// keeps no goods has none.
std::vector<GoodsTask> GoodsTasks(Session& session, const GoodsOfficer& officer);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_INBOX_GOODS_H_
