#ifndef CH8_SERVICES_KERNEL_ACCOUNTS_H_
#define CH8_SERVICES_KERNEL_ACCOUNTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chapter8/books/v1/posting.pb.h"

namespace ch8::kernel {

// What an account holds, in its unit. `available()` is what its floor leaves to spend.
struct Balance {
  std::string unit;
  chapter8::books::v1::AccountOpened::Floor floor = chapter8::books::v1::AccountOpened::NONE;
  uint64_t debits_posted = 0;
  uint64_t credits_posted = 0;
  uint64_t debits_held = 0;
  uint64_t credits_held = 0;

  int64_t available() const {
    return static_cast<int64_t>(credits_posted - debits_posted - debits_held);
  }
};

// The quantities of one ledger: the part of its state that is derived from the log and lives in
// memory. Implemented by books::Books, and by NoAccounts for ledgers that move nothing.
//
// Thread safety: none; belongs to the ledger's sequencer.
class Accounts {
 public:
  virtual ~Accounts() = default;

  // The number the next opened account gets.
  virtual uint32_t next_account() const = 0;

  // The account's balance, all written entries included. Errors: kNotFound.
  virtual absl::StatusOr<Balance> Find(uint32_t account) const = 0;

  // The changes of one entry.
  struct Change {
    std::vector<chapter8::books::v1::AccountOpened> accounts;
    std::vector<chapter8::books::v1::Posting> postings;
  };

  // Whether `changes` can be applied in order, all of them: accounts exist and share a unit, no
  // floor is broken, no sum overflows, holds exist and are ended once.
  // Errors: kFailedPrecondition with ErrorInfo reason INSUFFICIENT (metadata: account, available,
  // wanted), HOLD_ENDED or UNKNOWN_HOLD; kInvalidArgument for the rest. Nothing changes.
  virtual absl::Status Check(const std::vector<Change>& changes) const = 0;

  // Applies the change of the entry at `index`. Aborts when Check() would have refused it.
  virtual void Apply(const Change& change, uint64_t index) = 0;
};

// The accounts of a ledger that has none.
class NoAccounts final : public Accounts {
 public:
  uint32_t next_account() const override { return 1; }
  absl::StatusOr<Balance> Find(uint32_t account) const override;
  absl::Status Check(const std::vector<Change>& changes) const override;
  void Apply(const Change& change, uint64_t index) override;
};

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_ACCOUNTS_H_
