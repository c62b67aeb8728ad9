#include "clients/cli/parse.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "clients/cli/suggest.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using Kind = Parameter::Kind;
using Presence = Parameter::Presence;
using Path = std::vector<std::string>;

bool BeginsWith(const Path& path, const Path& prefix) {
  return path.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

// The words that may follow `prefix`.
std::vector<std::string> NextWords(const std::vector<Command>& commands, const Path& prefix) {
  std::set<std::string> words;
  for (const Command& command : commands) {
    if (BeginsWith(command.path, prefix) && command.path.size() > prefix.size()) {
      words.insert(command.path[prefix.size()]);
    }
  }
  return {words.begin(), words.end()};
}

const Command* FindCommand(const std::vector<Command>& commands, const Path& path) {
  for (const Command& command : commands) {
    if (command.path == path) return &command;
  }
  return nullptr;
}

// The index of the first argument from `at` on that is neither a global option nor its value.
size_t SkipGlobals(const std::vector<std::string>& args, size_t at) {
  while (at < args.size() && absl::StartsWith(args[at], "-") && args[at] != "--") {
    const std::string& arg = args[at];
    bool takes_value = arg == "-o";
    for (const Parameter& global : GlobalParameters()) {
      if (global.kind == Kind::kOption && arg == DisplayName(global)) takes_value = true;
    }
    at += takes_value ? 2 : 1;
  }
  return std::min(at, args.size());
}

absl::Status UnknownWord(const std::vector<Command>& commands, const Path& path,
                         const std::string& word) {
  const std::vector<std::string> known = NextWords(commands, path);
  const std::string meant = DidYouMean(word, known);
  const std::string before = path.empty() ? "ch8" : absl::StrCat("ch8 ", absl::StrJoin(path, " "));
  std::string text = path.empty() ? absl::StrCat("there is no '", word, "'")
                                  : absl::StrCat("'", before, "' has no '", word, "'");
  if (!meant.empty()) {
    absl::StrAppend(&text, "\n  did you mean: ", before, " ", meant);
  } else {
    absl::StrAppend(&text, "\n  there are: ", absl::StrJoin(known, ", "));
  }
  return absl::InvalidArgumentError(text);
}

// Splits the words of the command from the rest of the arguments.
absl::StatusOr<Parsed> FindPath(const std::vector<Command>& commands,
                                const std::vector<std::string>& args,
                                std::vector<std::string>& rest) {
  Parsed parsed;
  size_t at = 0;
  while (parsed.command == nullptr) {
    const size_t word = SkipGlobals(args, at);
    rest.insert(rest.end(), args.begin() + static_cast<ptrdiff_t>(at),
                args.begin() + static_cast<ptrdiff_t>(word));
    at = word;
    if (at == args.size()) break;
    if (args[at] == "help" && parsed.path.empty()) {
      parsed.help = true;
      ++at;
      continue;
    }
    const std::vector<std::string> known = NextWords(commands, parsed.path);
    if (std::find(known.begin(), known.end(), args[at]) == known.end()) {
      return UnknownWord(commands, parsed.path, args[at]);
    }
    parsed.path.push_back(args[at++]);
    parsed.command = FindCommand(commands, parsed.path);
  }
  rest.insert(rest.end(), args.begin() + static_cast<ptrdiff_t>(at), args.end());
  for (const std::string& arg : rest) {
    if (arg == "--") break;
    if (arg == "--help" || arg == "-h") parsed.help = true;
  }
  return parsed;
}

bool IsNamed(const std::vector<Parameter>& parameters, const std::string& name) {
  return std::any_of(parameters.begin(), parameters.end(),
                     [&](const Parameter& parameter) { return parameter.name == name; });
}

// CLI11 reads the options of the one command that was found; words, help, suggestions, completion
// and exit codes are ours, as its own texts are too short.
class OptionReader {
 public:
  explicit OptionReader(const std::vector<Parameter>& parameters) {
    app_.set_help_flag();
    for (const Parameter& parameter : parameters) Declare(parameter);
    for (const Parameter& global : GlobalParameters()) {
      if (!IsNamed(parameters, global.name)) Declare(global);
    }
  }

  // The values by parameter name.
  absl::StatusOr<std::map<std::string, std::vector<std::string>>> Read(
      std::vector<std::string> args) {
    std::reverse(args.begin(), args.end());
    try {
      app_.parse(std::move(args));
    } catch (const CLI::ExtrasError&) {
      return Unexpected(app_.remaining());
    } catch (const CLI::ParseError& error) {
      return absl::InvalidArgumentError(error.what());
    }
    std::map<std::string, std::vector<std::string>> values;
    for (const auto& [name, option] : options_) {
      if (option->count() > 0) values[name] = option->results();
    }
    return values;
  }

 private:
  void Declare(const Parameter& parameter) {
    const bool repeated = parameter.presence == Presence::kRepeated ||
                          parameter.presence == Presence::kRequiredRepeated;
    std::string name = DisplayName(parameter);
    names_.push_back(name);
    if (parameter.kind == Kind::kPositional) name = parameter.name;
    if (parameter.name == "output") name += ",-o";
    if (parameter.name == "verbose") name += ",-v";
    CLI::Option* option = parameter.kind == Kind::kFlag ? app_.add_flag(name) : nullptr;
    if (option == nullptr) {
      option = app_.add_option(name, sink_.emplace_back());
      option->expected(1)->allow_extra_args(false);
      option->multi_option_policy(repeated ? CLI::MultiOptionPolicy::TakeAll
                                           : CLI::MultiOptionPolicy::Throw);
    }
    options_.emplace_back(parameter.name, option);
  }

  absl::Status Unexpected(const std::vector<std::string>& remaining) const {
    const std::string& word = remaining.front();
    std::string text = absl::StrCat("'", word, "' is not expected here");
    const std::string meant = absl::StartsWith(word, "-") ? DidYouMean(word, names_) : "";
    if (!meant.empty()) absl::StrAppend(&text, "\n  did you mean: ", meant);
    return absl::InvalidArgumentError(text);
  }

  CLI::App app_;
  std::deque<std::vector<std::string>> sink_;
  std::vector<std::string> names_;
  std::vector<std::pair<std::string, CLI::Option*>> options_;
};

absl::Status ReadGlobals(const std::map<std::string, std::vector<std::string>>& values,
                         Globals& globals) {
  const auto get = [&](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string() : found->second.front();
  };
  const std::string output = values.contains("output") ? get("output") : "table";
  if (output == "json") {
    globals.output = OutputFormat::kJson;
  } else if (output == "csv") {
    globals.output = OutputFormat::kCsv;
  } else if (output != "table") {
    return absl::InvalidArgumentError(
        absl::StrCat("'", output, "' is no output format; there are table, json and csv"));
  }
  const std::string as = get("as");
  globals.context = get("context");
  if (!as.empty() && !globals.context.empty() && as != globals.context) {
    return absl::InvalidArgumentError("--as and --context name two contexts; give one");
  }
  if (!as.empty()) globals.context = as;
  globals.request_id = get("request-id");
  globals.post = get("post");
  globals.dry_run = values.contains("dry-run");
  globals.color = !values.contains("no-color");
  globals.yes = values.contains("yes");
  globals.verbose = values.contains("verbose");
  if (values.contains("timeout")) {
    ASSIGN_OR_RETURN(globals.timeout, ParseDuration(get("timeout")));
  }
  return absl::OkStatus();
}

absl::Status MissingParameters(const Command& command, const Arguments& arguments) {
  std::vector<std::string> missing;
  for (const Parameter& parameter : command.parameters) {
    const bool required = parameter.presence == Presence::kRequired ||
                          parameter.presence == Presence::kRequiredRepeated;
    if (required && !arguments.Has(parameter.name)) missing.push_back(DisplayName(parameter));
  }
  if (missing.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("missing: ", absl::StrJoin(missing, ", ")));
}

absl::Status WithUsage(const absl::Status& status, const Command& command) {
  return absl::InvalidArgumentError(absl::StrCat(status.message(),
                                                 "\n  usage: ", UsageLine(command),
                                                 "\n  more:  ch8 ", PathText(command), " --help"));
}

}  // namespace

