#ifndef CH8_SERVICES_NODE_SEQUENCER_H_
#define CH8_SERVICES_NODE_SEQUENCER_H_

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "services/books/books.h"
#include "services/books/pages.h"
#include "services/kernel/execute.h"
#include "services/kernel/ledger_time.h"
#include "services/kernel/runner.h"
#include "services/node/growth.h"
#include "services/node/historian.h"
#include "services/node/history_service.h"
#include "services/node/ledger_service.h"
#include "services/node/readers.h"
#include "services/node/sealer.h"
#include "services/node/work_queue.h"
#include "storage/base/clock.h"
#include "storage/ledger/head_keeper.h"
#include "storage/ledger/ledger.h"

namespace ch8::node {

// The one writer of a ledger. Its threads:
//
//   sequencer  takes requests off a bounded queue, decides them in groups, writes a commit a group
//   sync       syncs written commits, then answers, signs heads when due, writes the books' pages
//   index      sorts and ingests runs of ids that leave memory
//   growth     answers reads that waited for entries (services/node/growth.h)
//   sealer     sums up what is durable (services/node/sealer.h)
//   reader     two, for reads that take long (readers.h)
//   historian  indexes what accounts have seen, and answers who waits for that (historian.h)
//
// Nothing is answered, shown or sent before it is synced; refusals and reads wait for the sync of
// what they saw. Every queue is bounded: a full one answers kUnavailable with RetryInfo.
//
// A failed write or sync stops the ledger for good: every later request fails with kDataLoss and
// `on_stopped` is called once, so that the daemon exits and recovers from disk.
//
// Thread safety: all methods may be called from any thread.
class Sequencer final : public kernel::Runner {
 public:
  struct Options {
    Ledger* ledger = nullptr;  // These four outlive the sequencer.
    const kernel::Machine* machine = nullptr;
    HeadKeeper* head_keeper = nullptr;
    const Clock* clock = nullptr;
    std::unique_ptr<books::Books> books;  // Absent for a ledger that moves nothing.
    books::PageWriter pages;
    const books::IdIndex* older_ids = nullptr;
    std::string organization;  // "organizations/un"
    std::string trust_domain;  // "un.example"
    size_t queue_requests_max = 4'096;
    size_t queue_bytes_max = 64 * 1024 * 1024;
    size_t waiting_reads_max = 256;
    // How old the own directory's and mandate ledger's facts may be for an act to be decided.
    absl::Duration facts_age_max = absl::InfiniteDuration();
    std::function<void(const absl::Status& why)> on_stopped;
    kernel::BodyStore* bodies = nullptr;  // Optional. Of a service that has bodies.
    // Optional. Whether anything may be written just now, e.g. while the disk has room; asked once
    // a group, by the sequencer. While it may not, whatever would write is refused with this
    // status, nothing falls due, and reads go on.
    std::function<absl::Status()> admit_writes = nullptr;
    std::string seal_sums_path = "";                  // As in Sealer::Options.
    uint64_t seal_entries_max = Sealer::kEntriesMax;  // The same.
    std::function<void(const absl::Status& why)> on_seal_failed = nullptr;  // The same.
    uint64_t history_run_entries = History::kRunEntries;  // As in Historian::Options.
    std::function<void(const absl::Status& why)> on_history_failed = nullptr;  // The same.
    // Optional. What this start logs before anything else, after `rows`: nothing, most often.
    std::function<std::vector<kernel::Event>(const kernel::RowReader& rows)> opening_events =
        nullptr;
  };

  // Starts the threads. `genesis_events` are logged first when the ledger holds only its genesis.
  // Errors: those of Ledger::Commit() and Sync(), e.g. kResourceExhausted on a full disk. Nothing
  // is lost then: another start logs what this one could not.
  static absl::StatusOr<std::unique_ptr<Sequencer>> Start(
      Options options, const std::vector<kernel::Event>& genesis_events);

  // Answers what is queued, writes the books' pages, and stops the threads.
  ~Sequencer() override;

  void Submit(kernel::Command command, Done done) override;
  void SubmitInbound(std::vector<kernel::InboundEntry> inbound, Done done) override;
  void SubmitPeerRows(std::vector<RowWrite> rows, Done done) override;
  void SubmitWitnessed(std::vector<chapter8::ledger::v1::WitnessedHead> heads, Done done) override;
  std::optional<kernel::WitnessesWanted> WantedWitnesses(absl::string_view origin) override;
  absl::StatusOr<std::string> GiveBody(absl::string_view trust_domain, const Hash& digest) override;
  std::vector<Hash> MissingBodies(absl::string_view origin) override;
  absl::Status KeepBody(const kernel::Body& body) override;
  const Ledger& ledger() const override { return *options_.ledger; }
  absl::StatusOr<std::string> SignedNote() override;
  uint64_t WaitForGrowth(uint64_t size, absl::Duration timeout) override {
    return growth_.Wait(size, timeout);
  }

