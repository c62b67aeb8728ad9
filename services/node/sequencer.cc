#include "services/node/sequencer.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/federation/core/facts.h"
#include "services/kernel/erased_bodies.h"
#include "services/node/busy.h"
#include "services/node/command_header.h"
#include "storage/base/check.h"
#include "storage/base/limits.h"
#include "storage/base/status_macros.h"

namespace ch8::node {
namespace {

using kernel::Command;
using kernel::Outcome;

constexpr absl::string_view kPostTransfers = "/chapter8.books.v1.TransferService/PostTransfers";
constexpr absl::string_view kGetHead = "/chapter8.ledger.v1.AdministrationService/GetHead";
constexpr absl::string_view kWaiveHead = "/chapter8.ledger.v1.AdministrationService/WaiveHead";

// How often the sequencer looks for what is due, and the sync stage for a head to sign.
constexpr absl::Duration kTick = absl::Milliseconds(50);
constexpr absl::Duration kHeadTick = absl::Milliseconds(100);
// A group is closed while the largest request still fits, and after a full one: others wait.
constexpr size_t kGroupEntriesMax =
    std::min(kCommitEntriesMax - (kBatchRowsMax + 1), kBatchRowsMax);
constexpr size_t kGroupBytesMax = kCommitBytesMax / 2;
// Groups written and not yet synced; beyond that the sequencer waits for the disk.
constexpr size_t kGroupsInFlightMax = 8;
// Threads for reads that take long, and two at once.
constexpr size_t kReaders = 2;

Hash RandomHash() { return *Hash::FromBytes(RandomBytes(Hash::kSize)); }

Outcome Failed(const absl::Status& status) {
  return Outcome{.status = status, .reply = {}, .receipt = {}};
}

bool IsFatal(const absl::Status& status) { return status.code() == absl::StatusCode::kDataLoss; }

void NameThread(const char* name) { pthread_setname_np(pthread_self(), name); }

}  // namespace

Sequencer::Sequencer(Options options)
    : options_(std::move(options)),
      readers_(kReaders, options_.waiting_reads_max),
      historian_(MakeHistorian()),
      history_service_(
          {.ledger = *options_.ledger,
           .historian = historian_.get(),
           .older_ids = options_.older_ids,
           .readers = readers_,
           .find_new_id = [this](const books::Id& id, Done done) { SubmitFindId(id, done); },
           .clock = *options_.clock}),
      ledger_service_(
          {.runner = *this, .growth = growth_, .sealer = sealer_, .clock = *options_.clock}),
      sealer_({.runner = *this,
               .clock = *options_.clock,
               .log = [this](auto draft, auto done) { SubmitSeal(std::move(draft), done); },
               .sums_path = options_.seal_sums_path,
               .entries_max = options_.seal_entries_max,
               .on_failed = options_.on_seal_failed}),
      growth_([this] { return ledger().durable_size(); }, options_.waiting_reads_max),
      queue_(options_.queue_requests_max, options_.queue_bytes_max) {
  kernel::Accounts* accounts = options_.books.get();
  if (accounts == nullptr) accounts = &no_accounts_;
  executor_options_ = kernel::Executor::Options{.ledger = options_.ledger,
                                                .machine = options_.machine,
                                                .accounts = accounts,
                                                .organization = options_.organization,
                                                .trust_domain = options_.trust_domain,
                                                .fresh_salt = RandomHash,
                                                .bodies = options_.bodies};
  executor_ = std::make_unique<kernel::Executor>(executor_options_);
  ledger_time_ = std::make_unique<kernel::LedgerTime>(executor_->time());
}

absl::StatusOr<std::unique_ptr<Sequencer>> Sequencer::Start(
    Options options, const std::vector<kernel::Event>& genesis_events) {
  auto sequencer = std::unique_ptr<Sequencer>(new Sequencer(std::move(options)));
  Ledger& ledger = *sequencer->options_.ledger;
  if (ledger.durable_size() == 1) {
    RETURN_IF_ERROR(sequencer->LogAtStart("/internal/Genesis", genesis_events));
  }
  if (sequencer->options_.opening_events) {
    const kernel::SnapshotRows rows(ledger.WrittenView());
    const std::vector<kernel::Event> events = sequencer->options_.opening_events(rows);
    RETURN_IF_ERROR(rows.status());
    RETURN_IF_ERROR(sequencer->LogAtStart("/internal/Open", events));
  }
  if (sequencer->historian_ != nullptr) RETURN_IF_ERROR(sequencer->historian_->Open());
  sequencer->StartThreads();
  return sequencer;
}

absl::Status Sequencer::LogAtStart(absl::string_view method,
                                   const std::vector<kernel::Event>& events) {
  if (events.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const absl::Time now,
                   ledger_time_->Next(options_.clock->Now(), options_.clock->SinceBoot()));
  executor_->Begin(now);
  const Outcome logged = executor_->LogInternal(method, events);
  absl::Status written = logged.status;
  if (written.ok()) written = options_.ledger->Commit(executor_->Finish()).status();
  if (written.ok()) written = options_.ledger->Sync().status();
  if (written.ok()) return written;
  return absl::Status(written.code(),
                      absl::StrCat(ledger().origin(), ": what a start logs first is not written: ",
                                   written.message()));
}

void Sequencer::StartThreads() {
  sync_thread_ = std::thread([this] { RunSync(); });
  index_thread_ = std::thread([this] { RunIndex(); });
  sequencer_thread_ = std::thread([this] { RunSequencer(); });
  sealer_.Start();
  if (historian_ != nullptr) historian_->Start();
}

Sequencer::~Sequencer() {
  Drain();
  sealer_.Close();
  readers_.Close();
  if (historian_ != nullptr) historian_->Close();
  if (!sequencer_thread_.joinable()) return;  // Start() failed: memory may be ahead of the log.
  sequencer_thread_.join();
  sync_thread_.join();
  {
    std::lock_guard<std::mutex> lock(index_mutex_);
    index_ended_ = true;
    index_wanted_.notify_all();
  }
  index_thread_.join();
  WriteAllPages();
}

void Sequencer::Drain() {
  queue_.Close();
  growth_.Close();
  if (historian_ != nullptr) historian_->Drain();
  sealer_.End();
}

void Sequencer::Submit(Command command, Done done) {
  requests_.fetch_add(1, std::memory_order_relaxed);
  if (ledger_service_.Answers(command.method)) {
    return ledger_service_.Answer(std::move(command), std::move(done));
  }
  if (history_service_.Answers(command.method)) {
    return history_service_.Answer(std::move(command), std::move(done));
  }
  command.request_salt = RandomHash();
  command.random = RandomBytes(TransferId{}.size());
  Work work;
  if (command.method == kPostTransfers && options_.books != nullptr) {
    work.kind = Work::Kind::kBatch;
    absl::StatusOr<std::unique_ptr<Batch>> batch = Batch::Prepare(
        std::move(command.request),
        {.log_id = ledger().log_id(), .request_salt = command.request_salt}, *options_.older_ids);
    if (!batch.ok()) return done(Failed(batch.status()));
    work.batch = *std::move(batch);
    command.request_id = std::string(work.batch->request_id());
    command.post = std::string(work.batch->post());
  } else if (const auto* read = options_.machine->routes().FindRead(command.method);
             read != nullptr) {
    if (read->path == kernel::ReadPath::kSnapshot) {
      return done(kernel::ReadSnapshot(executor_options_, *ledger().TakeSnapshot(), command,
                                       options_.clock->Now()));
    }
    work.kind = Work::Kind::kRead;
  } else {
    if (command.method == kGetHead) work.kind = Work::Kind::kHead;
    if (command.method == kWaiveHead) work.kind = Work::Kind::kWaiveHead;
    const absl::Status header = FillHeader(command);
    if (!header.ok()) return done(Failed(header));
  }
  if (work.kind == Work::Kind::kBatch || work.kind == Work::Kind::kCommand ||
      work.kind == Work::Kind::kWaiveHead) {
    const absl::Status named = CheckRequestId(command.request_id);
    if (!named.ok()) return done(Failed(named));
  }
  work.command = std::move(command);
  work.done = std::move(done);
  Enqueue(std::move(work));
}

void Sequencer::Enqueue(Work work) {
  absl::Status queued = queue_.Push(work);
  if (queued.ok()) return;
  if (absl::Status why = stopped(); !why.ok()) queued = std::move(why);
  work.done(Failed(queued));
}

absl::StatusOr<std::string> Sequencer::SignedNote() { return options_.head_keeper->SignedNote(); }

Sequencer::Stats Sequencer::stats() const {
  const uint64_t durable_size = ledger().durable_size();
  const uint64_t seen_size =
      historian_ == nullptr ? durable_size : historian_->history().seen_size();
  return Stats{.commits = commits_.load(),
               .syncs = syncs_.load(),
               .requests = requests_.load(),
               .refused_for_load = queue_.refused(),
               .seal_failures = sealer_.failures(),
               .history_behind = durable_size - std::min(durable_size, seen_size),
               .queued = queue_.size()};
}

void Sequencer::RunSequencer() {
  NameThread("sequencer");
  Lanes waiting;  // For their group.
  bool open = true;
  bool large = false;
  while (open || !waiting.empty()) {
    open = queue_.Take(waiting.empty() ? kTick : absl::ZeroDuration(), waiting);
    // In turns, as long as both lanes wait.
    large = waiting.small.empty() || (!large && !waiting.large.empty());
    if (!RunGroup(large ? waiting.large : waiting.small)) break;
  }
  queue_.Close();
  const absl::Status why = stopped();
  do {
    for (std::deque<Work>* lane : {&waiting.small, &waiting.large}) {
      for (Work& left : *lane) left.done(Failed(why));
      lane->clear();
    }
    queue_.Take(absl::ZeroDuration(), waiting);
  } while (!waiting.empty());
  std::lock_guard<std::mutex> lock(sync_mutex_);
  sequencer_ended_ = true;
  sync_wanted_.notify_all();
}

bool Sequencer::RunGroup(std::deque<Work>& work) {
  const absl::StatusOr<absl::Time> time =
      ledger_time_->Next(options_.clock->Now(), options_.clock->SinceBoot());
  Group group;
  if (!time.ok()) {
    for (Work& waiting : work) {
      waiting.SetRefused();
      group.answers.push_back({std::move(waiting.done), Failed(time.status())});
    }
    work.clear();
    if (!group.answers.empty()) HandOver(std::move(group));
    return true;
  }
  executor_->SetHead(options_.head_keeper->vouched() ? kernel::Executor::Head::kVouched
                                                     : kernel::Executor::Head::kUnvouched);
  executor_->Begin(*time);
  const std::vector<Work> decided = DecideGroup(work, group);
  Write(group);
  if (const absl::Status why = stopped(); !why.ok()) {
    for (Group::Answer& answer : group.answers) answer.done(Failed(why));
    return false;
  }
  MaintainBooks(group);
  if (group.wrote || !group.answers.empty() || !group.pages.empty()) HandOver(std::move(group));
  return true;
}

std::vector<Work> Sequencer::DecideGroup(std::deque<Work>& work, Group& group) {
  std::vector<Work> decided;
  const absl::Status writable = AdmitWrites();
  if (!work.empty()) facts_ = CheckFacts();
  // First, while the group is empty: under load it never has room at its end.
  if (writable.ok() && options_.clock->SinceBoot() >= due_at_) {
    executor_->RunDue();
    due_at_ = options_.clock->SinceBoot() + kTick;
  }
  bool delivered = false;
  while (!work.empty() && GroupHasRoom()) {
    delivered = delivered || work.front().kind == Work::Kind::kInbound;
    std::optional<Outcome> outcome =
        writable.ok() || !work.front().writes() ? Decide(work.front()) : Failed(writable);
    if (!outcome.has_value()) break;
    decided.push_back(std::move(work.front()));
    work.pop_front();
    const absl::Status status = outcome->status;
    if (!status.ok()) decided.back().SetRefused();
    group.answers.push_back({std::move(decided.back().done), *std::move(outcome)});
    if (IsFatal(status)) {
      Stop(status);
      return decided;
    }
  }
  if (delivered && writable.ok() && GroupHasRoom()) executor_->RunDue();
  return decided;
}

absl::Status Sequencer::AdmitWrites() const {
  return options_.admit_writes ? options_.admit_writes() : absl::OkStatus();
}

bool Sequencer::GroupHasRoom() const {
  return executor_->entries() <= kGroupEntriesMax && executor_->payload_bytes() <= kGroupBytesMax;
}

void Sequencer::Write(Group& group) {
  if (!executor_->status().ok()) Stop(executor_->status());
  if (!stopped().ok()) return;
  if (const absl::Status stored = StoreBodies(group); !stored.ok()) {
    // As after a failed commit, what is in memory is ahead of the disk.
    return Stop(absl::DataLossError(absl::StrCat("a body is not stored: ", stored.message())));
  }
  const Ledger::CommitRequest commit = executor_->Finish();
  group.written_size = options_.ledger->WrittenView().size();
  if (commit.requests.empty() && commit.rows.empty()) return;
  const absl::StatusOr<Ledger::Committed> committed = options_.ledger->Commit(commit);
  commits_.fetch_add(1, std::memory_order_relaxed);
  if (!committed.ok()) {
    // Accounts and answers in memory are ahead of the log now: only a reopen makes them agree.
    return Stop(absl::DataLossError(absl::StrCat("commit failed: ", committed.status().message())));
  }
  group.written_size = committed->size;
  group.wrote = true;
  for (const RowWrite& row : commit.rows) {
    if (const auto erased = kernel::ErasedBy(row); erased.has_value()) {
      group.erased.push_back(*erased);
    }
  }
}

std::optional<Outcome> Sequencer::Decide(Work& work) {
  if (work.follows_refused()) return Failed(EarlierRefused());
  switch (work.kind) {
    case Work::Kind::kCommand:
      if (!facts_.ok()) return Refuse(work, facts_);
      return executor_->Execute(work.command);
    case Work::Kind::kRead:
      return executor_->Read(work.command);
    case Work::Kind::kFindId:
      return FindNewId(work);
    case Work::Kind::kBatch:
      if (!facts_.ok()) return Refuse(work, facts_);
      work.batch->Bind(*options_.books);
      return executor_->ExecuteBatch(work.command, *work.batch);
    case Work::Kind::kInbound:
      return Deliver(work);
    case Work::Kind::kPeerRows:
      return executor_->PutPeerRows(work.peer_rows);
    case Work::Kind::kWitnessed:
      return executor_->TakeWitnessed(work.witnessed);
    case Work::Kind::kHead:
      return executor_->ReadWith(work.command, [this](const kernel::Context&, absl::string_view,
                                                      const kernel::State&) { return ReadHead(); });
    case Work::Kind::kWaiveHead:
      return WaiveHead(work.command);
    case Work::Kind::kSeal:
      return executor_->LogSeal(work.seal);
  }
  Unreachable("work of no kind");
}

// By the clock that the feeds read, not by the ledger's time, which does not go back with it.
absl::Status Sequencer::CheckFacts() const {
  const kernel::SnapshotRows rows(options_.ledger->WrittenView());
  const absl::Status fresh = federation::CheckFactsAge(
      rows, ledger().origin(), options_.clock->Now(), options_.facts_age_max);
  return rows.status().ok() ? fresh : rows.status();
}

// Authority and kept answers come first: who asks again for what was done is told that it was.
Outcome Sequencer::Refuse(const Work& work, const absl::Status& why) {
  return executor_->ExecuteWith(
      work.command,
      [&](const kernel::Context&, const Command&,
          const kernel::State&) -> absl::StatusOr<kernel::Decision> { return why; });
}

std::optional<Outcome> Sequencer::Deliver(Work& work) {
  Outcome outcome;
  while (work.inbound_taken < work.inbound.size() && outcome.status.ok()) {
    if (!GroupHasRoom()) return std::nullopt;
    outcome = executor_->Deliver(work.inbound[work.inbound_taken++]);
  }
  return outcome;
}

void Sequencer::HandOver(Group group) {
  std::unique_lock<std::mutex> lock(sync_mutex_);
  sync_room_.wait(lock, [this] { return groups_.size() < kGroupsInFlightMax; });
  groups_.push_back(std::move(group));
  sync_wanted_.notify_one();
}

void Sequencer::RunSync() {
  NameThread("sync");
  // Once a sync has failed nothing later may be answered either: it has seen what is lost.
  absl::Status synced;
  while (true) {
    std::vector<Group> groups;
    {
      std::unique_lock<std::mutex> lock(sync_mutex_);
      sync_wanted_.wait_for(lock, absl::ToChronoMilliseconds(kHeadTick),
                            [this] { return !groups_.empty() || sequencer_ended_; });
      if (groups_.empty() && sequencer_ended_) break;
      std::move(groups_.begin(), groups_.end(), std::back_inserter(groups));
      groups_.clear();
      sync_room_.notify_all();
    }
    const auto wrote = [](const Group& group) { return group.wrote; };
    if (synced.ok() && std::any_of(groups.begin(), groups.end(), wrote)) {
      synced = options_.ledger->Sync().status();
      syncs_.fetch_add(1, std::memory_order_relaxed);
      if (synced.ok()) synced = DestroyBodies(groups);
      if (!synced.ok()) Stop(synced);
    }
    Finish(groups, synced);
  }
}

void Sequencer::Finish(std::vector<Group>& groups, const absl::Status& synced) {
  for (Group& group : groups) {
    for (Group::Answer& answer : group.answers) {
      if (!synced.ok()) {
        answer.outcome = Failed(synced);
      } else if (answer.outcome.waives_head) {
        const absl::Status waived = options_.head_keeper->Waive(answer.outcome.receipt.index() + 1);
        if (!waived.ok()) answer.outcome.status = waived;
      }
      answer.done(std::move(answer.outcome));
    }
  }
  if (!synced.ok()) return;
  growth_.Notify();
  if (historian_ != nullptr) historian_->Notify();
  for (const Group& group : groups) {
    if (group.pages.empty()) continue;
    const absl::Status written = options_.ledger->WritePages(group.pages);
    if (!written.ok()) return Stop(written);
  }
  // A head that cannot be signed just now is no reason to stop: whoever needs one is told.
  options_.head_keeper->SignIfDue().IgnoreError();
}

void Sequencer::Stop(const absl::Status& why) {
  {
    std::lock_guard<std::mutex> lock(stopped_mutex_);
    if (!stopped_.ok()) return;
    stopped_ = IsFatal(why) ? why : absl::DataLossError(why.message());
  }
  queue_.Close();
  if (options_.on_stopped) options_.on_stopped(why);
}

absl::Status Sequencer::stopped() const {
  std::lock_guard<std::mutex> lock(stopped_mutex_);
  return stopped_;
}

}  // namespace ch8::node
