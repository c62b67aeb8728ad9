#include "services/node/run.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/node/config.h"
#include "services/node/daemon.h"
#include "services/node/data_folder.h"
#include "services/node/ledger_check.h"
#include "services/node/log_writer.h"

namespace ch8::node {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr absl::Duration kPatience = absl::Seconds(20);

// gRPC's own errors go the way of all others: one line of JSON each. Strangers cause them, with
// every handshake that fails, so only the first few of a second are written.
constexpr int kGrpcLinesPerSecondMax = 10;
LogWriter* grpc_log = nullptr;
void LogGrpc(gpr_log_func_args* arguments) {
  static std::atomic<int64_t> second{0};
  static std::atomic<int> lines{0};
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  if (second.exchange(now) != now) lines = 0;
  if (lines.fetch_add(1) >= kGrpcLinesPerSecondMax) return;
  grpc_log->Event("grpc", {{"message", arguments->message}});
}

int Complain(const absl::Status& status) {
  std::fprintf(stderr, "ch8d: %s\n", std::string(status.message()).c_str());
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailed;
}

// The signals that end the daemon are taken by the main thread alone.
sigset_t BlockSignals() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return ending;
}

int Run(const Config& config, const std::vector<Module>& modules) {
  const sigset_t ending = BlockSignals();
  umask(0077);
  LogWriter log(STDOUT_FILENO);
  grpc_log = &log;
  gpr_set_log_function(LogGrpc);
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
  google::protobuf::SetLogHandler(nullptr);

  std::atomic<bool> failed{false};
  const auto on_failed = [&failed](const absl::Status&) {
    failed = true;
    kill(getpid(), SIGTERM);
  };
  absl::StatusOr<std::unique_ptr<Daemon>> daemon =
      Daemon::Start(config, modules, {.log = &log, .on_failed = on_failed});
  int exit_code = 0;
  if (daemon.ok()) {
    int signal_number = 0;
    sigwait(&ending, &signal_number);
    log.Event("stopping", {{"signal", absl::StrCat(signal_number)}});
    (*daemon)->Stop(failed ? absl::Seconds(2) : kPatience);
    daemon->reset();
    log.Event("stopped");
    exit_code = failed ? kExitFailed : 0;
  } else {
    exit_code = Complain(daemon.status());
  }
  gpr_set_log_function(nullptr);
  return exit_code;
}

std::string LineOf(const LedgerReport& report) {
  if (report.difference.has_value()) {
    return absl::StrCat("DIFFERS ", report.origin, ": ", *report.difference, "\n");
  }
  return absl::StrCat("agrees  ", report.origin, ": ", report.size, " entries, ", report.rows,
                      " rows, root ", report.root.ToHex(), "\n");
}

// Names a difference and goes on with the next ledger.
int RunFsck(const Config& config, const std::vector<Module>& modules) {
  if (!std::filesystem::exists(config.data)) {
    return Complain(absl::NotFoundError(config.data + " does not exist"));
  }
  const absl::StatusOr<std::unique_ptr<DataFolder>> data = DataFolder::Hold(config.data);
  if (!data.ok()) return Complain(data.status());
  int exit_code = 0;
  for (const Module& module : modules) {
    const bool named = absl::c_linear_search(config.services, module.service);
    if (!named && !config.services.empty()) continue;
    const absl::StatusOr<LedgerReport> report = CheckLedger(module, config.data);
    if (absl::IsNotFound(report.status()) && !named) continue;
    if (!report.ok()) {
      exit_code = Complain(report.status());
      continue;
    }
    if (report->difference.has_value()) exit_code = kExitFailed;
    std::fputs(LineOf(*report).c_str(), stdout);
  }
  return exit_code;
}

}  // namespace

int RunNode(const std::vector<std::string>& arguments, const std::vector<Module>& modules) {
  const absl::StatusOr<Config> config = ParseConfig(arguments);
  if (!config.ok()) return Complain(config.status());
  if (config->wish == Config::Wish::kHelp) {
    std::fputs(HelpText().c_str(), stdout);
    return 0;
  }
  if (config->wish == Config::Wish::kFsck) return RunFsck(*config, modules);
  return Run(*config, modules);
}

}  // namespace ch8::node
