#include "services/kernel/toy_ledger.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/kernel/replayed_rows.h"
#include "storage/base/check.h"

namespace ch8::kernel::toy {

ToyLedger::ToyLedger(std::vector<std::string> recipients)
    : machine_(std::move(recipients)), ledger_(*MemLedger::Create(ToyGenesis())) {
  Reopen();
  Group([](Executor& executor) { executor.LogInternal("/internal/Genesis", FirstFacts()); });
}

void ToyLedger::Reopen() {
  executor_.reset();
  ledger_ = *ledger_->CrashCopy();
  executor_ = std::make_unique<Executor>(Executor::Options{
      .ledger = ledger_.get(),
      .machine = &machine_,
      .accounts = accounts,
      .organization = "organizations/un",
      .trust_domain = "un.example",
      .fresh_salt = [this] { return Sha256(absl::StrCat("fresh salt ", ++salts_)); }});
}

void ToyLedger::Group(const std::function<void(Executor& executor)>& work) {
  executor_->Begin(now);
  work(*executor_);
  const Ledger::CommitRequest commit = executor_->Finish();
  if (commit.requests.empty() && commit.rows.empty()) return;
  Check(ledger_->Commit(commit).ok() && ledger_->Sync().ok(), "a toy ledger takes every commit");
}

Outcome ToyLedger::Run(const Command& command) {
  Outcome outcome;
  Group([&](Executor& executor) { outcome = executor.Execute(command); });
  return outcome;
}

Outcome ToyLedger::Deliver(const InboundEntry& inbound) {
  Outcome outcome;
  Group([&](Executor& executor) { outcome = executor.Deliver(inbound); });
  return outcome;
}

int ToyLedger::RunDue() {
  int logged = 0;
  Group([&](Executor& executor) { logged = executor.RunDue(); });
  return logged;
}

std::map<std::string, std::string> ToyLedger::Rows(Table table) const {
  std::map<std::string, std::string> rows;
  const absl::Status scanned =
      ledger_->TakeSnapshot()->Scan(table, "", "", [&](absl::string_view k, absl::string_view v) {
        rows.emplace(k, v);
        return true;
      });
  Check(scanned.ok(), "a toy ledger can be read");
  return rows;
}

std::map<std::string, std::string> ToyLedger::ReplayedRows() const {
  return kernel::ReplayedRows(*ledger_, machine_).value();
}

std::vector<chapter8::ledger::v1::Entry> ToyLedger::Entries() const {
  std::vector<chapter8::ledger::v1::Entry> entries;
  const absl::Status read = ledger_->ReadEntries(0, size(), [&](const Entry& entry) {
    Check(entries.emplace_back().ParseFromArray(entry.payload.data(),
                                                static_cast<int>(entry.payload.size())),
          "an entry parses");
    return true;
  });
  Check(read.ok(), "a toy ledger can be read");
  return entries;
}

Hash ToyLedger::LeafHash(uint64_t index) const {
  Hash hash;
  const absl::Status read = ledger_->ReadEntries(index, index + 1, [&](const Entry& entry) {
    hash = EntryLeafHash(ledger_->log_id(), entry);
    return true;
  });
  Check(read.ok(), "a toy ledger can be read");
  return hash;
}

}  // namespace ch8::kernel::toy
