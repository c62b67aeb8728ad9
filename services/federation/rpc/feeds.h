#ifndef CH8_SERVICES_FEDERATION_RPC_FEEDS_H_
#define CH8_SERVICES_FEDERATION_RPC_FEEDS_H_

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "services/federation/rpc/feed.h"
#include "services/kernel/runner.h"
#include "storage/base/clock.h"

namespace ch8::federation {

// All feeds of one ledger: those ledgers of its own organization that it takes facts from, and some
// ledgers, by default that of the same service, of every pinned organization. Follows the ledger's
// own facts: an organization pinned at run time is read from within a second, one whose record
// changed is read under its new keys. So are the own ledgers, whose record the node itself may know
// before the facts do.
//
// A ledger of another organization is read at its record's endpoint for that service, or else at
// the one called "federation"; so are those of the own organization that run in another process.
//
// Thread safety: all methods may be called from any thread.
class Feeds {
 public:
  struct Options {
    kernel::Runner* runner = nullptr;  // These, and the hosted ones, outlive the feeds.
    const Clock* clock = nullptr;
    std::string trust_domain;                       // Our own.
    std::string own_record;                         // Our signed record, as the node knows it.
    std::vector<std::string> peer_services;         // Others' ledgers to read: "finance".
    std::vector<std::string> own_services;          // The own ledgers to read: "directory".
    std::map<std::string, kernel::Runner*> hosted;  // This process's ledgers, by service.
    // A channel to the federation port of `trust_domain` at `target`, authenticated as that domain.
    std::function<absl::StatusOr<std::shared_ptr<grpc::Channel>>(const std::string& trust_domain,
                                                                 const std::string& target)>
        connect;
    Cosigner* witness = nullptr;  // The own organization's; outlives the feeds.
    NoteVerifier own_witness;     // Its key.
    // Optional. Called before a head of `size` entries of another organization's ledger is
    // believed, as in Feed; from any thread.
    std::function<absl::Status(const std::string& origin, uint64_t size)> before_head;
    // How reading the ledger `origin` goes from now on, as in Feed; from any thread.
    std::function<void(const std::string& origin, const absl::Status& status)> told;
  };

  explicit Feeds(Options options);
  ~Feeds();

  std::vector<FeedHealth> health() const;

 private:
  struct Wanted;
  struct Running {
    std::string record;  // The record bytes the feed was made from.
    std::unique_ptr<Feed> feed;
  };

  void Run();
  void Follow();
  std::map<std::string, Wanted> WantedFeeds() const;
  std::string NewestOwnRecord(const std::string& by_facts) const;
  std::unique_ptr<Feed> Start(const std::string& origin, const Wanted& wanted) const;

  Options options_;
  mutable std::mutex mutex_;  // Guards the two below.
  std::condition_variable stop_wanted_;
  std::map<std::string, Running> running_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_RPC_FEEDS_H_
