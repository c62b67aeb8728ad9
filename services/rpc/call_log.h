#ifndef CH8_SERVICES_RPC_CALL_LOG_H_
#define CH8_SERVICES_RPC_CALL_LOG_H_

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace ch8::rpc {

// One finished call, as logs and metrics see it: who called what and what came of it, never what
// was said.
struct CallRecord {
  std::string method;     // As called; of an unknown one the caller chose the text.
  bool is_known = false;  // Whether `method` is one of ours.
  std::string caller;     // SPIFFE id; empty when there was none.
  absl::StatusCode code = absl::StatusCode::kOk;
  std::string reason;  // Of the ErrorInfo; empty when OK.
  absl::Duration took;
  std::optional<uint64_t> receipt_index;  // Where it was logged, if it was.
};

// `text` as a JSON string with its quotes: control characters, quotes, backslashes and every byte
// outside ASCII escaped, so that a line of a log stays one line.
std::string JsonString(absl::string_view text);

// One JSON object, without a line end.
std::string FormatCallLine(const CallRecord& record, absl::Time time, uint64_t not_logged);

// Writes a line for each call, and at most so many in a second; a line says how many calls before
// it, of its kind, were not logged. Good answers and refusals have budgets of their own, so that
// neither hides the other.
//
// Thread safety: any thread. `write` gets whole lines with their line end and must not block.
class CallLog {
 public:
  struct Options {
    std::function<void(std::string line)> write;
    std::function<absl::Time()> now;
    int lines_per_second_max = 100;
  };
  explicit CallLog(Options options) : options_(std::move(options)) {}

  void Record(const CallRecord& record);

 private:
  struct Budget {
    absl::Time second = absl::InfinitePast();
    int lines = 0;
    uint64_t not_logged = 0;
  };

  const Options options_;
  std::mutex mutex_;
  Budget good_;  // These two are guarded by mutex_.
  Budget refused_;
};

}  // namespace ch8::rpc

#endif  // CH8_SERVICES_RPC_CALL_LOG_H_
