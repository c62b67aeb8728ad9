#include "services/node/ledger_home.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/books/recovery.h"
#include "services/federation/core/facts.h"
#include "services/kernel/refusal.h"
#include "services/kernel/rows.h"
#include "services/kernel/seals.h"
#include "services/node/rebuilt_ledger.h"
#include "services/node/sealed_sums.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/durable_file.h"

namespace ch8::node {
namespace {

RocksLedgerOptions LedgerOptions(const std::string& directory) {
  RocksLedgerOptions options;
  options.path = directory + "/ledger";
  return options;
}

bool IsSealed(const Ledger& ledger) {
  const std::unique_ptr<Snapshot> snapshot = ledger.TakeSnapshot();
  return kernel::NewestSeal(kernel::SnapshotRows(*snapshot)).has_value();
}

}  // namespace

LedgerHome::LedgerHome(const Module& module, const std::string& data,
                       std::unique_ptr<RocksLedger> ledger)
    : module_(module),
      directory_(absl::StrCat(data, "/", module.service)),
      body_folders_(BodyFolders(data, module.service)),
      bar_path_(BarPath(data, module.service)),
      ledger_(std::move(ledger)) {}

LedgerHome::~LedgerHome() {
  if (sequencer_ == nullptr) return;
  sequencer_.reset();
  // Pages are a saving of time, not of facts: without them the next start replays more.
  ledger_->FlushPages().IgnoreError();
}

absl::StatusOr<std::unique_ptr<LedgerHome>> LedgerHome::Open(const Module& module,
                                                             const NodeFolder& folder,
                                                             const std::string& data) {
  const std::string directory = absl::StrCat(data, "/", module.service);
  ASSIGN_OR_RETURN(std::unique_ptr<RocksLedger> ledger,
                   RocksLedger::Open(LedgerOptions(directory)));
  std::unique_ptr<LedgerHome> home(new LedgerHome(module, data, std::move(ledger)));
  RETURN_IF_ERROR(home->ReadGenesis(folder));
  // A crash may have come between the making of the ledger and the note of it.
  RETURN_IF_ERROR(folder.RememberLog(module.service, home->ledger_->log_id()));
  return home;
}

absl::StatusOr<std::unique_ptr<LedgerHome>> LedgerHome::Create(const Module& module,
                                                               const NodeFolder& folder,
                                                               const std::string& data,
                                                               const Exercise& exercise) {
  RETURN_IF_ERROR(folder.ExpectNoLog(module.service));
  const std::string directory = absl::StrCat(data, "/", module.service);
  chapter8::ledger::v1::Entry entry;
  ASSIGN_OR_RETURN(*entry.mutable_genesis(), folder.LedgerGenesis(module.service, exercise));
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat("cannot create ", directory, ": ", error.message()));
  }
  Genesis genesis;
  genesis.origin = entry.genesis().origin();
  genesis.payload = entry.SerializeAsString();
  ASSIGN_OR_RETURN(genesis.salt, Hash::FromBytes(RandomBytes(Hash::kSize)));
  ASSIGN_OR_RETURN(std::unique_ptr<RocksLedger> ledger,
                   RocksLedger::Create(LedgerOptions(directory), genesis));
  std::unique_ptr<LedgerHome> home(new LedgerHome(module, data, std::move(ledger)));
  RETURN_IF_ERROR(home->ReadGenesis(folder));
  RETURN_IF_ERROR(folder.RememberLog(module.service, home->ledger_->log_id()));
  return home;
}

