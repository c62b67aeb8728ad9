#ifndef CH8_CLIENTS_CLI_HELP_H_
#define CH8_CLIENTS_CLI_HELP_H_

#include <string>
#include <vector>

#include "clients/cli/command.h"

namespace ch8::cli {

// What `ch8 --help`, `ch8 NOUN --help` and `ch8 NOUN VERB --help` print: `path` is what was typed
// before --help. Ends with a line end.
std::string HelpText(const std::vector<Command>& commands, const std::vector<std::string>& path);

// A script for bash that completes words, options and choices: what `ch8 completion bash` prints.
std::string BashCompletion(const std::vector<Command>& commands);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_HELP_H_
