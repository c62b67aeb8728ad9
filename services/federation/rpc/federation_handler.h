#ifndef CH8_SERVICES_FEDERATION_RPC_FEDERATION_HANDLER_H_
#define CH8_SERVICES_FEDERATION_RPC_FEDERATION_HANDLER_H_

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "chapter8/directory/v1/organization_record.pb.h"
#include "chapter8/federation/v1/federation_service.grpc.pb.h"
#include "services/federation/rpc/cosigner.h"
#include "services/kernel/runner.h"
#include "services/rpc/authorizer.h"
#include "services/rpc/in_flight.h"

namespace ch8::federation {

// Serves the federation to other organizations' nodes, and to this organization's own on other
// machines. The caller is shown what is addressed to its trust domain, the bodies that its
// ledger released to it, and nothing else.
//
// Thread safety: gRPC calls the handler from its own threads. A waiting pull holds one of them, so
// at most kWaitingMax wait at a time, and kWaitingPerDomainMax of one trust domain, so that no peer
// takes the others' turns (one reads at most seven ledgers); further ones are answered at once.
class FederationHandler final : public chapter8::federation::v1::FederationService::Service {
 public:
  static constexpr int kWaitingMax = 64;
  static constexpr int kWaitingPerDomainMax = 8;

  // Calls for proofs and cosignatures that one trust domain may have under way.
  static constexpr size_t kProofsPerDomainMax = 8;
  // Told that others hold a head, signed by its key, that the own ledger `origin` does not have.
  using Alarm = std::function<void(const std::string& origin, const absl::Status& why)>;

  struct Options {
    std::map<std::string, kernel::Runner*> runners;  // By origin. All pointers outlive the handler.
    const rpc::Authorizer* authorizer = nullptr;
    // The own organization's record: whose keys sign the heads of its ledgers.
    chapter8::directory::v1::OrganizationRecord own_record;
    Cosigner* witness = nullptr;  // The organization's own, when this node hosts it.
    Alarm alarm;                  // Called on any thread; must not block.
  };
  explicit FederationHandler(Options options);

  grpc::Status Pull(grpc::ServerContext* context,
                    const chapter8::federation::v1::PullRequest* request,
                    chapter8::federation::v1::PullResponse* response) override;

  grpc::Status FetchBody(grpc::ServerContext* context,
                         const chapter8::federation::v1::FetchBodyRequest* request,
                         chapter8::federation::v1::FetchBodyResponse* response) override;

  grpc::Status ProveConsistency(
      grpc::ServerContext* context,
      const chapter8::federation::v1::ProveConsistencyRequest* request,
      chapter8::federation::v1::ProveConsistencyResponse* response) override;

  grpc::Status AddCheckpoint(grpc::ServerContext* context,
                             const chapter8::federation::v1::AddCheckpointRequest* request,
                             chapter8::federation::v1::AddCheckpointResponse* response) override;

  // Lets waiting pulls end; later ones do not wait. For shutdown.
  void Stop() { stop_ = true; }

 private:
  // The hosted ledger. Errors: kNotFound/UNKNOWN_ORIGIN.
  absl::StatusOr<kernel::Runner*> FindRunner(const std::string& origin) const;
  // Remembers a head of the ledger that the caller's witness cosigned. What does not verify is not
  // taken, and the page is given all the same.
  void KeepCosignature(kernel::Runner& runner, absl::string_view trust_domain,
                       const std::string& note) const;
  // Takes a place among those who wait; false when there is none.
  bool Enter(const std::string& trust_domain);
  void Leave(const std::string& trust_domain);

  const Options options_;
  rpc::InFlight proofs_{kProofsPerDomainMax};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;  // Guards the two below.
  int waiting_ = 0;
  std::map<std::string, int> waiting_by_domain_;  // Never zero.
};

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_RPC_FEDERATION_HANDLER_H_
