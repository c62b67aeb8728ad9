#ifndef CH8_STORAGE_MERKLE_COSIGNATURE_H_
#define CH8_STORAGE_MERKLE_COSIGNATURE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/base/ed25519.h"
#include "storage/merkle/note.h"

// Cosignatures (C2SP tlog-cosignature, cosignature/v1): a witness's statement that, at a time, this
// was the largest checkpoint of the log that it had seen, consistent with all it had seen before.
// A note signature of type 0x04; its blob is u64be seconds ‖ Ed25519 signature, 76 bytes in all
// with the key id.
//
// A witness's key signs nothing but cosignatures, and one witness has one key: the signed message
// does not name the witness.
//
// Thread safety: all functions here are pure and may be called from any thread.
namespace ch8 {

inline constexpr size_t kCosignatureBlobSize = 8 + Signature::kSize;

// What is signed: `cosignature/v1\ntime <seconds>\n`, then the checkpoint's text.
std::string CosignedMessage(uint64_t time_seconds, absl::string_view checkpoint_text);

// Cosigns a checkpoint's text as the witness `name`; the time is cut to whole seconds. Whoever
// calls has proven consistency and persisted the checkpoint. Errors: kInvalidArgument when `time`
// is before 1970 or `name` may not name a key.
absl::StatusOr<NoteSignature> Cosign(absl::string_view checkpoint_text, absl::string_view name,
                                     const SigningKey& key, absl::Time time);

// True when `blob` is a cosignature of the text by `key`.
bool VerifiesCosignature(const PublicKey& key, absl::string_view checkpoint_text,
                         absl::string_view blob);

// The time a cosignature states; meaningful once verified. Errors: kInvalidArgument when the blob
// is not 72 bytes long or the time not below 2^63 seconds.
absl::StatusOr<absl::Time> CosignatureTime(const NoteSignature& signature);

}  // namespace ch8

#endif  // CH8_STORAGE_MERKLE_COSIGNATURE_H_
