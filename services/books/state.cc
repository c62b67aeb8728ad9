#include "services/books/state.h"

#include <algorithm>

#include "chapter8/books/v1/posting.pb.h"
#include "storage/base/check.h"

namespace ch8::books {
namespace {

// a + b, or kSumLimit when that is reached; both are below it.
uint64_t Sum(uint64_t a, uint64_t b) {
  return b >= kSumLimit || a >= kSumLimit - b ? kSumLimit : a + b;
}

}  // namespace

MoveResult Move(Account& debit, Account& credit, const Amounts& amounts) {
  if (debit.unit != credit.unit) return MoveResult::kUnitMismatch;
  if (amounts.release > debit.debits_held || amounts.release > credit.credits_held) {
    return MoveResult::kNotHeld;
  }
  const uint64_t debits_posted = Sum(debit.debits_posted, amounts.amount);
  const uint64_t debits_held = Sum(debit.debits_held - amounts.release, amounts.hold);
  const uint64_t credits_posted = Sum(credit.credits_posted, amounts.amount);
  const uint64_t credits_held = Sum(credit.credits_held - amounts.release, amounts.hold);
  const uint64_t debits = Sum(debits_posted, debits_held);
  if (debits == kSumLimit || Sum(credits_posted, credits_held) == kSumLimit) {
    return MoveResult::kOverflow;
  }
  if (debit.floor == v1::AccountOpened::CREDIT_BALANCE && debits > debit.credits_posted) {
    return MoveResult::kInsufficient;
  }
  debit.debits_posted = debits_posted;
  debit.debits_held = debits_held;
  credit.credits_posted = credits_posted;
  credit.credits_held = credits_held;
  return MoveResult::kMoved;
}

uint32_t HoldPage(const Id& id) {
  uint64_t mixed = id.high * 0x9e3779b97f4a7c15u ^ id.low;
  mixed = (mixed ^ (mixed >> 32)) * 0xbf58476d1ce4e5b9u;
  return static_cast<uint32_t>(mixed >> 52);
}
static_assert(kHoldPages == 1u << 12, "HoldPage() yields 12 bits");

uint32_t Holds::Add(const Hold& hold) {
  uint32_t slot = 0;
  if (free_.empty()) {
    slot = static_cast<uint32_t>(holds_.size());
    Check(slot != kNoSlot, "too many holds");
    holds_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Check(slot_of_.try_emplace(hold.id, slot).second, "a hold is opened once");
  uint32_t& head = heads_[HoldPage(hold.id)];
  holds_[slot] = hold;
  holds_[slot].previous = kNoSlot;
  holds_[slot].next = head;
  if (head != kNoSlot) holds_[head].previous = slot;
  head = slot;
  if (hold.ended) ended_.push_back(slot);
  return slot;
}

void Holds::Remove(uint32_t slot) {
  const Hold& hold = holds_[slot];
  if (hold.previous == kNoSlot) {
    heads_[HoldPage(hold.id)] = hold.next;
  } else {
    holds_[hold.previous].next = hold.next;
  }
  if (hold.next != kNoSlot) holds_[hold.next].previous = hold.previous;
  slot_of_.erase(hold.id);
  free_.push_back(slot);
}

void Holds::End(uint32_t slot, uint64_t index) {
  Check(!holds_[slot].ended, "a hold is ended once");
  holds_[slot].ended = true;
  holds_[slot].ended_index = index;
  ended_.push_back(slot);
}

void Holds::Reopen(uint32_t slot) {
  Check(!ended_.empty() && ended_.back() == slot, "only the newest end can be taken back");
  holds_[slot].ended = false;
  holds_[slot].ended_index = 0;
  ended_.pop_back();
}

void Holds::ForgetEndedBelow(uint64_t size) {
  while (!ended_.empty() && holds_[ended_.front()].ended_index < size) {
    Remove(ended_.front());
    ended_.pop_front();
  }
}

uint32_t State::InternUnit(absl::string_view unit) {
  for (size_t i = 0; i < units.size(); ++i) {
    if (units[i] == unit) return static_cast<uint32_t>(i);
  }
  units.emplace_back(unit.data(), unit.size());
  return static_cast<uint32_t>(units.size() - 1);
}

void State::GrowTo(uint32_t account) {
  if (account < accounts.size()) return;
  Check(account <= kAccountsMax, "too many accounts");
  accounts.resize(size_t{account} + 1);
  account_page_changed.resize(account / kAccountsPerPage + 1);
}

}  // namespace ch8::books
