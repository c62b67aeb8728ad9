#ifndef CH8_SERVICES_NODE_DAEMON_H_
#define CH8_SERVICES_NODE_DAEMON_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/federation/rpc/cosigner.h"
#include "services/federation/rpc/deposit_handler.h"
#include "services/federation/rpc/federation_handler.h"
#include "services/federation/rpc/feeds.h"
#include "services/node/config.h"
#include "services/node/data_folder.h"
#include "services/node/deposit_keeper.h"
#include "services/node/disk_guard.h"
#include "services/node/exercise_clock.h"
#include "services/node/kept_deposits.h"
#include "services/node/ledger_home.h"
#include "services/node/log_writer.h"
#include "services/node/metrics.h"
#include "services/node/metrics_server.h"
#include "services/node/modules.h"
#include "services/node/peer_vouching.h"
#include "services/node/scrubber.h"
#include "services/node/servers.h"
#include "services/node/trust_follower.h"
#include "services/rpc/authorizer.h"
#include "services/rpc/edge.h"
#include "services/rpc/method_table.h"
#include "services/trust/trust_bundles.h"

namespace ch8::node {

// One organization's node: its ledgers, and the servers in front of them.
//
//   officers    generic edge over mutual TLS          services/rpc
//   federation  other organizations' nodes, and feeds from them  services/federation
//   admin       health and reflection on a UNIX socket
//   metrics     Prometheus on loopback
//
// Start() opens the ledgers, then the servers, then says where they are in <data>/endpoints.json;
// until then, and from Stop() on, health says NOT_SERVING. Killing the process at any instant is
// safe; stopping it is kinder to those who wait for an answer.
//
// Thread safety: none; one thread starts and stops it.
class Daemon {
 public:
  struct Hooks {
    LogWriter* log = nullptr;  // Outlives the daemon.
    // A ledger has stopped for good; stop the daemon and exit with 1. Called on any thread, maybe
    // more than once; must not block.
    std::function<void(const absl::Status& why)> on_failed;
  };

  // Hosts those of `modules`, which outlive the daemon, that the configuration names, or all.
  //
  // Errors: kInvalidArgument for what the command line can mend; kUnavailable when the data folder
  // is another daemon's or a port is taken; those of NodeFolder, LedgerHome and trust.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(const Config& config,
                                                       const std::vector<Module>& modules,
                                                       const Hooks& hooks);

  // Refuses new calls, lets those under way end within `patience`, closes the ledgers.
  void Stop(absl::Duration patience);
  // Stop() with a second's patience, if that has not been done.
  ~Daemon();

 private:
  Daemon(const Config& config, const Hooks& hooks) : config_(config), hooks_(hooks) {}

  // The stages of a start, in order.
  absl::Status OpenLedgers();
  absl::Status RebuildLost();
  absl::StatusOr<Exercise> OpenExisting(std::vector<const Module*>& missing);
  absl::Status FitRebuilt();
  absl::Status ServeLedgers();
  absl::Status FollowTrust();
  absl::Status StartOfficers();
  absl::Status StartFederation();
  absl::Status StartDeposits();
  void DepositsChanged(const std::string& origin, const absl::Status& status);
  void FeedChanged(const std::string& reader, const std::string& origin,
                   const absl::Status& status);
  void StartVouching();
  void Contradicted(const std::string& origin, const absl::Status& why);
  void StartScrubber();
  void ShowBarred();
  absl::Status StartWitness();
  absl::Status StartMetrics();
  absl::Status WriteEndpoints() const;

  // To the federation port at `target`, which must be of `trust_domain`.
  static constexpr int kAnswerSizeMax = 4 * 1024 * 1024;
  absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(
      const std::string& trust_domain, const std::string& target,
      int answer_size_max = kAnswerSizeMax) const;
  LedgerHome* Find(absl::string_view service) const;
  // The ledger whose facts the node itself goes by.
  LedgerHome& FactsHome() const;
  std::string RenderMetrics() const;

  const Config config_;
  const Hooks hooks_;
  NodeFolder folder_;
  std::vector<const Module*> modules_;
  std::unique_ptr<DataFolder> data_;
  std::unique_ptr<AdminServer> admin_;
  std::unique_ptr<ExerciseClock> clock_;
  std::vector<std::unique_ptr<LedgerHome>> homes_;
  std::shared_ptr<trust::TrustBundles> bundles_;
  std::shared_ptr<grpc::ServerCredentials> credentials_;
  std::unique_ptr<TrustFollower> trust_;
  std::unique_ptr<rpc::Authorizer> authorizer_;
  std::unique_ptr<DiskGuard> disk_;
  std::unique_ptr<rpc::MethodTable> methods_;
  std::unique_ptr<CallCounters> counters_;
  std::unique_ptr<rpc::CallLog> call_log_;
  std::unique_ptr<rpc::Edge> edge_;
  std::unique_ptr<federation::Cosigner> witness_;  // The own organization's.
  std::unique_ptr<federation::FederationHandler> federation_handler_;
  std::unique_ptr<KeptDeposits> kept_deposits_;
  std::unique_ptr<federation::DepositHandler> deposit_handler_;
  RunningServer officers_;
  RunningServer federation_;
  std::unique_ptr<DepositKeeper> deposit_keeper_;
  std::vector<std::unique_ptr<federation::Feeds>> feeds_;
  std::unique_ptr<PeerVouching> vouching_;
  std::unique_ptr<Scrubber> scrubber_;
  std::unique_ptr<MetricsServer> metrics_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_DAEMON_H_
