#ifndef CH8_SERVICES_NODE_TEST_DAEMON_H_
#define CH8_SERVICES_NODE_TEST_DAEMON_H_

#include <grpcpp/channel.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

// For tests that run the real ch8d as a process of its own.
namespace ch8::node::testing {

// An organization's home with the administrators "okoye" (person 1001) and "mensah" (1002), made in
// `directory`, which must not exist. Returns `directory`.
std::string MakeHome(const std::string& directory, const std::string& organization,
                     const std::string& trust_domain);

// One run of ch8d.
class TestDaemon {
 public:
  struct Options {
    std::string home;  // As MakeHome() returns it.
    std::string data;
    std::vector<std::string> flags = {};
  };
  // Starts the program; its output goes to <data>.log.
  explicit TestDaemon(const Options& options);
  // Kills it if it still runs.
  ~TestDaemon();
  TestDaemon(const TestDaemon&) = delete;
  TestDaemon& operator=(const TestDaemon&) = delete;

  // Waits until it serves. False when it ended instead.
  bool AwaitServing();
  // Sends a signal and waits for the end. The exit code, or minus the signal that killed it.
  int End(int signal);
  // Waits for the end.
  int Await();

  pid_t pid() const { return pid_; }
  std::string Log() const;
  // A field of endpoints.json.
  std::string Endpoint(const std::string& name) const;

  // A channel to the officers' server as one of the home's officers, and one to the admin socket.
  std::shared_ptr<grpc::Channel> AsOfficer(const std::string& officer) const;
  std::shared_ptr<grpc::Channel> Admin() const;

 private:
  const Options options_;
  pid_t pid_ = -1;
};

}  // namespace ch8::node::testing

#endif  // CH8_SERVICES_NODE_TEST_DAEMON_H_
