#ifndef CH8_STORAGE_LEDGER_HEAD_KEEPER_H_
#define CH8_STORAGE_LEDGER_HEAD_KEEPER_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/base/clock.h"
#include "storage/base/ed25519.h"
#include "storage/base/hash.h"
#include "storage/ledger/ledger.h"

namespace ch8 {

// A head: what a checkpoint says of a log.
struct SignedHead {
  uint64_t size = 0;
  Hash root{};

  friend bool operator==(const SignedHead&, const SignedHead&) = default;
};

// Signs a ledger's heads, and sees to it that no two of them ever contradict each other: a signed
// head binds the organization for ever, so a ledger that was rolled back must not sign.
//
// Before a note leaves, its head is on disk in `signed_head`, and then in a marker that the next
// boot forgets (ledger.md §2). At open these are compared with the log:
//
//   log shorter than signed_head, or another root at its size   refuses for ever
//   same boot, log without the marker's head (restored state)   refuses for ever
//   same boot, log with the marker's head                       vouched: signs at once
//   only the genesis, and never signed                          vouched, and signs it if it may
//   all else: another boot, no marker                           unvouched until Vouch() or Waive()
//   made anew from a copy, and nothing larger signed since      unvouched until Waive(), at best
//
// A marker below signed_head is a process killed between the two writes: its note never left. One
// above it is state that was lost and brought back: the marker is the newest promise of this boot.
//
// Thread safety: all methods may be called from any thread.
class HeadKeeper {
 public:
  struct Options {
    Ledger& ledger;         // Must outlive the keeper.
    const SigningKey& key;  // Copied.
    // The size up to which the key's predecessors are believed; 0 when it has none. The key signs
    // no head so small: nobody would believe it.
    uint64_t signs_above = 0;
    // The size at which the log was made anew from a partner's copy; 0 if it never was. Until a
    // larger head is signed only officers can vouch: the copy may be an older one, and whoever kept
    // it is no witness that it is not.
    uint64_t rebuilt_size = 0;
    std::string state_directory;        // Beside the ledger's database; holds `signed_head`.
    std::string boot_marker_directory;  // On a tmpfs, e.g. "/dev/shm/chapter8". Created if absent.
    std::string boot_id = {};           // Empty: /proc/sys/kernel/random/boot_id.
    const Clock& clock;                 // Must outlive the keeper.
  };

  // A keeper in one of the states above; one that refuses is not an error, for the ledger can still
  // be read. Errors: kUnavailable, kResourceExhausted when a file cannot be read or written;
  // kDataLoss when `signed_head` is damaged (never guess: it says what was promised).
  static absl::StatusOr<std::unique_ptr<HeadKeeper>> Open(const Options& options);

  // The signed note of the head at the ledger's durable size; the same bytes while that stands.
  //
  // Errors:
  //   kFailedPrecondition  unvouched: partners or two administrators must vouch; or the log is not
  //                        larger than `signs_above`. Retry then.
  //   kDataLoss            refused, naming what is missing, or the ledger has stopped. Final.
  //   kUnavailable, kResourceExhausted  the head could not be persisted; nothing was signed. Retry.
  absl::StatusOr<std::string> SignedNote();

  // Signs if the log has grown and the last head is 100 ms old; the sync stage calls it after each
  // sync. Does nothing while the keeper is not vouched. Errors: as SignedNote().
  absl::Status SignIfDue();

  // True when heads are being signed: nothing was rolled back, or somebody vouched for that.
  bool vouched() const;

  // Why nothing is signed: OK when vouched, else the error of SignedNote().
  absl::Status state() const;

  // From now on nothing is signed: the log was found to be altered. For the life of this keeper.
  void Refuse(absl::string_view why);

  // The newest head signed, for metrics.
  struct Newest {
    uint64_t size = 0;         // 0 when none ever was.
    absl::Duration signed_at;  // Since boot; when this keeper opened, if it has signed none.
  };
  Newest newest() const;

  // Says that every partner has shown the largest head of this log that it relies on, and that the
  // log has them all; from then on heads are signed. Harmless when already vouched.
  // Errors: kDataLoss when the keeper refuses; kFailedPrecondition when only officers can vouch.
  absl::Status Vouch();

  // Says that two officers vouch that nothing was rolled back, which the entry at `waiver_index`
  // records; from then on heads are signed. Harmless when already vouched.
  // Errors: kFailedPrecondition when that entry is not durable, or vouched for an earlier start;
  // kDataLoss when the keeper refuses: what is missing cannot be waived. Whether a head can be
  // signed at once is not its matter.
  absl::Status Waive(uint64_t waiver_index);

 private:
  enum class State { kVouched, kUnvouched, kRefused };

  explicit HeadKeeper(const Options& options);

  absl::Status Judge();
  // Whether nobody but officers can say that nothing is missing.
  bool NeedsOfficers() const {
    return rebuilt_size_ > 0 && (!head_.has_value() || head_->size <= rebuilt_size_);
  }
  absl::Status JudgeMarker(const std::optional<SignedHead>& marker);
  void RefuseLocked(std::string why);
  absl::StatusOr<bool> LogHas(const SignedHead& head) const;
  absl::StatusOr<std::optional<SignedHead>> ReadMarker() const;
  absl::Status Persist(const SignedHead& head);
  absl::StatusOr<std::string> SignLocked();
  absl::Status StateLocked() const;

  Ledger& ledger_;
  const SigningKey key_;
  const uint64_t signs_above_;
  const uint64_t rebuilt_size_;
  const Clock& clock_;
  const std::string head_path_;
  const std::string marker_path_;
  const uint64_t opened_size_;  // Of the ledger when this process opened it.
  std::string boot_id_;

  mutable std::mutex mutex_;  // Guards what follows.
  State state_ = State::kUnvouched;
  std::string why_;                 // When refused.
  std::optional<SignedHead> head_;  // As on disk.
  std::string note_;                // Of head_, once signed by this process; else empty.
  absl::Duration signed_at_;        // Since boot.
};

}  // namespace ch8

#endif  // CH8_STORAGE_LEDGER_HEAD_KEEPER_H_
