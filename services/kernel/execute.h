#ifndef CH8_SERVICES_KERNEL_EXECUTE_H_
#define CH8_SERVICES_KERNEL_EXECUTE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "chapter8/ledger/v1/answer.pb.h"
#include "services/kernel/bodies.h"
#include "services/kernel/machine.h"
#include "services/kernel/rows.h"
#include "services/kernel/seals.h"
#include "storage/ledger/ledger.h"

namespace ch8::kernel {

// What a command came to.
struct Outcome {
  absl::Status status;                    // OK, or the refusal.
  std::string reply;                      // Response message bytes when OK.
  chapter8::ledger::v1::Receipt receipt;  // Empty origin when nothing was logged.
  bool waives_head = false;               // The act after whose sync heads may be signed.
  std::vector<Body> bodies = {};          // To be stored before the commit.
};

// Another ledger's entry on its way in: verified, with the row that remembers how far we are.
struct InboundEntry {
  Delivered delivered;
  uint64_t number = 0;           // In the chain addressed to this organization.
  uint64_t checkpoint_size = 0;  // Of the verified checkpoint that covers it.
  RowWrite peer_row;             // Written in the same commit.
};

// Rows of a bulk request: parsed and hashed before, decided when the executor asks. Implemented by
// books::Batch.
class RowBatch {
 public:
  virtual ~RowBatch() = default;

  // Decides and applies the rows; the first accepted one will stand at `first_index`. Called once.
  // Errors, with nothing changed: kDataLoss.
  virtual absl::Status Apply(uint64_t first_index) = 0;

  // After Apply(): the accepted rows in order. Their payload views live as long as this object.
  virtual std::vector<NewEntry> TakeEntries() = 0;
  // After Apply(): the response message's bytes. `request_index` is where the Request entry stands.
  virtual std::string Reply(uint64_t request_index) const = 0;
};

// Runs commands of one ledger against its machine and gathers what they write into one commit. It
// is the whole path from a request to the bytes that will be logged, and nothing else: the
// sequencer decides when to begin and commit, the simulator does the same without threads.
//
// A group is Begin(), any number of Execute/Deliver/…, then Finish(), whose result must be
// committed. Later commands of a group see what earlier ones did.
//
// Thread safety: none; belongs to the ledger's sequencer.
class Executor {
 public:
  struct Options {
    const Ledger* ledger = nullptr;
    const Machine* machine = nullptr;
    Accounts* accounts = nullptr;
    std::string organization;            // "organizations/un"
    std::string trust_domain;            // "un.example"
    std::function<Hash()> fresh_salt;    // Secret and random; from a seed in the simulator.
    const BodyReader* bodies = nullptr;  // Optional. What reads may give out.
  };
  explicit Executor(const Options& options);

  // Opens a group at `time`, which must not be below time().
  void Begin(absl::Time time);

  // Decides one command: authority, idempotency, the machine's rules, the accounts' floors.
  // The outcome's status is OK or a refusal with ErrorInfo; kDataLoss means that the ledger must
  // stop and the group be thrown away.
  Outcome Execute(const Command& command);

  // The same for a command that is no machine's own but the ledger's, e.g. waiving a head.
  Outcome ExecuteWith(const Command& command, const Routes::Decide& decide);

  // Decides a bulk request. `batch` must outlive the commit.
  Outcome ExecuteBatch(const Command& command, RowBatch& batch);

  // Answers a read from the group's state.
  Outcome Read(const Command& command);
  // The same for a read that is no machine's own but the ledger's.
  Outcome ReadWith(const Command& command, const Routes::Read& read);

  // Decides another ledger's entry. A number already taken changes nothing; a gap is refused with
  // kFailedPrecondition/CURSOR_GAP.
  Outcome Deliver(const InboundEntry& inbound);

  // Logs heads of another organization's ledger that third organizations' witnesses cosigned, those
  // that say more than is known. Errors: kResourceExhausted/REQUEST_TOO_LARGE.
  Outcome TakeWitnessed(const std::vector<chapter8::ledger::v1::WitnessedHead>& heads);

  // Keeps rows of Table::kPeer that come without an entry.
  Outcome PutPeerRows(const std::vector<RowWrite>& rows);

  // Lets the machine log what is due by the group's time, decides parked entries again, and forgets
  // answers that have run out. Returns how many entries it logged.
  int RunDue();