absl::Status LedgerHome::ReadGenesis(const NodeFolder& folder) {
  chapter8::ledger::v1::Entry entry;
  bool parsed = false;
  RETURN_IF_ERROR(ledger_->ReadEntries(0, 1, [&](const ch8::Entry& first) {
    parsed = entry.ParseFromArray(first.payload.data(), static_cast<int>(first.payload.size()));
    return false;
  }));
  if (!parsed || !entry.has_genesis()) {
    return absl::DataLossError(absl::StrCat(directory_, ": entry 0 is not a genesis"));
  }
  genesis_ = std::move(*entry.mutable_genesis());
  const std::string want = folder.Origin(module_.service);
  if (genesis_.origin() != want || ledger_->origin() != want) {
    return absl::FailedPreconditionError(absl::StrCat(directory_, " is the ledger ",
                                                      ledger_->origin(), ", but ", folder.path,
                                                      " is the home of ", want));
  }
  return absl::OkStatus();
}

Exercise LedgerHome::exercise() const {
  if (!genesis_.exercise()) return Exercise();
  return Exercise{.kind = Exercise::Kind::kExercise,
                  .offset = absl::Microseconds(genesis_.exercise_offset_us())};
}

// What cannot be read looks absent: then nothing is removed.
absl::Status LedgerHome::SweepBodies() {
  const std::unique_ptr<Snapshot> snapshot = ledger_->TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  RETURN_IF_ERROR(bodies_->Sweep([&](const Hash& digest) {
    return machine_->NamesBody(digest, rows) || !rows.status().ok();
  }));
  return rows.status();
}

std::string LedgerHome::BarPath(absl::string_view data, absl::string_view service) {
  return absl::StrCat(data, "/", service, "/barred");
}

FileBodies::Folders LedgerHome::BodyFolders(absl::string_view data, absl::string_view service) {
  return {.bodies = absl::StrCat(data, "/", service, "/bodies"),
          .keys = absl::StrCat(data, "/body-keys/", service)};
}

absl::Status LedgerHome::ReadBar() {
  ASSIGN_OR_RETURN(const std::optional<std::string> why, ReadFileIfPresent(bar_path_));
  if (!why.has_value()) return absl::OkStatus();
  head_keeper_->Refuse(absl::StripSuffix(*why, "\n"));
  barred_.store(true);
  return absl::OkStatus();
}

absl::Status LedgerHome::Bar(const std::string& why) {
  head_keeper_->Refuse(why);
  barred_.store(true);
  return WriteFileDurably(bar_path_, why + "\n");
}

absl::Status LedgerHome::AdmitWrites() const {
  if (!barred()) return admit_writes_ == nullptr ? absl::OkStatus() : admit_writes_();
  return kernel::Refuse({.code = absl::StatusCode::kFailedPrecondition,
                         .domain = "node.chapter8",
                         .reason = "LEDGER_BARRED",
                         .message = absl::StrCat(ledger_->origin(),
                                                 " answers questions and takes nothing new: what "
                                                 "is stored of it was altered, and its operator "
                                                 "has to restore it"),
                         .metadata = {{"instead", "ch8 node status"}}});
}

std::function<std::vector<kernel::Event>(const kernel::RowReader&)> LedgerHome::OpeningEvents(
    const ServeOptions& options) const {
  return [this, plan = options.key,
          newest = options.folder->signed_record](const kernel::RowReader& rows) {
    std::vector<kernel::Event> events;
    if (plan.change.has_value()) {
      *events.emplace_back().entry.mutable_administration()->mutable_log_key_changed() =
          *plan.change;
    }
    const bool takes = plan.record == KeyPlan::Record::kTaken;
    if (module_.own_record_events == nullptr || !takes) return events;
    for (kernel::Event& event : module_.own_record_events(rows, newest)) {
      events.push_back(std::move(event));
    }
    return events;
  };
}

