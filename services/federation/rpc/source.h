#ifndef CH8_SERVICES_FEDERATION_RPC_SOURCE_H_
#define CH8_SERVICES_FEDERATION_RPC_SOURCE_H_

#include <grpcpp/channel.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "chapter8/federation/v1/federation_service.grpc.pb.h"
#include "chapter8/federation/v1/federation_service.pb.h"
#include "services/kernel/runner.h"

namespace ch8::federation {

// A ledger to read from: in this process, or over the network. What it answers is believed only
// after verification, wherever it comes from.
//
// Implementations: LocalSource, RemoteSource.
// Thread safety: Cancel() is called from any thread, all else by one.
class Source {
 public:
  virtual ~Source() = default;

  // One page (federation_service.proto). Waits up to the request's wait_ms for news.
  // Errors: those of the rpc; kUnavailable and kDeadlineExceeded are worth a retry.
  virtual absl::StatusOr<chapter8::federation::v1::PullResponse> Pull(
      const chapter8::federation::v1::PullRequest& request) = 0;

  // The bytes that the ledger `origin` holds for `digest`, not verified. A source without bodies
  // has none. Errors: those of the rpc; kUnavailable and kDeadlineExceeded are worth a retry, and
  // so is kNotFound: the body may come later.
  virtual absl::StatusOr<std::string> FetchBody(const std::string&, const Hash&) {
    return absl::NotFoundError("this source has no bodies");
  }

  // The RFC 6962 consistency proof between two sizes of the ledger `origin`, raw hashes, not
  // verified. Errors: those of the rpc; kUnavailable and kDeadlineExceeded are worth a retry.
  virtual absl::StatusOr<std::vector<std::string>> ProveConsistency(const std::string&, uint64_t,
                                                                    uint64_t) {
    return absl::UnimplementedError("this source gives no proofs");
  }

  // Makes a waiting call and all later ones return kCancelled soon.
  virtual void Cancel() = 0;
};

// Answers a pull from a ledger of this process for `caller` (a trust domain); the server's handler
// and LocalSource both are this. While it waits it asks `cancelled` a few times a second.
absl::StatusOr<chapter8::federation::v1::PullResponse> ServePull(
    kernel::Runner& runner, absl::string_view caller,
    const chapter8::federation::v1::PullRequest& request, const std::function<bool()>& cancelled);

// A ledger of the same node.
class LocalSource final : public Source {
 public:
  // `runner` must outlive this. `caller` is the node's own trust domain.
  LocalSource(kernel::Runner& runner, std::string caller)
      : runner_(runner), caller_(std::move(caller)) {}

  absl::StatusOr<chapter8::federation::v1::PullResponse> Pull(
      const chapter8::federation::v1::PullRequest& request) override;
  void Cancel() override { cancelled_ = true; }

 private:
  kernel::Runner& runner_;
  const std::string caller_;
  std::atomic<bool> cancelled_{false};
};

// A ledger of another node.
class RemoteSource final : public Source {
 public:
  // `channel` authenticates both ends (services/trust/tls.h).
  explicit RemoteSource(std::shared_ptr<grpc::Channel> channel);

  absl::StatusOr<chapter8::federation::v1::PullResponse> Pull(
      const chapter8::federation::v1::PullRequest& request) override;
  absl::StatusOr<std::string> FetchBody(const std::string& origin, const Hash& digest) override;
  absl::StatusOr<std::vector<std::string>> ProveConsistency(const std::string& origin,
                                                            uint64_t old_size,
                                                            uint64_t new_size) override;
  void Cancel() override;

 private:
  // Runs `call` under a deadline `patience` away, so that Cancel() can end it.
  absl::Status Call(absl::Duration patience,
                    const std::function<grpc::Status(grpc::ClientContext&)>& call);

  std::unique_ptr<chapter8::federation::v1::FederationService::Stub> stub_;
  std::mutex mutex_;  // Guards the two below.
  grpc::ClientContext* running_ = nullptr;
  bool cancelled_ = false;
};

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_RPC_SOURCE_H_
