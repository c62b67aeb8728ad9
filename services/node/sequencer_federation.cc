#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/node/sequencer.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

// What the federation brings to a ledger and asks of it; bodies, beside the commit that names them.
namespace ch8::node {

void Sequencer::SubmitInbound(std::vector<kernel::InboundEntry> inbound, Done done) {
  Work work;
  work.kind = Work::Kind::kInbound;
  work.inbound = std::move(inbound);
  work.done = std::move(done);
  Enqueue(std::move(work));
}

void Sequencer::SubmitPeerRows(std::vector<RowWrite> rows, Done done) {
  Work work;
  work.kind = Work::Kind::kPeerRows;
  work.peer_rows = std::move(rows);
  work.done = std::move(done);
  Enqueue(std::move(work));
}

void Sequencer::SubmitWitnessed(std::vector<chapter8::ledger::v1::WitnessedHead> heads, Done done) {
  Work work;
  work.kind = Work::Kind::kWitnessed;
  work.witnessed = std::move(heads);
  work.done = std::move(done);
  Enqueue(std::move(work));
}

std::optional<kernel::WitnessesWanted> Sequencer::WantedWitnesses(absl::string_view origin) {
  const std::unique_ptr<Snapshot> snapshot = ledger().TakeSnapshot();
  return options_.machine->WantedWitnesses(origin, kernel::SnapshotRows(*snapshot));
}

absl::StatusOr<std::string> Sequencer::GiveBody(absl::string_view trust_domain,
                                                const Hash& digest) {
  const absl::Status none = absl::NotFoundError("no body that the caller may have");
  if (options_.bodies == nullptr) return none;
  const std::unique_ptr<Snapshot> snapshot = ledger().TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  if (!options_.machine->MayFetchBody(trust_domain, digest, rows)) return none;
  return options_.bodies->Get(digest);
}

std::vector<Hash> Sequencer::MissingBodies(absl::string_view origin) {
  std::vector<Hash> missing;
  if (options_.bodies == nullptr) return missing;
  const std::unique_ptr<Snapshot> snapshot = ledger().TakeSnapshot();
  for (const kernel::WantedBody& wanted :
       options_.machine->WantedBodies(kernel::SnapshotRows(*snapshot))) {
    if (wanted.origin == origin && !options_.bodies->Has(wanted.digest)) {
      missing.push_back(wanted.digest);
    }
  }
  return missing;
}

// What was erased while it was on its way is not kept.
absl::Status Sequencer::KeepBody(const kernel::Body& body) {
  if (options_.bodies == nullptr) return absl::UnimplementedError("this ledger keeps no bodies");
  RETURN_IF_ERROR(AdmitWrites());
  const std::lock_guard<std::mutex> lock(body_mutex_);
  const std::unique_ptr<Snapshot> snapshot = ledger().TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  if (!options_.machine->NamesBody(body.digest, rows)) {
    return absl::NotFoundError(absl::StrCat("no row names the body ", body.digest.ToHex()));
  }
  return options_.bodies->Put(body);
}

// Before the commit: the log never names a body that a crash could still lose.
absl::Status Sequencer::StoreBodies(const Group& group) {
  for (const Group::Answer& answer : group.answers) {
    for (const kernel::Body& body : answer.outcome.bodies) {
      Check(options_.bodies != nullptr, "a body in a service without a body store");
      RETURN_IF_ERROR(options_.bodies->Put(body));
    }
  }
  return absl::OkStatus();
}

// After the sync and before the answers: who is told that a body is erased can look for it in vain.
// What fails here the next start makes good (LedgerHome::SweepBodies).
absl::Status Sequencer::DestroyBodies(const std::vector<Group>& groups) {
  for (const Group& group : groups) {
    for (const Hash& digest : group.erased) {
      Check(options_.bodies != nullptr, "an erasure in a service without a body store");
      const std::lock_guard<std::mutex> lock(body_mutex_);
      const std::unique_ptr<Snapshot> snapshot = ledger().TakeSnapshot();
      const kernel::SnapshotRows rows(*snapshot);
      const bool named = options_.machine->NamesBody(digest, rows);
      RETURN_IF_ERROR(rows.status());
      if (named) continue;
      const absl::Status destroyed = options_.bodies->Erase(digest);
      if (!destroyed.ok()) {
        return absl::DataLossError(absl::StrCat("a body is not erased: ", destroyed.message()));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace ch8::node
