#include "services/node/metrics_server.h"

#include <httplib.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/node/config.h"
#include "storage/base/status_macros.h"

namespace ch8::node {
namespace {

constexpr size_t kThreads = 2;
constexpr time_t kTimeoutSeconds = 2;
constexpr size_t kRequestSizeMax = 4096;

}  // namespace

MetricsServer::MetricsServer() : server_(std::make_unique<httplib::Server>()) {}

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const std::string& address, std::function<std::string()> render) {
  ASSIGN_OR_RETURN(const HostAndPort wanted, ParseHostAndPort(address));
  std::unique_ptr<MetricsServer> started(new MetricsServer());
  httplib::Server& server = *started->server_;
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  // The library's default lets two processes share a port, each taking some of the questions.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  server.set_keep_alive_max_count(1);
  server.set_read_timeout(kTimeoutSeconds);
  server.set_write_timeout(kTimeoutSeconds);
  server.set_payload_max_length(kRequestSizeMax);
  server.Get("/metrics",
             [render = std::move(render)](const httplib::Request&, httplib::Response& response) {
               response.set_content(render(), "text/plain; version=0.0.4");
             });
  int port = wanted.port;
  if (port == 0) {
    port = server.bind_to_any_port(wanted.host);
  } else if (!server.bind_to_port(wanted.host, port)) {
    port = -1;
  }
  if (port <= 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address, " for metrics"));
  }
  started->target_ = absl::StrCat(wanted.host, ":", port);
  started->thread_ = std::thread([&server] { server.listen_after_bind(); });
  // A server that is stopped before it runs would run for ever.
  while (!server.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return started;
}

MetricsServer::~MetricsServer() {
  server_->stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace ch8::node
