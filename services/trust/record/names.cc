#include "services/trust/record/names.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace ch8::trust {
namespace {

constexpr size_t kTrustDomainSizeMax = 253;
constexpr size_t kIdSizeMax = 63;
constexpr size_t kSuccessorDigitsMax = 9;

bool IsDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

bool IsIdCharacter(char c) {
  return absl::ascii_islower(static_cast<unsigned char>(c)) ||
         absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-';
}

bool IsLabel(absl::string_view label) {
  return IsResourceId(label) && label.front() != '-' && label.back() != '-';
}

}  // namespace

bool IsTrustDomain(absl::string_view text) {
  if (text.empty() || text.size() > kTrustDomainSizeMax) return false;
  const std::vector<absl::string_view> labels = absl::StrSplit(text, '.');
  return std::all_of(labels.begin(), labels.end(), IsLabel) && !IsDigits(labels.back());
}

bool IsResourceId(absl::string_view text) {
  return !text.empty() && text.size() <= kIdSizeMax &&
         std::all_of(text.begin(), text.end(), IsIdCharacter);
}

bool IsOriginOf(absl::string_view trust_domain, absl::string_view origin) {
  const std::vector<absl::string_view> parts = absl::StrSplit(origin, '/');
  if (parts.size() != 3 && parts.size() != 4) return false;
  if (parts.size() == 4 && (!IsDigits(parts[3]) || parts[3].size() > kSuccessorDigitsMax)) {
    return false;
  }
  return parts[0] == trust_domain && parts[1] == "ch8" && IsResourceId(parts[2]);
}

}  // namespace ch8::trust