  // Logs events of the organization's own making: genesis events, administration.
  Outcome LogInternal(absl::string_view method, const std::vector<Event>& events);

  // Logs a seal of what is durable. Errors: kFailedPrecondition when the newest one covers as much.
  Outcome LogSeal(const SealDraft& draft);

  // The group's commit. Payloads stay valid until the next Begin().
  Ledger::CommitRequest Finish();

  // The first error of reading rows. kDataLoss: what was decided rests on rows that looked absent,
  // so the group must be thrown away and the ledger stop.
  const absl::Status& status() const { return written_->status(); }

  // Whether the ledger's heads may be signed. While they may not, no step of a two-sided transfer
  // is taken: commands that would are refused with kUnavailable/HEAD_NOT_VOUCHED, deliveries that
  // would are deferred, and holds do not run out (ledger.md §2).
  enum class Head { kVouched, kUnvouched };
  void SetHead(Head head);

  // What the group holds so far; the sequencer closes it before a limit is near.
  size_t entries() const { return entries_; }
  size_t payload_bytes() const { return payload_bytes_; }

  // The ledger's time: that of its newest commit.
  absl::Time time() const { return time_; }

 private:
  Context MakeContext(const Actor& actor, absl::string_view random) const;
  State CurrentState() const { return State{*rows_, *options_.accounts}; }

  // The kept answer of a repeated request, or nothing when it is new.
  std::optional<Outcome> Repeated(const Command& command) const;
  Outcome Refused(const Command& command, const Actor& actor, const absl::Status& status);
  // Whether `events` may be logged now. Errors: those of Accounts::Check; kUnavailable;
  // kResourceExhausted/REQUEST_TOO_LARGE.
  absl::Status Admit(const std::vector<Event>& events) const;
  Outcome DryRun(const Command& command, const Context& context, const Decision& decision);
  void KeepAnswer(const Command& command, const Outcome& outcome);

  chapter8::ledger::v1::Request RequestOf(const Command& command, const Actor& actor) const;
  // Appends a Request entry and its events, applies them, and returns the receipt.
  chapter8::ledger::v1::Receipt Append(chapter8::ledger::v1::Request request,
                                       const Hash& request_salt, const std::vector<Event>& events);
  NewEntry AppendEvent(const chapter8::ledger::v1::Request& request, const Hash& request_salt,
                       uint32_t row, const Event& event);
  void AppendVerdict(const InboundEntry& inbound, const Verdict& verdict);
  Verdict DecideInbound(const InboundEntry& inbound) const;
  int RetryParked();
  void ForgetAnswers();
  absl::string_view Store(std::string payload);

  Options options_;
  std::unique_ptr<RowReader> written_;
  std::unique_ptr<Rows> rows_;
  absl::Time time_;
  uint64_t next_index_ = 0;
  size_t entries_ = 0;
  size_t payload_bytes_ = 0;
  bool retry_parked_ = true;
  std::string parked_after_;  // Where the round over parked entries goes on; empty: no round.
  std::string forgotten_;     // The last key of forgotten answers; none below it is ever written.
  Head head_ = Head::kVouched;
  std::deque<std::string> payloads_;
  std::vector<RequestEntries> requests_;
};

// At least this long an answer is kept, in ledger time, so that a retry which is signed anew still
// gets the first one. Answers stand in Table::kAnswers under "a/", and beside each an empty row
// under its ForgetKey(), in the order in which they may be forgotten.
inline constexpr absl::Duration kAnswerLife = absl::Hours(7 * 24);
std::string AnswerKey(absl::string_view trust_domain, absl::string_view caller,
                      absl::string_view request_id);
std::string ForgetKey(int64_t not_after_us, absl::string_view answer_key);

// Of the newest commit with entries, or that forgot answers; 1970 before the first.
absl::Time NewestTime(const RowReader& rows);
// Puts it, for a commit that is made at `time`.
void KeepTime(absl::Time time, Rows& rows);

// Answers a read from one durable view, on any thread: the machine's kSnapshot routes. `now` is the
// clock's time: a read's context has the later of it and the newest commit's, for a ledger's time
// goes on while nothing is committed.
Outcome ReadSnapshot(const Executor::Options& options, const Snapshot& snapshot,
                     const Command& command, absl::Time now);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_EXECUTE_H_
