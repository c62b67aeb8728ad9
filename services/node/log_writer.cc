#include "services/node/log_writer.h"

#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/rpc/call_log.h"

namespace ch8::node {
namespace {

constexpr size_t kLinesMax = 4096;

// Nobody is told of a log that cannot be written; there is nowhere left to say it.
void WriteAll(int descriptor, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

LogWriter::LogWriter(int descriptor) : descriptor_(descriptor), thread_([this] { Run(); }) {}

LogWriter::~LogWriter() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    wanted_.notify_all();
  }
  thread_.join();
}

void LogWriter::Write(std::string line) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (lines_.size() >= kLinesMax) {
    ++dropped_;
    return;
  }
  lines_.push_back(std::move(line));
  wanted_.notify_one();
}

void LogWriter::Event(
    absl::string_view event,
    std::initializer_list<std::pair<absl::string_view, absl::string_view>> fields) {
  std::string line = absl::StrCat(
      "{\"time\":\"", absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::Now(), absl::UTCTimeZone()),
      "\",\"event\":", rpc::JsonString(event));
  for (const auto& [name, value] : fields) {
    absl::StrAppend(&line, ",", rpc::JsonString(name), ":", rpc::JsonString(value));
  }
  Write(line + "}\n");
}

void LogWriter::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wanted_.wait(lock, [this] { return !lines_.empty() || ended_; });
    if (lines_.empty()) return;
    std::string text;
    for (const std::string& line : lines_) text += line;
    lines_.clear();
    if (dropped_ > 0)
      absl::StrAppend(&text, "{\"event\":\"log_dropped\",\"lines\":", dropped_, "}\n");
    dropped_ = 0;
    lock.unlock();
    WriteAll(descriptor_, text);
    lock.lock();
  }
}

}  // namespace ch8::node
