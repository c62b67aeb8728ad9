#ifndef CH8_CLIENTS_CLI_RUN_H_
#define CH8_CLIENTS_CLI_RUN_H_

#include <string>
#include <vector>

#include "clients/cli/session.h"

namespace ch8::cli {

// Runs one command line, without the program's name, and returns its exit code.
int Run(World& world, const std::vector<std::string>& args);

// `args` as one line that a shell reads back as the same: "ch8 offer make 'a b'".
std::string ShellLine(const std::vector<std::string>& args);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_RUN_H_
