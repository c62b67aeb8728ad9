#ifndef CH8_STORAGE_MERKLE_TLOG_PROOF_H_
#define CH8_STORAGE_MERKLE_TLOG_PROOF_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storage/base/hash.h"
#include "storage/merkle/checkpoint.h"

// Two texts that put a Merkle proof before a checkpoint's note: the proof that one entry is logged,
// for whoever keeps the entry (C2SP tlog-proof), and the request to witness a new checkpoint (C2SP
// tlog-witness).
//
// Thread safety: all functions here are pure and may be called from any thread.
namespace ch8 {

// More hashes than any tree of less than 2^63 leaves needs.
inline constexpr size_t kProofHashesMax = 63;

// Proof, offline and for ever, that an entry is in a log: a receipt.
//
//   c2sp.org/tlog-proof@v1
//   [extra <base64>]
//   index <n>
//   <base64 of a hash>, from the leaf's sibling upwards
//
//   <the checkpoint's note>
struct TlogProof {
  std::optional<std::string> extra{};  // Opaque and not authenticated.
  uint64_t index = 0;
  std::vector<Hash> hashes{};
  std::string checkpoint_note{};

  friend bool operator==(const TlogProof&, const TlogProof&) = default;
};

std::string FormatTlogProof(const TlogProof& proof);

// Parses strictly: FormatTlogProof() gives the same bytes back. The note is not opened.
// Errors: kInvalidArgument.
absl::StatusOr<TlogProof> ParseTlogProof(absl::string_view bytes);

// Opens the proof's checkpoint (OpenCheckpoint) and verifies that the leaf is in it.
// Errors: those of OpenCheckpoint() and VerifyInclusion().
absl::StatusOr<OpenedCheckpoint> OpenTlogProof(const TlogProof& proof, const Hash& leaf_hash,
                                               const NoteVerifier& log,
                                               absl::Span<const NoteVerifier> witnesses);

// What a log sends to a witness: the size the witness last cosigned, the proof from there, and the
// new checkpoint.
//
//   old <n>
//   <base64 of a hash>
//
//   <the checkpoint's note>
struct AddCheckpointRequest {
  uint64_t old_size = 0;
  std::vector<Hash> hashes{};  // Empty when old_size is 0.
  std::string checkpoint_note{};

  friend bool operator==(const AddCheckpointRequest&, const AddCheckpointRequest&) = default;
};

std::string FormatAddCheckpointRequest(const AddCheckpointRequest& request);

// Parses strictly. What it asks is judged by the witness, with VerifyExtension().
// Errors: kInvalidArgument.
absl::StatusOr<AddCheckpointRequest> ParseAddCheckpointRequest(absl::string_view bytes);

}  // namespace ch8

#endif  // CH8_STORAGE_MERKLE_TLOG_PROOF_H_
