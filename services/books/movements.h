#ifndef CH8_SERVICES_BOOKS_MOVEMENTS_H_
#define CH8_SERVICES_BOOKS_MOVEMENTS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/books/id.h"
#include "services/books/rows.h"
#include "storage/ledger/entry.h"

// What logged entries did to single accounts: the books read again for their history.
namespace ch8::books {

// What an account has had posted and held, on either side, in its unit.
struct AccountSums {
  uint64_t debits_posted = 0;
  uint64_t credits_posted = 0;
  uint64_t debits_held = 0;
  uint64_t credits_held = 0;

  friend bool operator==(const AccountSums&, const AccountSums&) = default;
};

// One side of one posting or row.
struct Movement {
  uint64_t index = 0;   // Of the entry.
  int64_t time_us = 0;  // The ledger's time of the request that caused it.
  uint64_t posted = 0;
  int64_t held = 0;  // Newly held; below zero: held no longer.
  uint32_t account = 0;
  uint32_t other_account = 0;
  bool is_credit = false;

  friend bool operator==(const Movement&, const Movement&) = default;
};

// Adds `movement` to its account's sums.
void AddTo(AccountSums& sums, const Movement& movement);

// Takes back what AddTo() did.
void TakeFrom(AccountSums& sums, const Movement& movement);

// Reads entries one after another. It knows the holds that rows opened, because the row that ends
// one does not repeat its amount.
//
// Thread safety: none.
class MovementReader {
 public:
  // The amount of an open hold that an earlier reader has seen opened; nothing when there is none.
  // Errors: kDataLoss.
  using OlderHolds = std::function<absl::StatusOr<std::optional<uint64_t>>(const Id& id)>;
  explicit MovementReader(OlderHolds older_holds) : older_holds_(std::move(older_holds)) {}

  // What a number of entries did.
  struct Found {
    std::vector<Movement> movements;  // In the order of the log, the debit side first.
    std::vector<std::pair<uint32_t, std::string>> opened;     // Accounts and their units.
    std::vector<std::pair<uint64_t, int64_t>> request_times;  // Index and time of each request.
  };
  // Adds the next entry to `found`. Errors: kDataLoss, naming the entry, when it does not parse or
  // ends a hold that nobody opened; those of `older_holds`.
  absl::Status Read(const Entry& entry, Found& found);

  // The time of the request whose rows come next, when its entry does not.
  void StartAt(int64_t time_us) { time_us_ = time_us; }

  // What happened to holds of rows, sorted: those opened and still open with their amounts, and
  // those ended, with 0, that an earlier reader has seen opened.
  std::vector<std::pair<Id, uint64_t>> Holds() const;
  // From now on `older_holds` knows what Holds() returned.
  void ForgetHolds();

 private:
  absl::Status ReadRow(const Entry& entry, Found& found);
  // What is no longer held when the hold ends.
  absl::StatusOr<uint64_t> EndHold(const Id& id);

  const OlderHolds older_holds_;
  absl::flat_hash_map<Id, uint64_t> open_;
  std::vector<Id> ended_older_;
  int64_t time_us_ = 0;                // Of the request being read.
  chapter8::ledger::v1::Entry entry_;  // Used again and again.
};

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_MOVEMENTS_H_
