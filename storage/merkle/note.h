#ifndef CH8_STORAGE_MERKLE_NOTE_H_
#define CH8_STORAGE_MERKLE_NOTE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storage/base/ed25519.h"

// Signed notes (C2SP signed-note v1): a text, a blank line, and one line per signature:
//
//   — <key name> base64(key id[4] ‖ signature)
//
// Ledgers sign their checkpoints so, and witnesses add lines. The format is read by Go's
// golang.org/x/mod/sumdb/note and others without us.
//
// Thread safety: all functions here are pure and may be called from any thread.
namespace ch8 {

// The signature types this build can check. Others are carried along, never counted: C2SP assigns
// them one byte each, e.g. 0x06 for ML-DSA-44.
inline constexpr uint8_t kNoteEd25519 = 0x01;        // Ed25519 over the text.
inline constexpr uint8_t kNoteCosignatureV1 = 0x04;  // A witness's, with a time: cosignature.h.

// Larger notes, and notes with more lines of signatures, are refused unread.
inline constexpr size_t kNoteSizeMax = 256 * 1024;
inline constexpr size_t kNoteSignaturesMax = 64;

// One signature line.
struct NoteSignature {
  std::string name{};   // Whose key, e.g. a ledger's origin.
  uint32_t key_id = 0;  // With the name: which key and type.
  std::string blob{};   // The signature proper, in its type's format; without the key id.

  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

struct Note {
  std::string text;  // Ends in a newline; may hold blank lines.
  std::vector<NoteSignature> signatures{};
};

// Splits a note at its last blank line. Checks form, not signatures. Errors: kInvalidArgument when
// it is too large, not UTF-8, holds a control character other than newline, has no blank line or no
// signature line, or a line is not of the form above (base64 must be canonical).
absl::StatusOr<Note> ParseNote(absl::string_view bytes);

// The note's bytes. Gives back what ParseNote() read; what it makes of an invalid name or text does
// not parse.
std::string FormatNote(const Note& note);

// One signature line with its newline: what is appended to a note to add a signature.
std::string FormatNoteSignature(const NoteSignature& signature);

// True when `name` may name a key: not empty, UTF-8, no Unicode space, control character or plus.
bool IsValidKeyName(absl::string_view name);

// SHA-256(name ‖ 0x0A ‖ type ‖ key)[:4], big-endian.
uint32_t KeyId(absl::string_view name, uint8_t type, absl::string_view key);

// A public key that signs notes under a name: a C2SP verifier key ("vkey").
struct NoteVerifier {
  std::string name;
  uint8_t type = kNoteEd25519;
  std::string key;  // Raw public key; 32 bytes for both types above.

  // An Ed25519 key that signs notes as `name`, by default the way ledgers do.
  static NoteVerifier Of(absl::string_view name, const PublicKey& key, uint8_t type = kNoteEd25519);

  // Parses `<name>+<8 lower-case hex digits: key id>+<base64(type ‖ key)>`. Any type is accepted.
  // Errors: kInvalidArgument, also when the id is not that of name, type and key, or an Ed25519 key
  // is not 32 bytes long.
  static absl::StatusOr<NoteVerifier> Parse(absl::string_view vkey);

  std::string Format() const;
  uint32_t key_id() const { return KeyId(name, type, key); }

  // True when this build knows how to check signatures of this type.
  bool CanVerify() const;
  // True when `blob` is this key's signature of `text`. False for types it cannot check.
  bool Verifies(absl::string_view text, absl::string_view blob) const;

  friend bool operator==(const NoteVerifier&, const NoteVerifier&) = default;
};

// Signs `text` (which ends in a newline) as `name` with type 0x01. The key must never sign anything
// but notes.
NoteSignature SignNote(absl::string_view text, absl::string_view name, const SigningKey& key);

// A note of which at least one signature is verified.
struct OpenedNote {
  std::string text;
  std::vector<NoteSignature> verified;  // In the note's order; each key at most once.
  std::vector<NoteSignature> unknown;   // Of keys that are not ours to check.
};

// Parses a note and checks it against the keys one trusts. Signatures of unknown (name, key id), or
// of a type this build cannot check, are ignored; a known key whose signature fails rejects the
// whole note.
//
// Errors, none retryable:
//   kInvalidArgument  malformed, or two of `verifiers` share a name and key id.
//   kUnauthenticated  a known key's signature fails, or no known key signed.
absl::StatusOr<OpenedNote> OpenNote(absl::string_view bytes,
                                    absl::Span<const NoteVerifier> verifiers);

}  // namespace ch8

#endif  // CH8_STORAGE_MERKLE_NOTE_H_