absl::Status LedgerHome::RecoverBooks(const ServeOptions& options, Sequencer::Options& sequencer) {
  books::RecoverySource source = books::RecoverySourceOf(*ledger_);
  ASSIGN_OR_RETURN(const std::optional<books::SealSums> sums,
                   SumsNow(*ledger_, sequencer.seal_sums_path));
  if (!sums.has_value() && options.report && IsSealed(*ledger_)) {
    options.report("books_unchecked",
                   "the sums of the newest seal are not kept, and are made anew from the log: this "
                   "start has not held the books against them; ch8d fsck does");
  }
  if (sums.has_value()) {
    source.check = [&sums](const books::State& state) { return sums->CheckBooks(state); };
  }
  ASSIGN_OR_RETURN(books::Recovered recovered,
                   books::Recover(source, *older_ids_, books::Books::Options()));
  if (!recovered.wipe.empty()) {
    RETURN_IF_ERROR(ledger_->WritePages(recovered.wipe));
    RETURN_IF_ERROR(ledger_->FlushPages());
  }
  sequencer.books = std::move(recovered.books);
  sequencer.pages = std::move(recovered.pages);
  return absl::OkStatus();
}

absl::Status LedgerHome::Serve(const ServeOptions& options) {
  ASSIGN_OR_RETURN(const SigningKey key, options.folder->LogKey(module_.service));
  ASSIGN_OR_RETURN(const uint64_t rebuilt_size, RebuiltSize(directory_));
  ASSIGN_OR_RETURN(head_keeper_,
                   HeadKeeper::Open({.ledger = *ledger_,
                                     .key = key,
                                     .signs_above = options.key.signs_above,
                                     .rebuilt_size = rebuilt_size,
                                     .state_directory = directory_,
                                     .boot_marker_directory = options.boot_marker_directory,
                                     .clock = *options.clock}));
  if (!options.key.refused.empty()) head_keeper_->Refuse(options.key.refused);
  RETURN_IF_ERROR(ReadBar());
  ASSIGN_OR_RETURN(const PublicKey root_key,
                   PublicKey::FromBytes(options.folder->record.root_public_key()));
  depositor_ = std::make_unique<federation::Depositor>(
      federation::Depositor::Options{.ledger = ledger_.get(),
                                     .log = &ledger_->stored_log(),
                                     .trust_domain = options.folder->record.trust_domain(),
                                     .root_key = root_key,
                                     .log_key = key});
  ASSIGN_OR_RETURN(const std::vector<kernel::Event> events, module_.genesis_events(genesis_));
  machine_ = module_.make_machine(genesis_);
  older_ids_ = std::make_unique<books::LedgerIds>(*ledger_);

  Sequencer::Options sequencer;
  sequencer.ledger = ledger_.get();
  sequencer.machine = machine_.get();
  sequencer.head_keeper = head_keeper_.get();
  sequencer.clock = options.clock;
  sequencer.older_ids = older_ids_.get();
  sequencer.organization = absl::StrCat("organizations/", options.folder->record.organization());
  sequencer.trust_domain = options.folder->record.trust_domain();
  sequencer.on_stopped = options.on_stopped;
  admit_writes_ = options.admit_writes;
  sequencer.admit_writes = [this] { return AdmitWrites(); };
  sequencer.facts_age_max = federation::kFactsAgeMax;
  sequencer.seal_sums_path = directory_ + "/seal_sums";
  sequencer.on_seal_failed = [report = options.report](const absl::Status& why) {
    if (report) report("seal_failed", why.message());
  };
  sequencer.on_history_failed = [report = options.report](const absl::Status& why) {
    if (report) report("history_failed", why.message());
  };
  if (module_.bodies == Module::Bodies::kFiles) {
    ASSIGN_OR_RETURN(bodies_, FileBodies::Open(body_folders_));
    RETURN_IF_ERROR(SweepBodies());
    sequencer.bodies = bodies_.get();
  }
  if (module_.accounts == Module::Accounts::kBooks) {
    RETURN_IF_ERROR(RecoverBooks(options, sequencer));
  }
  // A log that signs nothing is not written to by itself.
  if (!absl::IsDataLoss(head_keeper_->state())) {
    sequencer.opening_events = OpeningEvents(options);
  }
  ASSIGN_OR_RETURN(sequencer_, Sequencer::Start(std::move(sequencer), events));
  return absl::OkStatus();
}

}  // namespace ch8::node
