#ifndef CH8_SERVICES_BOOKS_REPLAY_H_
#define CH8_SERVICES_BOOKS_REPLAY_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/books/ids.h"
#include "services/books/rows.h"
#include "services/books/state.h"
#include "storage/ledger/entry.h"

namespace ch8::books {

// Up to which entry each page's content is complete.
struct PagePositions {
  std::vector<uint64_t> account_pages;
  std::vector<uint64_t> hold_pages;
  uint64_t others = 0;  // Of pages not listed.

  uint64_t account_page(uint32_t page) const {
    return page < account_pages.size() ? account_pages[page] : others;
  }
  uint64_t hold_page(uint32_t page) const {
    return page < hold_pages.size() ? hold_pages[page] : others;
  }
};

// Applies logged entries, in order, to a state loaded from pages of different ages: to each page
// what it does not have yet. Trusts the log's decisions and checks its arithmetic.
//
// Thread safety: none.
class Replay {
 public:
  struct Parts {
    State& state;
    IdWindow& ids;
    PagePositions positions;
    uint64_t ids_through_size = 0;  // Ids of entries below this are known already.
  };
  explicit Replay(Parts parts);

  // Errors: kDataLoss when the entry does not parse or does not fit the state, which is the log's
  // fault when positions are all zero, else more likely a page's.
  absl::Status Apply(const Entry& entry);

 private:
  absl::Status ApplyRow(const Row& row);
  absl::Status ApplyEnd(const Row& row);
  absl::Status ApplyOpened(const v1::AccountOpened& opened);
  absl::Status ApplyPosting(const v1::Posting& posting);
  absl::Status Sides(const Row& row, const Amounts& amounts);
  absl::Status Side(uint32_t account, uint64_t Account::*posted, uint64_t Account::*held,
                    const Amounts& amounts);
  absl::Status OpenHold(const Hold& hold);
  absl::Status EndHold(const Id& id);
  absl::Status Remember(const Id& id);
  absl::Status Contradiction(absl::string_view what) const;

  bool NeedsAccount(uint32_t account) const {
    return positions_.account_page(account / kAccountsPerPage) <= index_;
  }
  bool NeedsHold(const Id& id) const { return positions_.hold_page(HoldPage(id)) <= index_; }

  State& state_;
  IdWindow& ids_;
  const PagePositions positions_;
  const uint64_t ids_through_size_;
  uint64_t index_ = 0;                 // Of the entry being applied.
  chapter8::ledger::v1::Entry entry_;  // Used again and again.
};

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_REPLAY_H_
