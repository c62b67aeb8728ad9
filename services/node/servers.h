#ifndef CH8_SERVICES_NODE_SERVERS_H_
#define CH8_SERVICES_NODE_SERVERS_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/node/modules.h"

namespace ch8::node {

// A gRPC server that listens.
struct RunningServer {
  std::unique_ptr<grpc::Server> server;
  std::string target;  // host:port, with the port that was bound.
  std::shared_ptr<const std::atomic<int>> calls_under_way;
};

// A server for the network: mutual TLS, bounded connections, no health or reflection service of
// gRPC's own, for those answer without asking who calls.
struct NetworkServerOptions {
  std::string address;  // HOST:PORT.
  std::shared_ptr<grpc::ServerCredentials> credentials;
  int message_size_max = 0;
  grpc::CallbackGenericService* generic = nullptr;  // Optional; these outlive the server.
  std::vector<grpc::Service*> services = {};
};
// Errors: kUnavailable when the address cannot be bound.
absl::StatusOr<RunningServer> StartNetworkServer(const NetworkServerOptions& options);

// Stops servers side by side, so that none uses up the patience of the next. New calls are refused,
// those under way may end within `patience`; connections on which nothing is under way are closed
// soon, for gRPC would wait up to 20 s until each idle client has noticed. Returns when all ended.
void StopServers(const std::vector<const RunningServer*>& servers, absl::Duration patience);

// The administrator's server, on a UNIX socket that only the node's own user can open: health of
// each service, and reflection of their definitions. It answers nothing else.
//
// Thread safety: any thread.
class AdminServer {
 public:
  enum class Serving { kNo, kYes };

  // Starts with every service not serving. Errors: kInvalidArgument when the path is too long for a
  // socket; kUnavailable when it cannot be bound.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(
      const std::string& socket_path, const std::vector<const Module*>& modules);
  ~AdminServer();

  // Of all services and the node.
  void SetServing(Serving serving);
  // Of one module's services.
  void SetServing(const Module& module, Serving serving);

 private:
  AdminServer() = default;

  std::vector<std::unique_ptr<grpc::Service>> stubs_;
  std::vector<std::string> names_;  // Of the services, and "" for the node.
  std::string socket_path_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_SERVERS_H_
