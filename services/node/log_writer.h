#ifndef CH8_SERVICES_NODE_LOG_WRITER_H_
#define CH8_SERVICES_NODE_LOG_WRITER_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/string_view.h"

namespace ch8::node {

// The daemon's log: JSON lines to a file descriptor, by a thread of its own, so that a slow reader
// of the log slows nobody else. When the reader is too far behind, lines are dropped and counted.
//
// Thread safety: any thread.
class LogWriter {
 public:
  explicit LogWriter(int descriptor);
  // Writes what is queued.
  ~LogWriter();

  // Queues one line, its line end included. Never blocks.
  void Write(std::string line);

  // Queues a line {"time":…,"event":event, …}. Values are text; no payloads, no secrets.
  void Event(absl::string_view event,
             std::initializer_list<std::pair<absl::string_view, absl::string_view>> fields = {});

 private:
  void Run();

  const int descriptor_;
  std::mutex mutex_;  // Guards what follows.
  std::condition_variable wanted_;
  std::deque<std::string> lines_;
  uint64_t dropped_ = 0;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_LOG_WRITER_H_
