#ifndef CH8_TESTS_SIM_NODE_H_
#define CH8_TESTS_SIM_NODE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "chapter8/federation/v1/federation_service.pb.h"
#include "chapter8/federation/v1/peer_state.pb.h"
#include "services/books/books.h"
#include "services/books/ids.h"
#include "services/books/pages.h"
#include "services/federation/core/peer_log.h"
#include "services/federation/rpc/cosigner.h"
#include "services/kernel/execute.h"
#include "services/kernel/ledger_time.h"
#include "storage/base/clock.h"
#include "storage/base/ed25519.h"
#include "storage/ledger/head_keeper.h"
#include "storage/ledger/mem_ledger.h"
#include "storage/merkle/log_signers.h"
#include "storage/merkle/note.h"
#include "tests/sim/bug.h"
#include "tests/sim/directory.h"
#include "tests/sim/random.h"

namespace ch8::sim {

// The clock of one machine.
class SimClock final : public Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Duration SinceBoot() const override { return since_boot; }

  absl::Time now;
  absl::Duration since_boot;
};

// What a caller sends, and may send again.
struct Call {
  std::string officer;
  std::string method;  // "OfferService/MakeOffer", of the ledger's own service or of its books.
  std::string request;
  std::string request_id;
  std::string random;                        // 16 bytes, for the ids that the decision chooses.
  std::optional<absl::Time> signed_at = {};  // The ledger's time; Submit() fills it in.
};
struct Answer {
  Call call;
  absl::Status status;
  std::string reply;
};

// One ledger of an organization: the product's executor, machine, books, recovery, heads and
// federation on a disk in memory. It does what services/node does with threads, one step at a time.
//
// Thread safety: none.
class Node {
 public:
  struct Options {
    std::string id;                   // "un": the trust domain is "un.example".
    std::string service;              // "finance"
    std::vector<std::string> others;  // Organizations, all pinned.
    std::string folder = {};          // Of its own, exists: for signed heads and the boot marker.
    const Directory* directory = nullptr;  // Outlives the node.
    Bug bug = Bug::kNone;
    std::function<void(const Answer&)> on_answer = {};  // Of what is synced.
  };
  Node(const Options& options, Random& random);
  ~Node();

  const std::string& id() const { return options_.id; }
  const std::string& service() const { return options_.service; }
  std::string trust_domain() const { return options_.id + ".example"; }
  const std::string& origin() const { return origin_; }
  // Which of the histories that the ledger's key signs this one is: its origin, unless it is a
  // twin.
  const std::string& history() const { return history_; }
  // Who signs its heads, as far as it knows itself.
  const LogSigners& signers() const { return signers_; }
  // Who signs those of another ledger, by the newest record that this one has logged.
  LogSigners PinnedSigners(const std::string& origin) const;
  SimClock& clock() { return clock_; }
  const SimClock& clock() const { return clock_; }

  // Opens the new ledger and logs who its officers are. Once, before anything else.
  void Begin();
  // Instead: begins as a second history of another node's ledger, from what that has on its disk.
  void BeginAsTwinOf(const Node& other);

  // The size of the largest head it has signed.
  uint64_t signed_size() const { return process_->keeper->newest().size; }
  // Starts anew, with the key that the directory has for it now. All is synced before.
  absl::Status TakeNewKey();
  // Logs the newest record of an organization, if it has an older one.
  void LearnRecord(const std::string& trust_domain);

  // Executes and commits; the answer follows once it is synced. Nothing happens while the clock is
  // not believed or a restored ledger waits for its true disk.
  void Submit(Call call);
  // What is due at the ledger's time.
  void Tick();
  // Syncs all commits, answers, and signs.
  void Sync();
  void FlushPages();

  // Keeps what is known of another ledger beside its entries, not synced. False when the ledger
  // takes nothing now.
  bool KeepRows(const std::vector<RowWrite>& rows);

  // The next request to a peer's ledger; nothing while a page of it is not synced yet.
  std::optional<chapter8::federation::v1::PullRequest> NextRequest(const std::string& origin);
  // The page for `caller`, as of what is durable. Errors: no head may be signed; those of
  // BuildPull().
  absl::StatusOr<chapter8::federation::v1::PullResponse> Serve(
      absl::string_view caller, const chapter8::federation::v1::PullRequest& request);
  // Remembers a head of this ledger that a reader's witness cosigned, if the claim holds.
  // Errors: those of TakeCosignature().
  absl::Status KeepCosignature(const NoteVerifier& witness, const std::string& note);
  absl::StatusOr<std::string> SignedNote() { return process_->keeper->SignedNote(); }

