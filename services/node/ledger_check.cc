#include "services/node/ledger_check.h"

#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/books/ids.h"
#include "services/books/recovery.h"
#include "services/federation/core/peer_log.h"
#include "services/kernel/kept_check.h"
#include "services/kernel/replayed_rows.h"
#include "services/node/altered_entry.h"
#include "services/node/file_bodies.h"
#include "services/node/ledger_home.h"
#include "services/node/sealed_sums.h"
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
  ASSIGN_OR_RETURN(const FsckReport log, Fsck(ledger, ledger.stored_log()));
  report.size = log.size;
  report.root = log.root;
  if (log.difference.has_value()) {
    const absl::StatusOr<Difference> narrowed = NarrowToEntry(ledger, *log.difference);
    return Describe(narrowed.ok() ? *narrowed : *log.difference);
  }
  std::optional<uint64_t> beyond;
  const absl::Status read = ledger.stored_log().VisitChunks(log.size, [&](uint64_t first, auto) {
    if (first >= log.size) beyond = first;
    return !beyond.has_value();
  });
  ASSIGN_OR_RETURN(std::optional<std::string> difference, DifferenceOf(read));
  if (beyond.has_value()) {
    return absl::StrCat("entry ", *beyond, ": made up: the last commit ends at ", log.size);
  }
  if (difference.has_value()) return difference;
  return DifferenceOf(ledger.VerifyFileChecksums([](uint64_t) { return true; }));
}

absl::StatusOr<std::optional<std::string>> CheckRows(const RocksLedger& ledger,
                                                     const kernel::Machine& machine,
                                                     LedgerReport& report) {
  const auto compared = kernel::CompareRows(ledger, machine);
  if (!compared.ok()) return DifferenceOf(compared.status());
  report.rows = compared->rows;
  return compared->difference;
}

// What the origins of the organization's ledgers begin with.
std::string OwnPrefix(const Ledger& ledger) {
  return ledger.origin().substr(0, ledger.origin().find('/') + 1);
}

// Answers, cursors, parked entries, and what is remembered of other ledgers.
absl::StatusOr<std::optional<std::string>> CheckKeptRows(const RocksLedger& ledger) {
  const auto kept = kernel::CheckKept(ledger);
  if (!kept.ok()) return DifferenceOf(kept.status());
  if (kept->difference.has_value()) return kept->difference;
  for (const auto& [origin, delivery] : kept->last_deliveries) {
    ASSIGN_OR_RETURN(const auto row,
                     ledger.TakeSnapshot()->Get(Table::kPeer, federation::PeerStateKey(origin)));
    const auto state = federation::PeerStateFrom(origin, row);
    if (!state.ok()) return absl::StrCat("what is known of ", origin, " does not parse");
    // The head of an own ledger that was made anew may have been taken back (fitted_heads.h).
    const bool own = absl::StartsWith(origin, OwnPrefix(ledger));
    if (state->last_number() != delivery.number() || state->last_index() != delivery.index() ||
        state->last_leaf_hash() != delivery.leaf_hash() ||
        state->verified_size() <= delivery.index() ||
        (!own && state->verified_size() < delivery.checkpoint_size())) {
      return absl::StrCat("what is known of ", origin, " is not what the log took of it");
    }
  }
  return std::optional<std::string>();
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

absl::StatusOr<std::optional<std::string>> CheckBodies(const RocksLedger& ledger,
                                                       const kernel::Machine& machine,
                                                       const FileBodies::Folders& folders) {
  ASSIGN_OR_RETURN(const std::unique_ptr<FileBodies> bodies, FileBodies::Open(folders));
  const std::unique_ptr<Snapshot> snapshot = ledger.TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  const absl::Status checked =
      bodies->Check([&](const Hash& digest) { return machine.NamesBody(digest, rows); });
  RETURN_IF_ERROR(rows.status());
  return DifferenceOf(checked);
}

absl::StatusOr<std::optional<std::string>> Check(const Module& module, const std::string& data,
                                                 RocksLedger& ledger, LedgerReport& report) {
  ASSIGN_OR_RETURN(std::optional<std::string> difference, CheckLog(ledger, report));
  if (difference.has_value()) return difference;
  const auto machine = MachineOf(module, ledger);
  if (!machine.ok()) return DifferenceOf(machine.status());
  ASSIGN_OR_RETURN(difference, CheckRows(ledger, **machine, report));
  if (difference.has_value()) return difference;
  ASSIGN_OR_RETURN(difference, CheckKeptRows(ledger));
  if (difference.has_value()) return difference;
  ASSIGN_OR_RETURN(difference, CheckSeals(ledger));
  if (difference.has_value()) return difference;
  if (module.bodies == Module::Bodies::kFiles) {
    return CheckBodies(ledger, **machine, LedgerHome::BodyFolders(data, module.service));
  }
  return module.accounts == Module::Accounts::kBooks ? CheckBooks(ledger) : difference;
}

}  // namespace

absl::StatusOr<LedgerReport> CheckLedger(const Module& module, const std::string& data) {
  LedgerReport report;
  report.origin = module.service;
  const absl::StatusOr<std::unique_ptr<RocksLedger>> ledger =
      RocksLedger::OpenAsIs({.path = absl::StrCat(data, "/", module.service, "/ledger")});
  if (!ledger.ok()) {
    ASSIGN_OR_RETURN(report.difference, DifferenceOf(ledger.status()));
    return report;
  }
  report.origin = (*ledger)->origin();
  ASSIGN_OR_RETURN(report.difference, Check(module, data, **ledger, report));
  if (!report.difference.has_value()) {
    std::error_code error;
    std::filesystem::remove(LedgerHome::BarPath(data, module.service), error);
    if (error)
      return absl::UnavailableError(absl::StrCat("cannot lift the bar: ", error.message()));
  }
  return report;
}

}  // namespace ch8::node
