#ifndef CH8_STORAGE_BASE_HASH_H_
#define CH8_STORAGE_BASE_HASH_H_

#include <array>
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ch8 {

// The 32 bytes of a SHA-256 digest (FIPS 180-4). A plain value; all zero when default-constructed.
struct Hash {
  static constexpr size_t kSize = 32;

  std::array<uint8_t, kSize> bytes{};

  // The 32 bytes as a view into this object.
  absl::string_view view() const {
    return absl::string_view(reinterpret_cast<const char*>(bytes.data()), kSize);
  }
  uint8_t* data() { return bytes.data(); }
  const uint8_t* data() const { return bytes.data(); }

  // Lower-case hexadecimal, 64 characters.
  std::string ToHex() const;

  // Copies 32 raw bytes. Errors: kInvalidArgument when `raw` is not 32 bytes long.
  static absl::StatusOr<Hash> FromBytes(absl::string_view raw);

  // Parses 64 hexadecimal characters. Errors: kInvalidArgument.
  static absl::StatusOr<Hash> FromHex(absl::string_view hex);

  friend bool operator==(const Hash&, const Hash&) = default;
  friend auto operator<=>(const Hash&, const Hash&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const Hash& hash) {
    return H::combine_contiguous(std::move(h), hash.bytes.data(), hash.bytes.size());
  }
};

// SHA-256 over the concatenation of `parts`. Uses one OpenSSL context per thread, which makes a
// 128-byte hash more than twice as fast as a one-shot EVP_Digest.
//
// Thread safety: callable from any thread.
Hash Sha256(std::initializer_list<absl::string_view> parts);
inline Hash Sha256(absl::string_view bytes) { return Sha256({bytes}); }

}  // namespace ch8

#endif  // CH8_STORAGE_BASE_HASH_H_
