#include "clients/cli/command.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace ch8::cli {

using Kind = Parameter::Kind;
using Presence = Parameter::Presence;

Parameter Positional(std::string name, std::string help) {
  return {Kind::kPositional, std::move(name), "", std::move(help), Presence::kRequired, {}};
}

Parameter Required(std::string name, std::string placeholder, std::string help,
                   std::vector<std::string> choices) {
  return {Kind::kOption,   std::move(name),     std::move(placeholder),
          std::move(help), Presence::kRequired, std::move(choices)};
}

Parameter Optional(std::string name, std::string placeholder, std::string help,
                   std::vector<std::string> choices) {
  return {Kind::kOption,   std::move(name),     std::move(placeholder),
          std::move(help), Presence::kOptional, std::move(choices)};
}

Parameter Repeated(std::string name, std::string placeholder, std::string help,
                   std::vector<std::string> choices) {
  return {Kind::kOption,   std::move(name),     std::move(placeholder),
          std::move(help), Presence::kRepeated, std::move(choices)};
}

Parameter RequiredRepeated(std::string name, std::string placeholder, std::string help,
                           std::vector<std::string> choices) {
  return {Kind::kOption,
          std::move(name),
          std::move(placeholder),
          std::move(help),
          Presence::kRequiredRepeated,
          std::move(choices)};
}

Parameter Flag(std::string name, std::string help) {
  return {Kind::kFlag, std::move(name), "", std::move(help), Presence::kOptional, {}};
}

bool Arguments::Has(absl::string_view name) const {
  return values_.find(std::string(name)) != values_.end();
}

std::string Arguments::Get(absl::string_view name) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() || found->second.empty() ? "" : found->second.front();
}

std::vector<std::string> Arguments::All(absl::string_view name) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

std::string PathText(const Command& command) { return absl::StrJoin(command.path, " "); }

std::string DisplayName(const Parameter& parameter) {
  if (parameter.kind != Kind::kPositional) return absl::StrCat("--", parameter.name);
  return absl::AsciiStrToUpper(parameter.name);
}

std::string UsageLine(const Command& command) {
  std::string line = absl::StrCat("ch8 ", PathText(command));
  for (const Parameter& parameter : command.parameters) {
    std::string part = DisplayName(parameter);
    if (parameter.kind == Kind::kOption) absl::StrAppend(&part, " ", parameter.placeholder);
    const bool required = parameter.presence == Presence::kRequired ||
                          parameter.presence == Presence::kRequiredRepeated;
    const bool repeated = parameter.presence == Presence::kRepeated ||
                          parameter.presence == Presence::kRequiredRepeated;
    absl::StrAppend(&line, " ", required ? part : absl::StrCat("[", part, "]"),
                    repeated ? "…" : "");
  }
  return line;
}

}  // namespace ch8::cli