  // Another ledger as it is read from here.
  struct Feed {
    LogSigners log;
    // Asks the own witness about a larger head: federation::HaveCosigned(). Absent for a ledger of
    // the own organization.
    std::function<absl::StatusOr<std::string>(const federation::VerifiedHead&)> have_cosigned = {};
  };
  // Takes a page of the feed's ledger. Errors: those of VerifyPull() and of the witness; kAborted
  // when it takes none now.
  absl::Status Take(const Feed& feed, const chapter8::federation::v1::PullRequest& request,
                    const chapter8::federation::v1::PullResponse& response);

  // The process dies and starts again: what is not on disk is gone. Errors: recovery refuses.
  absl::Status Restart();
  // The same for the machine, whose boot marker goes as well.
  absl::Status Reboot();
  // Officers vouch that nothing was rolled back.
  void Waive();

  // A copy of disk and signed head, and what was: how far a backup goes.
  void TakeBackup();
  // One from before the first head was signed says nothing of what was promised.
  bool has_backup() const { return !backup_.signed_head.empty(); }
  // The machine starts on its backup; RestoreTruth() gives it the disk that it had.
  absl::Status RestoreBackup();
  absl::Status RestoreTruth();
  bool restored() const { return truth_.ledger != nullptr; }

  // A page of another history that this organization's key signs: that of its backup, and then
  // entries of its own making up to the size that the caller has verified.
  std::optional<chapter8::federation::v1::PullResponse> ServeOtherHistory(
      absl::string_view caller, const chapter8::federation::v1::PullRequest& request,
      uint64_t verified_size);
  // How much of `origin` this ledger has verified and taken, as of what is durable.
  federation::Freshness FreshnessOf(const std::string& origin) const;

  bool vouched() const { return process_->keeper->vouched(); }
  absl::Time time() const { return process_->executor->time(); }
  bool has_unsynced() const { return !process_->answers.empty() || process_->waits_for_sync; }
  bool has_unflushed() const { return process_->unflushed; }
  const MemLedger& ledger() const { return *ledger_; }
  const books::Books& books() const { return *process_->books; }
  const kernel::Machine& machine() const { return *machine_; }

 private:
  // All that dies with the process.
  struct Process {
    std::unique_ptr<books::LedgerIds> older_ids;
    std::unique_ptr<books::Books> books;
    std::unique_ptr<kernel::Accounts> accounts;  // The books, or a planted bug before them.
    books::PageWriter pages;
    std::unique_ptr<kernel::Executor> executor;
    std::unique_ptr<kernel::LedgerTime> time;
    std::unique_ptr<HeadKeeper> keeper;
    std::vector<std::unique_ptr<kernel::RowBatch>> batches;  // Of the group under way.
    std::vector<Answer> answers;                             // Of commits that are not synced.
    std::vector<Page> held_back;                             // By a planted bug.
    std::optional<uint64_t> waiver_index;
    std::map<std::string, chapter8::federation::v1::PeerState> peers;  // As of what is committed.
    std::map<std::string, std::string> cosigned_sent;  // By peer, the note sent last.
    std::set<std::string> taking;                      // Whose page is committed and not synced.
    bool waits_for_sync = false;
    bool unflushed = false;
  };
  struct Disk {
    std::unique_ptr<MemLedger> ledger = {};
    std::string signed_head = {};
  };

  absl::Status Start();
  kernel::Command CommandOf(const Call& call);
  kernel::Outcome Execute(kernel::Executor& executor, const Call& call);
  // The same for rows in bulk.
  kernel::Outcome ExecuteRows(kernel::Executor& executor, kernel::Command command);
  // One group: begins, decides, commits. False when the ledger takes none now.
  bool Group(const std::function<void(kernel::Executor&)>& decide);
  void MaintainBooks(uint64_t written_size);
  void WritePages(std::vector<Page> pages);
  // Makes what is committed visible, whether or not it is on the disk.
  void Publish();
  chapter8::federation::v1::PeerState StateOf(const std::string& origin) const;
  // The cosigned note of a page whose head is larger than what was verified before.
  absl::StatusOr<std::string> CosignedNote(const Feed& feed, const federation::VerifiedPage& page,
                                           const chapter8::federation::v1::PullRequest& request,
                                           const chapter8::federation::v1::PullResponse& response);
  // A signed head of a history of this ledger, by the key that is believed for its size.
  std::string NoteOf(const Ledger& ledger) const;
  Disk CopyDisk() const;
  absl::Status StartOn(Disk disk);
  std::string HeadPath() const { return options_.folder + "/signed_head"; }

  const Options options_;
  const std::string origin_;
  std::string history_;
  Random& random_;
  const std::unique_ptr<kernel::Machine> machine_;
  LogSigners signers_;
  std::vector<SigningKey> keys_;  // Of the same order.
  SimClock clock_;
  std::unique_ptr<MemLedger> ledger_;
  std::unique_ptr<MemLedger>
      on_disk_;  // What is there instead of `ledger_` when syncs do not sync.
  Disk backup_;
  Disk truth_;
  std::unique_ptr<Process> process_;
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_NODE_H_
