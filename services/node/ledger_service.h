#ifndef CH8_SERVICES_NODE_LEDGER_SERVICE_H_
#define CH8_SERVICES_NODE_LEDGER_SERVICE_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/kernel/execute.h"
#include "services/kernel/machine.h"
#include "services/kernel/runner.h"

namespace ch8::node {

// chapter8.ledger.v1.LedgerService for one ledger: what an auditor reads, answered on the caller's
// thread from what is durable, so that an export stands in nobody's way.
//
// Thread safety: const methods may be called from any thread.
class LedgerService {
 public:
  // `runner` outlives the service.
  explicit LedgerService(kernel::Runner& runner);
  LedgerService(const LedgerService&) = delete;
  LedgerService& operator=(const LedgerService&) = delete;

  // Whether `method` is one of its rpcs.
  bool Answers(absl::string_view method) const;

  // Checks that the caller may read at `now`, and answers. Errors: those of kernel::AuthorizeRead()
  // and of the rpc.
  kernel::Outcome Read(const kernel::Command& command, absl::Time now) const;

 private:
  kernel::Runner& runner_;
  kernel::Routes routes_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_LEDGER_SERVICE_H_
