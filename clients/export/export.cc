#include "clients/export/export.h"

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/export/export_folder.h"
#include "clients/export/journal.h"
#include "clients/export/log_folder.h"
#include "clients/export/log_keys.h"
#include "clients/export/names.h"
#include "clients/export/verify_text.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/checkpoint.h"

namespace ch8::audit {
namespace {

namespace v1 = chapter8::ledger::v1;
using chapter8::directory::v1::Organization;

enum class Kind { kLive, kExercise };

absl::Status Broken(absl::string_view origin, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the node's answers on ", origin, ": ", what));
}

// The ledgers of the organization, from its own record: the one place that says which there are.
absl::StatusOr<std::vector<std::string>> OwnOrigins(const std::vector<Organization>& all) {
  for (const Organization& organization : all) {
    if (!organization.own()) continue;
    ASSIGN_OR_RETURN(const LogKeys keys, LogKeysOf({organization}));
    std::vector<std::string> origins;
    for (const auto& [origin, key] : keys) origins.push_back(origin);
    return origins;
  }
  return absl::FailedPreconditionError("the directory does not know its own organization");
}

// Writes one ledger's part.
class LedgerExport {
 public:
  LedgerExport(ExportFolder& out, std::string origin, const LogKeys& keys, const Call& call)
      : out_(out),
        origin_(std::move(origin)),
        folder_(FolderOf(origin_)),
        keys_(keys),
        call_(call),
        log_(out, folder_, origin_) {}

  // kNotFound, before anything is written, when the node does not host the ledger.
  absl::Status Write() {
    RETURN_IF_ERROR(ReadHead());
    RETURN_IF_ERROR(out_.Append(File("checkpoint"), head_.note()));
    while (log_.size() < head_.size()) RETURN_IF_ERROR(CopyPage());
    RETURN_IF_ERROR(log_.Finish());
    if (log_.Root().view() != head_.root()) return Broken(origin_, "entries of another root");
    return CopyPeers();
  }

  uint64_t size() const { return head_.size(); }
  Kind kind() const { return kind_; }
  // The ledgers whose heads are among what was written.
  const std::vector<std::string>& peers() const { return peers_; }

 private:
  std::string File(absl::string_view name) const { return absl::StrCat(folder_, "/", name); }

  absl::Status ReadHead() {
    v1::GetCheckpointRequest request;
    request.set_origin(origin_);
    RETURN_IF_ERROR(call_("ledger.v1.LedgerService.GetCheckpoint", request, head_));
    const auto key = keys_.find(origin_);
    if (key == keys_.end()) return Broken(origin_, "no pinned record names its key");
    const absl::StatusOr<OpenedCheckpoint> opened = OpenCheckpoint(head_.note(), key->second, {});
    if (!opened.ok()) return Broken(origin_, opened.status().message());
    const Checkpoint& signed_head = opened->checkpoint;
    if (signed_head.size != head_.size() || signed_head.root.view() != head_.root() ||
        signed_head.size == 0) {
      return Broken(origin_, "a note of another head");
    }
    return absl::OkStatus();
  }

  absl::Status CopyPage() {
    v1::ReadEntriesRequest request;
    request.set_origin(origin_);
    request.set_begin(log_.size());
    request.set_end(head_.size());
    v1::ReadEntriesResponse page;
    RETURN_IF_ERROR(call_("ledger.v1.LedgerService.ReadEntries", request, page));
    if (page.begin() != log_.size() || page.entries().empty()) {
      return Broken(origin_, "a page that does not go on");
    }
    std::string journal;
    for (const v1::LoggedEntry& entry : page.entries()) {
      if (log_.size() == 0) RETURN_IF_ERROR(BeginJournal(entry, journal));
      RETURN_IF_ERROR(AddToJournal(entry, journal));
      RETURN_IF_ERROR(log_.Append(entry));
    }
    return out_.Append(File("journal.hledger"), journal);
  }

  absl::Status BeginJournal(const v1::LoggedEntry& entry, std::string& journal) {
    v1::Entry genesis;
    if (!genesis.ParseFromString(entry.payload()) || !genesis.has_genesis()) {
      return Broken(origin_, "entry 0 is no genesis");
    }
    kind_ = genesis.genesis().exercise() ? Kind::kExercise : Kind::kLive;
    if (kind_ == Kind::kExercise) journal += Journal::ExerciseLine();
    journal += Journal::Heading(origin_, head_.size());
    return absl::OkStatus();
  }

