#include "clients/verify/refusal.h"

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace ch8::verify {
namespace {

constexpr char kFile[] = "ch8-verify/file";
constexpr char kOrigin[] = "ch8-verify/origin";
constexpr char kIndex[] = "ch8-verify/index";

std::string PayloadOf(const absl::Status& status, absl::string_view key) {
  const auto payload = status.GetPayload(key);
  return payload.has_value() ? std::string(*payload) : "";
}

absl::Status With(absl::Status status, absl::string_view key, absl::string_view value) {
  status.SetPayload(key, absl::Cord(value));
  return status;
}

}  // namespace

absl::Status RefuseFile(absl::string_view file, absl::string_view what) {
  return With(absl::DataLossError(what), kFile, file);
}

absl::Status RefuseLedger(absl::string_view origin, absl::string_view what) {
  return With(absl::DataLossError(what), kOrigin, origin);
}

absl::Status RefuseEntry(absl::string_view origin, uint64_t index, absl::string_view what) {
  return With(RefuseLedger(origin, what), kIndex, absl::StrCat(index));
}

std::optional<Refusal> RefusalOf(const absl::Status& status) {
  if (!absl::IsDataLoss(status)) return std::nullopt;
  Refusal refusal{.file = PayloadOf(status, kFile),
                  .origin = PayloadOf(status, kOrigin),
                  .index = std::nullopt,
                  .what = std::string(status.message())};
  uint64_t index = 0;
  if (absl::SimpleAtoi(PayloadOf(status, kIndex), &index)) refusal.index = index;
  return refusal;
}

std::string Describe(const Refusal& refusal) {
  if (!refusal.file.empty()) {
    return absl::StrCat(absl::CHexEscape(refusal.file), ": ", refusal.what);
  }
  if (!refusal.index.has_value()) return absl::StrCat(refusal.origin, ": ", refusal.what);
  return absl::StrCat(refusal.origin, ", entry ", *refusal.index, ": ", refusal.what);
}

}  // namespace ch8::verify
