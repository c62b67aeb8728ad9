#ifndef CH8_STORAGE_BASE_ED25519_H_
#define CH8_STORAGE_BASE_ED25519_H_

#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Ed25519 signatures (RFC 8032) by libsodium: what officers' acts, organization records and ledger
// heads are signed with.
//
// Thread safety: all functions here may be called from any thread.
namespace ch8 {

// The 64 bytes of a signature.
struct Signature {
  static constexpr size_t kSize = 64;
  std::array<uint8_t, kSize> bytes{};

  absl::string_view view() const {
    return absl::string_view(reinterpret_cast<const char*>(bytes.data()), kSize);
  }
  // Errors: kInvalidArgument when `raw` is not 64 bytes long.
  static absl::StatusOr<Signature> FromBytes(absl::string_view raw);
};

// A public key: a plain value of 32 bytes.
struct PublicKey {
  static constexpr size_t kSize = 32;
  std::array<uint8_t, kSize> bytes{};

  absl::string_view view() const {
    return absl::string_view(reinterpret_cast<const char*>(bytes.data()), kSize);
  }
  // Errors: kInvalidArgument when `raw` is not 32 bytes long.
  static absl::StatusOr<PublicKey> FromBytes(absl::string_view raw);

  // True when `signature` is this key's over exactly `message`.
  bool Verifies(absl::string_view message, const Signature& signature) const;
  // The same for raw signature bytes; false when they are not 64 bytes long.
  bool Verifies(absl::string_view message, absl::string_view signature) const;

  friend bool operator==(const PublicKey&, const PublicKey&) = default;
  friend auto operator<=>(const PublicKey&, const PublicKey&) = default;
};

// A private key. Its memory is wiped when the object goes away.
class SigningKey {
 public:
  static constexpr size_t kSeedSize = 32;

  // A new key from the operating system's randomness.
  static SigningKey Generate();
  // The key of a 32-byte RFC 8032 seed. Errors: kInvalidArgument.
  static absl::StatusOr<SigningKey> FromSeed(absl::string_view seed);

  ~SigningKey();
  SigningKey(const SigningKey&) = default;
  SigningKey& operator=(const SigningKey&) = default;

  Signature Sign(absl::string_view message) const;
  const PublicKey& public_key() const { return public_key_; }
  // The 32-byte seed: what a key file stores. Secret.
  absl::string_view seed() const;

 private:
  SigningKey() = default;

  std::array<uint8_t, 64> secret_{};  // libsodium's layout: seed, then public key.
  PublicKey public_key_;
};

// Fills `size_bytes` bytes from the operating system's randomness.
std::string RandomBytes(size_t size_bytes);

}  // namespace ch8

#endif  // CH8_STORAGE_BASE_ED25519_H_
