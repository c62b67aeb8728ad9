#include <algorithm>
#include <iterator>
#include <utility>

#include "services/books/rows.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace ch8::books {
namespace {

using Response = v1::PostTransfersResponse;
using Kind = v1::TransferRow;

// How many rows ahead memory is asked for: two accounts, an id and a hold each.
constexpr size_t kPrefetchAhead = 12;

// Applies the rows of one batch to the books.
class BatchApplier {
 public:
  BatchApplier(Books& books, const ParsedBatch& batch, uint64_t first_row_index)
      : state_(books.state()), ids_(books.ids()), batch_(batch), next_index_(first_row_index) {}

  BatchOutcome Run() {
    outcome_.results.assign(batch_.rows.size(), Response::APPLIED);
    const size_t ahead = std::min(kPrefetchAhead, batch_.rows.size());
    for (size_t i = 0; i < ahead; ++i) Prefetch(batch_.rows[i]);
    size_t first = 0;
    while (first < batch_.rows.size()) {
      if (!batch_.rows[first].linked) {
        ApplyOne(first);
        ++first;
        continue;
      }
      size_t last = first;
      while (batch_.rows[last].linked) ++last;
      ApplyChain(first, last);
      first = last + 1;
    }
    return std::move(outcome_);
  }

 private:
  // How to take one applied row back.
  struct Undo {
    size_t position = 0;
    Account debit;
    Account credit;
    uint32_t slot = Holds::kNoSlot;  // Of the hold opened or ended.
  };

  void Prefetch(const Row& row) const {
    if (row.debit_account < state_.accounts.size()) {
      __builtin_prefetch(&state_.accounts[row.debit_account], 1);
    }
    if (row.credit_account < state_.accounts.size()) {
      __builtin_prefetch(&state_.accounts[row.credit_account], 1);
    }
    ids_.Prefetch(row.id);
    if (row.kind != Kind::POST) {
      state_.holds.Prefetch(row.kind == Kind::HOLD ? row.id : row.hold_id);
    }
  }

  void ApplyOne(size_t position) {
    const RowResult result = ApplyRow(position, nullptr);
    outcome_.results[position] = result;
    if (result == Response::APPLIED) ++outcome_.applied;
  }

  // Rows [first, last], all or none.
  void ApplyChain(size_t first, size_t last) {
    undo_.clear();
    for (size_t i = first; i <= last; ++i) {
      const RowResult result = ApplyRow(i, &undo_);
      if (result == Response::APPLIED) continue;
      for (auto taken = undo_.rbegin(); taken != undo_.rend(); ++taken) TakeBack(*taken);
      for (size_t row = first; row <= last; ++row) {
        outcome_.results[row] = Response::LINKED_FAILED;
      }
      outcome_.results[i] = result;
      for (size_t row = i + 1; row <= last; ++row) Look();
      return;
    }
    outcome_.applied += static_cast<uint32_t>(last - first + 1);
  }

  // Keeps memory requests a fixed distance ahead.
  void Look() {
    const size_t ahead = looked_ + kPrefetchAhead;
    ++looked_;
    if (ahead < batch_.rows.size()) Prefetch(batch_.rows[ahead]);
  }

  RowResult ApplyRow(size_t position, std::vector<Undo>* undo) {
    Look();
    const Row& row = batch_.rows[position];
    if (IsOlder(position) || !ids_.Insert(row.id, next_index_)) return Response::ID_EXISTS;
    const RowResult result = Change(row, position, undo);
    if (result == Response::APPLIED) {
      ++next_index_;
    } else {
      ids_.Erase(row.id);
    }
    return result;
  }

  bool IsOlder(size_t position) const {
    return !batch_.older_ids_found.empty() &&
           std::binary_search(batch_.older_ids_found.begin(), batch_.older_ids_found.end(),
                              static_cast<uint32_t>(position));
  }

  RowResult Change(const Row& row, size_t position, std::vector<Undo>* undo) {
    if (row.debit_account == row.credit_account || !IsBulk(row.debit_account) ||
        !IsBulk(row.credit_account)) {
      return Response::BAD_ACCOUNT;
    }
    Account& debit = state_.accounts[row.debit_account];
    Account& credit = state_.accounts[row.credit_account];
    if (debit.unit != credit.unit) return Response::UNIT_MISMATCH;
    uint32_t slot = Holds::kNoSlot;
    Amounts amounts;
    const RowResult fits = Amount(row, slot, amounts);
    if (fits != Response::APPLIED) return fits;
    if (undo != nullptr) undo->push_back({position, debit, credit, slot});
    const MoveResult moved = Move(debit, credit, amounts);
    if (moved != MoveResult::kMoved) {
      if (undo != nullptr) undo->pop_back();
      return moved == MoveResult::kInsufficient ? Response::INSUFFICIENT : Response::BAD_AMOUNT;
    }
    state_.Touch(row.debit_account, next_index_);
    state_.Touch(row.credit_account, next_index_);
    if (row.kind == Kind::POST) return Response::APPLIED;
    const uint32_t changed = ChangeHold(row, slot);
    if (undo != nullptr) undo->back().slot = changed;
    return Response::APPLIED;
  }

