#ifndef CH8_STORAGE_BASE_SEALED_BOX_H_
#define CH8_STORAGE_BASE_SEALED_BOX_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/base/ed25519.h"

// Encryption to the holder of an Ed25519 key: libsodium's sealed boxes (an ephemeral X25519 key,
// XSalsa20-Poly1305), for the Curve25519 form of that key. Whoever seals cannot open it again; what
// is opened was not altered, but anybody may have sealed it.
//
// Thread safety: all functions may be called from any thread.
namespace ch8 {

// A sealed box is this much longer than what it holds.
inline constexpr size_t kSealedBoxOverhead = 48;

// Errors: kInvalidArgument when `recipient` is no valid point.
absl::StatusOr<std::string> SealBox(const PublicKey& recipient, absl::string_view plain);

// Errors: kDataLoss when it was sealed for another key, or altered.
absl::StatusOr<std::string> OpenBox(const SigningKey& recipient, absl::string_view sealed);

}  // namespace ch8

#endif  // CH8_STORAGE_BASE_SEALED_BOX_H_