  absl::Status AddToJournal(const v1::LoggedEntry& logged, std::string& journal) {
    absl::StatusOr<std::string> added;
    if (IsTransferRow(logged)) {
      chapter8::books::v1::TransferRow row;
      if (!row.ParseFromString(logged.payload())) return Unreadable();
      added = journal_.TakeRow(log_.size(), row);
    } else {
      v1::Entry entry;
      if (!entry.ParseFromString(logged.payload())) return Unreadable();
      added = journal_.Take(log_.size(), entry);
    }
    RETURN_IF_ERROR(added.status());
    journal += *added;
    return absl::OkStatus();
  }

  absl::Status Unreadable() const {
    return Broken(origin_, absl::StrCat("entry ", log_.size(), " does not parse"));
  }

  absl::Status CopyPeers() {
    v1::ListPeersRequest request;
    request.set_origin(origin_);
    do {
      v1::ListPeersResponse page;
      RETURN_IF_ERROR(call_("ledger.v1.LedgerService.ListPeers", request, page));
      for (const v1::Peer& peer : page.peers()) {
        if (peer.verified_size() == 0) continue;
        peers_.push_back(peer.origin());
        RETURN_IF_ERROR(out_.Append(File(absl::StrCat("peers/", FlatName(peer.origin()))),
                                    peer.checkpoint_note()));
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return absl::OkStatus();
  }

  ExportFolder& out_;
  const std::string origin_;
  const std::string folder_;
  const LogKeys& keys_;
  const Call& call_;
  v1::Checkpoint head_;
  LogFolder log_;
  Journal journal_;
  Kind kind_ = Kind::kLive;
  std::vector<std::string> peers_;
};

// The keys and texts beside the ledgers' folders.
absl::Status WriteTopFiles(const LogKeys& keys, const std::vector<VerifiableLedger>& ledgers,
                           Kind kind, ExportFolder& out) {
  for (const auto& [origin, key] : keys) {
    RETURN_IF_ERROR(out.Append(absl::StrCat("keys/", FlatName(origin), ".pem"), FormatPem(key)));
  }
  const std::string heading =
      kind == Kind::kExercise ? "**EXERCISE EXERCISE EXERCISE: not real money.**\n\n" : "";
  RETURN_IF_ERROR(out.Append("policy.txt", FormatPolicy(keys)));
  return out.Append("VERIFY.md", VerifyText(ledgers, heading));
}

}  // namespace

absl::StatusOr<std::vector<ExportedLedger>> WriteExport(const ExportOptions& options,
                                                        const Call& call) {
  ASSIGN_OR_RETURN(const std::vector<std::string> origins, OwnOrigins(options.organizations));
  ASSIGN_OR_RETURN(const LogKeys keys, LogKeysOf(options.organizations));
  ASSIGN_OR_RETURN(const std::unique_ptr<ExportFolder> out, ExportFolder::Begin(options.directory));
  std::vector<ExportedLedger> all;
  std::vector<VerifiableLedger> written;
  LogKeys used;
  Kind kind = Kind::kLive;
  for (const std::string& origin : origins) {
    LedgerExport ledger(*out, origin, keys, call);
    const absl::Status status = ledger.Write();
    all.push_back({.origin = origin, .size = ledger.size(), .status = status});
    if (absl::IsNotFound(status)) continue;
    RETURN_IF_ERROR(status);
    written.push_back({.origin = origin, .size = ledger.size()});
    if (ledger.kind() == Kind::kExercise) kind = Kind::kExercise;
    used.insert(*keys.find(origin));
    for (const std::string& peer : ledger.peers()) {
      if (keys.contains(peer)) used.insert(*keys.find(peer));
    }
  }
  if (written.empty()) {
    return absl::NotFoundError("this node hosts none of the organization's ledgers");
  }
  RETURN_IF_ERROR(WriteTopFiles(used, written, kind, *out));
  RETURN_IF_ERROR(out->Finish());
  return all;
}

}  // namespace ch8::audit
