#ifndef CH8_SERVICES_KERNEL_TOY_LEDGER_H_
#define CH8_SERVICES_KERNEL_TOY_LEDGER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "services/kernel/accounts.h"
#include "services/kernel/execute.h"
#include "services/kernel/toy_machine.h"
#include "storage/ledger/mem_ledger.h"

namespace ch8::kernel::toy {

// A ToyMachine on a MemLedger with FirstFacts(), driven without threads: what the sequencer does,
// one step at a time. For tests.
class ToyLedger {
 public:
  explicit ToyLedger(std::vector<std::string> recipients = {});

  // Runs `work` as one group at `now`, then commits and syncs it.
  void Group(const std::function<void(Executor& executor)>& work);
  // Groups of one.
  Outcome Run(const Command& command);
  Outcome Deliver(const InboundEntry& inbound);
  int RunDue();

  // A restart after power loss.
  void Reopen();

  Executor& executor() { return *executor_; }
  MemLedger& ledger() { return *ledger_; }
  const ToyMachine& machine() const { return machine_; }
  uint64_t size() const { return ledger_->durable_size(); }

  // All rows of a table, durable ones.
  std::map<std::string, std::string> Rows(Table table) const;
  // What Replay() makes of the log, from nothing.
  std::map<std::string, std::string> ReplayedRows() const;
  // The durable entries but bulk rows, parsed.
  std::vector<chapter8::ledger::v1::Entry> Entries() const;
  Hash LeafHash(uint64_t index) const;

  absl::Time now = absl::FromUnixSeconds(1'772'409'600);  // 2 March 2026
  Accounts* accounts = &no_accounts_;                     // Takes effect with Reopen().

 private:
  const ToyMachine machine_;
  NoAccounts no_accounts_;
  std::unique_ptr<MemLedger> ledger_;
  std::unique_ptr<Executor> executor_;
  uint64_t salts_ = 0;
};

}  // namespace ch8::kernel::toy

#endif  // CH8_SERVICES_KERNEL_TOY_LEDGER_H_
