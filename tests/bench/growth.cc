#include "tests/bench/growth.h"

#include <memory>
#include <utility>

#include "services/books/recovery.h"
#include "services/node/history.h"
#include "storage/base/clock.h"
#include "storage/base/status_macros.h"
#include "tests/bench/measure.h"
#include "tests/bench/proofs.h"

namespace ch8::bench {
namespace {

constexpr uint64_t kParts = 10;

std::vector<uint64_t> RatesOf(const TransfersResult& posted) {
  std::vector<uint64_t> rates;
  absl::Duration began;
  uint64_t before = 0;
  for (const auto& [at, rows] : posted.progress) {
    if (rows < posted.acknowledged * (rates.size() + 1) / kParts) continue;
    rates.push_back(static_cast<uint64_t>(static_cast<double>(rows - before) /
                                          absl::ToDoubleSeconds(at - began)));
    began = at;
    before = rows;
  }
  return rates;
}

// As a start of the node would open them.
absl::Status Open(Target& target) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Ledger> ledger, target.Reopen());
  const books::LedgerIds ids(*ledger);
  RETURN_IF_ERROR(books::Recover(books::RecoverySourceOf(*ledger), ids, {}).status());
  return node::History::Open(*ledger).status();
}

}  // namespace

absl::StatusOr<GrowthResult> MeasureGrowth(Target& target, const GrowthOptions& options) {
  const SystemClock clock;
  GrowthResult result;
  ASSIGN_OR_RETURN(result.posted, Post(target, options.transfers));
  result.rows_per_second = RatesOf(result.posted);
  result.resident_bytes = ResidentBytes(target.pid());
  RETURN_IF_ERROR(target.Stop());
  const absl::Duration began = clock.SinceBoot();
  RETURN_IF_ERROR(Open(target));
  result.reopen = clock.SinceBoot() - began;
  ASSIGN_OR_RETURN(const std::unique_ptr<Ledger> ledger, target.Reopen());
  ASSIGN_OR_RETURN(std::vector<absl::Duration> taken, TimeProofs(*ledger, options.proofs));
  result.proof_p50 = Quantile(taken, 0.5);
  result.proof_p99 = Quantile(taken, 0.99);
  RETURN_IF_ERROR(CheckPosted(*ledger, options.transfers, result.posted));
  result.disk_bytes_per_entry = FolderBytes(target.ledger_path()) / ledger->durable_size();
  return result;
}

}  // namespace ch8::bench
