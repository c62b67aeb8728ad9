#include "services/federation/rpc/feeds.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/kernel/authority.h"
#include "services/kernel/rows.h"

namespace ch8::federation {
namespace {

using chapter8::directory::v1::Organization;
using chapter8::directory::v1::OrganizationRecord;
using chapter8::directory::v1::SignedOrganizationRecord;

constexpr absl::Duration kFollowEvery = absl::Milliseconds(500);

std::string OriginOf(absl::string_view trust_domain, absl::string_view service) {
  return absl::StrCat(trust_domain, "/ch8/", service);
}

std::vector<PublicKey> KeysOf(const OrganizationRecord& record, absl::string_view origin) {
  std::vector<PublicKey> keys;
  for (const auto& log_key : record.log_keys()) {
    if (log_key.origin() != origin) continue;
    absl::StatusOr<PublicKey> key = PublicKey::FromBytes(log_key.public_key());
    if (key.ok()) keys.push_back(*key);
  }
  return keys;
}

// Where the federation port of the node is that hosts `service`.
std::string TargetOf(const OrganizationRecord& record, absl::string_view service) {
  std::string target;
  for (const auto& endpoint : record.endpoints()) {
    if (endpoint.service() == service) return endpoint.target();
    if (endpoint.service() == "federation") target = endpoint.target();
  }
  return target;
}

// The organization's own record, as the ledger's genesis carries it: what its directory's keys are
// before any fact has arrived.
std::string GenesisRecord(const Ledger& ledger) {
  std::string record;
  const absl::Status read = ledger.ReadEntries(0, 1, [&](const Entry& stored) {
    chapter8::ledger::v1::Entry entry;
    if (entry.ParseFromArray(stored.payload.data(), static_cast<int>(stored.payload.size()))) {
      record = entry.genesis().organization_record();
    }
    return false;
  });
  return read.ok() ? record : "";
}

}  // namespace

struct Feeds::Wanted {
  std::string service;
  std::string signed_record;
  OrganizationRecord record;
};

Feeds::Feeds(Options options) : options_(std::move(options)) {
  thread_ = std::thread([this] { Run(); });
}

Feeds::~Feeds() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
    stop_wanted_.notify_all();
  }
  thread_.join();
}

std::vector<FeedHealth> Feeds::health() const {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<FeedHealth> health;
  for (const auto& [origin, running] : running_) health.push_back(running.feed->health());
  return health;
}

void Feeds::Run() {
  while (true) {
    Follow();
    std::unique_lock<std::mutex> lock(mutex_);
    stop_wanted_.wait_for(lock, absl::ToChronoMilliseconds(kFollowEvery), [this] { return stop_; });
    if (stop_) break;
  }
  std::map<std::string, Running> ending;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ending.swap(running_);
  }
}

void Feeds::Follow() {
  for (const auto& [origin, wanted] : WantedFeeds()) {
    std::unique_ptr<Feed> outdated;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      const auto found = running_.find(origin);
      if (found != running_.end()) {
        if (found->second.record == wanted.signed_record) continue;
        outdated = std::move(found->second.feed);
        running_.erase(found);
      }
    }
    outdated.reset();
    std::unique_ptr<Feed> feed = Start(origin, wanted);
    if (feed == nullptr) continue;
    std::lock_guard<std::mutex> lock(mutex_);
    running_[origin] = Running{wanted.signed_record, std::move(feed)};
  }
}

std::map<std::string, Feeds::Wanted> Feeds::WantedFeeds() const {
  std::map<std::string, Wanted> wanted;
  const auto want = [&](const std::string& domain, const std::string& service,
                        const std::string& signed_record) {
    const std::string origin = OriginOf(domain, service);
    SignedOrganizationRecord outer;
    Wanted one{.service = service, .signed_record = signed_record, .record = {}};
    if (outer.ParseFromString(signed_record) && one.record.ParseFromString(outer.record()) &&
        !KeysOf(one.record, origin).empty()) {
      wanted[origin] = std::move(one);
    }
  };
  const std::string own_record = GenesisRecord(options_.runner->ledger());
  for (const std::string& service : options_.own_services) {
    want(options_.trust_domain, service, own_record);
  }
  const std::unique_ptr<Snapshot> snapshot = options_.runner->ledger().TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  for (const Organization& organization : kernel::PinnedOrganizations(rows)) {
    if (organization.own()) continue;
    want(organization.trust_domain(), options_.service, organization.signed_record());
  }
  return wanted;
}

std::unique_ptr<Feed> Feeds::Start(const std::string& origin, const Wanted& wanted) const {
  std::unique_ptr<Source> source;
  const bool own = wanted.record.trust_domain() == options_.trust_domain;
  const auto hosted = options_.hosted.find(wanted.service);
  if (own && hosted != options_.hosted.end()) {
    source = std::make_unique<LocalSource>(*hosted->second, options_.trust_domain);
  } else {
    auto channel =
        options_.connect(wanted.record.trust_domain(), TargetOf(wanted.record, wanted.service));
    if (!channel.ok()) return nullptr;  // Looked at again at the next turn.
    source = std::make_unique<RemoteSource>(*std::move(channel));
  }
  return std::make_unique<Feed>(Feed::Options{.runner = options_.runner,
                                              .clock = options_.clock,
                                              .origin = origin,
                                              .log_keys = KeysOf(wanted.record, origin),
                                              .trust_domain = options_.trust_domain,
                                              .source = std::move(source)});
}

}  // namespace ch8::federation
