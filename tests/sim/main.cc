// ch8-sim: runs worlds of seeds, and says which invariant breaks where.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tests/sim/apart.h"

namespace ch8::sim {
namespace {

struct Seeds {
  uint64_t first = 1;
  uint64_t last = 1;
};

// "A..B" or "A".
bool ParseSeeds(const std::string& text, Seeds& seeds) {
  const std::vector<std::string> ends = absl::StrSplit(text, "..");
  if (ends.size() > 2 || !absl::SimpleAtoi(ends.front(), &seeds.first) ||
      !absl::SimpleAtoi(ends.back(), &seeds.last)) {
    return false;
  }
  return seeds.first <= seeds.last;
}

struct Sum {
  uint64_t first_seed = 1;
  uint64_t seeds = 0;
  uint64_t entries = 0;
  Counts counts;
  FaultCounts faults;
  std::vector<uint64_t> found;  // Seeds in which an invariant broke.
  std::vector<uint64_t> shown;  // Those of them in which the planted bug shows as what it is.
  std::string broken;           // In the first that was found.
};

// Seeds from one that finds the bug to the next, in the middle of them all.
uint64_t MedianSeedsToDetection(const std::vector<uint64_t>& found, uint64_t first) {
  std::vector<uint64_t> seeds;
  uint64_t after = first - 1;
  for (const uint64_t seed : found) {
    seeds.push_back(seed - after);
    after = seed;
  }
  std::sort(seeds.begin(), seeds.end());
  return seeds[seeds.size() / 2];
}

absl::string_view ShowsOf(Bug bug) {
  for (const BugInfo& info : Bugs()) {
    if (info.bug == bug) return info.shows;
  }
  return "";
}

Sum RunAll(const Seeds& seeds, RunOptions options) {
  Sum sum{.first_seed = seeds.first,
          .counts = {},
          .faults = {},
          .found = {},
          .shown = {},
          .broken = {}};
  // One broken world says it all, unless worlds are meant to break.
  const bool to_the_end = options.bug != Bug::kNone;
  for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    options.seed = seed;
    const RunReport report = to_the_end ? RunApart(options) : Run(options);
    ++sum.seeds;
    sum.entries += report.entries;
    sum.counts.Add(report.counts);
    sum.faults.Add(report.faults);
    if (report.status.ok()) continue;
    if (sum.found.empty()) sum.broken = std::string(report.status.message());
    sum.found.push_back(seed);
    if (!to_the_end) break;
    if (absl::StrContains(report.status.message(), ShowsOf(options.bug))) sum.shown.push_back(seed);
  }
  return sum;
}

nlohmann::ordered_json Json(const Sum& sum, uint64_t steps, double seconds) {
  nlohmann::ordered_json json;
  json["seeds"] = sum.seeds;
  json["steps"] = sum.seeds * steps;
  json["steps_per_second"] =
      static_cast<uint64_t>(static_cast<double>(sum.seeds * steps) / seconds);
  json["entries"] = sum.entries;
  for (const CountInfo& info : kCounts) {
    json["outcomes"][std::string(info.name)] = sum.counts.*info.count;
  }
  for (size_t i = 0; i < kFaultCount; ++i) {
    json["faults"][std::string(NameOf(static_cast<Fault>(i)))] = sum.faults.fired[i];
  }
  if (!sum.found.empty()) {
    json["broken"] = sum.broken;
    json["seed"] = sum.found.front();
    json["broken_seeds"] = sum.found.size();
    json["median_seeds_to_detection"] = MedianSeedsToDetection(sum.found, sum.first_seed);
  }
  if (!sum.shown.empty()) {
    json["shown_in_seed"] = sum.shown.front();
    json["shown_seeds"] = sum.shown.size();
  }
  return json;
}

void Print(const nlohmann::ordered_json& json) {
  for (const auto& [key, value] : json.items()) {
    if (value.is_object()) {
      std::cout << key << ":\n";
      for (const auto& [name, count] : value.items()) {
        std::cout << "  " << name << std::string(name.size() < 20 ? 20 - name.size() : 1, ' ')
                  << count << "\n";
      }
    } else {
      std::cout << key << ": " << (value.is_string() ? value.get<std::string>() : value.dump())
                << "\n";
    }
  }
}

int Main(int argc, char** argv) {
  std::string seeds_text = "1..100";
  std::string bug_name;
  std::string output;
  RunOptions options;
  bool list_bugs = false;
  CLI::App app("Runs simulated organizations, one world for each seed, until an invariant breaks.");
  app.add_option("--seeds", seeds_text, "A..B");
  app.add_option("--steps", options.steps, "steps in each world before it heals");
  app.add_option("--bug", bug_name, "a planted bug, from --list-bugs");
  app.add_option("-o", output, "json")->check(CLI::IsMember({"json"}));
  app.add_flag("--list-bugs", list_bugs, "what can be planted");
  CLI11_PARSE(app, argc, argv);
  if (list_bugs) {
    for (const BugInfo& info : Bugs()) std::cout << info.name << "  " << info.what << "\n";
    return 0;
  }
  Seeds seeds;
  if (!ParseSeeds(seeds_text, seeds)) {
    std::cerr << "ch8-sim: --seeds is A..B, not " << seeds_text << "\n";
    return 2;
  }
  if (!bug_name.empty()) {
    const std::optional<Bug> bug = BugNamed(bug_name);
    if (!bug.has_value()) {
      std::cerr << "ch8-sim: no bug is called " << bug_name << "; see --list-bugs\n";
      return 2;
    }
    options.bug = *bug;
  }
  const absl::Time start = absl::Now();
  const Sum sum = RunAll(seeds, options);
  const nlohmann::ordered_json json =
      Json(sum, options.steps, absl::ToDoubleSeconds(absl::Now() - start));
  if (output == "json") {
    std::cout << json.dump(1) << "\n";
  } else {
    Print(json);
  }
  if (sum.found.empty()) return 0;
  const uint64_t seed = sum.found.front();
  std::cerr << "again: ch8-sim --seeds " << seed << ".." << seed << " --steps " << options.steps
            << (bug_name.empty() ? "" : " --bug " + bug_name) << "\n";
  return 1;
}

}  // namespace
}  // namespace ch8::sim

int main(int argc, char** argv) { return ch8::sim::Main(argc, argv); }
