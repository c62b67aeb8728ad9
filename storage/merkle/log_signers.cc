#include "storage/merkle/log_signers.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace ch8 {
namespace {

absl::Status NotSigned(const LogSigners& log) {
  return absl::UnauthenticatedError(absl::StrCat("not signed by the key of ", log.origin));
}

}  // namespace

const LogKey* SignerAt(absl::Span<const LogKey> keys, uint64_t size) {
  const auto* const signer = std::find_if(keys.begin(), keys.end(),
                                          [size](const LogKey& key) { return key.Believes(size); });
  return signer == keys.end() ? nullptr : &*signer;
}

absl::StatusOr<OpenedCheckpoint> OpenHead(absl::string_view note, const LogSigners& log,
                                          absl::Span<const NoteVerifier> witnesses) {
  ASSIGN_OR_RETURN(const Note parsed, ParseNote(note));
  ASSIGN_OR_RETURN(const Checkpoint head, ParseCheckpoint(parsed.text));
  const LogKey* const signer = SignerAt(log.keys, head.size);
  absl::StatusOr<OpenedCheckpoint> opened = NotSigned(log);
  if (signer != nullptr) {
    opened = OpenCheckpoint(note, NoteVerifier::Of(log.origin, signer->key), witnesses);
  }
  if (opened.ok()) return opened;
  for (const LogKey& key : log.keys) {
    if (key.Believes(head.size)) continue;
    if (!OpenCheckpoint(note, NoteVerifier::Of(log.origin, key.key), {}).ok()) continue;
    return absl::OutOfRangeError(absl::StrCat("a head of ", head.size,
                                              " entries by a key that is believed for ",
                                              key.until_size, " and no more"));
  }
  return opened;
}

absl::StatusOr<OpenedCheckpoint> OpenOldHead(absl::string_view note, const LogSigners& log,
                                             absl::Span<const NoteVerifier> witnesses) {
  absl::StatusOr<OpenedCheckpoint> opened = NotSigned(log);
  for (const LogKey& key : log.keys) {
    opened = OpenCheckpoint(note, NoteVerifier::Of(log.origin, key.key), witnesses);
    if (opened.ok()) return opened;
  }
  return opened;
}

}  // namespace ch8
