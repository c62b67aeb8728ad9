#include "storage/base/ed25519.h"

#include <sodium.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "storage/base/check.h"
#include "storage/base/sodium.h"

namespace ch8 {

void InitSodium() {
  static const int kResult = sodium_init();
  Check(kResult >= 0, "libsodium does not start");
}

namespace {

template <typename Value>
absl::StatusOr<Value> CopyBytes(absl::string_view raw, absl::string_view what) {
  if (raw.size() != Value::kSize) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " has ", Value::kSize, " bytes, not ", raw.size()));
  }
  Value value;
  std::memcpy(value.bytes.data(), raw.data(), raw.size());
  return value;
}

const uint8_t* Bytes(absl::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

}  // namespace

absl::StatusOr<Signature> Signature::FromBytes(absl::string_view raw) {
  return CopyBytes<Signature>(raw, "an Ed25519 signature");
}

absl::StatusOr<PublicKey> PublicKey::FromBytes(absl::string_view raw) {
  return CopyBytes<PublicKey>(raw, "an Ed25519 public key");
}

bool PublicKey::Verifies(absl::string_view message, const Signature& signature) const {
  InitSodium();
  return crypto_sign_verify_detached(signature.bytes.data(), Bytes(message), message.size(),
                                     bytes.data()) == 0;
}

bool PublicKey::Verifies(absl::string_view message, absl::string_view signature) const {
  const absl::StatusOr<Signature> parsed = Signature::FromBytes(signature);
  return parsed.ok() && Verifies(message, *parsed);
}

SigningKey SigningKey::Generate() { return *FromSeed(RandomBytes(kSeedSize)); }

absl::StatusOr<SigningKey> SigningKey::FromSeed(absl::string_view seed) {
  if (seed.size() != kSeedSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("an Ed25519 seed has ", kSeedSize, " bytes, not ", seed.size()));
  }
  InitSodium();
  SigningKey key;
  Check(
      crypto_sign_seed_keypair(key.public_key_.bytes.data(), key.secret_.data(), Bytes(seed)) == 0,
      "Ed25519 key derivation failed");
  return key;
}

SigningKey::~SigningKey() { sodium_memzero(secret_.data(), secret_.size()); }

Signature SigningKey::Sign(absl::string_view message) const {
  Signature signature;
  Check(crypto_sign_detached(signature.bytes.data(), nullptr, Bytes(message), message.size(),
                             secret_.data()) == 0,
        "Ed25519 signing failed");
  return signature;
}

absl::string_view SigningKey::seed() const {
  return absl::string_view(reinterpret_cast<const char*>(secret_.data()), kSeedSize);
}

std::string RandomBytes(size_t size_bytes) {
  InitSodium();
  std::string bytes(size_bytes, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

}  // namespace ch8
