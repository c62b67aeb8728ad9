#ifndef CH8_STORAGE_MERKLE_TEXT_FIELDS_H_
#define CH8_STORAGE_MERKLE_TEXT_FIELDS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/base/hash.h"

// The fields that C2SP's text formats share. All are strict: one value has one spelling, because
// the text is what gets signed.
//
// Thread safety: all functions here are pure and may be called from any thread.
namespace ch8 {

// Sizes and times that Go and other implementations keep in an int64.
inline constexpr uint64_t kTextNumberMax = (uint64_t{1} << 63) - 1;

// Decodes canonical, padded standard base64 (RFC 4648 §4); nothing for any other spelling.
std::optional<std::string> DecodeBase64(absl::string_view text);

// Errors: kInvalidArgument unless `text` is the base64 of 32 bytes.
absl::StatusOr<Hash> DecodeBase64Hash(absl::string_view text);

// The base64 of 32 bytes.
std::string EncodeBase64(const Hash& hash);

// Parses ASCII decimal digits without sign or leading zeroes, up to kTextNumberMax.
// Errors: kInvalidArgument.
absl::StatusOr<uint64_t> ParseDecimal(absl::string_view text);

// Takes the first line, without its newline, off the front of `rest`; nothing when no newline is
// left. The view points into the bytes of `rest`.
std::optional<absl::string_view> TakeLine(absl::string_view& rest);

// The code points of UTF-8 text, or nothing when it is not valid (RFC 3629: no surrogates, no
// overlong forms, at most U+10FFFF).
std::optional<std::u32string> DecodeUtf8(absl::string_view text);

}  // namespace ch8

#endif  // CH8_STORAGE_MERKLE_TEXT_FIELDS_H_
