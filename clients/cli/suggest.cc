#include "clients/cli/suggest.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace ch8::cli {

int EditDistance(absl::string_view from, absl::string_view to) {
  std::vector<std::vector<int>> cost(from.size() + 1, std::vector<int>(to.size() + 1));
  for (size_t i = 0; i <= from.size(); ++i) cost[i][0] = static_cast<int>(i);
  for (size_t j = 0; j <= to.size(); ++j) cost[0][j] = static_cast<int>(j);
  for (size_t i = 1; i <= from.size(); ++i) {
    for (size_t j = 1; j <= to.size(); ++j) {
      const int replaced = cost[i - 1][j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[from.size()][to.size()];
}

std::string DidYouMean(absl::string_view word, const std::vector<std::string>& known) {
  const std::string typed = absl::AsciiStrToLower(word);
  std::string best;
  int best_distance = 0;
  for (const std::string& candidate : known) {
    const bool begins = typed.size() >= 2 && absl::StartsWith(candidate, typed);
    const int distance = begins ? 0 : EditDistance(typed, candidate);
    const int distance_max = std::max(1, static_cast<int>(candidate.size()) / 3);
    if (distance > distance_max) continue;
    if (best.empty() || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace ch8::cli
