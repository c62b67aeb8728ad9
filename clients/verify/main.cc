#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "clients/verify/balance_check.h"
#include "clients/verify/export_files.h"
#include "clients/verify/refusal.h"
#include "clients/verify/report.h"
#include "clients/verify/verify.h"

namespace {

constexpr char kAbout[] =
    "Checks an audit export offline: hashes, tree, signatures, authority, books, transfers;\n"
    "or, with --balance, what one account came to.\n"
    "Exit codes: 0 verified, 1 consistent only, 2 usage, 3 not found, 7 refused, 8 sample.";

struct Flags {
  ch8::verify::VerifyOptions options;
  std::string trust_path;
  std::string head_path;
  std::string balance_path;
  std::string output = "text";
};

int Failed(const absl::Status& status) {
  std::cerr << "ch8-verify: " << status.message() << "\n";
  return absl::IsInvalidArgument(status) ? ch8::verify::kExitUsage : ch8::verify::kExitNotFound;
}

// Reads an optional file.
absl::Status ReadInto(const std::string& path, std::optional<std::string>& content) {
  if (path.empty()) return absl::OkStatus();
  absl::StatusOr<std::string> read = ch8::verify::ReadFile(path);
  if (read.ok()) content = *std::move(read);
  return read.status();
}

int RunBalance(const Flags& flags) {
  const absl::StatusOr<std::string> file = ch8::verify::ReadFile(flags.balance_path);
  if (!file.ok()) return Failed(file.status());
  const auto findings = ch8::verify::CheckBalance(
      *file, {.trust = flags.options.trust, .heads = flags.options.heads});
  if (const auto refusal = ch8::verify::RefusalOf(findings.status()); refusal.has_value()) {
    std::cout << "refused: " << absl::CHexEscape(ch8::verify::Describe(*refusal)) << "\n";
    return ch8::verify::kExitRefused;
  }
  if (!findings.ok()) return Failed(findings.status());
  std::cout << (flags.output == "json" ? ch8::verify::BalanceJson(*findings)
                                       : ch8::verify::BalanceText(*findings));
  std::cout.flush();
  return findings->why_not_verified.empty() ? ch8::verify::kExitVerified
                                            : ch8::verify::kExitConsistentOnly;
}

int Run(Flags& flags) {
  absl::Status read = ReadInto(flags.trust_path, flags.options.trust);
  if (read.ok()) read = ReadInto(flags.head_path, flags.options.heads);
  if (!read.ok()) return Failed(read);
  if (!flags.balance_path.empty()) return RunBalance(flags);
  const absl::StatusOr<ch8::verify::VerifyReport> report = ch8::verify::Verify(flags.options);
  if (!report.ok()) return Failed(report.status());
  std::cout << (flags.output == "json" ? ch8::verify::ReportJson(*report)
                                       : ch8::verify::ReportText(*report));
  std::cout.flush();
  return ch8::verify::ExitCodeOf(report->verdict);
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app(kAbout, "ch8-verify");
  CLI::Option* const directory = app.add_option("DIR", flags.options.directory, "the export");
  CLI::Option* const balance =
      app.add_option("--balance", flags.balance_path, "what ch8 account prove wrote");
  balance->excludes(directory);
  app.add_option("--trust", flags.trust_path, "keys one trusts: ch8 audit trust --out FILE");
  app.add_option("--head", flags.head_path, "heads others hold: ch8 audit head ORG --out FILE");
  CLI::Option* const peer =
      app.add_option("--peer", flags.options.peer_directories, "another organization's export");
  balance->excludes(peer);
  app.add_option("-o,--output", flags.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
  try {
    app.parse(argc, argv);
    if (directory->empty() && balance->empty()) throw CLI::RequiredError("DIR or --balance");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : ch8::verify::kExitUsage;
  }
  return Run(flags);
}
