#ifndef CH8_SERVICES_NODE_DEPOSIT_KEEPER_H_
#define CH8_SERVICES_NODE_DEPOSIT_KEEPER_H_

#include <grpcpp/channel.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "chapter8/federation/v1/deposit_service.grpc.pb.h"
#include "services/node/kept_deposits.h"
#include "storage/base/clock.h"
#include "storage/ledger/ledger.h"

namespace ch8::node {

// Brings here what other organizations deposit with this one: asks every ledger of every pinned
// organization for the next piece of its copy, about once a second, and those that deposit nothing
// here less and less often, down to once a minute.
//
// A feed asks for the rest before it believes a larger head (BringUpTo()): so whatever this node
// could hold a partner to, it could give back.
//
// Thread safety: any thread.
class DepositKeeper {
 public:
  // Told when keeping a ledger begins to fail, with why, and when it goes on, with OK.
  using Told = std::function<void(const std::string& origin, const absl::Status& status)>;
  struct Options {
    KeptDeposits* kept = nullptr;  // These outlive this object.
    const Clock* clock = nullptr;
    std::vector<const Ledger*> pins;  // The node's ledgers, for what they know to be pinned.
    // As in federation::Feeds::Options.
    std::function<absl::StatusOr<std::shared_ptr<grpc::Channel>>(const std::string& trust_domain,
                                                                 const std::string& target)>
        connect;
    Told told;
  };
  explicit DepositKeeper(Options options);
  ~DepositKeeper();
  // Ends calls under way and refuses later ones: who waits in BringUpTo() comes back soon.
  void End();

  // Brings what `origin` deposits, at least up to `size`. Does nothing when nothing is deposited
  // here or the first copy is not complete yet, nor when it cannot be kept: a full disk here keeps
  // nobody from reading on. Errors: those of the network, and kUnavailable while the copy is
  // behind; retry.
  absl::Status BringUpTo(const std::string& origin, uint64_t size);

 private:
  struct Copy;

  void Run();
  // Which ledgers there are to ask about, and where; by their owner's trust domain.
  std::map<std::string, std::vector<std::shared_ptr<Copy>>> FindCopies();
  void Follow();
  std::shared_ptr<Copy> FindCopy(const std::string& origin) const;
  // Brings what there is, as far as one turn goes. The copy's mutex is held. Errors: as
  // BringUpTo().
  absl::Status Bring(Copy& copy);
  // Takes one piece. `dropped`: whether this turn has dropped an unfinished end.
  absl::StatusOr<bool> BringOne(Copy& copy, bool& dropped);
  absl::StatusOr<chapter8::federation::v1::GetDepositResponse> Ask(
      Copy& copy, const chapter8::federation::v1::GetDepositRequest& request);
  void Note(Copy& copy);
  bool ended() const;

  const Options options_;
  mutable std::mutex mutex_;  // Guards what follows.
  std::condition_variable ending_;
  bool ended_ = false;
  std::map<std::string, std::shared_ptr<Copy>> copies_;  // By origin.
  std::thread thread_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_DEPOSIT_KEEPER_H_
