#include "storage/merkle/log_signers.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/text_fields.h"

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

absl::StatusOr<LogSignersByOrigin> ParseLogSigners(absl::string_view text) {
  LogSignersByOrigin keys;
  int number = 0;
  while (!text.empty()) {
    const auto line = TakeLine(text);
    ++number;
    if (!line.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, ": has no end"));
    }
    if (line->empty() || line->front() == '#') continue;
    const std::vector<absl::string_view> words = absl::StrSplit(*line, absl::MaxSplits(' ', 1));
    const absl::StatusOr<NoteVerifier> key = NoteVerifier::Parse(words[0]);
    if (!key.ok() || !key->CanVerify() || key->type != kNoteEd25519) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number, ": not the verifier key of an Ed25519 log"));
    }
    absl::StatusOr<uint64_t> until_size = 0;
    if (words.size() > 1) until_size = ParseDecimal(words[1]);
    if (!until_size.ok() || (words.size() > 1 && *until_size == 0)) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number, ": a size of at least 1 stands behind a former key"));
    }
    LogSigners& log = keys[key->name];
    log.origin = key->name;
    // Nothing follows a key that signs, and sizes do not fall.
    const uint64_t former = log.keys.empty() ? 1 : log.keys.back().until_size;
    if (former == 0 || (*until_size != 0 && *until_size < former)) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number, ": a second key of ", key->name));
    }
    ASSIGN_OR_RETURN(const PublicKey public_key, PublicKey::FromBytes(key->key));
    log.keys.emplace_back(public_key, *until_size);
  }
  return keys;
}

}  // namespace ch8
