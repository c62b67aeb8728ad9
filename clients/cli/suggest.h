#ifndef CH8_CLIENTS_CLI_SUGGEST_H_
#define CH8_CLIENTS_CLI_SUGGEST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace ch8::cli {

// How many letters must be inserted, removed, replaced or swapped with their neighbour to turn one
// word into the other.
int EditDistance(absl::string_view from, absl::string_view to);

// What somebody who typed `word` most likely meant: the nearest of `known`, or a word that begins
// with it; empty when nothing is near (more than a third of the letters differ).
std::string DidYouMean(absl::string_view word, const std::vector<std::string>& known);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_SUGGEST_H_
