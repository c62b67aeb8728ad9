#include "services/federation/rpc/feeds.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "services/federation/core/records.h"
#include "services/kernel/authority.h"
#include "services/kernel/rows.h"
#include "services/trust/record/record.h"
#include "storage/base/check.h"

namespace ch8::federation {
namespace {

using chapter8::directory::v1::Organization;
using chapter8::directory::v1::OrganizationRecord;

constexpr absl::Duration kFollowEvery = absl::Milliseconds(500);

std::string OriginOf(absl::string_view trust_domain, absl::string_view service) {
  return absl::StrCat(trust_domain, "/ch8/", service);
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
    std::optional<OrganizationRecord> record = RecordIn(signed_record);
    if (!record.has_value() || LogSignersOf(*record, origin).keys.empty()) return;
    wanted[origin] =
        Wanted{.service = service, .signed_record = signed_record, .record = *std::move(record)};
  };
  const std::unique_ptr<Snapshot> snapshot = options_.runner->ledger().TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  std::string own_record = options_.own_record;
  for (const Organization& organization : kernel::PinnedOrganizations(rows)) {
    if (organization.own()) {
      own_record = NewestOwnRecord(organization.signed_record());
      continue;
    }
    for (const std::string& service : options_.peer_services) {
      want(organization.trust_domain(), service, organization.signed_record());
    }
  }
  for (const std::string& service : options_.own_services) {
    want(options_.trust_domain, service, own_record);
  }
  return wanted;
}

std::string Feeds::NewestOwnRecord(const std::string& by_facts) const {
  const std::optional<OrganizationRecord> held = RecordIn(options_.own_record);
  const std::optional<OrganizationRecord> heard = RecordIn(by_facts);
  const bool newer = held.has_value() && heard.has_value() && heard->sequence() > held->sequence();
  return newer ? by_facts : options_.own_record;
}

std::unique_ptr<Feed> Feeds::Start(const std::string& origin, const Wanted& wanted) const {
  std::unique_ptr<Source> source;
  const bool own = wanted.record.trust_domain() == options_.trust_domain;
  const auto hosted = options_.hosted.find(wanted.service);
  if (own && hosted != options_.hosted.end()) {
    source = std::make_unique<LocalSource>(*hosted->second, options_.trust_domain);
  } else {
    auto channel = options_.connect(wanted.record.trust_domain(),
                                    trust::record::TargetOf(wanted.record, wanted.service));
    if (!channel.ok()) return nullptr;  // Looked at again at the next turn.
    source = std::make_unique<RemoteSource>(*std::move(channel));
  }
  Feed::Options feed{.runner = options_.runner,
                     .clock = options_.clock,
                     .origin = origin,
                     .log_keys = LogSignersOf(wanted.record, origin).keys,
                     .trust_domain = options_.trust_domain,
                     .source = std::move(source),
                     .told = [told = options_.told, origin](const absl::Status& status) {
                       if (told) told(origin, status);
                     }};
  if (!own) {
    Check(options_.witness != nullptr, "others' ledgers are read with a witness only");
    feed.witness = options_.witness;
    feed.own_witness = options_.own_witness;
    if (options_.before_head) {
      feed.before_head = [before = options_.before_head, origin](uint64_t size) {
        return before(origin, size);
      };
    }
  }
  return std::make_unique<Feed>(std::move(feed));
}

}  // namespace ch8::federation
