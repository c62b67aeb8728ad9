#include <memory>
#include <string>
#include <vector>

#include "services/node/sequencer.h"

// What the sequencer does with bodies beside the commit that names them.
namespace ch8::node {

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

absl::Status Sequencer::KeepBody(const kernel::Body& body) {
  if (options_.bodies == nullptr) return absl::UnimplementedError("this ledger keeps no bodies");
  const absl::Status writable = AdmitWrites();
  return writable.ok() ? options_.bodies->Put(body) : writable;
}

}  // namespace ch8::node
