#include "clients/export/evidence.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "clients/export/export_folder.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/note.h"

namespace ch8::audit {
namespace {

using chapter8::ledger::v1::Evidence;

absl::Status WriteHead(const std::string& note, const NoteVerifier& key, const std::string& name,
                       ExportFolder& out) {
  ASSIGN_OR_RETURN(const OpenedNote opened, OpenNote(note, {key}));
  RETURN_IF_ERROR(out.Append(name + ".note", note));
  RETURN_IF_ERROR(out.Append(name + ".text", opened.text));
  return out.Append(name + ".sig", opened.verified.front().blob);
}

// The key of the log that has signed a note.
absl::StatusOr<NoteVerifier> SignerOf(const std::string& note, const LogSigners& log) {
  absl::StatusOr<OpenedCheckpoint> opened = absl::NotFoundError("no key");
  for (const LogKey& key : log.keys) {
    NoteVerifier signer = NoteVerifier::Of(log.origin, key.key);
    opened = OpenCheckpoint(note, signer, {});
    if (opened.ok()) return signer;
  }
  return opened.status();
}

}  // namespace

// Whatever is believed of a key now: that it has signed both is what the evidence says.
absl::StatusOr<Contradiction> OpenEvidence(const Evidence& evidence, const LogKeys& keys) {
  const auto key = keys.find(evidence.origin());
  if (key == keys.end()) {
    return absl::NotFoundError(
        absl::StrCat("no pinned organization's record has a key of ", evidence.origin()));
  }
  Contradiction both;
  ASSIGN_OR_RETURN(both.first, OpenOldHead(evidence.first_note(), key->second, {}));
  ASSIGN_OR_RETURN(both.second, OpenOldHead(evidence.second_note(), key->second, {}));
  const Checkpoint& first = both.first.checkpoint;
  const Checkpoint& second = both.second.checkpoint;
  if (first.size != second.size || first.root == second.root) {
    return absl::DataLossError(
        absl::StrCat("the heads kept of ", evidence.origin(), " do not contradict each other"));
  }
  return both;
}

absl::Status WriteEvidence(const std::string& directory, const std::vector<Evidence>& evidence,
                           const LogKeys& keys) {
  ASSIGN_OR_RETURN(const std::unique_ptr<ExportFolder> out, ExportFolder::Begin(directory));
  int number = 0;
  for (const Evidence& one : evidence) {
    RETURN_IF_ERROR(OpenEvidence(one, keys).status());
    const LogSigners& log = keys.find(one.origin())->second;
    ASSIGN_OR_RETURN(const NoteVerifier key, SignerOf(one.first_note(), log));
    const std::string folder = absl::StrCat(++number, "/");
    RETURN_IF_ERROR(out->Append(folder + "key.pem", FormatPem(key)));
    RETURN_IF_ERROR(WriteHead(one.first_note(), key, folder + "first", *out));
    RETURN_IF_ERROR(WriteHead(one.second_note(), key, folder + "second", *out));
  }
  return out->Finish();
}

}  // namespace ch8::audit
