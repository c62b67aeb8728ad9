#include "tests/support/shell.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "storage/base/check.h"

namespace ch8::testing {

ShellResult RunShell(const std::string& command) {
  const std::string quoted = absl::StrReplaceAll(command, {{"'", "'\\''"}});
  FILE* pipe = popen(absl::StrCat("exec bash -c 'exec 2>&1; ", quoted, "'").c_str(), "r");
  Check(pipe != nullptr, "no shell");
  ShellResult result;
  std::array<char, 4096> block;
  size_t count = 0;
  while ((count = fread(block.data(), 1, block.size(), pipe)) > 0) {
    result.output.append(block.data(), count);
  }
  const int status = pclose(pipe);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace ch8::testing
