#include "services/rpc/call_log.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/rpc/status.h"

namespace ch8::rpc {
namespace {

// Method names that callers make up are cut here.
constexpr size_t kTextSizeMax = 160;

}  // namespace

std::string JsonString(absl::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      absl::StrAppendFormat(&out, "\\u%04x", byte);
    } else {
      out += c;
    }
  }
  out += '"';
  return out;
}

std::string FormatCallLine(const CallRecord& record, absl::Time time, uint64_t not_logged) {
  std::string line = absl::StrCat(
      "{\"time\":\"", absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone()),
      "\",\"event\":\"call\",\"method\":",
      JsonString(absl::string_view(record.method).substr(0, kTextSizeMax)),
      ",\"caller\":", JsonString(record.caller), ",\"code\":\"", CodeName(record.code), "\"");
  if (!record.reason.empty()) absl::StrAppend(&line, ",\"reason\":", JsonString(record.reason));
  absl::StrAppend(&line, ",\"duration_us\":", absl::ToInt64Microseconds(record.took));
  if (record.receipt_index.has_value()) {
    absl::StrAppend(&line, ",\"receipt_index\":", *record.receipt_index);
  }
  if (not_logged > 0) absl::StrAppend(&line, ",\"not_logged\":", not_logged);
  line += '}';
  return line;
}

void CallLog::Record(const CallRecord& record) {
  const absl::Time now = options_.now();
  uint64_t not_logged = 0;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    Budget& budget = record.code == absl::StatusCode::kOk ? good_ : refused_;
    if (now >= budget.second + absl::Seconds(1) || now < budget.second) {
      budget.second = now;
      budget.lines = 0;
    }
    if (budget.lines >= options_.lines_per_second_max) {
      ++budget.not_logged;
      return;
    }
    ++budget.lines;
    not_logged = std::exchange(budget.not_logged, 0);
  }
  options_.write(FormatCallLine(record, now, not_logged) + "\n");
}

}  // namespace ch8::rpc
