#include "services/kernel/names.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/kernel/refusal.h"

namespace ch8::kernel {
namespace {

constexpr size_t kIdSizeMax = 63;

template <typename Predicate>
bool IsId(absl::string_view id, Predicate letter) {
  return !id.empty() && id.size() <= kIdSizeMax && std::all_of(id.begin(), id.end(), [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return letter(byte) || absl::ascii_isdigit(byte) || c == '-';
  });
}

}  // namespace

bool IsResourceId(absl::string_view id) { return IsId(id, absl::ascii_islower); }

bool IsSpokenId(absl::string_view id) { return IsId(id, absl::ascii_isupper); }

absl::string_view IdOf(absl::string_view name) {
  const size_t slash = name.rfind('/');
  return slash == absl::string_view::npos ? name : name.substr(slash + 1);
}

absl::Status CheckName(absl::string_view name, absl::string_view pattern, absl::string_view field) {
  const std::vector<absl::string_view> segments = absl::StrSplit(name, '/');
  const std::vector<absl::string_view> wanted = absl::StrSplit(pattern, '/');
  bool ok = segments.size() == wanted.size();
  for (size_t i = 0; ok && i < wanted.size(); ++i) {
    ok = wanted[i] == "*" ? IsResourceId(segments[i]) || IsSpokenId(segments[i])
                          : segments[i] == wanted[i];
  }
  if (ok) return absl::OkStatus();
  return Refuse({.code = absl::StatusCode::kInvalidArgument,
                 .domain = "kernel.chapter8",
                 .reason = "BAD_NAME",
                 .message = absl::StrCat(field, " does not have the form ", pattern),
                 .metadata = {{"field", std::string(field)}, {"form", std::string(pattern)}}});
}

}  // namespace ch8::kernel
