#include "clients/export/evidence.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/export/export_folder.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/note.h"

namespace ch8::audit {
namespace {

using chapter8::ledger::v1::Evidence;

constexpr size_t kEvidenceFileSizeMax = 64 * 1024;

// A head and the key of its log that has signed it.
struct SignedBy {
  OpenedCheckpoint opened;
  NoteVerifier key;
};

// By a key that was believed for it, though another may sign heads of that size: a key in force
// binds its owner whatever it signs.
absl::StatusOr<SignedBy> OpenBinding(const std::string& note, const LogSigners& log) {
  absl::Status why =
      absl::UnauthenticatedError(absl::StrCat("not signed by a key of ", log.origin));
  for (const LogKey& key : log.keys) {
    const NoteVerifier signer = NoteVerifier::Of(log.origin, key.key);
    absl::StatusOr<OpenedCheckpoint> opened = OpenCheckpoint(note, signer, {});
    if (!opened.ok()) continue;
    const uint64_t size = opened->checkpoint.size;
    if (key.Believes(size)) return SignedBy{*std::move(opened), signer};
    why = absl::OutOfRangeError(absl::StrCat(
        "a head of ", size, " entries of ", log.origin, " by a key that is believed for ",
        key.until_size, ": whoever stole it may have signed it, so it convicts nobody"));
  }
  return why;
}

// The files of one contradiction, by name: a pure function of its notes and of `keys`.
absl::StatusOr<std::map<std::string, std::string>> FilesOf(const Evidence& evidence,
                                                           const LogKeys& keys) {
  RETURN_IF_ERROR(OpenEvidence(evidence, keys).status());
  const LogSigners& log = keys.find(evidence.origin())->second;
  std::map<std::string, std::string> files;
  for (const auto& [name, note] : {std::pair(std::string("first"), evidence.first_note()),
                                   std::pair(std::string("second"), evidence.second_note())}) {
    ASSIGN_OR_RETURN(const SignedBy by, OpenBinding(note, log));
    ASSIGN_OR_RETURN(const OpenedNote opened, OpenNote(note, {by.key}));
    files[name + ".pem"] = FormatPem(by.key);
    files[name + ".note"] = note;
    files[name + ".text"] = opened.text;
    files[name + ".sig"] = opened.verified.front().blob;
  }
  return files;
}

absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path.string()));
  std::string content(kEvidenceFileSizeMax + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<size_t>(file.gcount()));
  if (content.size() > kEvidenceFileSizeMax) {
    return absl::DataLossError(absl::StrCat(path.string(), " is too large to be evidence"));
  }
  return content;
}

absl::StatusOr<Evidence> ReadOne(const std::filesystem::path& folder, const LogKeys& keys) {
  Evidence evidence;
  ASSIGN_OR_RETURN(*evidence.mutable_first_note(), ReadFile(folder / "first.note"));
  ASSIGN_OR_RETURN(*evidence.mutable_second_note(), ReadFile(folder / "second.note"));
  evidence.set_origin(evidence.first_note().substr(0, evidence.first_note().find('\n')));
  ASSIGN_OR_RETURN(const auto files, FilesOf(evidence, keys));
  for (const auto& [name, content] : files) {
    ASSIGN_OR_RETURN(const std::string found, ReadFile(folder / name));
    if (found != content) {
      return absl::DataLossError(absl::StrCat((folder / name).string(),
                                              " is not what follows from notes and trusted key"));
    }
  }
  return evidence;
}

}  // namespace

absl::StatusOr<Contradiction> OpenEvidence(const Evidence& evidence, const LogKeys& keys) {
  const auto key = keys.find(evidence.origin());
  if (key == keys.end()) {
    return absl::NotFoundError(
        absl::StrCat("no pinned organization's record has a key of ", evidence.origin()));
  }
  Contradiction both;
  ASSIGN_OR_RETURN(const SignedBy one, OpenBinding(evidence.first_note(), key->second));
  ASSIGN_OR_RETURN(const SignedBy other, OpenBinding(evidence.second_note(), key->second));
  both = {.first = one.opened, .second = other.opened};
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
    ASSIGN_OR_RETURN(const auto files, FilesOf(one, keys));
    const std::string folder = absl::StrCat(++number, "/");
    for (const auto& [name, content] : files) RETURN_IF_ERROR(out->Append(folder + name, content));
  }
  return out->Finish();
}

absl::StatusOr<std::vector<Evidence>> ReadEvidence(const std::string& directory,
                                                   const LogKeys& keys) {
  std::vector<Evidence> all;
  std::error_code error;
  for (int number = 1;; ++number) {
    const std::filesystem::path folder = std::filesystem::path(directory) / absl::StrCat(number);
    if (!std::filesystem::is_directory(folder, error)) break;
    ASSIGN_OR_RETURN(Evidence one, ReadOne(folder, keys));
    all.push_back(std::move(one));
  }
  if (all.empty()) return absl::NotFoundError(absl::StrCat("no evidence in ", directory));
  return all;
}

}  // namespace ch8::audit
