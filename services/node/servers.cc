#include "services/node/servers.h"

#include <grpc/grpc.h>
#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/server_interceptor.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "services/node/config.h"
#include "storage/base/status_macros.h"

namespace ch8::node {
namespace {

constexpr int kMetadataSizeMax = 16 * 1024;
constexpr int kHandshakeMs = 10'000;
constexpr int kConnectionAgeMs = 30 * 60 * 1000;
constexpr int kConnectionAgeGraceMs = 60 * 1000;
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
constexpr int kClientPingMs = 20'000;
constexpr int kStreamsMax = 256;

// Linking gRPC's reflection makes every server of the process reflect; this one does not.
class WithoutPlugins final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->clear();
  }
};

// How long a client may take to read its last answer before its connection is closed.
constexpr absl::Duration kHangUpAfter = absl::Milliseconds(200);

// Alive as long as its call, which ends when its status has been handed to the connection.
class CallCount final : public grpc::experimental::Interceptor {
 public:
  explicit CallCount(std::shared_ptr<std::atomic<int>> calls) : calls_(std::move(calls)) {
    ++*calls_;
  }
  ~CallCount() override { --*calls_; }
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    methods->Proceed();
  }

 private:
  const std::shared_ptr<std::atomic<int>> calls_;
};

class CallCountFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit CallCountFactory(std::shared_ptr<std::atomic<int>> calls) : calls_(std::move(calls)) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo*) override {
    return new CallCount(calls_);
  }

 private:
  const std::shared_ptr<std::atomic<int>> calls_;
};

void StopServer(const RunningServer& running, absl::Duration patience) {
  const auto deadline = std::chrono::system_clock::now() + absl::ToChronoMilliseconds(patience);
  std::future<void> ended =
      std::async(std::launch::async, [&running, deadline] { running.server->Shutdown(deadline); });
  // Twice without a call: one may have been on its way when the server said goodbye.
  int quiet = 0;
  while (ended.wait_for(absl::ToChronoMilliseconds(kHangUpAfter)) != std::future_status::ready) {
    quiet = *running.calls_under_way == 0 ? quiet + 1 : 0;
    if (quiet >= 2) grpc_server_cancel_all_calls(running.server->c_server());
  }
}

void SetLimits(grpc::ServerBuilder& builder, int message_size_max) {
  builder.SetMaxReceiveMessageSize(message_size_max);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataSizeMax);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, kConnectionAgeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, kConnectionAgeGraceMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kClientPingMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsMax);
  // Two daemons must not share a port by accident, each taking some of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

// Where a client on this machine finds a server bound to `host`.
std::string Reachable(const std::string& host) {
  if (host == "0.0.0.0" || host == "::") return "127.0.0.1";
  return host.find(':') == std::string::npos ? host : absl::StrCat("[", host, "]");
}

std::vector<std::string> ServiceNames(const Module& module) {
  std::vector<std::string> names;
  for (const std::string& path : module.proto_files) {
    const auto* file = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(path);
    for (int i = 0; file != nullptr && i < file->service_count(); ++i) {
      names.push_back(file->service(i)->full_name());
    }
  }
  return names;
}

}  // namespace

absl::StatusOr<RunningServer> StartNetworkServer(const NetworkServerOptions& options) {
  ASSIGN_OR_RETURN(const HostAndPort wanted, ParseHostAndPort(options.address));
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(options.address, options.credentials, &port);
  SetLimits(builder, options.message_size_max);
  builder.SetOption(std::make_unique<WithoutPlugins>());
  builder.SetOption(std::make_unique<grpc::HealthCheckServiceServerBuilderOption>(nullptr));
  if (options.generic != nullptr) builder.RegisterCallbackGenericService(options.generic);
  for (grpc::Service* service : options.services) builder.RegisterService(service);
  const auto calls = std::make_shared<std::atomic<int>>(0);
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<CallCountFactory>(calls));
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
  RunningServer running;
  running.calls_under_way = calls;
  running.server = builder.BuildAndStart();
  if (running.server == nullptr || port == 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", options.address));
  }
  running.target = absl::StrCat(Reachable(wanted.host), ":", port);
  return running;
}

void StopServers(const std::vector<const RunningServer*>& servers, absl::Duration patience) {
  std::vector<std::thread> threads;
  for (const RunningServer* running : servers) {
    if (running->server == nullptr) continue;
    threads.emplace_back([running, patience] { StopServer(*running, patience); });
  }
  for (std::thread& thread : threads) thread.join();
}

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(
    const std::string& socket_path, const std::vector<const Module*>& modules) {
  if (socket_path.size() >= sizeof(sockaddr_un{}.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat("--admin-socket: a socket's path has at most ",
                                                   sizeof(sockaddr_un{}.sun_path) - 1, " bytes; ",
                                                   socket_path, " has ", socket_path.size()));
  }
  std::unique_ptr<AdminServer> admin(new AdminServer());
  admin->socket_path_ = socket_path;
  admin->names_ = {"", "chapter8.ledger.v1.AdministrationService",
                   "chapter8.ledger.v1.HistoryService", "chapter8.ledger.v1.LedgerService"};
  admin->stubs_ = MakeLedgerStubs();
  for (const Module* module : modules) {
    for (std::string& name : ServiceNames(*module)) admin->names_.push_back(std::move(name));
    for (std::unique_ptr<grpc::Service>& stub : module->make_stubs()) {
      admin->stubs_.push_back(std::move(stub));
    }
  }
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("unix:", socket_path), grpc::InsecureServerCredentials());
  for (const std::unique_ptr<grpc::Service>& stub : admin->stubs_) {
    builder.RegisterService(stub.get());
  }
  admin->server_ = builder.BuildAndStart();
  if (admin->server_ == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot listen on unix:", socket_path));
  }
  admin->SetServing(Serving::kNo);
  return admin;
}

AdminServer::~AdminServer() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  ::unlink(socket_path_.c_str());
}

void AdminServer::SetServing(Serving serving) {
  for (const std::string& name : names_) {
    server_->GetHealthCheckService()->SetServingStatus(name, serving == Serving::kYes);
  }
}

void AdminServer::SetServing(const Module& module, Serving serving) {
  for (const std::string& name : ServiceNames(module)) {
    server_->GetHealthCheckService()->SetServingStatus(name, serving == Serving::kYes);
  }
}

}  // namespace ch8::node
