#include "clients/export/ledger_export.h"

#include "absl/strings/str_cat.h"
#include "clients/export/log_folder.h"
#include "clients/export/names.h"
#include "clients/export/seal_files.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/leaf.h"

namespace ch8::audit {

namespace v1 = chapter8::ledger::v1;

namespace {

// How much of a journal is written at a time.
constexpr size_t kJournalPart = 256 * 1024;
constexpr size_t kScopesAtOnce = 1'000;

}  // namespace

LedgerExport::LedgerExport(std::string origin, const LogKeys& keys, const Call& call)
    : origin_(std::move(origin)), folder_(FolderOf(origin_)), keys_(keys), call_(call) {}

std::string LedgerExport::File(absl::string_view name) const {
  return absl::StrCat(folder_, "/", name);
}

absl::Status LedgerExport::Broken(absl::string_view what) const {
  return absl::DataLossError(absl::StrCat("the node's answers on ", origin_, ": ", what));
}

absl::Status LedgerExport::ReadHead() {
  v1::SealLedgerRequest seal;
  seal.set_origin(origin_);
  v1::SealedLedger sealed;
  not_sealed_ = call_("ledger.v1.LedgerService.SealLedger", seal, sealed);
  // A ledger that takes nothing new, because it is barred or the disk is full, is exported still.
  const bool goes_on = not_sealed_.ok() || absl::IsFailedPrecondition(not_sealed_) ||
                       absl::IsResourceExhausted(not_sealed_);
  if (!goes_on) return not_sealed_;
  v1::GetCheckpointRequest request;
  request.set_origin(origin_);
  RETURN_IF_ERROR(call_("ledger.v1.LedgerService.GetCheckpoint", request, head_));
  const auto key = keys_.find(origin_);
  if (key == keys_.end()) return Broken("no pinned record names its key");
  const LogSigners& log = key->second;
  const absl::StatusOr<OpenedCheckpoint> opened = OpenHead(head_.note(), log, {});
  if (!opened.ok()) return Broken(opened.status().message());
  const Checkpoint& signed_head = opened->checkpoint;
  key_number_ = static_cast<size_t>(SignerAt(log.keys, signed_head.size) - log.keys.data()) + 1;
  if (signed_head.size != head_.size() || signed_head.root.view() != head_.root() ||
      signed_head.size == 0) {
    return Broken("a note of another head");
  }
  selection_.disclosed.assign(head_.size(), true);
  selection_.count = head_.size();
  return absl::OkStatus();
}

absl::Status LedgerExport::SelectBy(const std::vector<Selector>& selectors) {
  Survey survey(origin_, selectors);
  RETURN_IF_ERROR(VisitEntries(
      [&](uint64_t /*index*/, const v1::LoggedEntry& entry) { return survey.Take(entry); }));
  selection_ = survey.Select();
  seals_ = selection_.seals;
  return absl::OkStatus();
}

absl::Status LedgerExport::Write(ExportFolder& out) {
  RETURN_IF_ERROR(out.Append(File("checkpoint"), head_.note()));
  LogFolder log(out, folder_, origin_,
                is_sample() ? LogFolder::Form::kSample : LogFolder::Form::kWhole);
  if (!is_sample()) seals_.clear();
  std::string journal;
  const auto write = [&](uint64_t index, const v1::LoggedEntry& entry) -> absl::Status {
    if (!selection_.disclosed[index]) return log.Append(entry, LogFolder::Payload::kWithheld);
    if (!is_sample() && entry.entry_class() == static_cast<uint32_t>(EntryClass::kSeal)) {
      seals_.push_back(index);
    }
    RETURN_IF_ERROR(AddToJournal(index, entry, journal));
    if (journal.size() > kJournalPart) {
      RETURN_IF_ERROR(out.Append(File("journal.hledger"), journal));
      journal.clear();
    }
    return log.Append(entry);
  };
  RETURN_IF_ERROR(VisitEntries(write));
  RETURN_IF_ERROR(out.Append(File("journal.hledger"), journal));
  RETURN_IF_ERROR(log.Finish());
  if (log.Root().view() != head_.root()) return Broken("entries of another root");
  RETURN_IF_ERROR(CopySeals(out));
  return CopyPeers(out);
}

// Of whole ledgers the secret, from which all rows can be made anew; of a sample the rows of what
// it discloses wholly, which tell nothing of any other scope.
absl::Status LedgerExport::CopySeals(ExportFolder& out) {
  for (const uint64_t index : seals_) {
    v1::SealRows rows;
    rows.set_index(index);
    RETURN_IF_ERROR(ReadRows(is_sample() ? selection_.scopes : std::vector<std::string>(), rows));
    RETURN_IF_ERROR(out.Append(File(absl::StrCat("seals/", index)), FormatSealRows(rows)));
  }
  return absl::OkStatus();
}

absl::Status LedgerExport::ReadRows(const std::vector<std::string>& scopes,
                                    v1::SealRows& rows) const {
  size_t next = 0;
  do {
    v1::ReadSealRowsRequest request;
    request.set_origin(origin_);
    request.set_index(rows.index());
    for (size_t i = 0; i < kScopesAtOnce && next < scopes.size(); ++i) {
      request.add_scopes(scopes[next++]);
    }
    request.set_secret(scopes.empty());
    v1::SealRows page;
    RETURN_IF_ERROR(call_("ledger.v1.LedgerService.ReadSealRows", request, page));
    if (page.index() != rows.index()) return Broken("rows of another seal");
    rows.MergeFrom(page);
  } while (next < scopes.size());
  return absl::OkStatus();
}

absl::Status LedgerExport::VisitEntries(const Take& take) const {
  uint64_t next = 0;
  while (next < head_.size()) {
    v1::ReadEntriesRequest request;
    request.set_origin(origin_);
    request.set_begin(next);
    request.set_end(head_.size());
    v1::ReadEntriesResponse page;
    RETURN_IF_ERROR(call_("ledger.v1.LedgerService.ReadEntries", request, page));
    const uint64_t count = static_cast<uint64_t>(page.entries_size());
    if (page.begin() != next || count == 0 || count > head_.size() - next) {
      return Broken("a page that does not go on");
    }
    for (const v1::LoggedEntry& entry : page.entries()) RETURN_IF_ERROR(take(next++, entry));
  }
  return absl::OkStatus();
}

absl::Status LedgerExport::AddToJournal(uint64_t index, const v1::LoggedEntry& logged,
                                        std::string& text) {
  const auto unreadable = [&] { return Broken(absl::StrCat("entry ", index, " does not parse")); };
  absl::StatusOr<std::string> added;
  if (IsTransferRow(logged)) {
    chapter8::books::v1::TransferRow row;
    if (!row.ParseFromString(logged.payload())) return unreadable();
    added = journal_.TakeRow(index, row);
  } else {
    v1::Entry entry;
    if (!entry.ParseFromString(logged.payload())) return unreadable();
    if (index == 0) {
      if (!entry.has_genesis()) return Broken("entry 0 is no genesis");
      text += HeadingOf(entry.genesis());
    }
    if (entry.request().has_delivery()) took_from_.insert(entry.request().delivery().origin());
    added = journal_.Take(index, entry);
  }
  RETURN_IF_ERROR(added.status());
  text += *added;
  return absl::OkStatus();
}

std::string LedgerExport::HeadingOf(const v1::Genesis& genesis) {
  exercise_ = genesis.exercise();
  return absl::StrCat(
      exercise_ ? Journal::ExerciseLine() : "",
      is_sample() ? Journal::SampleHeading(origin_, size()) : Journal::Heading(origin_, size()));
}

// Of a sample only the heads under which something disclosed was taken: which others an
// organization deals with is nobody's business.
absl::Status LedgerExport::CopyPeers(ExportFolder& out) {
  v1::ListPeersRequest request;
  request.set_origin(origin_);
  do {
    v1::ListPeersResponse page;
    RETURN_IF_ERROR(call_("ledger.v1.LedgerService.ListPeers", request, page));
    for (const v1::Peer& peer : page.peers()) {
      if (peer.verified_size() == 0) continue;
      if (is_sample() && !took_from_.contains(peer.origin())) continue;
      peers_.push_back(peer.origin());
      RETURN_IF_ERROR(out.Append(File(absl::StrCat("peers/", FlatName(peer.origin()))),
                                 peer.checkpoint_note()));
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

}  // namespace ch8::audit
