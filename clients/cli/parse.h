#ifndef CH8_CLIENTS_CLI_PARSE_H_
#define CH8_CLIENTS_CLI_PARSE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clients/cli/command.h"

namespace ch8::cli {

enum class OutputFormat { kTable, kJson, kCsv };

// Options that every command takes, before or after its words.
struct Globals {
  OutputFormat output = OutputFormat::kTable;
  std::string context;  // Empty: the one in use.
  bool dry_run = false;
  std::string request_id;  // Empty: a new one.
  std::string post;        // Empty: the context's.
  absl::Duration timeout = absl::Seconds(20);
  bool color = true;
  bool yes = false;
  bool verbose = false;
};

// The same as parameters, for help and completion.
const std::vector<Parameter>& GlobalParameters();

struct Parsed {
  const Command* command = nullptr;  // Null when help was asked for above a command.
  std::vector<std::string> path;     // The words typed: of the command, or of what help is about.
  bool help = false;
  Globals globals;
  Arguments arguments;
};

// Reads a command line without the program's name.
//
// Errors: kInvalidArgument with text for the officer: what is wrong, what was probably meant, and
// which command shows more.
absl::StatusOr<Parsed> Parse(const std::vector<Command>& commands,
                             const std::vector<std::string>& args);

// "20s", "72h", "3d", "1h30m". Errors: kInvalidArgument.
absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_PARSE_H_
