#ifndef CH8_SERVICES_NODE_LEDGER_SERVICE_H_
#define CH8_SERVICES_NODE_LEDGER_SERVICE_H_

#include <functional>
#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "services/kernel/execute.h"
#include "services/kernel/machine.h"
#include "services/kernel/runner.h"
#include "services/node/growth.h"
#include "services/node/sealer.h"
#include "storage/base/clock.h"

namespace ch8::node {

// chapter8.ledger.v1.LedgerService for one ledger: what an auditor reads, answered on the caller's
// thread from what is durable, so that an export stands in nobody's way. A read that waits for
// entries holds no thread; Growth answers it. What needs sums of the whole log the Sealer answers,
// on its own.
//
// Thread safety: const methods may be called from any thread.
class LedgerService {
 public:
  // All of them outlive the service. No read waits any more when it ends.
  struct Options {
    kernel::Runner& runner;
    Growth& growth;
    Sealer& sealer;
    const Clock& clock;
  };
  explicit LedgerService(const Options& options);
  LedgerService(const LedgerService&) = delete;
  LedgerService& operator=(const LedgerService&) = delete;

  // Whether `method` is one of its rpcs.
  bool Answers(absl::string_view method) const;

  // Checks that the caller may read, and answers; for a read that waited, as of its end. Errors:
  // those of kernel::AuthorizeRead() and of the rpc.
  void Answer(kernel::Command command, kernel::Runner::Done done) const;

 private:
  // Adds the rpcs that the sealer answers.
  void AddSeals();
  kernel::Outcome Read(const kernel::Command& command) const;

  const Options options_;
  kernel::Routes routes_;
  std::set<std::string, std::less<>> sealers_;  // The rpcs that are answered on its thread.
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_LEDGER_SERVICE_H_