const std::vector<Parameter>& GlobalParameters() {
  static const auto* const parameters = new std::vector<Parameter>{
      Optional("output", "FORMAT", "table for people, json or csv for programs (also -o)",
               {"table", "json", "csv"}),
      Optional("as", "CONTEXT", "act in this context, for this command only"),
      Optional("context", "CONTEXT", "the same as --as"),
      Optional("post", "POST", "the post to act in, when you hold several"),
      Flag("dry-run", "the server decides and answers, and writes nothing"),
      Optional("request-id", "UUID", "ask again with the id of an earlier try: the same answer"),
      Optional("timeout", "20s", "how long to try"),
      Flag("no-color", "no colour; NO_COLOR in the environment does the same"),
      Flag("yes", "do not ask before what cannot be undone, or is confirmed"),
      Flag("verbose", "say where the request is logged (also -v)")};
  return *parameters;
}

absl::StatusOr<Parsed> Parse(const std::vector<Command>& commands,
                             const std::vector<std::string>& args) {
  std::vector<std::string> rest;
  ASSIGN_OR_RETURN(Parsed parsed, FindPath(commands, args, rest));
  if (parsed.help) return parsed;
  if (parsed.command == nullptr) {
    if (parsed.path.empty() && rest.empty()) {
      parsed.help = true;
      return parsed;
    }
    const std::string before = absl::StrCat("ch8 ", absl::StrJoin(parsed.path, " "));
    return absl::InvalidArgumentError(absl::StrCat(
        "'", before, "' needs one of: ", absl::StrJoin(NextWords(commands, parsed.path), ", "),
        "\n  more:  ", before, parsed.path.empty() ? "--help" : " --help"));
  }
  OptionReader reader(parsed.command->parameters);
  auto values = reader.Read(std::move(rest));
  if (!values.ok()) return WithUsage(values.status(), *parsed.command);
  for (const Parameter& parameter : parsed.command->parameters) {
    for (const std::string& value : (*values)[parameter.name]) {
      parsed.arguments.Add(parameter.name, value);
    }
  }
  for (const Parameter& parameter : parsed.command->parameters) values->erase(parameter.name);
  const absl::Status globals = ReadGlobals(*values, parsed.globals);
  if (!globals.ok()) return WithUsage(globals, *parsed.command);
  const absl::Status missing = MissingParameters(*parsed.command, parsed.arguments);
  if (!missing.ok()) return WithUsage(missing, *parsed.command);
  return parsed;
}

absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text) {
  std::string spelled(text);
  absl::Duration days = absl::ZeroDuration();
  const size_t day = spelled.find('d');
  if (day != std::string::npos) {
    int count = 0;
    if (!absl::SimpleAtoi(spelled.substr(0, day), &count) || count < 0 || count > 36500) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", absl::CHexEscape(text), "' is not a duration"));
    }
    days = absl::Hours(24) * count;
    spelled.erase(0, day + 1);
  }
  absl::Duration rest = absl::ZeroDuration();
  const bool only_days = spelled.empty() && day != std::string::npos;
  if (!only_days && !absl::ParseDuration(spelled, &rest)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", absl::CHexEscape(text), "' is not a duration; write e.g. 72h, 3d or 90m"));
  }
  if (days + rest <= absl::ZeroDuration() || rest == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", absl::CHexEscape(text), "' is not more than nothing"));
  }
  return days + rest;
}

}  // namespace ch8::cli
