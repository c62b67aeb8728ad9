#include "services/node/config.h"

#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/node/modules.h"
#include "services/trust/record/names.h"
#include "storage/base/status_macros.h"

namespace ch8::node {
namespace {

absl::Status Bad(absl::string_view flag, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(flag, ": ", why));
}

absl::Status SetText(absl::string_view flag, const std::string& value, std::string& out) {
  if (value.empty()) return Bad(flag, "wants a value");
  out = value;
  return absl::OkStatus();
}

absl::Status SetAddress(absl::string_view flag, const std::string& value, std::string& out) {
  if (!ParseHostAndPort(value).ok()) {
    return Bad(flag, "wants HOST:PORT, e.g. 127.0.0.1:0 for a free port");
  }
  out = value;
  return absl::OkStatus();
}

absl::Status SetServices(const std::string& value, Config& config) {
  std::set<std::string> known;
  for (const Module& module : Modules()) known.insert(module.service);
  config.services.clear();
  for (const absl::string_view service : absl::StrSplit(value, ',')) {
    if (!known.contains(std::string(service))) {
      return Bad("--services",
                 absl::StrCat("'", service, "' is none of ", absl::StrJoin(known, ", ")));
    }
    config.services.emplace_back(service);
  }
  const std::set<std::string> distinct(config.services.begin(), config.services.end());
  if (distinct.size() != config.services.size()) return Bad("--services", "names one twice");
  return absl::OkStatus();
}

absl::Status SetDepositWith(const std::string& value, Config& config) {
  config.deposit_with.clear();
  for (const absl::string_view domain : absl::StrSplit(value, ',')) {
    if (!trust::IsTrustDomain(domain)) {
      return Bad("--deposit-with",
                 absl::StrCat("'", domain, "' is no trust domain, like un.example"));
    }
    config.deposit_with.emplace_back(domain);
  }
  return absl::OkStatus();
}

absl::Status SetMetrics(const std::string& value, Config& config) {
  RETURN_IF_ERROR(SetAddress("--metrics-listen", value, config.metrics_listen));
  const std::string host = ParseHostAndPort(value)->host;
  if (host == "127.0.0.1" || host == "::1" || host == "localhost") return absl::OkStatus();
  return Bad("--metrics-listen", "must be on loopback, because it is plain HTTP");
}

absl::Status SetExerciseClock(const std::string& value, Config& config) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, value, &time, &error)) {
    return Bad("--exercise-clock", "wants a time like 2026-03-02T09:00:00Z");
  }
  config.exercise_clock = time;
  return absl::OkStatus();
}

absl::Status SetExerciseAhead(const std::string& value, Config& config) {
  if (!absl::ParseDuration(value, &config.exercise_ahead) ||
      config.exercise_ahead < absl::ZeroDuration() ||
      config.exercise_ahead == absl::InfiniteDuration()) {
    return Bad("--exercise-ahead", "wants a duration like 48h");
  }
  return absl::OkStatus();
}

absl::Status SetCount(absl::string_view flag, const std::string& value, uint64_t max,
                      uint64_t& out) {
  if (!absl::SimpleAtoi(value, &out) || out > max) {
    return Bad(flag, absl::StrCat("wants a number up to ", max));
  }
  return absl::OkStatus();
}

struct Flag {
  const char* name;
  const char* value;
  const char* help;
  absl::Status (*set)(const std::string& value, Config& config);
};

