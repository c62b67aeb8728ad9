#include "tests/sim/node.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/books/recovery.h"
#include "services/books/test_facts.h"
#include "services/federation/core/cosignatures.h"
#include "services/federation/core/pull.h"
#include "services/federation/core/records.h"
#include "services/finance/core/test_ledger.h"
#include "services/kernel/authority.h"
#include "services/logistics/core/test_ledger.h"
#include "services/mandate/core/test_mandate.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/durable_file.h"
#include "storage/merkle/checkpoint.h"
#include "tests/sim/buggy_machine.h"

namespace ch8::sim {
namespace {

using chapter8::directory::v1::DirectoryEvent;
using chapter8::federation::v1::PeerState;
using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;

// Small, so that ids leave memory and pages come round in a short life.
constexpr size_t kIdWindow = 2;
constexpr size_t kPageBudget = 8;
constexpr uint64_t kMarkerInterval = 64;

absl::Span<const books::TestOfficer> OfficersOf(absl::string_view service) {
  if (service == "finance") return finance::kTestOfficers;
  if (service == "logistics") return logistics::kTestOfficers;
  if (service == "mandate") return mandate::kTestOfficers;
  return {};  // Nobody acts on a witness's ledger.
}

// Adds the organization's record to a fact that names one.
void AddRecord(const Directory& directory, kernel::Event& event) {
  DirectoryEvent fact;
  Check(fact.ParseFromString(event.entry.fact()), "a fact that does not parse");
  if (!fact.has_organization_recorded()) return;
  auto& organization = *fact.mutable_organization_recorded();
  organization.set_signed_record(directory.RecordOf(organization.trust_domain()));
  event.entry.set_fact(fact.SerializeAsString());
}

kernel::Event Waiver(const Ledger& ledger) {
  kernel::Event event;
  auto* waived = event.entry.mutable_administration()->mutable_head_waived();
  waived->set_size(ledger.durable_size());
  waived->set_root(std::string(ledger.RootAt(ledger.durable_size()).value().view()));
  return event;
}

books::PageKind KindOf(const Page& page) { return static_cast<books::PageKind>(page.key.front()); }

// The page with no hold in it, as if there were none.
Page WithoutHolds(const Page& page) {
  std::optional<books::PageParts> parts = books::DecodePage(page);
  if (!parts.has_value() || parts->kind != books::PageKind::kHolds) return page;
  parts->body = books::EncodeHolds(books::State(), parts->number);
  return books::EncodePage(*parts);
}

// The marker that vouches for any copy of the pages.
Page WithoutStamps(const Page& page) {
  std::optional<books::PageParts> parts = books::DecodePage(page);
  std::optional<books::Marker> marker = books::DecodeMarker(parts->body);
  marker->account_pages.assign(marker->account_pages.size(), 0);
  marker->hold_pages.assign(marker->hold_pages.size(), 0);
  parts->body = books::EncodeMarker(*marker);
  return books::EncodePage(*parts);
}

bool IsCursor(const RowWrite& row) {
  return row.table == Table::kPeer &&
         (absl::StartsWith(row.key, "cursor/") || absl::StartsWith(row.key, "peer/"));
}

}  // namespace

Node::Node(const Options& options, Random& random)
    : options_(options),
      origin_(absl::StrCat(options.id, ".example/ch8/", options.service)),
      history_(origin_),
      random_(random),
      machine_(MachineOf(options.service, options.bug)),
      signers_(options.directory->SignersOf(origin_)),
      keys_(options.directory->KeysOf(origin_)),
      ledger_(books::FirstLedger(origin_)) {}

Node::~Node() = default;

absl::Status Node::Start() {
  process_ = std::make_unique<Process>();
  Process& process = *process_;
  process.older_ids = std::make_unique<books::LedgerIds>(*ledger_);
  ASSIGN_OR_RETURN(books::Recovered recovered,
                   books::Recover(books::RecoverySourceOf(*ledger_), *process.older_ids,
                                  {.id_window_limit = kIdWindow}));
  // No fault here damages pages, so what was written must fit the log.
  if (recovered.replayed_from_zero) return absl::InternalError("its pages do not fit its log");
  process.books = std::move(recovered.books);
  process.pages = std::move(recovered.pages);
  RETURN_IF_ERROR(ledger_->WritePages(recovered.wipe));
  RETURN_IF_ERROR(ledger_->FlushPages());
  kernel::Accounts* accounts = process.books.get();
  if (options_.bug == Bug::kApplyTwice) {
    process.accounts = std::make_unique<TwiceApplied>(*accounts);
    accounts = process.accounts.get();
  }
  process.executor = std::make_unique<kernel::Executor>(
      kernel::Executor::Options{.ledger = ledger_.get(),
                                .machine = machine_.get(),
                                .accounts = accounts,
                                .organization = absl::StrCat("organizations/", options_.id),
                                .trust_domain = trust_domain(),
                                .fresh_salt = [this] { return random_.NextHash(); }});
  process.time = std::make_unique<kernel::LedgerTime>(process.executor->time());
  const size_t former = keys_.size() - 1;
  ASSIGN_OR_RETURN(
      process.keeper,
      HeadKeeper::Open({.ledger = *ledger_,
                        .key = keys_.back(),
                        .signs_above = former == 0 ? 0 : signers_.keys[former - 1].until_size,
                        .state_directory = options_.folder,
                        .boot_marker_directory = options_.folder + "/boot",
                        .boot_id = "boot",
                        .clock = clock_}));
  return absl::OkStatus();
}

void Node::Begin() {
  Check(Start().ok(), "a new ledger that does not open");
  Group([&](kernel::Executor& executor) {
    std::vector<kernel::Event> facts = books::FactsOf({.organization = options_.id,
                                                       .pinned = options_.others,
                                                       .officers = OfficersOf(options_.service)});
    for (kernel::Event& fact : facts) AddRecord(*options_.directory, fact);
    Check(executor.LogInternal("/internal/Facts", facts).status.ok(), "facts that do not log");
  });
  Sync();
}

void Node::BeginAsTwinOf(const Node& other) {
  history_ = absl::StrCat(origin_, " of its twin");
  clock_ = other.clock_;
  Check(StartOn({.ledger = other.ledger_->CrashCopy().value()}).ok(), "a twin that does not start");
  Waive();
  Sync();
}

absl::Status Node::TakeNewKey() {
  Sync();
  signers_ = options_.directory->SignersOf(origin_);
  keys_ = options_.directory->KeysOf(origin_);
  return Restart();
}

LogSigners Node::PinnedSigners(const std::string& origin) const {
  const std::unique_ptr<Snapshot> snapshot = ledger_->TakeSnapshot();
  const std::string trust_domain = origin.substr(0, origin.find('/'));
  const auto record = federation::PinnedRecord(kernel::SnapshotRows(*snapshot), trust_domain);
  Check(record.has_value(), "an organization without a record");
  return federation::LogSignersOf(*record, origin);
}

void Node::LearnRecord(const std::string& trust_domain) {
  const std::unique_ptr<Snapshot> snapshot = ledger_->TakeSnapshot();
  auto organization = kernel::FindTrustDomain(kernel::SnapshotRows(*snapshot), trust_domain);
  const std::string newest = options_.directory->RecordOf(trust_domain);
  if (!organization.has_value() || organization->signed_record() == newest) return;
  Group([&](kernel::Executor& executor) {
    DirectoryEvent fact;
    *fact.mutable_organization_recorded() = *std::move(organization);
    fact.mutable_organization_recorded()->set_signed_record(newest);
    kernel::Event event;
    event.entry.set_fact(fact.SerializeAsString());
    Check(executor.LogInternal("/internal/Facts", {event}).status.ok(), "a fact that does not log");
  });
}

std::string Node::NoteOf(const Ledger& ledger) const {
  const uint64_t size = ledger.durable_size();
  Note note{.text = FormatCheckpoint(
                {.origin = origin_, .size = size, .root = ledger.RootAt(size).value()})};
  const auto signer = static_cast<size_t>(SignerAt(signers_.keys, size) - signers_.keys.data());
  note.signatures.push_back(SignNote(note.text, origin_, keys_[signer]));
  return FormatNote(note);
}

bool Node::Group(const std::function<void(kernel::Executor&)>& decide) {
  const absl::StatusOr<absl::Time> time = process_->time->Next(clock_.Now(), clock_.SinceBoot());
  if (!time.ok() || restored()) return false;
  kernel::Executor& executor = *process_->executor;
  executor.SetHead(vouched() ? kernel::Executor::Head::kVouched
                             : kernel::Executor::Head::kUnvouched);
  executor.Begin(*time);
  executor.RunDue();
  decide(executor);
  executor.RunDue();
  Ledger::CommitRequest commit = executor.Finish();
  if (options_.bug == Bug::kForgetAnswers) {
    std::erase_if(commit.rows, [](const RowWrite& row) { return row.table == Table::kAnswers; });
  }
  if (options_.bug == Bug::kLoseCursor && random_.OneIn(4)) std::erase_if(commit.rows, IsCursor);
  const auto batches = std::exchange(process_->batches, {});  // The commit has views of theirs.
  if (commit.requests.empty() && commit.rows.empty()) return true;
  const absl::StatusOr<Ledger::Committed> committed = ledger_->Commit(commit);
  Check(committed.ok(), "a commit in memory fails");
  process_->waits_for_sync = true;
  MaintainBooks(committed->size);
  if (options_.bug == Bug::kPublishBeforeSync) {
    if (on_disk_ == nullptr) on_disk_ = ledger_->CrashCopy().value();
    Publish();
  }
  return true;
}

void Node::MaintainBooks(uint64_t written_size) {
  const uint64_t durable_size = ledger_->durable_size();
  WritePages(process_->pages.Dump(*process_->books, {.written_size = written_size,
                                                     .durable_size = durable_size,
                                                     .budget = kPageBudget,
                                                     .marker_interval = kMarkerInterval}));
  const auto run = process_->books->ids().TakeRun(durable_size);
  if (run == nullptr) return;
  if (options_.bug != Bug::kEvictBeforeIndexed) {
    Check(ledger_->IngestRun(SearchIndex::kIds, books::SortedRun(*run)).ok(),
          "an id run that is not taken");
  }
  process_->books->ids().Drop(*run);
}

void Node::WritePages(std::vector<Page> pages) {
  if (options_.bug == Bug::kPagesForgetHolds) {
    for (Page& page : pages) page = WithoutHolds(page);
  }
  if (options_.bug == Bug::kMarkerBeforePages) {
    std::vector<Page> markers;
    for (Page& page : pages) {
      const bool is_marker = KindOf(page) == books::PageKind::kMarker;
      (is_marker ? markers : process_->held_back).push_back(is_marker ? WithoutStamps(page) : page);
    }
    const bool late = markers.empty() && random_.OneIn(4);
    pages = late ? std::exchange(process_->held_back, {}) : std::move(markers);
  }
  if (pages.empty()) return;
  Check(ledger_->WritePages(pages).ok(), "pages that are not taken");
  process_->unflushed = true;
}

void Node::Publish() {
  Check(ledger_->Sync().ok(), "a sync in memory fails");
  Process& process = *process_;
  process.waits_for_sync = false;
  process.taking.clear();
  if (process.waiver_index.has_value()) {
    process.keeper->Waive(*std::exchange(process.waiver_index, std::nullopt)).IgnoreError();
  }
  for (const Answer& answer : std::exchange(process.answers, {})) options_.on_answer(answer);
}

void Node::Sync() {
  const bool skipped = options_.bug == Bug::kSkipSync && random_.OneIn(8);
  if (skipped && on_disk_ == nullptr) on_disk_ = ledger_->CrashCopy().value();
  Publish();
  if (!skipped) on_disk_ = nullptr;
  process_->keeper->SignIfDue().IgnoreError();
}

void Node::FlushPages() {
  Check(ledger_->FlushPages().ok(), "pages that do not flush");
  process_->unflushed = false;
}

void Node::Submit(Call call) {
  Group([&](kernel::Executor& executor) {
    if (!call.signed_at.has_value()) call.signed_at = executor.time();
    const kernel::Outcome outcome = Execute(executor, call);
    process_->answers.push_back({call, outcome.status, outcome.reply});
  });
}

kernel::Command Node::CommandOf(const Call& call) {
  const bool of_books = absl::StartsWith(call.method, "TransferService/");
  const absl::string_view package = of_books ? "books" : absl::string_view(options_.service);
  kernel::Command command =
      books::OfficerCommand({.trust_domain = trust_domain(),
                             .officer = call.officer,
                             .method = absl::StrCat("/chapter8.", package, ".v1.", call.method),
                             .request = call.request,
                             .request_id = call.request_id,
                             .time = *call.signed_at});
  command.request_salt = random_.NextHash();
  command.random = call.random;
  return command;
}

kernel::Outcome Node::Execute(kernel::Executor& executor, const Call& call) {
  kernel::Command command = CommandOf(call);
  return call.method == "TransferService/PostTransfers" ? ExecuteRows(executor, std::move(command))
                                                        : executor.Execute(command);
}

kernel::Outcome Node::ExecuteRows(kernel::Executor& executor, kernel::Command command) {
  command.act = std::nullopt;  // Bulk requests are not signed by officers.
  absl::StatusOr<std::unique_ptr<kernel::RowBatch>> batch =
      BatchOf(command.request, {.log_id = ledger_->log_id(), .request_salt = command.request_salt},
              *process_->older_ids, *process_->books, options_.bug);
  Check(batch.ok(), "rows that do not parse");
  process_->batches.push_back(*std::move(batch));
  return executor.ExecuteBatch(command, *process_->batches.back());
}

void Node::Tick() {
  Group([](kernel::Executor&) {});
}

PeerState Node::StateOf(const std::string& origin) const {
  const auto row =
      ledger_->TakeSnapshot()->Get(Table::kPeer, federation::PeerStateKey(origin)).value();
  PeerState state = federation::PeerStateFrom(origin, row).value();
  const auto newer = process_->peers.find(origin);
  if (newer != process_->peers.end()) state = newer->second;
  if (options_.bug == Bug::kForgetVerifiedHead) {
    state.set_verified_size(0);
    state.clear_verified_root();
  }
  return state;
}

bool Node::KeepRows(const std::vector<RowWrite>& rows) {
  return Group([&](kernel::Executor& executor) { executor.PutPeerRows(rows); });
}

std::optional<PullRequest> Node::NextRequest(const std::string& origin) {
  if (restored() || process_->taking.contains(origin)) return std::nullopt;
  const PeerState state = StateOf(origin);
  PullRequest request = federation::NextPull(state);
  std::string& sent = process_->cosigned_sent[origin];
  if (sent != state.cosigned_note()) request.set_cosigned_note(state.cosigned_note());
  sent = state.cosigned_note();
  return request;
}

absl::StatusOr<PullResponse> Node::Serve(absl::string_view caller, const PullRequest& request) {
  ASSIGN_OR_RETURN(const std::string note, SignedNote());
  return federation::BuildPull(
      {.ledger = *ledger_, .signed_note = note, .caller = caller, .ledger_time = clock_.Now()},
      request);
}

absl::Status Node::KeepCosignature(const NoteVerifier& witness, const std::string& note) {
  const std::unique_ptr<Snapshot> snapshot = ledger_->TakeSnapshot();
  ASSIGN_OR_RETURN(const std::optional<RowWrite> row,
                   federation::TakeCosignature(*ledger_, kernel::SnapshotRows(*snapshot), signers(),
                                               witness, note));
  if (row.has_value()) KeepRows({*row});
  return absl::OkStatus();
}

absl::StatusOr<std::string> Node::CosignedNote(const Feed& feed,
                                               const federation::VerifiedPage& page,
                                               const PullRequest& request,
                                               const PullResponse& response) {
  ASSIGN_OR_RETURN(const Hash root, Hash::FromBytes(page.state.verified_root()));
  return feed.have_cosigned(
      {.checkpoint = {.origin = feed.log.origin, .size = page.state.verified_size(), .root = root},
       .note = response.checkpoint_note(),
       .verified_size = request.verified_size(),
       .extension = {response.consistency_proof().begin(), response.consistency_proof().end()}});
}

absl::Status Node::Take(const Feed& feed, const PullRequest& request,
                        const PullResponse& response) {
  const std::string& origin = feed.log.origin;
  const PeerState state = StateOf(origin);
  if (restored() || process_->taking.contains(origin)) return absl::AbortedError("busy");
  absl::StatusOr<federation::VerifiedPage> page = federation::VerifyPull(
      {.origin = origin, .keys = feed.log.keys, .trust_domain = trust_domain()}, state, request,
      response, clock_.Now());
  if (!page.ok()) {
    const auto evidence = federation::EvidenceOf(page.status());
    if (evidence.has_value()) KeepRows({federation::EvidenceRow(*evidence)});
    return page.status();
  }
  if (page->grown && feed.have_cosigned != nullptr) {
    ASSIGN_OR_RETURN(const std::string cosigned, CosignedNote(feed, *page, request, response));
    page->state.set_cosigned_note(cosigned);
  }
  absl::Status taken = absl::AbortedError("the clock is not believed");
  Group([&](kernel::Executor& executor) {
    taken = absl::OkStatus();
    if (page->entries.empty() && page->grown) {
      executor.PutPeerRows({federation::PeerStateRow(page->state)});
    }
    for (const kernel::InboundEntry& inbound : page->entries) {
      taken.Update(executor.Deliver(inbound).status);
    }
  });
  if (taken.ok()) {
    process_->peers[origin] = page->state;
    if (process_->waits_for_sync) process_->taking.insert(origin);
  }
  return taken;
}

absl::Status Node::StartOn(Disk disk) {
  process_ = nullptr;
  on_disk_ = nullptr;
  ledger_ = std::move(disk.ledger);
  return Start();
}

absl::Status Node::Restart() {
  const MemLedger& left = on_disk_ == nullptr ? *ledger_ : *on_disk_;
  return StartOn({.ledger = left.CrashCopy().value()});
}

absl::Status Node::Reboot() {
  std::filesystem::remove_all(options_.folder + "/boot");
  clock_.since_boot = absl::ZeroDuration();
  return Restart();
}

void Node::Waive() {
  Group([&](kernel::Executor& executor) {
    const kernel::Outcome logged = executor.LogInternal("/internal/Waive", {Waiver(*ledger_)});
    process_->waiver_index = logged.receipt.index() + 1;
  });
}

Node::Disk Node::CopyDisk() const {
  return {.ledger = ledger_->CrashCopy().value(),
          .signed_head = ReadFileIfPresent(HeadPath()).value().value_or("")};
}

void Node::TakeBackup() { backup_ = CopyDisk(); }

absl::Status Node::RestoreBackup() {
  truth_ = CopyDisk();
  Check(WriteFileDurably(HeadPath(), backup_.signed_head).ok(), "a head that cannot be restored");
  std::filesystem::remove_all(options_.folder + "/boot");
  RETURN_IF_ERROR(StartOn({.ledger = backup_.ledger->CrashCopy().value()}));
  if (options_.bug != Bug::kSignAfterRestore) return absl::OkStatus();
  truth_ = Disk();
  Waive();
  return absl::OkStatus();
}

absl::Status Node::RestoreTruth() {
  Check(WriteFileDurably(HeadPath(), truth_.signed_head).ok(), "a head that cannot be restored");
  return StartOn(std::exchange(truth_, {}));
}

federation::Freshness Node::FreshnessOf(const std::string& origin) const {
  const auto row =
      ledger_->TakeSnapshot()->Get(Table::kPeer, federation::PeerStateKey(origin)).value();
  return federation::FreshnessOf(federation::PeerStateFrom(origin, row).value(), clock_.Now());
}

std::optional<PullResponse> Node::ServeOtherHistory(absl::string_view caller,
                                                    const PullRequest& request,
                                                    uint64_t verified_size) {
  if (!has_backup() || backup_.ledger->durable_size() >= verified_size) return std::nullopt;
  const std::unique_ptr<MemLedger> other = backup_.ledger->CrashCopy().value();
  while (other->durable_size() < verified_size + 1) {
    const std::string payload = absl::StrCat("another history ", other->durable_size());
    const Hash salt = random_.NextHash();
    Ledger::CommitRequest commit;
    commit.requests.push_back({salt, {MakeEntry(other->log_id(), salt, {.payload = payload})}});
    Check(other->Commit(commit).ok() && other->Sync().ok(), "a lie that cannot be written");
  }
  const std::string note = NoteOf(*other);
  absl::StatusOr<PullResponse> page = federation::BuildPull(
      {.ledger = *other, .signed_note = note, .caller = caller, .ledger_time = clock_.Now()},
      request);
  if (!page.ok()) return std::nullopt;
  return *std::move(page);
}

}  // namespace ch8::sim
