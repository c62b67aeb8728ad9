#include "services/node/ledger_check.h"

#include <map>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/books/ids.h"
#include "services/books/recovery.h"
#include "services/kernel/replayed_rows.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/fsck.h"
#include "storage/rocks/rocks_ledger.h"

namespace ch8::node {
namespace {

// What is damaged says so; all else is not the ledger's fault.
absl::StatusOr<std::optional<std::string>> DifferenceOf(const absl::Status& status) {
  if (status.ok()) return std::optional<std::string>();
  if (absl::IsDataLoss(status)) return std::optional<std::string>(status.message());
  return status;
}

absl::StatusOr<std::optional<std::string>> CheckLog(const RocksLedger& ledger,
                                                    LedgerReport& report) {
  ASSIGN_OR_RETURN(std::optional<std::string> difference,
                   DifferenceOf(ledger.VerifyFileChecksums()));
  if (difference.has_value()) return difference;
  const absl::StatusOr<FsckReport> log = Fsck(ledger, ledger.stored_log());
  if (!log.ok()) return DifferenceOf(log.status());
  report.size = log->size;
  report.root = log->root;
  if (!log->difference.has_value()) return std::optional<std::string>();
  return std::optional<std::string>(
      absl::StrCat("entry ", log->difference->index, ": ", log->difference->what));
}

// The first key that one of them lacks or has otherwise.
std::optional<std::string> FirstDifference(const std::map<std::string, std::string>& stored,
                                           const std::map<std::string, std::string>& replayed) {
  for (const auto& [key, value] : replayed) {
    const auto row = stored.find(key);
    if (row == stored.end()) return absl::StrCat("row ", absl::CEscape(key), " is missing");
    if (row->second != value) return absl::StrCat("row ", absl::CEscape(key), " differs");
  }
  for (const auto& [key, value] : stored) {
    if (!replayed.contains(key)) return absl::StrCat("row ", absl::CEscape(key), " is made up");
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<std::string>> CheckRows(const RocksLedger& ledger,
                                                     const kernel::Machine& machine,
                                                     LedgerReport& report) {
  const auto stored = kernel::StoredRows(ledger);
  if (!stored.ok()) return DifferenceOf(stored.status());
  const auto replayed = kernel::ReplayedRows(ledger, machine);
  if (!replayed.ok()) return DifferenceOf(replayed.status());
  report.rows = stored->size();
  return FirstDifference(*stored, *replayed);
}

// What a start makes of pages and tail, and what the log alone gives.
absl::StatusOr<std::optional<std::string>> CheckBooks(RocksLedger& ledger) {
  books::RecoverySource source = books::RecoverySourceOf(ledger);
  source.ingest_ids = nullptr;
  const books::LedgerIds ids(ledger);
  const auto started = books::Recover(source, ids, books::Books::Options());
  if (!started.ok()) return DifferenceOf(started.status());
  source.ids_through_size = 0;
  source.read_pages = [](const auto&) { return absl::OkStatus(); };
  const books::NoOlderIds no_ids;
  const auto replayed = books::Recover(source, no_ids, books::Books::Options());
  if (!replayed.ok()) return DifferenceOf(replayed.status());
  if (started->replayed_from_zero) return std::optional<std::string>("pages do not fit the log");
  if (started->books->StateDigest() == replayed->books->StateDigest()) {
    return std::optional<std::string>();
  }
  return std::optional<std::string>("the books differ from a replay of the log");
}

absl::StatusOr<std::unique_ptr<kernel::Machine>> MachineOf(const Module& module,
                                                           const RocksLedger& ledger) {
  chapter8::ledger::v1::Entry entry;
  bool parsed = false;
  RETURN_IF_ERROR(ledger.ReadEntries(0, 1, [&](const ch8::Entry& first) {
    parsed = entry.ParseFromString(std::string(first.payload)) && entry.has_genesis();
    return false;
  }));
  if (!parsed) return absl::DataLossError("entry 0: not a genesis");
  return module.make_machine(entry.genesis());
}

absl::StatusOr<std::optional<std::string>> Check(const Module& module, RocksLedger& ledger,
                                                 LedgerReport& report) {
  ASSIGN_OR_RETURN(std::optional<std::string> difference, CheckLog(ledger, report));
  if (difference.has_value()) return difference;
  const auto machine = MachineOf(module, ledger);
  if (!machine.ok()) return DifferenceOf(machine.status());
  ASSIGN_OR_RETURN(difference, CheckRows(ledger, **machine, report));
  if (difference.has_value() || module.accounts != Module::Accounts::kBooks) return difference;
  return CheckBooks(ledger);
}

}  // namespace

absl::StatusOr<LedgerReport> CheckLedger(const Module& module, const std::string& data) {
  LedgerReport report;
  report.origin = module.service;
  const absl::StatusOr<std::unique_ptr<RocksLedger>> ledger =
      RocksLedger::Open({.path = absl::StrCat(data, "/", module.service, "/ledger")});
  if (!ledger.ok()) {
    ASSIGN_OR_RETURN(report.difference, DifferenceOf(ledger.status()));
    return report;
  }
  report.origin = (*ledger)->origin();
  ASSIGN_OR_RETURN(report.difference, Check(module, **ledger, report));
  return report;
}

}  // namespace ch8::node