constexpr Flag kFlags[] = {
    {"--home", "DIR", "the node folder that `ch8 org init` wrote (required)",
     [](const std::string& value, Config& config) {
       return SetText("--home", value, config.home);
     }},
    {"--data", "DIR", "where ledgers are kept; created if absent (required)",
     [](const std::string& value, Config& config) {
       return SetText("--data", value, config.data);
     }},
    {"--services", "LIST", "which services to host (default all)", SetServices},
    {"--listen", "HOST:PORT", "officers' server, mutual TLS (default 127.0.0.1:0)",
     [](const std::string& value, Config& config) {
       return SetAddress("--listen", value, config.listen);
     }},
    {"--federation-listen", "HOST:PORT", "other organizations' nodes (default 127.0.0.1:0)",
     [](const std::string& value, Config& config) {
       return SetAddress("--federation-listen", value, config.federation_listen);
     }},
    {"--metrics-listen", "HOST:PORT", "Prometheus, loopback only (default 127.0.0.1:0)",
     SetMetrics},
    {"--admin-socket", "PATH", "health and reflection (default <data>/admin.sock)",
     [](const std::string& value, Config& config) {
       return SetText("--admin-socket", value, config.admin_socket);
     }},
    {"--boot-markers", "DIR", "a folder that a reboot empties (default /dev/shm/chapter8)",
     [](const std::string& value, Config& config) {
       return SetText("--boot-markers", value, config.boot_markers);
     }},
    {"--exercise-clock", "TIME", "first start only: an exercise node whose clock starts there",
     SetExerciseClock},
    {"--exercise-ahead", "DURATION",
     "an exercise node: days that passed at once; at every start after", SetExerciseAhead},
    {"--disk-reserve-mib", "N", "below this much free disk nothing new is taken (default 256)",
     [](const std::string& value, Config& config) {
       uint64_t mib = 0;
       RETURN_IF_ERROR(SetCount("--disk-reserve-mib", value, 1ull << 30, mib));
       config.disk_reserve_bytes = mib << 20;
       return absl::OkStatus();
     }},
    {"--calls-per-caller-max", "N", "calls one identity may have under way (default 64)",
     [](const std::string& value, Config& config) {
       uint64_t calls = 0;
       RETURN_IF_ERROR(SetCount("--calls-per-caller-max", value, 100'000, calls));
       if (calls == 0) return Bad("--calls-per-caller-max", "wants at least 1");
       config.calls_per_caller_max = calls;
       return absl::OkStatus();
     }},
    {"--deposit-with", "LIST",
     "partners, by trust domain, that keep encrypted copies of this node's ledgers",
     SetDepositWith},
    {"--keep-deposits-mib", "N", "keep at most so much for each partner (default 1024, 0 none)",
     [](const std::string& value, Config& config) {
       uint64_t mib = 0;
       RETURN_IF_ERROR(SetCount("--keep-deposits-mib", value, 1ull << 30, mib));
       config.keep_deposits_bytes = mib << 20;
       return absl::OkStatus();
     }},
};

absl::Status Finish(Config& config) {
  if (config.home.empty() && config.wish == Config::Wish::kRun) {
    return Bad("--home", "is required; see ch8d --help");
  }
  if (config.data.empty()) return Bad("--data", "is required; see ch8d --help");
  if (config.admin_socket.empty()) config.admin_socket = config.data + "/admin.sock";
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<HostAndPort> ParseHostAndPort(absl::string_view text) {
  const size_t colon = text.rfind(':');
  HostAndPort parsed;
  uint32_t port = 0;
  if (colon == absl::string_view::npos || colon == 0 ||
      !absl::SimpleAtoi(text.substr(colon + 1), &port) || port > 65'535) {
    return absl::InvalidArgumentError("not HOST:PORT");
  }
  absl::string_view host = text.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[") && !absl::ConsumeSuffix(&host, "]")) {
    return absl::InvalidArgumentError("not HOST:PORT");
  }
  parsed.host = std::string(host);
  parsed.port = static_cast<uint16_t>(port);
  return parsed;
}

absl::StatusOr<Config> ParseConfig(const std::vector<std::string>& arguments) {
  Config config;
  const bool fsck = !arguments.empty() && arguments.front() == "fsck";
  if (fsck) config.wish = Config::Wish::kFsck;
  for (size_t i = fsck ? 1 : 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--help" || arguments[i] == "-h") {
      config.wish = Config::Wish::kHelp;
      return config;
    }
    std::string name = arguments[i];
    std::optional<std::string> value;
    if (const size_t equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    const Flag* found = nullptr;
    for (const Flag& flag : kFlags) {
      if (name == flag.name) found = &flag;
    }
    if (found == nullptr) return Bad(name, "is no flag of ch8d; see ch8d --help");
    if (!value.has_value() && i + 1 < arguments.size()) value = arguments[++i];
    if (!value.has_value()) return Bad(name, absl::StrCat("wants ", found->value));
    RETURN_IF_ERROR(found->set(*value, config));
  }
  RETURN_IF_ERROR(Finish(config));
  return config;
}

std::string HelpText() {
  std::string text =
      "ch8d: one organization's node.\n\n"
      "  ch8d --home DIR --data DIR [flags]\n"
      "  ch8d fsck --data DIR [--services LIST]\n\n"
      "Serves the organization's officers and its peers until SIGTERM, then drains and exits with\n"
      "0. Exits with 1 when a ledger has stopped or the node cannot start, with 2 for a bad flag.\n"
      "Where it listens stands in <data>/endpoints.json once it does; logs are JSON lines on\n"
      "standard output.\n\n"
      "fsck holds the ledgers in DIR, which no daemon may serve meanwhile, against their own raw\n"
      "entries: files, log, rows, books. Exits with 1 when anything differs.\n\n";
  for (const Flag& flag : kFlags) {
    absl::StrAppend(&text, absl::StrFormat("  %-34s %s\n", absl::StrCat(flag.name, " ", flag.value),
                                           flag.help));
  }
  return text;
}

}  // namespace ch8::node
