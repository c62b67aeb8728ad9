#include "services/node/trust_follower.h"

#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "services/kernel/authority.h"
#include "services/kernel/rows.h"
#include "services/trust/organization_record.h"
#include "storage/base/status_macros.h"

namespace ch8::node {
namespace {

using chapter8::directory::v1::Organization;
using trust::OrganizationRecord;
using trust::SignedOrganizationRecord;

// How long one wait lasts before the end is looked at again.
constexpr absl::Duration kWaitStep = absl::Milliseconds(250);
// Between two looks: where the directory is another process's, the ledger grows with every commit
// of its service.
constexpr absl::Duration kPause = absl::Milliseconds(250);

absl::StatusOr<OrganizationRecord> RecordIn(const std::string& signed_record,
                                            const std::string& trust_domain) {
  SignedOrganizationRecord envelope;
  if (!envelope.ParseFromString(signed_record)) {
    return absl::InvalidArgumentError("the record does not parse");
  }
  ASSIGN_OR_RETURN(OrganizationRecord record, trust::VerifyFirstContact(envelope));
  if (record.trust_domain() != trust_domain) {
    return absl::InvalidArgumentError("the record is another trust domain's");
  }
  return record;
}

}  // namespace

TrustFollower::TrustFollower(Options options) : options_(std::move(options)) {
  Follow();
  thread_ = std::thread([this] { Run(); });
}

TrustFollower::~TrustFollower() {
  stop_ = true;
  thread_.join();
}

bool TrustFollower::IsPinned(absl::string_view trust_domain) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return records_.find(trust_domain) != records_.end();
}

void TrustFollower::Run() {
  while (!stop_) {
    if (options_.runner->WaitForGrowth(seen_size_, kWaitStep) <= seen_size_) continue;
    Follow();
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(kPause));
  }
}

void TrustFollower::Follow() {
  const std::unique_ptr<Snapshot> snapshot = options_.runner->ledger().TakeSnapshot();
  seen_size_ = snapshot->size();
  const kernel::SnapshotRows rows(*snapshot);
  std::set<std::string> pinned;
  for (const Organization& organization : kernel::PinnedOrganizations(rows)) {
    const std::string& domain = organization.trust_domain();
    if (domain == options_.trust_domain) continue;
    pinned.insert(domain);
    Trust(domain, organization.signed_record());
  }
  if (!rows.status().ok()) return;  // An unreadable ledger unpins nobody.
  std::lock_guard<std::mutex> lock(mutex_);
  for (auto it = records_.begin(); it != records_.end();) {
    if (pinned.contains(it->first) || !options_.bundles->Remove(it->first).ok()) {
      ++it;
      continue;
    }
    options_.log->Event("trust_ended", {{"trust_domain", it->first}});
    it = records_.erase(it);
  }
}

void TrustFollower::Trust(const std::string& trust_domain, const std::string& signed_record) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto known = records_.find(trust_domain);
    if (known != records_.end() && known->second == signed_record) return;
  }
  const auto refused = refused_.find(trust_domain);
  if (refused != refused_.end() && refused->second == signed_record) return;
  const absl::StatusOr<OrganizationRecord> record = RecordIn(signed_record, trust_domain);
  const absl::Status set =
      record.ok() ? options_.bundles->Set(trust_domain, record->ca_bundle_pem()) : record.status();
  if (!set.ok()) {
    options_.log->Event("trust_refused", {{"trust_domain", trust_domain}, {"why", set.message()}});
    refused_[trust_domain] = signed_record;
    return;
  }
  refused_.erase(trust_domain);
  std::lock_guard<std::mutex> lock(mutex_);
  records_[trust_domain] = signed_record;
  options_.log->Event("trust_set", {{"trust_domain", trust_domain}});
}

}  // namespace ch8::node
