#ifndef CH8_CLIENTS_VERIFY_KEY_CHECK_H_
#define CH8_CLIENTS_VERIFY_KEY_CHECK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/verify/log_entry.h"
#include "clients/verify/log_files.h"
#include "storage/merkle/log_signers.h"

namespace ch8::verify {

// That another key signs the log's heads, as the log itself says.
struct KeyChange {
  enum class By {
    kOldKey,  // The key before it has signed the change.
    kRoot,    // Only the organization's root key has: the key before was lost or stolen.
  };

  uint64_t index = 0;
  uint64_t until_size = 0;  // Up to which the key before it is believed.
  By by = By::kRoot;
};

// What a log says of its own keys: from the record in its genesis on, each change signed by the
// same root key and extending the record before it.
//
// Thread safety: none.
class KeyCheck {
 public:
  explicit KeyCheck(std::string origin) { log_.origin = std::move(origin); }

  // Entry 0's signed record, then each later entry that says something of keys; others are passed
  // over. Errors: a refusal naming the entry.
  absl::Status TakeGenesis(absl::string_view signed_record);
  absl::Status Take(const LogEntry& entry);
  // In place of both, for a log that is not here: another organization's records, as the entries at
  // hand say that two administrators have pinned them. Others are passed over. Errors: the same.
  absl::Status TakePinned(const LogEntry& entry);

  // The keys so far, and the changes.
  const LogSigners& log() const { return log_; }
  const std::vector<KeyChange>& changes() const { return changes_; }

 private:
  absl::Status Refuse(uint64_t index, absl::string_view what) const;
  // The record's bytes, and its keys for this log.
  struct Record {
    std::string bytes;
    std::vector<LogKey> keys;
  };
  absl::StatusOr<Record> Open(absl::string_view signed_record, uint64_t index);

  LogSigners log_;
  std::string root_key_;
  std::vector<KeyChange> changes_;
};

// The keys that follow from the `trusted` ones, by what the log of an export says. Nothing of it is
// proven before the log is checked under the head that they open.
struct FollowedKeys {
  LogSigners log;
  // Whether one of the steps rests on the root key alone: which root key that is, only a head shows
  // that a trusted key has signed.
  bool by_root = false;
};
// Errors: a refusal, also when the log does not lead from them to any other key.
absl::StatusOr<FollowedKeys> FollowKeys(LogFiles& log, const LogSigners& trusted);

// The keys of another organization's ledger that follow from the `trusted` ones, by the records of
// it that are pinned in `log`: the word of the two administrators who compared the fingerprint.
// That the former key agreed only the other ledger's own export shows. Errors: a refusal, also when
// the records do not lead from the trusted keys to any other.
absl::StatusOr<LogSigners> FollowPinned(LogFiles& log, const LogSigners& trusted);

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_KEY_CHECK_H_
