// ch8: Chapter8's command line for officers. See run.h.

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "clients/cli/run.h"
#include "storage/base/status_macros.h"

namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string ConfigDirectory() {
  const std::string own = Environment("CH8_CONFIG");
  if (!own.empty()) return own;
  const std::string config = Environment("XDG_CONFIG_HOME");
  if (!config.empty()) return config + "/ch8";
  return Environment("HOME") + "/.config/ch8";
}

absl::StatusOr<std::unique_ptr<ch8::client::Transport>> Connect(
    const ch8::client::ChannelOptions& options) {
  ASSIGN_OR_RETURN(auto channel, ch8::client::OpenChannel(options));
  return ch8::client::MakeGrpcTransport(std::move(channel));
}

}  // namespace

int main(int argc, char** argv) {
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);  // What gRPC logs is no message for officers.
  const ch8::SystemClock clock;
  ch8::cli::World world = {.out = std::cout,
                           .err = std::cerr,
                           .in = std::cin,
                           .in_is_terminal = isatty(STDIN_FILENO) == 1,
                           .out_is_terminal = isatty(STDOUT_FILENO) == 1,
                           .err_is_terminal = isatty(STDERR_FILENO) == 1,
                           .no_color = !Environment("NO_COLOR").empty(),
                           .config_directory = ConfigDirectory(),
                           .clock = clock,
                           .sleep = [](absl::Duration delay) { absl::SleepFor(delay); },
                           .connect = Connect};
  return ch8::cli::Run(world, std::vector<std::string>(argv + 1, argv + argc));
}
