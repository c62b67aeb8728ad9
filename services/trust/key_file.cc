#include "services/trust/key_file.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>

#include "absl/strings/str_cat.h"
#include "services/trust/files.h"
#include "services/trust/openssl.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace ch8::trust {
namespace {

// Never asks at a terminal: an encrypted key is refused.
int NoPassword(char*, int, int, void*) { return -1; }

const unsigned char* Bytes(absl::string_view view) {
  return reinterpret_cast<const unsigned char*>(view.data());
}

absl::Status NoKey(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("no Ed25519 ", what, " key in PEM: ", OpensslError()));
}

absl::Status At(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

}  // namespace

std::string EncodeSigningKey(const SigningKey& key) {
  const PkeyPtr pkey(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Bytes(key.seed()),
                                                  key.seed().size()));
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  Check(pkey != nullptr && bio != nullptr &&
            PEM_write_bio_PKCS8PrivateKey(bio.get(), pkey.get(), nullptr, nullptr, 0, nullptr,
                                          nullptr) == 1,
        "a private key could not be encoded");
  return BioText(bio.get());
}

std::string EncodePublicKey(const PublicKey& key) {
  const PkeyPtr pkey(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(key.view()), PublicKey::kSize));
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Check(pkey != nullptr && bio != nullptr && PEM_write_bio_PUBKEY(bio.get(), pkey.get()) == 1,
        "a public key could not be encoded");
  return BioText(bio.get());
}

absl::StatusOr<SigningKey> DecodeSigningKey(absl::string_view pem) {
  const BioPtr bio = ReadingBio(pem);
  const PkeyPtr pkey(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  if (pkey == nullptr || EVP_PKEY_get_id(pkey.get()) != EVP_PKEY_ED25519) return NoKey("private");
  unsigned char seed[SigningKey::kSeedSize];
  size_t size = sizeof(seed);
  if (EVP_PKEY_get_raw_private_key(pkey.get(), seed, &size) != 1 || size != sizeof(seed)) {
    return NoKey("private");
  }
  absl::StatusOr<SigningKey> key =
      SigningKey::FromSeed(absl::string_view(reinterpret_cast<const char*>(seed), sizeof(seed)));
  OPENSSL_cleanse(seed, sizeof(seed));
  return key;
}

absl::StatusOr<PublicKey> DecodePublicKey(absl::string_view pem) {
  const BioPtr bio = ReadingBio(pem);
  const PkeyPtr pkey(PEM_read_bio_PUBKEY(bio.get(), nullptr, NoPassword, nullptr));
  if (pkey == nullptr || EVP_PKEY_get_id(pkey.get()) != EVP_PKEY_ED25519) return NoKey("public");
  PublicKey key;
  size_t size = key.bytes.size();
  if (EVP_PKEY_get_raw_public_key(pkey.get(), key.bytes.data(), &size) != 1 ||
      size != PublicKey::kSize) {
    return NoKey("public");
  }
  return key;
}

absl::Status WriteSigningKey(const std::string& path, const SigningKey& key) {
  std::string pem = EncodeSigningKey(key);
  const absl::Status status = WriteFileAtomically(path, pem, kPrivateMode);
  OPENSSL_cleanse(pem.data(), pem.size());
  return status;
}

absl::StatusOr<SigningKey> ReadSigningKey(const std::string& path) {
  ASSIGN_OR_RETURN(std::string pem, ReadPrivateFile(path));
  absl::StatusOr<SigningKey> key = DecodeSigningKey(pem);
  OPENSSL_cleanse(pem.data(), pem.size());
  if (!key.ok()) return At(path, key.status());
  return key;
}

absl::Status WritePublicKey(const std::string& path, const PublicKey& key) {
  return WriteFileAtomically(path, EncodePublicKey(key), kPublicMode);
}

absl::StatusOr<PublicKey> ReadPublicKey(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string pem, ReadSmallFile(path));
  absl::StatusOr<PublicKey> key = DecodePublicKey(pem);
  if (!key.ok()) return At(path, key.status());
  return key;
}

}  // namespace ch8::trust
