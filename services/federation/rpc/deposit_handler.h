#ifndef CH8_SERVICES_FEDERATION_RPC_DEPOSIT_HANDLER_H_
#define CH8_SERVICES_FEDERATION_RPC_DEPOSIT_HANDLER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "chapter8/federation/v1/deposit_service.grpc.pb.h"
#include "services/federation/rpc/depositor.h"
#include "services/rpc/authorizer.h"
#include "services/rpc/in_flight.h"

namespace ch8::federation {

// Serves deposits to other organizations' nodes: to keepers the next piece of this node's ledgers,
// to depositors what is kept of theirs.
//
// Thread safety: gRPC calls the handler from its own threads; at most kCallsPerDomainMax of one
// trust domain are under way.
class DepositHandler final : public chapter8::federation::v1::DepositService::Service {
 public:
  static constexpr size_t kCallsPerDomainMax = 16;

  struct Options {
    const rpc::Authorizer* authorizer = nullptr;         // All pointers outlive the handler.
    std::map<std::string, const Depositor*> depositors;  // By origin.
    std::set<std::string> keepers;  // Trust domains that this node deposits with.
    // What is kept of the ledger `origin`, from deposit number `after_count` on.
    // Errors: kNotFound when nothing is; those of reading.
    std::function<absl::StatusOr<chapter8::federation::v1::FetchDepositsResponse>(
        const std::string& origin, uint64_t after_count)>
        kept;
  };
  explicit DepositHandler(Options options) : options_(std::move(options)) {}

  grpc::Status GetDeposit(grpc::ServerContext* context,
                          const chapter8::federation::v1::GetDepositRequest* request,
                          chapter8::federation::v1::GetDepositResponse* response) override;

  grpc::Status FetchDeposits(grpc::ServerContext* context,
                             const chapter8::federation::v1::FetchDepositsRequest* request,
                             chapter8::federation::v1::FetchDepositsResponse* response) override;

  // How much of each ledger each keeper says it has, complete, since this node started: by origin
  // and the keeper's trust domain.
  std::map<std::pair<std::string, std::string>, uint64_t> deposited() const;

 private:
  const Options options_;
  rpc::InFlight calls_{kCallsPerDomainMax};
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, uint64_t> deposited_;  // Guarded by mutex_.
};

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_RPC_DEPOSIT_HANDLER_H_
