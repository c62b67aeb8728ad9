#ifndef CH8_SERVICES_BOOKS_STATE_H_
#define CH8_SERVICES_BOOKS_STATE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "chapter8/books/v1/posting.pb.h"
#include "services/books/id.h"

// The dense memory behind Books: accounts, holds and units as arrays, with the arithmetic that all
// writers share. Holds facts and sums only; who may change what is decided in books.cc and
// rows_apply.cc, and what is written to disk in pages.cc.
//
// Thread safety: none.
namespace ch8::books {

namespace v1 = ::chapter8::books::v1;

// Every sum of an account stays below this, posted and held together.
inline constexpr uint64_t kSumLimit = uint64_t{1} << 63;
inline constexpr uint32_t kAccountsPerPage = 64;
inline constexpr uint32_t kAccountsMax = 64u << 20;
inline constexpr size_t kUnitSizeMax = 32;
// Holds are paged by a hash of their id, so which page a hold belongs to never changes.
inline constexpr uint32_t kHoldPages = 4096;

// One account: one cache line. A default-constructed one is not open.
struct alignas(64) Account {
  uint64_t debits_posted = 0;
  uint64_t credits_posted = 0;
  uint64_t debits_held = 0;
  uint64_t credits_held = 0;
  uint32_t unit = 0;   // Index into State::units.
  uint8_t floor = 0;   // AccountOpened::Floor.
  uint8_t bulk = 0;    // 1 when bulk rows may name it.
  uint8_t opened = 0;  // 1 once opened.

  friend bool operator==(const Account&, const Account&) = default;
};
static_assert(sizeof(Account) == 64);

// What one posting moves between two accounts.
struct Amounts {
  uint64_t amount = 0;
  uint64_t hold = 0;
  uint64_t release = 0;
};

enum class MoveResult : uint8_t {
  kMoved,
  kUnitMismatch,
  kOverflow,      // Some sum would reach kSumLimit.
  kNotHeld,       // Less is held than `release`.
  kInsufficient,  // The debit account's floor.
};

// Moves `amounts` from `debit` to `credit`, or changes nothing and says why not. Both are open and
// not the same account.
MoveResult Move(Account& debit, Account& credit, const Amounts& amounts);

enum class HoldOrigin : uint8_t { kPosting = 0, kRow = 1 };

// A hold. An ended one is kept until every page on disk is newer than its end, because the row that
// ended it does not repeat the amount and replay needs it.
struct Hold {
  Id id;
  uint64_t amount = 0;
  uint64_t ended_index = 0;  // Of the entry that ended it.
  uint32_t debit_account = 0;
  uint32_t credit_account = 0;
  uint32_t next = 0;  // The page's list; kNoSlot ends it.
  uint32_t previous = 0;
  HoldOrigin origin = HoldOrigin::kPosting;
  bool ended = false;
};

// All holds, in dense slots that are used again.
class Holds {
 public:
  static constexpr uint32_t kNoSlot = UINT32_MAX;

  Holds() { heads_.fill(kNoSlot); }

  uint32_t Find(const Id& id) const {
    const auto found = slot_of_.find(id);
    return found == slot_of_.end() ? kNoSlot : found->second;
  }
  const Hold& at(uint32_t slot) const { return holds_[slot]; }
  void Prefetch(const Id& id) const { slot_of_.prefetch(id); }

  // Adds a hold whose id is not there yet; next and previous are set here.
  uint32_t Add(const Hold& hold);
  // Takes back the newest Add().
  void Remove(uint32_t slot);
  void End(uint32_t slot, uint64_t index);
  // Takes back the newest End().
  void Reopen(uint32_t slot);
  // Frees the slots of holds ended by entries below `size`.
  void ForgetEndedBelow(uint64_t size);

  // The first hold of a page; follow Hold::next.
  uint32_t head(uint32_t page) const { return heads_[page]; }
  size_t open_count() const { return slot_of_.size() - ended_.size(); }
  size_t ended_count() const { return ended_.size(); }

 private:
  std::vector<Hold> holds_;
  std::vector<uint32_t> free_;
  absl::flat_hash_map<Id, uint32_t> slot_of_;
  std::array<uint32_t, kHoldPages> heads_;
  std::deque<uint32_t> ended_;  // By ended_index.
};

// Which page a hold lives in. Part of the page format.
uint32_t HoldPage(const Id& id);

struct State {
  std::vector<Account> accounts = std::vector<Account>(1);  // By number; 0 is no account.
  Holds holds;
  std::vector<std::string> units;  // Interned.

  // For each page, one above the index of the newest entry that changed it; 0 for never.
  std::vector<uint64_t> account_page_changed = std::vector<uint64_t>(1);
  std::vector<uint64_t> hold_page_changed = std::vector<uint64_t>(kHoldPages);

  uint32_t InternUnit(absl::string_view unit);
  // Makes room for account numbers up to and with `account`.
  void GrowTo(uint32_t account);

  bool is_open(uint32_t account) const {
    return account < accounts.size() && accounts[account].opened != 0;
  }
  void Touch(uint32_t account, uint64_t index) {
    uint64_t& changed = account_page_changed[account / kAccountsPerPage];
    if (changed <= index) changed = index + 1;
  }
  void TouchHold(const Id& id, uint64_t index) {
    uint64_t& changed = hold_page_changed[HoldPage(id)];
    if (changed <= index) changed = index + 1;
  }
};

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_STATE_H_
