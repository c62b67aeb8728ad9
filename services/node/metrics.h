#ifndef CH8_SERVICES_NODE_METRICS_H_
#define CH8_SERVICES_NODE_METRICS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "services/rpc/call_log.h"
#include "services/rpc/method_table.h"

namespace ch8::node {

// What calls came to, counted by method and code. Methods that are not ours count as "other": a
// caller cannot make the list grow.
//
// Thread safety: any thread.
class CallCounters {
 public:
  explicit CallCounters(const rpc::MethodTable& methods);

  void Record(const rpc::CallRecord& record);

  // Adds the counters to a text in the exposition format below.
  void Render(std::string& out) const;

 private:
  static constexpr size_t kCodes = 17;
  struct Counters {
    std::array<std::atomic<uint64_t>, kCodes> by_code{};
    std::atomic<uint64_t> took_us{0};
  };

  absl::flat_hash_map<std::string, std::unique_ptr<Counters>> by_method_;  // Fixed after the start.
  Counters other_;
  mutable std::mutex mutex_;
  std::map<std::string, uint64_t> denials_;  // By reason. Guarded by mutex_.
};

// One family of figures in the Prometheus text format (exposition formats, version 0.0.4). Labels
// are services, methods, codes and reasons; never people or organizations.
struct MetricFamily {
  enum class Type { kCounter, kGauge };
  struct Sample {
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;
  };

  std::string name;  // "ch8_ledger_commits_total"
  std::string help;
  Type type = Type::kGauge;
  std::vector<Sample> samples;
};
void RenderFamily(const MetricFamily& family, std::string& out);

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_METRICS_H_
