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

}  // namespace

absl::StatusOr<GrowthResult> MeasureGrowth(Target& target, const GrowthOptions& options) {
  const SystemClock clock;
  GrowthResult result;
  ASSIGN_OR_RETURN(result.posted, Post(target, options.transfers));
  result.rows_per_second = RatesOf(result.posted);
  result.resident_bytes = ResidentBytes(target.pid());
  RETURN_IF_ERROR(target.Stop());
  const uint64_t disk_bytes = FolderBytes(target.ledger_path());
  const absl::Duration began = clock.SinceBoot();
  ASSIGN_OR_RETURN(const std::unique_ptr<Ledger> ledger, target.Reopen());
  {
    // As a start of the node would open them.
    const books::LedgerIds ids(*ledger);
    ASSIGN_OR_RETURN(const auto recovered,
                     books::Recover(books::RecoverySourceOf(*ledger), ids, {}));
    ASSIGN_OR_RETURN(const auto history, node::History::Open(*ledger));
    result.reopen = clock.SinceBoot() - began;
  }
  ASSIGN_OR_RETURN(std::vector<absl::Duration> taken, TimeProofs(*ledger, options.proofs));
  result.proof_p50 = Quantile(taken, 0.5);
  result.proof_p99 = Quantile(taken, 0.99);
  RETURN_IF_ERROR(CheckPosted(*ledger, options.transfers, result.posted));
  result.disk_bytes_per_entry = disk_bytes / ledger->durable_size();
  return result;
}

}  // namespace ch8::bench
