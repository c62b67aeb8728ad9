#ifndef CH8_SERVICES_NODE_CONFIG_H_
#define CH8_SERVICES_NODE_CONFIG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace ch8::node {

// How a daemon is started: its command line.
struct Config {
  enum class Wish { kRun, kHelp, kFsck };
  Wish wish = Wish::kRun;

  std::string home;                               // The node folder that `ch8 org init` wrote.
  std::string data;                               // Ledgers, lock, endpoints; the daemon's own.
  std::vector<std::string> services;              // Empty: all there are.
  std::string listen = "127.0.0.1:0";             // Officers.
  std::string federation_listen = "127.0.0.1:0";  // Other organizations' nodes.
  std::string metrics_listen = "127.0.0.1:0";     // Loopback only: it is plain HTTP.
  std::string admin_socket;                       // Default: <data>/admin.sock.
  std::string boot_markers = "/dev/shm/chapter8";
  std::optional<absl::Time> exercise_clock;  // First start only.
  absl::Duration exercise_ahead;             // Added to an exercise node's clock.
  uint64_t disk_reserve_bytes = 256ull << 20;
  size_t calls_per_caller_max = 64;
  std::vector<std::string> deposit_with;  // Trust domains that keep copies of this node's ledgers.
  uint64_t keep_deposits_bytes = 1024ull << 20;  // Of one organization; 0: none are kept.
};

// Reads "--flag value" and "--flag=value". Errors: kInvalidArgument, naming the flag and what it
// wants.
absl::StatusOr<Config> ParseConfig(const std::vector<std::string>& arguments);

// What `ch8d --help` prints.
std::string HelpText();

// A "host:port" in its parts; the port may be 0. Errors: kInvalidArgument.
struct HostAndPort {
  std::string host;
  uint16_t port = 0;
};
absl::StatusOr<HostAndPort> ParseHostAndPort(absl::string_view text);

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_CONFIG_H_
