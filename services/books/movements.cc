#include "services/books/movements.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace ch8::books {
namespace {

using Kind = v1::TransferRow;

absl::Status Broken(uint64_t index, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("entry ", index, ": ", what));
}

void AddBothSides(Movement movement, std::vector<Movement>& movements) {
  movement.is_credit = false;
  movements.push_back(movement);
  std::swap(movement.account, movement.other_account);
  movement.is_credit = true;
  movements.push_back(movement);
}

}  // namespace

void AddTo(AccountSums& sums, const Movement& movement) {
  (movement.is_credit ? sums.credits_posted : sums.debits_posted) += movement.posted;
  (movement.is_credit ? sums.credits_held : sums.debits_held) +=
      static_cast<uint64_t>(movement.held);
}

void TakeFrom(AccountSums& sums, const Movement& movement) {
  (movement.is_credit ? sums.credits_posted : sums.debits_posted) -= movement.posted;
  (movement.is_credit ? sums.credits_held : sums.debits_held) -=
      static_cast<uint64_t>(movement.held);
}

absl::Status MovementReader::Read(const Entry& entry, Found& found) {
  if (IsBulkRow(entry)) {
    return ReadRow(entry, found);
  }
  if (!entry_.ParseFromArray(entry.payload.data(), static_cast<int>(entry.payload.size()))) {
    return Broken(entry.index, "the payload does not parse");
  }
  if (entry_.has_request()) {
    time_us_ = entry_.request().time_us();
    found.request_times.emplace_back(entry.index, time_us_);
  }
  for (const auto& opened : entry_.accounts()) {
    found.opened.emplace_back(opened.account(), opened.unit());
  }
  for (const auto& posting : entry_.postings()) {
    AddBothSides({.index = entry.index,
                  .time_us = time_us_,
                  .posted = posting.amount(),
                  .held = static_cast<int64_t>(posting.hold() - posting.release()),
                  .account = posting.debit_account(),
                  .other_account = posting.credit_account()},
                 found.movements);
  }
  return absl::OkStatus();
}

absl::Status MovementReader::ReadRow(const Entry& entry, Found& found) {
  const absl::StatusOr<Row> row = ParseRow(entry.payload);
  if (!row.ok()) return Broken(entry.index, row.status().message());
  Movement movement{.index = entry.index,
                    .time_us = time_us_,
                    .account = row->debit_account,
                    .other_account = row->credit_account};
  switch (row->kind) {
    case Kind::POST:
      movement.posted = row->amount;
      break;
    case Kind::HOLD:
      movement.held = static_cast<int64_t>(row->amount);
      open_[row->id] = row->amount;
      break;
    default: {
      const absl::StatusOr<uint64_t> amount = EndHold(row->hold_id);
      if (absl::IsNotFound(amount.status())) return Broken(entry.index, "it ends an unknown hold");
      RETURN_IF_ERROR(amount.status());
      movement.held = -static_cast<int64_t>(*amount);
      if (row->kind == Kind::POST_HELD) movement.posted = row->amount;
    }
  }
  AddBothSides(movement, found.movements);
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> MovementReader::EndHold(const Id& id) {
  if (const auto open = open_.find(id); open != open_.end()) {
    const uint64_t amount = open->second;
    open_.erase(open);
    return amount;
  }
  ASSIGN_OR_RETURN(const std::optional<uint64_t> older, older_holds_(id));
  if (!older.has_value()) return absl::NotFoundError("no such hold");
  ended_older_.push_back(id);
  return *older;
}

std::vector<std::pair<Id, uint64_t>> MovementReader::Holds() const {
  std::vector<std::pair<Id, uint64_t>> holds(open_.begin(), open_.end());
  for (const Id& id : ended_older_) holds.emplace_back(id, 0);
  std::sort(holds.begin(), holds.end());
  return holds;
}

void MovementReader::ForgetHolds() {
  open_.clear();
  ended_older_.clear();
}

}  // namespace ch8::books
