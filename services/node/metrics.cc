#include "services/node/metrics.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "services/rpc/status.h"

namespace ch8::node {
namespace {

// Reasons are constants of our code; should one ever be made up at run time, the list ends here.
constexpr size_t kReasonsMax = 64;

std::string LabelText(const std::pair<std::string, std::string>& label) {
  return absl::StrCat(
      label.first, "=\"",
      absl::StrReplaceAll(label.second, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}}), "\"");
}

bool IsDenial(absl::StatusCode code) {
  return code == absl::StatusCode::kPermissionDenied || code == absl::StatusCode::kUnauthenticated;
}

}  // namespace

void RenderFamily(const MetricFamily& family, std::string& out) {
  const bool counts = family.type == MetricFamily::Type::kCounter;
  absl::StrAppend(&out, "# HELP ", family.name, " ", family.help, "\n# TYPE ", family.name,
                  counts ? " counter\n" : " gauge\n");
  for (const MetricFamily::Sample& sample : family.samples) {
    absl::StrAppend(&out, family.name);
    if (!sample.labels.empty()) {
      absl::StrAppend(
          &out, "{",
          absl::StrJoin(sample.labels, ",",
                        [](std::string* text, const std::pair<std::string, std::string>& label) {
                          absl::StrAppend(text, LabelText(label));
                        }),
          "}");
    }
    absl::StrAppend(&out, " ", absl::StrFormat("%.17g", sample.value), "\n");
  }
}

CallCounters::CallCounters(const rpc::MethodTable& methods) {
  for (const rpc::MethodTable::Method* method : methods.methods()) {
    by_method_.emplace(method->name, std::make_unique<Counters>());
  }
}

void CallCounters::Record(const rpc::CallRecord& record) {
  const auto found = record.is_known ? by_method_.find(record.method) : by_method_.end();
  Counters& counters = found == by_method_.end() ? other_ : *found->second;
  const auto code = static_cast<size_t>(record.code);
  counters.by_code[std::min(code, kCodes - 1)].fetch_add(1, std::memory_order_relaxed);
  counters.took_us.fetch_add(static_cast<uint64_t>(absl::ToInt64Microseconds(record.took)),
                             std::memory_order_relaxed);
  if (!IsDenial(record.code)) return;
  std::lock_guard<std::mutex> lock(mutex_);
  const bool room = denials_.size() < kReasonsMax || denials_.contains(record.reason);
  ++denials_[room ? record.reason : "OTHER"];
}

void CallCounters::Render(std::string& out) const {
  MetricFamily calls{.name = "ch8_calls_total",
                     .help = "Calls of officers that have ended.",
                     .type = MetricFamily::Type::kCounter,
                     .samples = {}};
  MetricFamily seconds{.name = "ch8_call_seconds_total",
                       .help = "Time that those calls took, together.",
                       .type = MetricFamily::Type::kCounter,
                       .samples = {}};
  const auto add = [&](const std::string& method, const Counters& counters) {
    bool any = false;
    for (size_t code = 0; code < kCodes; ++code) {
      const uint64_t count = counters.by_code[code].load(std::memory_order_relaxed);
      if (count == 0) continue;
      any = true;
      calls.samples.push_back(
          {{{"method", method}, {"code", rpc::CodeName(static_cast<absl::StatusCode>(code))}},
           static_cast<double>(count)});
    }
    if (!any) return;
    const double took_us = static_cast<double>(counters.took_us.load(std::memory_order_relaxed));
    seconds.samples.push_back({{{"method", method}}, took_us / 1e6});
  };
  std::vector<std::string> names;
  for (const auto& [name, counters] : by_method_) names.push_back(name);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) add(name, *by_method_.at(name));
  add("other", other_);
  RenderFamily(calls, out);
  RenderFamily(seconds, out);

  MetricFamily denials{.name = "ch8_denials_total",
                       .help = "Calls denied for who called, by reason.",
                       .type = MetricFamily::Type::kCounter,
                       .samples = {}};
  std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [reason, count] : denials_) {
    denials.samples.push_back({{{"reason", reason}}, static_cast<double>(count)});
  }
  RenderFamily(denials, out);
}

}  // namespace ch8::node
