#ifndef CH8_TESTS_SUPPORT_NODE_PROCESS_H_
#define CH8_TESTS_SUPPORT_NODE_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace ch8::testing {

// A program of ours (from $CH8_BIN) that a test starts and ends. It dies with the test, however the
// test ends. Output is appended to a file.
//
// Thread safety: Signal() and Kill() may be called from any thread; Start() from the test's main
// one, because the program is killed when the thread that started it ends.
class Process {
 public:
  struct Options {
    std::string program;  // E.g. "ch8d".
    std::vector<std::string> arguments;
    std::string output_path;
  };
  // Aborts when there is no such program: the build is wrong, not the code under test.
  static std::unique_ptr<Process> Start(const Options& options);

  // Kills it if it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // SIGSTOP, SIGCONT and the like. Does nothing once the program has been waited for.
  void Signal(int signal) const;

  // kill -9, and waits for the end.
  void Kill();

  // SIGTERM; waits for the end, at most half a minute, then kills. The exit code, or minus the
  // signal that ended it.
  int Terminate();

  // False when it has ended by itself.
  bool running();

  // What it has written so far.
  std::string output() const;

 private:
  Process(pid_t pid, std::string output_path) : pid_(pid), output_path_(std::move(output_path)) {}
  bool Reap(int options);

  const pid_t pid_;
  const std::string output_path_;
  bool ended_ = false;
  int exit_code_ = 0;
};

// The path of a program in $CH8_BIN.
std::string ProgramPath(const std::string& program);

// A TCP port of 127.0.0.1 that is free now.
int FreePort();

}  // namespace ch8::testing

#endif  // CH8_TESTS_SUPPORT_NODE_PROCESS_H_
