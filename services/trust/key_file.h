#ifndef CH8_SERVICES_TRUST_KEY_FILE_H_
#define CH8_SERVICES_TRUST_KEY_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/base/ed25519.h"

// Ed25519 keys as text that other tools read (RFC 8410): private keys as PKCS#8 PEM ("PRIVATE
// KEY"), public ones as SubjectPublicKeyInfo PEM ("PUBLIC KEY"). `openssl pkey`, `openssl pkeyutl
// -sign -rawin` and `-verify -rawin` take these files. Private keys are not encrypted here: the
// file's mode, and the disk's or systemd's protection, guard them.
//
// Thread safety: all functions may be called from any thread.
namespace ch8::trust {

std::string EncodeSigningKey(const SigningKey& key);  // Secret text.
std::string EncodePublicKey(const PublicKey& key);

// Errors: kInvalidArgument when the text holds no such key or one of another algorithm.
absl::StatusOr<SigningKey> DecodeSigningKey(absl::string_view pem);
absl::StatusOr<PublicKey> DecodePublicKey(absl::string_view pem);

// Writes the private key, whole or not at all, readable by its owner only (0600).
// Errors: those of WriteFileAtomically.
absl::Status WriteSigningKey(const std::string& path, const SigningKey& key);

// Errors: kFailedPrecondition when the file is open to group or others (the message names the
// chmod that closes it); kNotFound; kInvalidArgument.
absl::StatusOr<SigningKey> ReadSigningKey(const std::string& path);

absl::Status WritePublicKey(const std::string& path, const PublicKey& key);
absl::StatusOr<PublicKey> ReadPublicKey(const std::string& path);

}  // namespace ch8::trust

#endif  // CH8_SERVICES_TRUST_KEY_FILE_H_
