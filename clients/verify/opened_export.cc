#include "clients/verify/opened_export.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/verify/log_keys.h"
#include "clients/verify/refusal.h"
#include "clients/verify/request_check.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/note.h"

namespace ch8::verify {
namespace {

constexpr char kKeys[] = "keys";
constexpr char kBefore[] = "/ch8/";

// "finance" of "un.example/ch8/finance".
std::string FolderOf(const std::string& origin) {
  const size_t at = origin.find(kBefore);
  return FlatName(at == std::string::npos ? origin : origin.substr(at + sizeof(kBefore) - 1));
}

// The head in a note, whoever signed it.
absl::StatusOr<Checkpoint> HeadIn(absl::string_view bytes, absl::string_view file) {
  const absl::StatusOr<Note> note = ParseNote(bytes);
  if (!note.ok()) return RefuseFile(file, note.status().message());
  absl::StatusOr<Checkpoint> head = ParseCheckpoint(note->text);
  if (!head.ok()) return RefuseFile(file, head.status().message());
  return head;
}

}  // namespace

absl::StatusOr<std::unique_ptr<OpenedExport>> OpenedExport::Open(
    const std::string& directory, const std::optional<TrustedKeys>& trust) {
  ASSIGN_OR_RETURN(ExportFiles files, ExportFiles::List(directory));
  std::unique_ptr<OpenedExport> opened(new OpenedExport(std::move(files)));
  ASSIGN_OR_RETURN(const TrustedKeys exported, ReadKeys(opened->files_));
  if (trust.has_value()) RETURN_IF_ERROR(CompareKeys(exported, *trust));
  for (const std::string& folder : opened->files_.TopFolders()) {
    if (folder == kKeys) continue;
    RETURN_IF_ERROR(opened->OpenLedger(folder, trust.has_value() ? *trust : exported));
  }
  if (opened->ledgers_.empty()) return RefuseFile("checkpoint", "is missing: no ledger is here");
  // For people; nothing here goes by it.
  RETURN_IF_ERROR(opened->files_.Read("VERIFY.md").status());
  return opened;
}

absl::Status OpenedExport::OpenLedger(const std::string& folder, const TrustedKeys& keys) {
  const std::string name = absl::StrCat(folder, "/checkpoint");
  ASSIGN_OR_RETURN(const std::string note, files_.Read(name));
  ASSIGN_OR_RETURN(const Checkpoint told, HeadIn(note, name));
  const std::string domain = DomainOf(told.origin);
  if (domain_.empty()) domain_ = domain;
  if (domain != domain_ || FolderOf(told.origin) != folder) {
    return RefuseFile(name, absl::StrCat("is of ", told.origin, ", which does not belong here"));
  }
  if (told.size == 0) return RefuseFile(name, "is of a log without a genesis");
  const bool sample = !files_.In(absl::StrCat(folder, "/disclosed")).empty();
  const LogFiles::Log log{.folder = folder,
                          .origin = told.origin,
                          .size = told.size,
                          .coverage = sample ? Coverage::kSample : Coverage::kComplete};
  absl::StatusOr<Checkpoint> head = OpenTrusted(note, keys);
  FollowedKeys followed;
  if (head.ok()) {
    followed.log = keys.at(told.origin);
  } else if (absl::IsUnauthenticated(head.status())) {
    head = OpenByLaterKey(note, log, keys, followed);
  }
  if (RefusalOf(head.status()).has_value()) return head.status();
  if (!head.ok()) return RefuseFile(name, head.status().message());
  ledgers_.push_back({.log = LogFiles(files_, log),
                      .signers = std::move(followed.log),
                      .keys_by_root = followed.by_root,
                      .head = *head,
                      .peers = {}});
  return OpenPeers(keys, ledgers_.back());
}

absl::StatusOr<Checkpoint> OpenedExport::OpenByLaterKey(const std::string& note,
                                                        const LogFiles::Log& log,
                                                        const TrustedKeys& keys,
                                                        FollowedKeys& followed) {
  LogFiles files(files_, log);
  const absl::StatusOr<FollowedKeys> keys_now = FollowKeys(files, keys.at(log.origin));
  // An export of another ledger, or of none that holds together, has no key that follows.
  if (!keys_now.ok()) return absl::UnauthenticatedError("not signed by a key that is trusted");
  followed = *keys_now;
  ASSIGN_OR_RETURN(const OpenedCheckpoint opened, OpenHead(note, followed.log, {}));
  return opened.checkpoint;
}

absl::Status OpenedExport::OpenPeers(const TrustedKeys& keys, OpenedLedger& ledger) {
  for (const std::string& flat : files_.In(ledger.log.Name("peers"))) {
    const std::string name = ledger.log.Name(absl::StrCat("peers/", flat));
    ASSIGN_OR_RETURN(const std::string note, files_.Read(name));
    ASSIGN_OR_RETURN(const Checkpoint told, HeadIn(note, name));
    const std::string& origin = told.origin;
    // No origin has a plus, which would stand for two names.
    if (absl::StrContains(origin, '+') || FlatName(origin) != flat) {
      return RefuseFile(name, absl::StrCat("is a head of ", origin));
    }
    if (!keys.contains(origin)) {
      remarks_.push_back(absl::StrCat(name, " was not checked: no key of ", origin, " is trusted"));
      continue;
    }
    absl::StatusOr<Checkpoint> head = OpenTrusted(note, keys);
    if (absl::IsUnauthenticated(head.status())) {
      ASSIGN_OR_RETURN(head, OpenPeerByLaterKey(note, name, keys.at(origin), ledger));
    } else if (!head.ok()) {
      return RefuseFile(name, head.status().message());
    }
    ledger.peers.emplace(head->origin, *head);
  }
  return absl::OkStatus();
}

absl::StatusOr<Checkpoint> OpenedExport::OpenPeerByLaterKey(const std::string& note,
                                                            const std::string& name,
                                                            const LogSigners& trusted,
                                                            OpenedLedger& ledger) {
  const absl::StatusOr<LogSigners> followed = FollowPinned(ledger.log, trusted);
  if (followed.ok()) {
    const absl::StatusOr<OpenedCheckpoint> opened = OpenHead(note, *followed, {});
    if (!opened.ok()) return RefuseFile(name, opened.status().message());
    remarks_.push_back(absl::StrCat(name, " is signed by a later key of ", trusted.origin,
                                    " than those trusted, by the records of it that this "
                                    "organization has pinned"));
    return opened->checkpoint;
  }
  return RefuseFile(name, absl::StrCat("not signed by the key of ", trusted.origin));
}

absl::Status OpenedExport::CheckFiles() {
  RETURN_IF_ERROR(files_.CheckSums());
  return files_.CheckAllRead();
}

}  // namespace ch8::verify