  bool IsBulk(uint32_t account) const {
    return account < state_.accounts.size() && state_.accounts[account].bulk != 0;
  }

  // What the row moves, and the slot of the hold it ends.
  RowResult Amount(const Row& row, uint32_t& slot, Amounts& amounts) const {
    switch (row.kind) {
      case Kind::POST:
        amounts.amount = row.amount;
        return row.amount == 0 ? Response::BAD_AMOUNT : Response::APPLIED;
      case Kind::HOLD:
        amounts.hold = row.amount;
        return row.amount == 0 ? Response::BAD_AMOUNT : Response::APPLIED;
      default:
        break;
    }
    slot = state_.holds.Find(row.hold_id);
    if (slot == Holds::kNoSlot) return Response::BAD_HOLD;
    const Hold& hold = state_.holds.at(slot);
    if (hold.ended || hold.origin != HoldOrigin::kRow || hold.debit_account != row.debit_account ||
        hold.credit_account != row.credit_account || row.amount > hold.amount) {
      return Response::BAD_HOLD;
    }
    const bool posts = row.kind == Kind::POST_HELD;
    if (posts == (row.amount == 0)) return Response::BAD_AMOUNT;
    amounts.amount = row.amount;
    amounts.release = hold.amount;
    return Response::APPLIED;
  }

  // Opens or ends the row's hold; returns its slot.
  uint32_t ChangeHold(const Row& row, uint32_t slot) {
    if (row.kind == Kind::HOLD) {
      Hold hold;
      hold.id = row.id;
      hold.amount = row.amount;
      hold.debit_account = row.debit_account;
      hold.credit_account = row.credit_account;
      hold.origin = HoldOrigin::kRow;
      state_.TouchHold(row.id, next_index_);
      return state_.holds.Add(hold);
    }
    state_.TouchHold(row.hold_id, next_index_);
    state_.holds.End(slot, next_index_);
    return slot;
  }

  void TakeBack(const Undo& undo) {
    const Row& row = batch_.rows[undo.position];
    state_.accounts[row.debit_account] = undo.debit;
    state_.accounts[row.credit_account] = undo.credit;
    if (row.kind == Kind::HOLD) {
      state_.holds.Remove(undo.slot);
    } else if (row.kind != Kind::POST) {
      state_.holds.Reopen(undo.slot);
    }
    ids_.Erase(row.id);
    --next_index_;
  }

  State& state_;
  IdWindow& ids_;
  const ParsedBatch& batch_;
  uint64_t next_index_;
  size_t looked_ = 0;
  std::vector<Undo> undo_;
  BatchOutcome outcome_;
};

}  // namespace

absl::Status FindOlderIds(const IdIndex& older_ids, ParsedBatch& batch) {
  const uint64_t through_size = older_ids.through_size();
  if (batch.older_ids_through_size == through_size) return absl::OkStatus();
  batch.older_ids_found.clear();
  if (through_size > 0) {
    std::vector<Id> ids;
    ids.reserve(batch.rows.size());
    for (const Row& row : batch.rows) ids.push_back(row.id);
    ASSIGN_OR_RETURN(const auto found, older_ids.Find(ids));
    for (size_t i = 0; i < found.size(); ++i) {
      if (found[i].has_value()) batch.older_ids_found.push_back(static_cast<uint32_t>(i));
    }
  }
  batch.older_ids_through_size = through_size;
  return absl::OkStatus();
}

absl::StatusOr<BatchOutcome> ApplyBatch(Books& books, ParsedBatch& batch,
                                        uint64_t first_row_index) {
  RETURN_IF_ERROR(FindOlderIds(books.older_ids(), batch));
  return BatchApplier(books, batch, first_row_index).Run();
}

void AppendApplied(const ParsedBatch& batch, const BatchOutcome& outcome,
                   std::vector<NewEntry>& entries) {
  Check(batch.entries.size() == outcome.results.size(), "the batch was not prepared");
  for (size_t i = 0; i < outcome.results.size(); ++i) {
    if (outcome.results[i] == Response::APPLIED) entries.push_back(batch.entries[i]);
  }
}

v1::PostTransfersResponse ResponseOf(const BatchOutcome& outcome, uint64_t first_index) {
  Response response;
  response.set_applied(outcome.applied);
  response.set_first_index(first_index);
  for (size_t i = 0; i < outcome.results.size(); ++i) {
    if (outcome.results[i] == Response::APPLIED) continue;
    Response::Refused* refused = response.add_refused();
    refused->set_row(static_cast<uint32_t>(i));
    refused->set_result(outcome.results[i]);
  }
  return response;
}

}  // namespace ch8::books
