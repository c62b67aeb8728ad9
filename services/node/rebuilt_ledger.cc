#include "services/node/rebuilt_ledger.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "chapter8/federation/v1/deposit.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/federation/core/deposit.h"
#include "services/federation/core/records.h"
#include "services/kernel/restored_rows.h"
#include "services/node/ledger_check.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/chunk.h"
#include "storage/ledger/durable_file.h"
#include "storage/rocks/rocks_ledger.h"

namespace ch8::node {
namespace {

using chapter8::federation::v1::DepositRow;
using chapter8::federation::v1::GivenBack;
using chapter8::federation::v1::OpenedDeposit;

constexpr size_t kRowsPerCommit = 4096;
constexpr uint64_t kCommitsPerSync = 1000;

absl::StatusOr<std::vector<std::string>> FilesIn(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    files.push_back(entry.path().string());
  }
  if (error) return absl::UnavailableError(absl::StrCat("cannot read ", folder));
  std::sort(files.begin(), files.end());
  return files;
}

absl::StatusOr<GivenBack> ReadGivenBack(const std::string& path) {
  ASSIGN_OR_RETURN(const std::optional<std::string> bytes, ReadFileIfPresent(path));
  GivenBack given;
  if (!bytes.has_value() || !given.ParseFromString(*bytes)) {
    return absl::DataLossError(absl::StrCat(path, " is not what `ch8 node recover` writes"));
  }
  return given;
}

// Up to the last complete deposit that a key signed which is believed there: what follows it is of
// no use.
absl::StatusOr<uint64_t> CompleteCount(const std::vector<std::string>& files,
                                       const LogSigners& log) {
  uint64_t count = 0;
  uint64_t complete = 0;
  for (const std::string& path : files) {
    ASSIGN_OR_RETURN(const GivenBack given, ReadGivenBack(path));
    for (const OpenedDeposit& opened : given.deposits()) {
      ++count;
      if (!opened.deposit().complete()) continue;
      if (federation::CheckDeposit(log, opened, federation::DepositPlace::kLast).ok()) {
        complete = count;
      }
    }
  }
  if (complete == 0)
    return absl::DataLossError(
        "no deposit that was given back is complete and signed by the key believed there");
  return complete;
}

// Fills a fresh ledger with deposits.
class Rebuilding {
 public:
  // `path`: of the database.
  Rebuilding(std::string path, LogSigners log) : path_(std::move(path)), log_(std::move(log)) {}

  // The next deposit, in order. Errors: those of RebuildLedger().
  absl::Status Take(const OpenedDeposit& opened, federation::DepositPlace place) {
    RETURN_IF_ERROR(federation::CheckDeposit(log_, opened, place));
    if (opened.deposit().begin() != size_) {
      return absl::DataLossError(
          absl::StrCat("a deposit begins at entry ", opened.deposit().begin(), ", not ", size_));
    }
    for (const std::string& chunk : opened.content().chunks()) RETURN_IF_ERROR(TakeChunk(chunk));
    if (size_ != opened.deposit().end()) {
      return absl::DataLossError(
          absl::StrCat("a deposit ends at entry ", size_, ", and says ", opened.deposit().end()));
    }
    Remember(opened.content().answers(), Table::kAnswers, remembered_);
    if (!opened.deposit().complete()) return absl::OkStatus();
    peer_rows_.clear();
    Remember(opened.content().peer_rows(), Table::kPeer, peer_rows_);
    note_ = opened.content().newest_note();
    time_ = absl::FromUnixMicros(opened.content().ledger_time_us());
    root_ = opened.deposit().root();
    return absl::OkStatus();
  }

