#include "tests/support/node_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "storage/base/check.h"
#include "tests/support/node_wait.h"

namespace ch8::testing {

std::string ProgramPath(const std::string& program) {
  const char* folder = getenv("CH8_BIN");
  Check(folder != nullptr, "CH8_BIN names the folder of our programs; ctest sets it");
  const std::string path = absl::StrCat(folder, "/", program);
  Check(access(path.c_str(), X_OK) == 0, absl::StrCat("there is no program ", path));
  return path;
}

int FreePort() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound =
      bind(listener, generic, size) == 0 && getsockname(listener, generic, &size) == 0;
  Check(bound, "no free port on 127.0.0.1");
  close(listener);
  return ntohs(address.sin_port);
}

std::unique_ptr<Process> Process::Start(const Options& options) {
  const std::string path = ProgramPath(options.program);
  std::vector<std::string> words = {path};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int output = open(options.output_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  Check(output >= 0, "the output file cannot be opened");
  const pid_t parent = getpid();
  const pid_t pid = fork();
  Check(pid >= 0, "fork failed");
  if (pid == 0) {
    // Only what is safe between fork and exec in a program of many threads.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(output);
  return std::unique_ptr<Process>(new Process(pid, options.output_path));
}

Process::~Process() { Kill(); }

void Process::Signal(int signal) const {
  if (!ended_) kill(pid_, signal);
}

bool Process::Reap(int options) {
  if (ended_) return true;
  int status = 0;
  if (waitpid(pid_, &status, options) != pid_) return false;
  ended_ = true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return true;
}

void Process::Kill() {
  Signal(SIGKILL);
  Reap(0);
}

int Process::Terminate() {
  Signal(SIGTERM);
  if (!WaitUntil([this] { return Reap(WNOHANG); })) Kill();
  return exit_code_;
}

bool Process::running() { return !Reap(WNOHANG); }

std::string Process::output() const {
  std::ifstream file(output_path_);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

}  // namespace ch8::testing
