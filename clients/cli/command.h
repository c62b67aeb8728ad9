#ifndef CH8_CLIENTS_CLI_COMMAND_H_
#define CH8_CLIENTS_CLI_COMMAND_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace ch8::cli {

class Session;

// One thing that a command takes. Help, parsing and completion are all made from these.
struct Parameter {
  enum class Kind { kPositional, kOption, kFlag };
  enum class Presence { kOptional, kRequired, kRepeated, kRequiredRepeated };

  Kind kind = Kind::kOption;
  std::string name;         // "fund": typed as --fund, or shown as FUND when positional.
  std::string placeholder;  // e.g. "USD:1000000.00".
  std::string help;
  Presence presence = Presence::kOptional;
  std::vector<std::string> choices;  // When only these are meant; for help and completion.
};

Parameter Positional(std::string name, std::string help);
Parameter Required(std::string name, std::string placeholder, std::string help,
                   std::vector<std::string> choices = {});
Parameter Optional(std::string name, std::string placeholder, std::string help,
                   std::vector<std::string> choices = {});
Parameter Repeated(std::string name, std::string placeholder, std::string help,
                   std::vector<std::string> choices = {});
Parameter RequiredRepeated(std::string name, std::string placeholder, std::string help,
                           std::vector<std::string> choices = {});
Parameter Flag(std::string name, std::string help);

// What was typed for a command's parameters.
class Arguments {
 public:
  void Add(const std::string& name, std::string value) {
    values_[name].push_back(std::move(value));
  }

  bool Has(absl::string_view name) const;
  // The first value; empty when there is none.
  std::string Get(absl::string_view name) const;
  std::vector<std::string> All(absl::string_view name) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// A noun and a verb (or one word, or three), what it takes and what it does.
struct Command {
  std::vector<std::string> path;  // {"offer", "make"}.
  std::string summary;            // One line, no full stop.
  std::vector<Parameter> parameters;
  std::function<absl::Status(const Arguments&, Session&)> run;
  std::string notes;  // Shown below the parameters: examples, formats.
  // It writes the officer's own files, which no node could try out: --dry-run is refused.
  bool writes_files = false;
};

// "offer make".
std::string PathText(const Command& command);

// "ch8 offer make REQUEST --fund FUND --amount USD:50000.00 [--min …]".
std::string UsageLine(const Command& command);

// "--fund" or "REQUEST".
std::string DisplayName(const Parameter& parameter);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_COMMAND_H_
