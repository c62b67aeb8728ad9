// The fields of C2SP's text formats.
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "storage/base/check.h"
#include "storage/merkle/text_fields.h"
#include "tests/fuzz/target.h"

namespace ch8::fuzz {
namespace {

std::string EncodeUtf8(const std::u32string& points) {
  std::string out;
  for (const char32_t point : points) {
    const auto tail = [&](int shift) {
      out.push_back(static_cast<char>(0x80 | ((point >> shift) & 0x3f)));
    };
    if (point < 0x80) {
      out.push_back(static_cast<char>(point));
    } else if (point < 0x800) {
      out.push_back(static_cast<char>(0xc0 | (point >> 6)));
    } else if (point < 0x10000) {
      out.push_back(static_cast<char>(0xe0 | (point >> 12)));
    } else {
      out.push_back(static_cast<char>(0xf0 | (point >> 18)));
      tail(12);
    }
    if (point >= 0x800) tail(6);
    if (point >= 0x80) tail(0);
  }
  return out;
}

bool IsBase64(absl::string_view input) {
  const absl::StatusOr<Hash> hash = DecodeBase64Hash(input);
  const std::optional<std::string> bytes = DecodeBase64(input);
  if (bytes.has_value()) SameBytes(input, absl::Base64Escape(*bytes));
  if (hash.ok()) {
    SameBytes(input, EncodeBase64(*hash));
    Check(bytes.has_value(), "what is the base64 of a hash is base64");
  } else {
    Refused(hash.status());
  }
  return bytes.has_value();
}

bool IsDecimal(absl::string_view input) {
  const absl::StatusOr<uint64_t> number = ParseDecimal(input);
  if (number.ok()) {
    Check(*number <= kTextNumberMax, "Go can keep it");
    SameBytes(input, absl::StrCat(*number));
  } else {
    Refused(number.status());
  }
  return number.ok();
}

bool IsUtf8(absl::string_view input) {
  const std::optional<std::u32string> points = DecodeUtf8(input);
  if (points.has_value()) SameBytes(input, EncodeUtf8(*points));
  return points.has_value();
}

// All of them, so that every input reaches each.
Outcome Run(absl::string_view input) {
  const bool base64 = IsBase64(input);
  const bool decimal = IsDecimal(input);
  const bool utf8 = IsUtf8(input);
  Check(utf8 || !(base64 || decimal), "base64 and digits are text");
  return utf8 ? Outcome::kAccepted : Outcome::kRefused;
}

std::vector<std::string> Seeds() {
  return {"",
          "AAEC",
          "+/8=",
          "_w==",
          "AB==",
          EncodeBase64(Sha256("hash")),
          "0",
          "9223372036854775807",
          "9223372036854775808",
          "01",
          "a\xc2\xa2\xe2\x82\xac\xf0\x90\x8d\x88",
          "\xed\xa0\x80",
          "\xc0\x80",
          "\xf4\x90\x80\x80"};
}

}  // namespace

std::vector<Target> TextTargets() { return {{"text_fields", Run, Seeds}}; }

}  // namespace ch8::fuzz
