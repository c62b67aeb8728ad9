#include "tests/fuzz/target.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/check.h"
#include "storage/merkle/text_fields.h"

namespace ch8::fuzz {
namespace {

// A peer's bytes in a message must not reach a terminal or a log line as anything but text.
bool IsPrintable(absl::string_view text) {
  const auto points = DecodeUtf8(text);
  return points.has_value() && std::none_of(points->begin(), points->end(), [](char32_t point) {
           return (point < 0x20 && point != '\n') || (point >= 0x7f && point < 0xa0);
         });
}

std::vector<Target> Collect() {
  std::vector<Target> all;
  for (const auto part : {MerkleTargets, TextTargets, LedgerTargets, BooksTargets, KernelTargets,
                          FederationTargets, TrustTargets, VerifyTargets, ClientTargets}) {
    for (Target& target : part()) all.push_back(std::move(target));
  }
  std::sort(all.begin(), all.end(),
            [](const Target& a, const Target& b) { return a.name < b.name; });
  return all;
}

}  // namespace

const std::vector<Target>& Targets() {
  static const auto& all = *new std::vector<Target>(Collect());
  return all;
}

Outcome Refused(const absl::Status& status) {
  Check(!status.ok(), "a refusal is an error");
  Check(status.code() != absl::StatusCode::kInternal && status.code() != absl::StatusCode::kUnknown,
        "bytes from outside are no error of ours");
  Check(!status.message().empty(), "a refusal says what is wrong");
  Check(IsPrintable(status.message()), absl::StrCat("a refusal is text: ", status.message()));
  return Outcome::kRefused;
}

Outcome SameBytes(absl::string_view input, absl::string_view encoded) {
  Check(input == encoded, "what is accepted has one spelling");
  return Outcome::kAccepted;
}

}  // namespace ch8::fuzz
