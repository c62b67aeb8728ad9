#include "services/node/gate_ledger.h"

namespace ch8::node {
namespace {

absl::Status BadDisk() { return absl::DataLossError("the disk failed"); }

}  // namespace

void GateLedger::Close() {
  std::lock_guard<std::mutex> lock(mutex_);
  open_ = false;
}

void GateLedger::Open() {
  std::lock_guard<std::mutex> lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

void GateLedger::WaitForSync() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return waiting_ > 0; });
}

absl::StatusOr<Ledger::Committed> GateLedger::Commit(const CommitRequest& request) {
  if (fail_commits_) return BadDisk();
  ++commit_count_;
  return ledger_.Commit(request);
}

absl::StatusOr<uint64_t> GateLedger::Sync() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --waiting_;
  }
  if (fail_syncs_) return BadDisk();
  return ledger_.Sync();
}

absl::StatusOr<std::optional<std::string>> GateLedger::Written::Get(Table table,
                                                                    absl::string_view key) const {
  if (gate_.fail_reads_) return BadDisk();
  return gate_.ledger_.WrittenView().Get(table, key);
}

absl::Status GateLedger::Written::Scan(Table table, absl::string_view begin, absl::string_view end,
                                       const RowVisitor& visit) const {
  if (gate_.fail_reads_) return BadDisk();
  return gate_.ledger_.WrittenView().Scan(table, begin, end, visit);
}

}  // namespace ch8::node
