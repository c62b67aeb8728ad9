#include "tests/sim/apart.h"

#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace ch8::sim {

RunReport RunApart(RunOptions options) {
  const Folder folder(options.folder);
  options.folder = folder.path();
  int ends[2];
  if (pipe(ends) != 0) return {.status = absl::UnavailableError("no pipe")};
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    const std::string said(Run(options).status.message());
    const bool whole =
        write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size());
    _exit(whole ? 0 : 1);
  }
  close(ends[1]);
  std::string said;
  char buffer[512];
  for (ssize_t size = 0; (size = read(ends[0], buffer, sizeof(buffer))) > 0;) {
    said.append(buffer, static_cast<size_t>(size));
  }
  close(ends[0]);
  int ended = 0;
  waitpid(child, &ended, 0);
  if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0) said = "a check of the product's own fails";
  return {.status = said.empty() ? absl::OkStatus() : absl::InternalError(said)};
}

absl::Status SearchFor(const BugInfo& bug, const std::vector<uint64_t>& seeds) {
  std::string last;
  for (const uint64_t seed : seeds) {
    const RunReport report = RunApart({.seed = seed, .bug = bug.bug});
    if (absl::StrContains(report.status.message(), bug.shows)) return absl::OkStatus();
    if (!report.status.ok()) last = std::string(report.status.message());
  }
  return absl::NotFoundError(absl::StrCat(bug.name, " does not show; last: ", last));
}

}  // namespace ch8::sim
