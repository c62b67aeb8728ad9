#include "storage/base/sealed_box.h"

#include <sodium.h>

#include <array>

#include "storage/base/check.h"
#include "storage/base/sodium.h"

namespace ch8 {
namespace {

static_assert(kSealedBoxOverhead == crypto_box_SEALBYTES);

const uint8_t* Bytes(absl::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

uint8_t* Bytes(std::string& text) { return reinterpret_cast<uint8_t*>(text.data()); }

}  // namespace

absl::StatusOr<std::string> SealBox(const PublicKey& recipient, absl::string_view plain) {
  InitSodium();
  std::array<uint8_t, crypto_box_PUBLICKEYBYTES> key{};
  if (crypto_sign_ed25519_pk_to_curve25519(key.data(), recipient.bytes.data()) != 0) {
    return absl::InvalidArgumentError("nothing can be sealed for a key that is no point");
  }
  std::string sealed(plain.size() + kSealedBoxOverhead, '\0');
  Check(crypto_box_seal(Bytes(sealed), Bytes(plain), plain.size(), key.data()) == 0,
        "sealing failed");
  return sealed;
}

absl::StatusOr<std::string> OpenBox(const SigningKey& recipient, absl::string_view sealed) {
  InitSodium();
  const auto unsealable = [] {
    return absl::DataLossError("a sealed box is for another key, or was altered");
  };
  if (sealed.size() < kSealedBoxOverhead) return unsealable();
  std::array<uint8_t, crypto_sign_SECRETKEYBYTES> signing{};
  std::array<uint8_t, crypto_sign_PUBLICKEYBYTES> unused{};
  std::array<uint8_t, crypto_box_PUBLICKEYBYTES> public_key{};
  std::array<uint8_t, crypto_box_SECRETKEYBYTES> secret_key{};
  Check(crypto_sign_seed_keypair(unused.data(), signing.data(), Bytes(recipient.seed())) == 0 &&
            crypto_sign_ed25519_pk_to_curve25519(public_key.data(), unused.data()) == 0 &&
            crypto_sign_ed25519_sk_to_curve25519(secret_key.data(), signing.data()) == 0,
        "the Curve25519 form of an Ed25519 key");
  std::string plain(sealed.size() - kSealedBoxOverhead, '\0');
  const int opened = crypto_box_seal_open(Bytes(plain), Bytes(sealed), sealed.size(),
                                          public_key.data(), secret_key.data());
  sodium_memzero(signing.data(), signing.size());
  sodium_memzero(secret_key.data(), secret_key.size());
  if (opened != 0) return unsealable();
  return plain;
}

}  // namespace ch8
