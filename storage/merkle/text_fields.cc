#include "storage/merkle/text_fields.h"

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace ch8 {
namespace {

// What a UTF-8 lead byte announces: how many continuation bytes follow, and the smallest code point
// that may be written so.
struct Utf8Lead {
  int continuation_count = 0;
  char32_t bits = 0;
  char32_t least = 0;
};

std::optional<Utf8Lead> DecodeUtf8Lead(unsigned char byte) {
  if (byte < 0x80) return Utf8Lead{0, byte, 0};
  if ((byte & 0xE0) == 0xC0) return Utf8Lead{1, byte & 0x1Fu, 0x80};
  if ((byte & 0xF0) == 0xE0) return Utf8Lead{2, byte & 0x0Fu, 0x800};
  if ((byte & 0xF8) == 0xF0) return Utf8Lead{3, byte & 0x07u, 0x10000};
  return std::nullopt;
}

bool IsScalarValue(char32_t point) {
  return point <= 0x10FFFF && !(point >= 0xD800 && point <= 0xDFFF);
}

}  // namespace

std::optional<std::string> DecodeBase64(absl::string_view text) {
  std::string bytes;
  // Abseil's decoder skips spaces and forgives padding; encoding again tells.
  if (!absl::Base64Unescape(text, &bytes) || absl::Base64Escape(bytes) != text) return std::nullopt;
  return bytes;
}

absl::StatusOr<Hash> DecodeBase64Hash(absl::string_view text) {
  const std::optional<std::string> bytes = DecodeBase64(text);
  if (!bytes.has_value() || bytes->size() != Hash::kSize) {
    return absl::InvalidArgumentError("a hash is not the base64 of 32 bytes");
  }
  return Hash::FromBytes(*bytes);
}

std::string EncodeBase64(const Hash& hash) { return absl::Base64Escape(hash.view()); }

absl::StatusOr<uint64_t> ParseDecimal(absl::string_view text) {
  uint64_t value = 0;
  // SimpleAtoi takes spaces and signs; formatting again tells.
  if (!absl::SimpleAtoi(text, &value) || value > kTextNumberMax || absl::StrCat(value) != text) {
    return absl::InvalidArgumentError("a number is not plain decimal below 2^63");
  }
  return value;
}

std::optional<absl::string_view> TakeLine(absl::string_view& rest) {
  const size_t end = rest.find('\n');
  if (end == absl::string_view::npos) return std::nullopt;
  const absl::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

std::optional<std::u32string> DecodeUtf8(absl::string_view text) {
  std::u32string points;
  for (size_t i = 0; i < text.size();) {
    const std::optional<Utf8Lead> lead = DecodeUtf8Lead(static_cast<unsigned char>(text[i]));
    if (!lead.has_value()) return std::nullopt;
    ++i;
    char32_t point = lead->bits;
    for (int count = 0; count < lead->continuation_count; ++count, ++i) {
      if (i == text.size()) return std::nullopt;
      const auto byte = static_cast<unsigned char>(text[i]);
      if ((byte & 0xC0) != 0x80) return std::nullopt;
      point = point << 6 | (byte & 0x3Fu);
    }
    if (point < lead->least || !IsScalarValue(point)) return std::nullopt;
    points.push_back(point);
  }
  return points;
}

}  // namespace ch8
