#ifndef CH8_SERVICES_BOOKS_BOOKS_H_
#define CH8_SERVICES_BOOKS_BOOKS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/books/ids.h"
#include "services/books/state.h"
#include "services/kernel/accounts.h"
#include "storage/base/hash.h"

namespace ch8::books {

// The double-entry books of one ledger: what each account has had posted and held, which holds are
// open, and which ids have been used. All of it follows from the log and lives in memory; pages.h
// keeps copies on disk and recovery.h rebuilds it.
//
// Rules, of postings and bulk rows alike:
//   both accounts exist, differ and share a unit; every sum stays below 2^63;
//   an account with floor CREDIT_BALANCE never has debits, held ones included, above its credits;
//   an id opens a hold once, ever, and the hold is ended once, ever: ended ids stay in the id
//   index with the ids of rows, so they survive both the hold's slot and a restart.
//
// Thread safety: none; belongs to the ledger's sequencer.
class Books final : public kernel::Accounts {
 public:
  struct Options {
    size_t id_window_limit = IdWindow::kLimitDefault;
  };

  // `older_ids` must outlive the books.
  explicit Books(const IdIndex& older_ids) : Books(older_ids, Options()) {}
  Books(const IdIndex& older_ids, Options options);
  // From recovered parts; see recovery.h.
  Books(const IdIndex& older_ids, State state, IdWindow ids);

  uint32_t next_account() const override { return static_cast<uint32_t>(state_.accounts.size()); }
  absl::StatusOr<kernel::Balance> Find(uint32_t account) const override;

  // What a posting must look like: amount alone moves at once; `hold` with a fresh 16-byte hold_id
  // opens a hold; `release` with the hold_id of an open hold, its accounts and its whole amount
  // ends it, moving `amount` <= release. Every other combination is kInvalidArgument, as are
  // unknown accounts, sums that overflow and hold ids used before.
  // kDataLoss when the older ids cannot be read; otherwise as in kernel::Accounts.
  absl::Status Check(const std::vector<Change>& changes) const override;

  // As in kernel::Accounts. The entry at `index` must be committed next, in order.
  void Apply(const Change& change, uint64_t index) override;

  // Whether `id` is that of a row applied or a hold opened before. Errors: kDataLoss.
  absl::StatusOr<bool> IdUsed(const Id& id) const;

  // SHA-256 over accounts, units and open holds in a fixed order: equal books, equal digest. For
  // tests, simulation and the check after recovery; takes time in proportion to the books.
  Hash StateDigest() const;

  // For bulk rows and pages, inside this library.
  State& state() { return state_; }
  const State& state() const { return state_; }
  IdWindow& ids() { return ids_; }
  const IdWindow& ids() const { return ids_; }
  const IdIndex& older_ids() const { return older_ids_; }

 private:
  const IdIndex& older_ids_;
  State state_;
  IdWindow ids_;
};

// The digest of a bare state; see Books::StateDigest().
Hash DigestOf(const State& state);

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_BOOKS_H_
