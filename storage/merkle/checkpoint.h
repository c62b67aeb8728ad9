#ifndef CH8_STORAGE_MERKLE_CHECKPOINT_H_
#define CH8_STORAGE_MERKLE_CHECKPOINT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storage/base/ed25519.h"
#include "storage/base/hash.h"
#include "storage/merkle/note.h"

// Checkpoints (C2SP tlog-checkpoint): a log's statement of its size and root. Signed as a note, it
// binds the log for ever: two roots for one (origin, size) are evidence against it.
//
// Thread safety: all functions here are pure and may be called from any thread.
namespace ch8 {

struct Checkpoint {
  std::string origin;                          // Which log, e.g. "un.example/ch8/finance".
  uint64_t size = 0;                           // Number of leaves; below 2^63.
  Hash root;                                   // RFC 6962 root over them.
  std::vector<std::string> extension_lines{};  // Opaque. Ours has none.

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// origin `\n` size `\n` base64(root) `\n`, then each extension line with a newline.
std::string FormatCheckpoint(const Checkpoint& checkpoint);

// Parses a note's text, strictly: what parses is given back by FormatCheckpoint() byte for byte.
// Errors: kInvalidArgument. That a tree of size 0 has the empty root is VerifyExtension()'s matter.
absl::StatusOr<Checkpoint> ParseCheckpoint(absl::string_view text);

// The signed note of a checkpoint, signed by its log: the key's name is the origin, its type 0x01.
// A log signs only heads that extend all it has signed; that is the caller's duty.
// Errors: kInvalidArgument when the origin may not name a key, or the size or an extension line is
// not valid.
absl::StatusOr<std::string> SignCheckpoint(const Checkpoint& checkpoint, const SigningKey& key);

// A checkpoint that its log has signed.
struct OpenedCheckpoint {
  Checkpoint checkpoint;
  std::string text;                         // What was signed and may be cosigned.
  std::vector<NoteSignature> cosignatures;  // Of the witnesses asked for; verified, each key once.
};

// Opens a checkpoint's note: `log` must have signed it and its name must be the origin; lines of
// `witnesses` are verified, and those of others ignored. How many witnesses suffice is the
// caller's policy (policy.h).
//
// Errors, none retryable:
//   kInvalidArgument  malformed.
//   kUnauthenticated  of another origin, not signed by `log`, or a known key's signature fails.
absl::StatusOr<OpenedCheckpoint> OpenCheckpoint(absl::string_view note, const NoteVerifier& log,
                                                absl::Span<const NoteVerifier> witnesses);

// Whether it is of at least one entry, without extension lines, and of at most 1,024 bytes, in
// which origin, size and root fit many times over: as every ledger of ours writes it. What is to be
// logged of another's must be that.
bool IsPlain(const OpenedCheckpoint& opened);

}  // namespace ch8

#endif  // CH8_STORAGE_MERKLE_CHECKPOINT_H_
