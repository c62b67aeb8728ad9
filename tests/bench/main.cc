#include <sys/statfs.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/exports.h"
#include "tests/bench/footprint.h"
#include "tests/bench/growth.h"
#include "tests/bench/proofs.h"
#include "tests/bench/target.h"
#include "tests/bench/transfers.h"

// ch8-bench: what a node of this build does on this machine, checked as it is measured.
namespace ch8::bench {
namespace {

constexpr int kExitFailed = 1;

struct Arguments {
  TransfersOptions transfers;
  uint32_t footprint_transfers = 20;
  ProofsOptions proofs;
  GrowthOptions growth;
  ExportsOptions exports;
  double seconds = 10;
  std::string transport = "inproc";
  std::string output = "text";
  std::string directory;
};

// A folder that goes away with what is in it.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::string& parent) : path_(parent + "/ch8-bench-XXXXXX") {
    made_ = mkdtemp(path_.data()) != nullptr;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (made_) std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  bool made() const { return made_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool made_ = false;
};

std::string FileSystemOf(const std::string& path) {
  struct statfs found {};
  if (statfs(path.c_str(), &found) != 0) return "unknown";
  switch (static_cast<uint32_t>(found.f_type)) {
    case 0xEF53:
      return "ext4";
    case 0x58465342:
      return "xfs";
    case 0x9123683E:
      return "btrfs";
    case 0x794C7630:
      return "overlay";
    case 0x01021994:
      return "tmpfs";  // Syncs cost nothing there: no figure to quote.
    default:
      return absl::StrCat("0x", absl::Hex(static_cast<uint32_t>(found.f_type)));
  }
}

nlohmann::ordered_json ToJson(const TransfersResult& result, const Arguments& arguments,
                              const std::string& directory) {
  const auto rounded = [](double value) { return static_cast<int64_t>(value * 1'000 + 0.5) / 1e3; };
  const auto milliseconds = [&](absl::Duration duration) {
    return rounded(absl::ToDoubleMilliseconds(duration));
  };
  return {{"transfers_per_second", static_cast<int64_t>(result.transfers_per_second())},
          {"p50_ms", milliseconds(result.batches.p50)},
          {"p99_ms", milliseconds(result.batches.p99)},
          {"batch", arguments.transfers.batch},
          {"callers", arguments.transfers.callers},
          {"seconds", rounded(absl::ToDoubleSeconds(result.elapsed))},
          {"transport", arguments.transport},
          {"accounts", arguments.transfers.accounts},
          {"skew", arguments.transfers.skew},
          {"beside", arguments.transfers.beside},
          {"beside_requests", result.beside.count},
          {"beside_p50_ms", milliseconds(result.beside.p50)},
          {"beside_p99_ms", milliseconds(result.beside.p99)},
          {"two_phase", arguments.transfers.two_phase},
          {"queries", result.queries.count},
          {"queries_p50_ms", milliseconds(result.queries.p50)},
          {"queries_p99_ms", milliseconds(result.queries.p99)},
          {"requests", result.batches.count},
          {"acknowledged", result.acknowledged},
          {"read_back", result.read_back},
          {"entries", result.entries},
          {"root", result.root},
          {"checks", "ok"},
          {"cores", std::thread::hardware_concurrency()},
          {"build", CH8_BUILD_TYPE},
          {"file_system", FileSystemOf(directory)}};
}

// One object in JSON, or a line for each figure.
int Show(const nlohmann::ordered_json& figures, const std::string& output) {
  if (output == "json") {
    std::puts(figures.dump().c_str());
    return 0;
  }
  for (const auto& [name, value] : figures.items()) {
    std::printf("%-24s %s\n", name.c_str(), value.dump().c_str());
  }
  return 0;
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "ch8-bench: %s\n", std::string(status.message()).c_str());
  return kExitFailed;
}

absl::Status NoFolder(const std::string& parent) {
  return absl::UnavailableError("no folder can be made in " + parent);
}

absl::StatusOr<std::unique_ptr<Target>> MakeTarget(const Arguments& arguments,
                                                   const std::string& directory) {
  const bool streams = arguments.transport == "stream";
  const TargetOptions options{
      .directory = directory,
      .callers =
          arguments.transfers.callers + arguments.transfers.beside + arguments.transfers.queries,
      .way = streams ? TargetOptions::Way::kStream : TargetOptions::Way::kCalls};
  return arguments.transport == "inproc" ? MakeInprocTarget(options) : MakeMtlsTarget(options);
}

void PrintRequests(const char* which, const TransfersResult::Requests& requests) {
  if (requests.count == 0) return;
  std::printf("%s: %llu requests   p50 %.2f ms   p99 %.2f ms\n", which,
              static_cast<unsigned long long>(requests.count),
              absl::ToDoubleMilliseconds(requests.p50), absl::ToDoubleMilliseconds(requests.p99));
}

int Transfers(const Arguments& arguments) {
  const ScratchFolder folder(arguments.directory);
  if (!folder.made()) return Fail(NoFolder(arguments.directory));
  if (arguments.transport == "stream" && arguments.transfers.beside > 0) {
    return Fail(absl::InvalidArgumentError("in a stream nobody is beside the callers"));
  }
  auto target = MakeTarget(arguments, folder.path());
  const auto result = target.ok() ? RunTransfers(**target, arguments.transfers) : target.status();
  if (!result.ok()) return Fail(result.status());
  if (arguments.output == "json") {
    std::puts(ToJson(*result, arguments, folder.path()).dump().c_str());
  } else {
    std::printf("%.0f transfers/s   p50 %.2f ms   p99 %.2f ms   %llu rows, all read back\n",
                result->transfers_per_second(), absl::ToDoubleMilliseconds(result->batches.p50),
                absl::ToDoubleMilliseconds(result->batches.p99),
                static_cast<unsigned long long>(result->acknowledged));
    PrintRequests("beside, of one row", result->beside);
    PrintRequests("queries", result->queries);
  }
  return 0;
}

int ShowGrowth(const Arguments& arguments) {
  const ScratchFolder folder(arguments.directory);
  if (!folder.made()) return Fail(NoFolder(arguments.directory));
  GrowthOptions options = arguments.growth;
  options.transfers = arguments.transfers;
  options.transfers.duration = absl::InfiniteDuration();
  auto target = MakeTarget(arguments, folder.path());
  const auto result = target.ok() ? MeasureGrowth(**target, options) : target.status();
  if (!result.ok()) return Fail(result.status());
  return Show({{"entries", result->posted.entries},
               {"accounts", options.transfers.accounts},
               {"rows_per_second_by_tenths", result->rows_per_second},
               {"resident_mib", result->resident_bytes >> 20},
               {"disk_bytes_per_entry", result->disk_bytes_per_entry},
               {"reopen_ms", absl::ToInt64Milliseconds(result->reopen)},
               {"proof_p50_us", absl::ToInt64Microseconds(result->proof_p50)},
               {"proof_p99_us", absl::ToInt64Microseconds(result->proof_p99)},
               {"checks", "ok"},
               {"transport", arguments.transport},
               {"build", CH8_BUILD_TYPE},
               {"file_system", FileSystemOf(folder.path())}},
              arguments.output);
}

int ShowFootprint(const Arguments& arguments) {
  const absl::StatusOr<Footprint> footprint = MeasureFootprint(arguments.footprint_transfers);
  if (!footprint.ok()) return Fail(footprint.status());
  return Show({{"start_ms", absl::ToInt64Milliseconds(footprint->start)},
               {"idle_memory_mib", footprint->idle_memory_bytes >> 20},
               {"disk_bytes_per_entry", footprint->disk_bytes_per_entry},
               {"wire_bytes_to_receiver", footprint->wire_bytes_to_receiver},
               {"wire_bytes_to_giver", footprint->wire_bytes_to_giver},
               {"transfers", footprint->transfers},
               {"build", CH8_BUILD_TYPE}},
              arguments.output);
}

int ShowProofs(const Arguments& arguments) {
  const ScratchFolder folder(arguments.directory);
  if (!folder.made()) return Fail(NoFolder(arguments.directory));
  ProofsOptions options = arguments.proofs;
  options.directory = folder.path();
  const absl::StatusOr<Proofs> proofs = MeasureProofs(options);
  if (!proofs.ok()) return Fail(proofs.status());
  return Show({{"entries", options.entries},
               {"write_s", absl::ToInt64Seconds(proofs->write)},
               {"open_ms", absl::ToInt64Milliseconds(proofs->open)},
               {"first_proof_us", absl::ToInt64Microseconds(proofs->first)},
               {"proof_p50_us", absl::ToInt64Microseconds(proofs->p50)},
               {"proof_p99_us", absl::ToInt64Microseconds(proofs->p99)},
               {"disk_bytes_per_entry", proofs->disk_bytes_per_entry},
               {"build", CH8_BUILD_TYPE},
               {"file_system", FileSystemOf(folder.path())}},
              arguments.output);
}

int ShowExports(const Arguments& arguments) {
  const ScratchFolder folder(arguments.directory);
  if (!folder.made()) return Fail(NoFolder(arguments.directory));
  ExportsOptions options = arguments.exports;
  options.directory = folder.path();
  const absl::StatusOr<Exports> exports = MeasureExports(options);
  if (!exports.ok()) return Fail(exports.status());
  return Show({{"entries", exports->entries},
               {"export_ms", absl::ToInt64Milliseconds(exports->write)},
               {"verify_ms", absl::ToInt64Milliseconds(exports->verify)},
               {"bytes_per_entry", exports->bytes / exports->entries},
               {"verdict", "verified"},
               {"build", CH8_BUILD_TYPE},
               {"file_system", FileSystemOf(folder.path())}},
              arguments.output);
}

// Programs of this build are found beside this one.
void PointAtOwnPrograms() {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  setenv("CH8_BIN", self.c_str(), 0);
}

void AddOutput(CLI::App& command, Arguments& arguments) {
  command.add_option("-o,--output", arguments.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

void AddOutputAndDirectory(CLI::App& command, Arguments& arguments) {
  AddOutput(command, arguments);
  command.add_option("--directory", arguments.directory, "where the temporary folder is made")
      ->capture_default_str();
}

void AddTransport(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--transport", arguments.transport,
                  "inproc: straight to the sequencer; mtls: a ch8d over mutual TLS, a call for "
                  "each request; stream: the same, all requests in one stream")
      ->check(CLI::IsMember({"inproc", "mtls", "stream"}))
      ->capture_default_str();
}

void AddAccounts(CLI::App& command, Arguments& arguments) {
  command.add_option("--accounts", arguments.transfers.accounts, "accounts to move between")
      ->check(CLI::Range(2, 10'000'000))
      ->capture_default_str();
}

CLI::App* AddTransfers(CLI::App& app, Arguments& arguments) {
  CLI::App* transfers = app.add_subcommand(
      "transfers",
      "Posts bulk rows. A row counts once its synced answer is there; afterwards the node is\n"
      "stopped, its ledger opened again, and rows, sums and Merkle root are checked. Prints one\n"
      "JSON object; exits with 1 when a check fails.");
  transfers->add_option("--batch", arguments.transfers.batch, "rows per request")
      ->check(CLI::Range(1, 8'190))
      ->capture_default_str();
  transfers->add_option("--callers", arguments.transfers.callers, "requests in flight")
      ->check(CLI::Range(1, 4'096))
      ->capture_default_str();
  AddAccounts(*transfers, arguments);
  transfers
      ->add_option("--skew", arguments.transfers.skew,
                   "the share of transfers that debit one and the same account")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  transfers
      ->add_option("--beside", arguments.transfers.beside,
                   "further callers, who post one row at a time")
      ->check(CLI::Range(0, 4'096))
      ->capture_default_str();
  transfers
      ->add_option("--two-phase", arguments.transfers.two_phase,
                   "the share of transfers that are held first and then posted, by two rows")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  transfers
      ->add_option("--queries", arguments.transfers.queries,
                   "further callers, who read the newest movements of accounts")
      ->check(CLI::Range(0, 4'096))
      ->capture_default_str();
  transfers->add_option("--seconds", arguments.seconds, "how long")
      ->check(CLI::Range(0.01, 86'400.0))
      ->capture_default_str();
  AddTransport(*transfers, arguments);
  AddOutputAndDirectory(*transfers, arguments);
  return transfers;
}

CLI::App* AddGrowth(CLI::App& app, Arguments& arguments) {
  CLI::App* growth = app.add_subcommand(
      "growth",
      "Posts full batches until a ledger is large; how fast in each tenth, what the node holds in\n"
      "memory and on disk at the end, how long it takes to open again and to prove an entry. All "
      "is\n"
      "checked as by transfers.");
  growth->add_option("--entries", arguments.transfers.rows, "rows to post")
      ->check(CLI::Range(100'000ul, 1'000'000'000ul))
      ->required();
  growth->add_option("--proofs", arguments.growth.proofs, "how many are made")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  AddAccounts(*growth, arguments);
  AddTransport(*growth, arguments);
  AddOutputAndDirectory(*growth, arguments);
  return growth;
}

CLI::App* AddFootprint(CLI::App& app, Arguments& arguments) {
  CLI::App* footprint = app.add_subcommand(
      "footprint",
      "What two real nodes weigh: start, memory at rest with all services, disk per entry, and "
      "the\n"
      "bytes that one two-sided transfer of money sends each way, proofs included.");
  footprint->add_option("--transfers", arguments.footprint_transfers, "how many are settled")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  AddOutput(*footprint, arguments);
  return footprint;
}

CLI::App* AddProofs(CLI::App& app, Arguments& arguments) {
  CLI::App* proofs = app.add_subcommand(
      "proofs",
      "Makes a large ledger, opens it, and proves entries all over it. Every proof is verified.");
  proofs->add_option("--entries", arguments.proofs.entries, "of the ledger")
      ->check(CLI::Range(2ul, 1'000'000'000ul))
      ->capture_default_str();
  proofs->add_option("--proofs", arguments.proofs.proofs, "how many are made")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  AddOutputAndDirectory(*proofs, arguments);
  return proofs;
}

CLI::App* AddExports(CLI::App& app, Arguments& arguments) {
  CLI::App* exports = app.add_subcommand(
      "exports",
      "Fills the ledger of one of two real nodes, exports it with ch8, and verifies the export "
      "with\n"
      "ch8-verify under the other's keys and heads.");
  exports->add_option("--entries", arguments.exports.entries, "of the ledger, at least")
      ->check(CLI::Range(2ul, 100'000'000ul))
      ->capture_default_str();
  AddOutputAndDirectory(*exports, arguments);
  return exports;
}

int Run(int argc, char** argv) {
  Arguments arguments;
  arguments.directory = std::filesystem::temp_directory_path();
  CLI::App app("Measures a node of its own, started in a temporary folder.");
  app.require_subcommand(1);
  AddTransfers(app, arguments);
  const CLI::App* growth = AddGrowth(app, arguments);
  const CLI::App* footprint = AddFootprint(app, arguments);
  const CLI::App* proofs = AddProofs(app, arguments);
  const CLI::App* exports = AddExports(app, arguments);
  CLI11_PARSE(app, argc, argv);
  arguments.transfers.duration = absl::Seconds(arguments.seconds);
  PointAtOwnPrograms();
  if (growth->parsed()) return ShowGrowth(arguments);
  if (footprint->parsed()) return ShowFootprint(arguments);
  if (proofs->parsed()) return ShowProofs(arguments);
  if (exports->parsed()) return ShowExports(arguments);
  return Transfers(arguments);
}

}  // namespace
}  // namespace ch8::bench

int main(int argc, char** argv) { return ch8::bench::Run(argc, argv); }
