#include "services/books/replay.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace ch8::books {
namespace {

bool AddTo(uint64_t& sum, uint64_t amount) {
  if (amount >= kSumLimit || sum >= kSumLimit - amount) return false;
  sum += amount;
  return true;
}

}  // namespace

Replay::Replay(Parts parts)
    : state_(parts.state),
      ids_(parts.ids),
      positions_(std::move(parts.positions)),
      ids_through_size_(parts.ids_through_size) {}

absl::Status Replay::Apply(const Entry& entry) {
  index_ = entry.index;
  if (IsBulkRow(entry)) {
    const absl::StatusOr<Row> row = ParseRow(entry.payload);
    if (!row.ok()) return Contradiction(row.status().message());
    return ApplyRow(*row);
  }
  if (!entry_.ParseFromArray(entry.payload.data(), static_cast<int>(entry.payload.size()))) {
    return Contradiction("the payload does not parse");
  }
  for (const auto& opened : entry_.accounts()) RETURN_IF_ERROR(ApplyOpened(opened));
  for (const auto& posting : entry_.postings()) RETURN_IF_ERROR(ApplyPosting(posting));
  return absl::OkStatus();
}

absl::Status Replay::ApplyRow(const Row& row) {
  RETURN_IF_ERROR(Remember(row.id));
  switch (row.kind) {
    case v1::TransferRow::POST:
      return Sides(row, {.amount = row.amount});
    case v1::TransferRow::HOLD: {
      Hold hold;
      hold.id = row.id;
      hold.amount = row.amount;
      hold.debit_account = row.debit_account;
      hold.credit_account = row.credit_account;
      hold.origin = HoldOrigin::kRow;
      RETURN_IF_ERROR(OpenHold(hold));
      return Sides(row, {.hold = row.amount});
    }
    default:
      return ApplyEnd(row);
  }
}

absl::Status Replay::ApplyEnd(const Row& row) {
  if (!NeedsAccount(row.debit_account) && !NeedsAccount(row.credit_account) &&
      !NeedsHold(row.hold_id)) {
    return absl::OkStatus();
  }
  const uint32_t slot = state_.holds.Find(row.hold_id);
  if (slot == Holds::kNoSlot) return Contradiction("a row ends a hold that no page remembers");
  const Hold& hold = state_.holds.at(slot);
  if (hold.debit_account != row.debit_account || hold.credit_account != row.credit_account) {
    return Contradiction("a row ends a hold between other accounts");
  }
  const Amounts amounts{.amount = row.amount, .release = hold.amount};
  RETURN_IF_ERROR(EndHold(row.hold_id));
  return Sides(row, amounts);
}

absl::Status Replay::ApplyOpened(const v1::AccountOpened& opened) {
  const uint32_t number = opened.account();
  if (number == 0 || number > kAccountsMax || opened.unit().size() > kUnitSizeMax) {
    return Contradiction("an account is opened out of range");
  }
  if (!NeedsAccount(number)) return absl::OkStatus();
  state_.GrowTo(number);
  Account& account = state_.accounts[number];
  if (account.opened != 0) return Contradiction("an account is opened twice");
  account.opened = 1;
  account.unit = state_.InternUnit(opened.unit());
  account.floor = static_cast<uint8_t>(opened.floor());
  account.bulk = opened.bulk() ? 1 : 0;
  state_.Touch(number, index_);
  return absl::OkStatus();
}

absl::Status Replay::ApplyPosting(const v1::Posting& posting) {
  if (posting.hold() > 0 || posting.release() > 0) {
    const auto id = Id::FromBytes(posting.hold_id());
    if (!id.has_value()) return Contradiction("a hold id is malformed");
    if (posting.hold() > 0) {
      Hold hold;
      hold.id = *id;
      hold.amount = posting.hold();
      hold.debit_account = posting.debit_account();
      hold.credit_account = posting.credit_account();
      RETURN_IF_ERROR(Remember(*id));
      RETURN_IF_ERROR(OpenHold(hold));
    } else {
      RETURN_IF_ERROR(EndHold(*id));
    }
  }
  Row row;
  row.debit_account = posting.debit_account();
  row.credit_account = posting.credit_account();
  return Sides(row, {posting.amount(), posting.hold(), posting.release()});
}

absl::Status Replay::Sides(const Row& row, const Amounts& amounts) {
  RETURN_IF_ERROR(Side(row.debit_account, &Account::debits_posted, &Account::debits_held, amounts));
  return Side(row.credit_account, &Account::credits_posted, &Account::credits_held, amounts);
}

absl::Status Replay::Side(uint32_t account, uint64_t Account::*posted, uint64_t Account::*held,
                          const Amounts& amounts) {
  if (!NeedsAccount(account)) return absl::OkStatus();
  if (!state_.is_open(account)) return Contradiction("an account is not open");
  Account& changed = state_.accounts[account];
  if (changed.*held < amounts.release) return Contradiction("more is released than held");
  changed.*held -= amounts.release;
  if (!AddTo(changed.*held, amounts.hold) || !AddTo(changed.*posted, amounts.amount)) {
    return Contradiction("a sum overflows");
  }
  state_.Touch(account, index_);
  return absl::OkStatus();
}

absl::Status Replay::OpenHold(const Hold& hold) {
  if (!NeedsHold(hold.id)) return absl::OkStatus();
  if (state_.holds.Find(hold.id) != Holds::kNoSlot) return Contradiction("a hold is opened twice");
  state_.holds.Add(hold);
  state_.TouchHold(hold.id, index_);
  return absl::OkStatus();
}

absl::Status Replay::EndHold(const Id& id) {
  if (!NeedsHold(id)) return absl::OkStatus();
  const uint32_t slot = state_.holds.Find(id);
  if (slot == Holds::kNoSlot) return Contradiction("an unknown hold is ended");
  if (state_.holds.at(slot).ended) return Contradiction("a hold is ended twice");
  state_.holds.End(slot, index_);
  state_.TouchHold(id, index_);
  return absl::OkStatus();
}

absl::Status Replay::Remember(const Id& id) {
  if (index_ < ids_through_size_) return absl::OkStatus();
  if (!ids_.Insert(id, index_)) return Contradiction("an id is used twice");
  return absl::OkStatus();
}

absl::Status Replay::Contradiction(absl::string_view what) const {
  return absl::DataLossError(absl::StrCat("entry ", index_, ": ", what));
}

}  // namespace ch8::books