  // After the last one: rows, root, note.
  absl::StatusOr<RebuiltLedger> Finish(const Module& module, const NodeFolder& folder) {
    RETURN_IF_ERROR(ledger_->Sync().status());
    RETURN_IF_ERROR(folder.RememberLog(module.service, ledger_->log_id()));
    RebuiltLedger rebuilt{.origin = log_.origin, .size = size_, .root = {}};
    ASSIGN_OR_RETURN(rebuilt.root, ledger_->RootAt(size_));
    if (rebuilt.root.view() != root_) {
      return absl::DataLossError(absl::StrCat("the entries of the deposits below ", size_,
                                              " have another root than their owner signed"));
    }
    const std::unique_ptr<kernel::Machine> machine = module.make_machine(genesis_);
    remembered_.insert(remembered_.end(), std::make_move_iterator(peer_rows_.begin()),
                       std::make_move_iterator(peer_rows_.end()));
    ASSIGN_OR_RETURN(std::vector<RowWrite> rows,
                     kernel::RestoredRows(*ledger_, *machine, time_, std::move(remembered_)));
    for (size_t begin = 0; begin < rows.size(); begin += kRowsPerCommit) {
      const size_t end = std::min(begin + kRowsPerCommit, rows.size());
      Ledger::CommitRequest commit;
      commit.rows.assign(std::make_move_iterator(rows.begin() + static_cast<ptrdiff_t>(begin)),
                         std::make_move_iterator(rows.begin() + static_cast<ptrdiff_t>(end)));
      RETURN_IF_ERROR(ledger_->Commit(commit).status());
    }
    if (!note_.empty()) {
      ASSIGN_OR_RETURN(const OpenedCheckpoint head, OpenOldHead(note_, log_, {}));
      RETURN_IF_ERROR(ledger_->KeepNote(head.checkpoint.size, note_));
    }
    RETURN_IF_ERROR(ledger_->Sync().status());
    ledger_.reset();
    return rebuilt;
  }

 private:
  static void Remember(const google::protobuf::RepeatedPtrField<DepositRow>& rows, Table table,
                       std::vector<RowWrite>& out) {
    for (const DepositRow& row : rows) {
      out.push_back({.table = table, .key = row.key(), .value = row.value()});
    }
  }

  absl::Status Begin(const Entry& first) {
    chapter8::ledger::v1::Entry entry;
    if (first.index != 0 ||
        !entry.ParseFromArray(first.payload.data(), static_cast<int>(first.payload.size())) ||
        !entry.has_genesis()) {
      return absl::DataLossError("the first deposit does not begin with a genesis");
    }
    genesis_ = std::move(*entry.mutable_genesis());
    if (genesis_.origin() != log_.origin) {
      return absl::FailedPreconditionError(absl::StrCat("what was given back is the ledger ",
                                                        genesis_.origin(), ", not ", log_.origin));
    }
    const Genesis genesis{.origin = genesis_.origin(),
                          .payload = std::string(first.payload),
                          .salt = first.request_salt};
    ASSIGN_OR_RETURN(ledger_, RocksLedger::Create({.path = path_}, genesis));
    size_ = 1;
    return absl::OkStatus();
  }

