#include "storage/merkle/checkpoint.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/text_fields.h"

namespace ch8 {
namespace {

absl::Status CheckpointError(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("checkpoint refused: ", what));
}

}  // namespace

std::string FormatCheckpoint(const Checkpoint& checkpoint) {
  std::string text = absl::StrCat(checkpoint.origin, "\n", checkpoint.size, "\n",
                                  EncodeBase64(checkpoint.root), "\n");
  for (const std::string& line : checkpoint.extension_lines) absl::StrAppend(&text, line, "\n");
  return text;
}

absl::StatusOr<Checkpoint> ParseCheckpoint(absl::string_view text) {
  const std::optional<absl::string_view> origin = TakeLine(text);
  const std::optional<absl::string_view> size = TakeLine(text);
  const std::optional<absl::string_view> root = TakeLine(text);
  if (!root.has_value()) return CheckpointError("it has fewer than three lines");
  if (origin->empty()) return CheckpointError("its origin is empty");
  Checkpoint checkpoint;
  checkpoint.origin = std::string(*origin);
  ASSIGN_OR_RETURN(checkpoint.size, ParseDecimal(*size));
  ASSIGN_OR_RETURN(checkpoint.root, DecodeBase64Hash(*root));
  while (!text.empty()) {
    const std::optional<absl::string_view> line = TakeLine(text);
    if (!line.has_value()) return CheckpointError("its last line does not end in a newline");
    if (line->empty()) return CheckpointError("it has an empty line");
    checkpoint.extension_lines.emplace_back(*line);
  }
  return checkpoint;
}

absl::StatusOr<std::string> SignCheckpoint(const Checkpoint& checkpoint, const SigningKey& key) {
  if (!IsValidKeyName(checkpoint.origin)) {
    return CheckpointError("its origin may not name a key");
  }
  const std::string text = FormatCheckpoint(checkpoint);
  ASSIGN_OR_RETURN(const Checkpoint parsed, ParseCheckpoint(text));
  if (parsed != checkpoint) return CheckpointError("an extension line is not one line");
  std::string note = FormatNote({text, {SignNote(text, checkpoint.origin, key)}});
  RETURN_IF_ERROR(ParseNote(note).status());
  return note;
}

absl::StatusOr<OpenedCheckpoint> OpenCheckpoint(absl::string_view note, const NoteVerifier& log,
                                                absl::Span<const NoteVerifier> witnesses) {
  std::vector<NoteVerifier> verifiers(witnesses.begin(), witnesses.end());
  verifiers.push_back(log);
  ASSIGN_OR_RETURN(OpenedNote opened, OpenNote(note, verifiers));
  ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpoint(opened.text));
  if (checkpoint.origin != log.name) {
    return absl::UnauthenticatedError(absl::StrCat(
        "the checkpoint is of ", absl::CHexEscape(checkpoint.origin), ", not of ", log.name));
  }
  const auto signed_by_log = std::find_if(
      opened.verified.begin(), opened.verified.end(), [&](const NoteSignature& signature) {
        return signature.name == log.name && signature.key_id == log.key_id();
      });
  if (signed_by_log == opened.verified.end()) {
    return absl::UnauthenticatedError(absl::StrCat(log.name, " has not signed its checkpoint"));
  }
  opened.verified.erase(signed_by_log);
  return OpenedCheckpoint{.checkpoint = std::move(checkpoint),
                          .text = std::move(opened.text),
                          .cosignatures = std::move(opened.verified)};
}

bool IsPlain(const OpenedCheckpoint& opened) {
  constexpr size_t kTextSizeMax = 1024;
  return opened.checkpoint.size > 0 && opened.checkpoint.extension_lines.empty() &&
         opened.text.size() <= kTextSizeMax;
}

}  // namespace ch8
