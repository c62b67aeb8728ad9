#include "tests/bench/proofs.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <vector>

#include "storage/base/clock.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/test_commits.h"
#include "storage/merkle/proof.h"
#include "storage/rocks/rocks_ledger.h"
#include "tests/bench/measure.h"

namespace ch8::bench {
namespace {

constexpr uint64_t kEntriesPerCommit = 8'190;
constexpr uint64_t kCommitsPerSync = 16;

absl::Status Fill(const RocksLedgerOptions& where, uint64_t entries) {
  ASSIGN_OR_RETURN(const std::unique_ptr<RocksLedger> ledger,
                   RocksLedger::Create(where, testing::TestGenesis()));
  uint64_t commits = 0;
  for (uint64_t size = 1; size < entries; ++commits) {
    const uint64_t count = std::min(kEntriesPerCommit, entries - size);
    const testing::OwnedCommit commit = testing::MakeTestCommit(ledger->log_id(), size, count);
    ASSIGN_OR_RETURN(const Ledger::Committed committed, ledger->Commit(commit.request));
    size = committed.size;
    if (commits % kCommitsPerSync == 0) RETURN_IF_ERROR(ledger->Sync().status());
  }
  return ledger->Sync().status();
}

// One proof, made and verified; how long the making took.
absl::StatusOr<absl::Duration> Prove(const Ledger& ledger, uint64_t index, const Hash& root) {
  const SystemClock clock;
  const uint64_t size = ledger.durable_size();
  const absl::Duration begin = clock.SinceBoot();
  ASSIGN_OR_RETURN(const std::vector<Hash> proof, ledger.InclusionProof(index, size));
  const absl::Duration taken = clock.SinceBoot() - begin;
  Hash leaf;
  RETURN_IF_ERROR(ledger.ReadEntries(index, index + 1, [&](const Entry& entry) {
    leaf = EntryLeafHash(ledger.log_id(), entry);
    return false;
  }));
  const absl::Status included = VerifyInclusion(leaf, index, size, proof, root);
  if (!included.ok()) return absl::InternalError(included.message());
  return taken;
}

}  // namespace

absl::StatusOr<std::vector<absl::Duration>> TimeProofs(const Ledger& ledger, uint32_t proofs) {
  const uint64_t size = ledger.durable_size();
  ASSIGN_OR_RETURN(const Hash root, ledger.RootAt(size));
  std::mt19937_64 random(1);
  std::vector<absl::Duration> taken;
  for (uint32_t i = 0; i < proofs; ++i) {
    ASSIGN_OR_RETURN(const absl::Duration one, Prove(ledger, random() % size, root));
    taken.push_back(one);
  }
  return taken;
}

absl::StatusOr<Proofs> MeasureProofs(const ProofsOptions& options) {
  const SystemClock clock;
  RocksLedgerOptions where;
  where.path = options.directory + "/ledger";
  Proofs result;
  const absl::Duration began = clock.SinceBoot();
  RETURN_IF_ERROR(Fill(where, options.entries));
  const absl::Duration written = clock.SinceBoot();
  ASSIGN_OR_RETURN(const std::unique_ptr<RocksLedger> ledger, RocksLedger::Open(where));
  result.open = clock.SinceBoot() - written;
  result.write = written - began;
  ASSIGN_OR_RETURN(std::vector<absl::Duration> taken, TimeProofs(*ledger, options.proofs));
  result.first = taken.front();
  result.p50 = Quantile(taken, 0.5);
  result.p99 = Quantile(taken, 0.99);
  result.disk_bytes_per_entry = FolderBytes(options.directory) / options.entries;
  return result;
}

}  // namespace ch8::bench
