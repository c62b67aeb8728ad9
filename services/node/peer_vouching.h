#ifndef CH8_SERVICES_NODE_PEER_VOUCHING_H_
#define CH8_SERVICES_NODE_PEER_VOUCHING_H_

#include <grpcpp/channel.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "services/kernel/runner.h"
#include "storage/ledger/head_keeper.h"

namespace ch8::node {

// After another boot nobody here knows whether a ledger was rolled back; its partners do. Brings
// the newest note that a ledger has kept to the witness of every pinned organization, which answers
// with the largest head of that ledger that it ever cosigned. When all have answered once, at least
// one, and each such head is one of this log, the ledger is as large as anybody relies on, and its
// heads are signed again (ledger.md §2): nothing larger was signed meanwhile. While one of them
// cannot be reached, two administrators can vouch instead.
//
// Which organizations are pinned any ledger of the node may say: the one in question may be the one
// that was rolled back, to before a partner was pinned that holds more.
//
// An answer that is signed by our own key and is no head of this log ends signing for good; a
// partner's bare word does not.
//
// One thread, which ends when every ledger is vouched for or refused.
//
// Thread safety: any thread.
class PeerVouching {
 public:
  // A ledger of this node; all of it outlives this object.
  struct Target {
    kernel::Runner* runner = nullptr;
    HeadKeeper* keeper = nullptr;
  };
  struct Options {
    std::vector<Target> targets;
    std::vector<const Ledger*> pins;  // The node's ledgers, for what they know to be pinned.
    chapter8::directory::v1::OrganizationRecord own_record;
    // As in federation::Feeds::Options.
    std::function<absl::StatusOr<std::shared_ptr<grpc::Channel>>(const std::string& trust_domain,
                                                                 const std::string& target)>
        connect;
    // Called once for each ledger that is vouched for, by this object's thread.
    std::function<void(const std::string& origin)> on_vouched;
    // Called when a partner holds, signed by our key, what is none of this log's heads.
    std::function<void(const std::string& origin, const absl::Status& why)> on_contradicted;
  };
  explicit PeerVouching(Options options);
  // Waits for the call under way, at most some seconds.
  ~PeerVouching();
  PeerVouching(const PeerVouching&) = delete;
  PeerVouching& operator=(const PeerVouching&) = delete;

 private:
  enum class Answer { kNone, kHolds, kContradicts };

  void Run();
  void Ask(const Target& target);
  absl::StatusOr<std::optional<std::string>> NewestNote(const Ledger& ledger) const;
  Answer AskOne(const Target& target, const chapter8::directory::v1::OrganizationRecord& peer,
                const std::string& note);
  std::shared_ptr<grpc::Channel> ChannelTo(const chapter8::directory::v1::OrganizationRecord& peer);
  bool ended();

  const Options options_;
  // By trust domain and target; of this object's thread.
  std::map<std::pair<std::string, std::string>, std::shared_ptr<grpc::Channel>> channels_;
  // Ledger and trust domain of who has shown that it holds none but heads of that ledger; the same
  // thread's.
  std::set<std::pair<std::string, std::string>> answered_;
  std::mutex mutex_;  // Guards what follows.
  std::condition_variable ending_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_PEER_VOUCHING_H_
