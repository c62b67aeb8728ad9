#include "clients/verify/trust.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/text_fields.h"

namespace ch8::verify {

absl::StatusOr<Checkpoint> OpenTrusted(absl::string_view note, const TrustedKeys& keys) {
  ASSIGN_OR_RETURN(const Note parsed, ParseNote(note));
  ASSIGN_OR_RETURN(const Checkpoint checkpoint, ParseCheckpoint(parsed.text));
  const auto key = keys.find(checkpoint.origin);
  if (key == keys.end()) {
    return absl::NotFoundError(
        absl::StrCat("no key of ", absl::CHexEscape(checkpoint.origin), " is trusted"));
  }
  ASSIGN_OR_RETURN(const OpenedCheckpoint opened, OpenHead(note, key->second, {}));
  return opened.checkpoint;
}

absl::StatusOr<std::vector<std::string>> SplitNotes(absl::string_view text) {
  enum class Part { kText, kSignatures };
  std::vector<std::string> notes;
  std::string note;
  Part part = Part::kText;
  while (!text.empty()) {
    const auto line = TakeLine(text);
    if (!line.has_value()) return absl::InvalidArgumentError("the last line has no end");
    if (line->empty() && part == Part::kSignatures && absl::EndsWith(note, "\n") &&
        !absl::EndsWith(note, "\n\n")) {
      notes.push_back(std::move(note));
      note.clear();
      part = Part::kText;
      continue;
    }
    if (line->empty()) part = Part::kSignatures;
    absl::StrAppend(&note, *line, "\n");
  }
  if (!note.empty()) notes.push_back(std::move(note));
  for (const std::string& one : notes) RETURN_IF_ERROR(ParseNote(one).status());
  return notes;
}

}  // namespace ch8::verify