  // Refuses new requests from now on, with kUnavailable.
  void Drain();

  // Figures for metrics.
  struct Stats {
    uint64_t commits = 0;
    uint64_t syncs = 0;
    uint64_t requests = 0;
    uint64_t refused_for_load = 0;
    uint64_t seal_failures = 0;
    uint64_t history_behind = 0;  // Durable entries that the history has not seen yet.
    size_t queued = 0;
  };
  Stats stats() const;

 private:
  // One decided group on its way to the disk.
  struct Group {
    struct Answer {
      Done done;
      kernel::Outcome outcome;
    };
    uint64_t written_size = 0;
    bool wrote = false;
    std::vector<Answer> answers;
    std::vector<Page> pages;
    std::vector<Hash> erased;  // Bodies to destroy once it is synced.
  };

  explicit Sequencer(Options options);
  // Before the threads run.
  absl::Status LogAtStart(absl::string_view method, const std::vector<kernel::Event>& events);
  void StartThreads();

  void RunSequencer();
  void RunSync();
  void RunIndex();

  void Enqueue(Work work);
  void SubmitSeal(kernel::SealDraft draft, Done done);
  // The log index of an id that is in memory, 8 bytes, or nothing.
  void SubmitFindId(const books::Id& id, Done done);
  kernel::Outcome FindNewId(const Work& work) const;
  std::unique_ptr<Historian> MakeHistorian() const;

  // False when the ledger has stopped.
  bool RunGroup(std::deque<Work>& work);
  // Returns the work decided: its bytes must live until the commit is written.
  std::vector<Work> DecideGroup(std::deque<Work>& work, Group& group);
  bool GroupHasRoom() const;
  absl::Status AdmitWrites() const;
  // Nothing when only a part of it fitted into this group.
  std::optional<kernel::Outcome> Decide(Work& work);
  std::optional<kernel::Outcome> Deliver(Work& work);
  absl::Status CheckFacts() const;
  kernel::Outcome Refuse(const Work& work, const absl::Status& why);
  void Write(Group& group);
  absl::Status StoreBodies(const Group& group);
  absl::Status DestroyBodies(const std::vector<Group>& groups);
  kernel::Outcome WaiveHead(const kernel::Command& command);
  absl::StatusOr<std::string> ReadHead() const;
  void HandOver(Group group);
  void MaintainBooks(Group& group);
  void WriteAllPages();
  void Finish(std::vector<Group>& groups, const absl::Status& synced);
  void Stop(const absl::Status& why);
  absl::Status stopped() const;

  Options options_;
  kernel::NoAccounts no_accounts_;
  kernel::Executor::Options executor_options_;
  std::unique_ptr<kernel::Executor> executor_;
  std::unique_ptr<kernel::LedgerTime> ledger_time_;
  absl::Duration due_at_;                  // Since boot: when RunDue() is next worth a call.
  std::optional<uint64_t> first_voucher_;  // The person of the first waiver since the start.
  absl::Status facts_;                     // Whether those at hand will do for the group's acts.
  Readers readers_;
  const std::unique_ptr<Historian> historian_;  // Null without books.
  HistoryService history_service_;
  LedgerService ledger_service_;
  Sealer sealer_;
  Growth growth_;  // Below what it answers with: it ends first.

  WorkQueue queue_;

  std::mutex sync_mutex_;  // Guards the four below.
  std::condition_variable sync_wanted_;
  std::condition_variable sync_room_;
  std::deque<Group> groups_;
  bool sequencer_ended_ = false;

  std::mutex index_mutex_;  // Guards the three below.
  std::condition_variable index_wanted_;
  std::shared_ptr<const books::SealedIds> ids_to_index_;
  bool index_ended_ = false;
  std::shared_ptr<const books::SealedIds> ids_out_;  // Sequencer's: the run that is out.
  std::atomic<bool> ids_indexed_{false};

  std::mutex body_mutex_;  // From looking whether a body is named to storing or destroying it.

  mutable std::mutex stopped_mutex_;
  absl::Status stopped_;
  std::atomic<uint64_t> commits_{0};
  std::atomic<uint64_t> syncs_{0};
  std::atomic<uint64_t> requests_{0};

  std::thread sequencer_thread_;
  std::thread sync_thread_;
  std::thread index_thread_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_SEQUENCER_H_
