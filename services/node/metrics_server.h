#ifndef CH8_SERVICES_NODE_METRICS_SERVER_H_
#define CH8_SERVICES_NODE_METRICS_SERVER_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

namespace httplib {
class Server;
}  // namespace httplib

namespace ch8::node {

// The one plaintext port of a node: GET /metrics over HTTP/1.1 on loopback, and nothing else.
//
// Thread safety: Start() and the destructor on one thread; `render` is called on others.
class MetricsServer {
 public:
  // `address` is a loopback HOST:PORT; `render` makes the text in the Prometheus format.
  // Errors: kInvalidArgument; kUnavailable when the port is taken.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(const std::string& address,
                                                              std::function<std::string()> render);
  ~MetricsServer();

  // host:port, as bound.
  const std::string& target() const { return target_; }

 private:
  MetricsServer();

  const std::unique_ptr<httplib::Server> server_;
  std::string target_;
  std::thread thread_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_METRICS_SERVER_H_
