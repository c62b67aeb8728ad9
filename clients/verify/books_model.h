#ifndef CH8_CLIENTS_VERIFY_BOOKS_MODEL_H_
#define CH8_CLIENTS_VERIFY_BOOKS_MODEL_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "clients/verify/coverage.h"
#include "clients/verify/log_entry.h"

namespace ch8::verify {

// Double entry, worked out once more from the log alone: accounts opened in order, both sides of a
// posting in one unit, no account below its floor at any entry, each hold opened once and ended
// once, whole. Slow and plain on purpose. Of a sample, which has with each posting the entries that
// opened its accounts and its hold, all of it but the order of accounts and the floors.
//
// Thread safety: none.
class BooksModel {
 public:
  explicit BooksModel(std::string origin, Coverage coverage = Coverage::kComplete)
      : origin_(std::move(origin)), coverage_(coverage) {}

  // The next entry. Errors: a refusal naming it.
  absl::Status Take(const LogEntry& entry);
  // After the last one: per unit, debits and credits are the same sum. Errors: a refusal.
  absl::Status Finish() const;

  struct Hold {
    enum class By { kPosting, kRow };
    By by = By::kPosting;
    uint32_t debit = 0;
    uint32_t credit = 0;
    uint64_t amount = 0;
    bool ended = false;
    uint64_t ended_at = 0;  // Index of the entry that ended it.
    uint64_t moved = 0;     // How much of it went over then.
  };
  // Null for an id never used. `id` has 16 bytes.
  const Hold* FindHold(const std::string& id) const;

  // The unit of an open account.
  const std::string& UnitOf(uint32_t account) const { return accounts_.at(account).unit; }

  bool has_accounts() const { return !accounts_.empty(); }
  uint64_t account_count() const { return accounts_.size(); }

 private:
  struct Account {
    std::string unit;
    bool may_be_negative = false;
    bool bulk = false;
    uint64_t debits = 0;
    uint64_t credits = 0;
    uint64_t held = 0;     // Of its debits to come.
    uint64_t pending = 0;  // Of its credits to come.
  };
  struct Move {
    uint32_t debit = 0;
    uint32_t credit = 0;
    uint64_t amount = 0;
    uint64_t hold = 0;
    uint64_t release = 0;
  };

  absl::Status Open(const chapter8::books::v1::AccountOpened& opened);
  absl::Status Post(const chapter8::books::v1::Posting& posting);
  absl::Status PostRow(const chapter8::books::v1::TransferRow& row);
  absl::Status OpenHold(const std::string& id, Hold hold);
  absl::Status EndHold(const std::string& id, const Hold& as, uint64_t moved);
  absl::Status Apply(const Move& move);
  absl::Status Refuse(absl::string_view what) const;

  const std::string origin_;
  const Coverage coverage_;
  uint64_t index_ = 0;
  std::map<uint32_t, Account> accounts_;
  std::map<std::string, Hold> holds_;
  std::set<std::string> row_ids_;
};

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_BOOKS_MODEL_H_
