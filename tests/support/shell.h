#ifndef CH8_TESTS_SUPPORT_SHELL_H_
#define CH8_TESTS_SUPPORT_SHELL_H_

#include <string>

namespace ch8::testing {

struct ShellResult {
  int exit_code = 0;   // 128 and the signal's number when one ended it.
  std::string output;  // Both streams.
};

// Runs a command line by bash, its words quoted by the caller where they need it.
ShellResult RunShell(const std::string& command);

}  // namespace ch8::testing

#endif  // CH8_TESTS_SUPPORT_SHELL_H_