  absl::Status TakeChunk(const std::string& chunk) {
    RETURN_IF_ERROR(DecodeChunk(chunk, entries_));
    Ledger::CommitRequest commit;
    for (const Entry& entry : entries_) {
      if (ledger_ == nullptr) {
        RETURN_IF_ERROR(Begin(entry));
        continue;
      }
      if (entry.index < size_) continue;
      if (entry.index != size_) {
        return absl::DataLossError(absl::StrCat("entry ", size_, " is in no deposit"));
      }
      const bool same_request =
          !commit.requests.empty() && commit.requests.back().request_salt == entry.request_salt;
      if (!same_request) commit.requests.push_back({.request_salt = entry.request_salt});
      commit.requests.back().entries.push_back(
          {.entry_class = entry.entry_class,
           .tag = entry.tag,
           .row = entry.row,
           .payload = entry.payload,
           .leaf_hash = EntryLeafHash(ledger_->log_id(), entry)});
      ++size_;
    }
    if (commit.requests.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(ledger_->Commit(commit).status());
    return ++commits_ % kCommitsPerSync == 0 ? ledger_->Sync().status() : absl::OkStatus();
  }

  const std::string path_;
  const LogSigners log_;
  std::unique_ptr<RocksLedger> ledger_;
  chapter8::ledger::v1::Genesis genesis_;
  std::vector<Entry> entries_;
  uint64_t size_ = 0;
  uint64_t commits_ = 0;
  std::vector<RowWrite> remembered_;
  // Of the newest complete deposit:
  std::vector<RowWrite> peer_rows_;
  std::string note_;
  std::string root_;
  absl::Time time_;
};

absl::StatusOr<RebuiltLedger> Rebuild(const Module& module, const NodeFolder& folder,
                                      const std::string& given_back, const std::string& fresh) {
  ASSIGN_OR_RETURN(const std::vector<std::string> files, FilesIn(given_back));
  const LogSigners log = federation::LogSignersOf(folder.record, folder.Origin(module.service));
  ASSIGN_OR_RETURN(uint64_t wanted, CompleteCount(files, log));
  Rebuilding rebuilding(absl::StrCat(fresh, "/", module.service, "/ledger"), log);
  for (const std::string& path : files) {
    ASSIGN_OR_RETURN(const GivenBack given, ReadGivenBack(path));
    for (const OpenedDeposit& opened : given.deposits()) {
      if (wanted == 0) break;
      RETURN_IF_ERROR(rebuilding.Take(opened, wanted == 1 ? federation::DepositPlace::kLast
                                                          : federation::DepositPlace::kEarlier));
      --wanted;
    }
  }
  ASSIGN_OR_RETURN(RebuiltLedger rebuilt, rebuilding.Finish(module, folder));
  ASSIGN_OR_RETURN(const LedgerReport report, CheckLedger(module, fresh));
  if (report.difference.has_value()) return absl::DataLossError(*report.difference);
  return rebuilt;
}

constexpr char kRebuiltFile[] = "/rebuilt";

absl::Status Failed(absl::string_view what, const std::error_code& error) {
  return absl::UnavailableError(absl::StrCat("cannot ", what, ": ", error.message()));
}

}  // namespace

std::string GivenBackPath(absl::string_view data, absl::string_view service) {
  return absl::StrCat(data, "/", service, "/given_back");
}

absl::StatusOr<uint64_t> RebuiltSize(const std::string& folder) {
  const std::string path = folder + kRebuiltFile;
  ASSIGN_OR_RETURN(const std::optional<std::string> text, ReadFileIfPresent(path));
  uint64_t size = 0;
  if (text.has_value() && !absl::SimpleAtoi(*text, &size)) {
    return absl::DataLossError(absl::StrCat(path, " does not say a size"));
  }
  return size;
}

absl::StatusOr<std::optional<RebuiltLedger>> RebuildLedger(const Module& module,
                                                           const NodeFolder& folder,
                                                           const std::string& data) {
  namespace fs = std::filesystem;
  const std::string given_back = GivenBackPath(data, module.service);
  const std::string ledger = absl::StrCat(data, "/", module.service, "/ledger");
  const std::string fresh = absl::StrCat(data, "/", module.service, "/rebuilding");
  std::error_code error;
  if (!fs::exists(given_back, error)) return std::nullopt;
  std::optional<RebuiltLedger> rebuilt;
  fs::remove_all(fresh, error);
  if (!fs::exists(ledger, error)) {
    fs::create_directories(absl::StrCat(fresh, "/", module.service), error);
    if (error) return Failed(absl::StrCat("make ", fresh), error);
    const absl::StatusOr<RebuiltLedger> made = Rebuild(module, folder, given_back, fresh);
    if (!made.ok()) {
      return absl::Status(made.status().code(),
                          absl::StrCat(given_back, ": ", made.status().message()));
    }
    // Before it is in its place: it signs nothing by itself. Both are durable before what was given
    // back goes.
    const std::string size_path = absl::StrCat(data, "/", module.service, kRebuiltFile);
    RETURN_IF_ERROR(WriteFileDurably(size_path, absl::StrCat(made->size, "\n")));
    fs::rename(absl::StrCat(fresh, "/", module.service, "/ledger"), ledger, error);
    if (error) return Failed(absl::StrCat("put ", ledger, " in its place"), error);
    RETURN_IF_ERROR(WriteFileDurably(size_path, absl::StrCat(made->size, "\n")));
    rebuilt = *made;
  }
  // From here on the ledger stands for itself.
  fs::remove_all(fresh, error);
  if (!error) fs::remove_all(given_back, error);
  if (error) return Failed(absl::StrCat("remove ", given_back), error);
  return rebuilt;
}

}  // namespace ch8::node
