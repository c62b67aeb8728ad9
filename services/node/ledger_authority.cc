#include "services/node/ledger_authority.h"

#include <algorithm>
#include <optional>

#include "services/kernel/authority.h"
#include "services/kernel/execute.h"
#include "storage/base/check.h"

namespace ch8::node {

absl::Status AuthorizeOn(const kernel::RowReader& rows, const kernel::Command& command,
                         absl::Time now) {
  const std::optional<chapter8::authz::v1::Rule> rule = kernel::RuleOf(command.method);
  Check(rule.has_value(), "a read without a rule");
  return kernel::AuthorizeRead(*rule, command.caller, std::max(now, kernel::NewestTime(rows)), rows)
      .status();
}

}  // namespace ch8::node
