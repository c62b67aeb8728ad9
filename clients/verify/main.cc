#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/verify/export_files.h"
#include "clients/verify/report.h"
#include "clients/verify/verify.h"

namespace {

constexpr char kAbout[] =
    "Checks an audit export offline: hashes, tree, signatures, authority, books, transfers.\n"
    "Exit codes: 0 verified, 1 consistent only, 2 usage, 3 not found, 7 refused, 8 sample.";

struct Flags {
  ch8::verify::VerifyOptions options;
  std::string trust_path;
  std::string head_path;
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

int Run(Flags& flags) {
  absl::Status read = ReadInto(flags.trust_path, flags.options.trust);
  if (read.ok()) read = ReadInto(flags.head_path, flags.options.heads);
  if (!read.ok()) return Failed(read);
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
  app.add_option("DIR", flags.options.directory, "the export")->required();
  app.add_option("--trust", flags.trust_path, "keys one trusts: ch8 audit trust --out FILE");
  app.add_option("--head", flags.head_path, "heads others hold: ch8 audit head ORG --out FILE");
  app.add_option("--peer", flags.options.peer_directories, "another organization's export");
  app.add_option("-o,--output", flags.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : ch8::verify::kExitUsage;
  }
  return Run(flags);
}
