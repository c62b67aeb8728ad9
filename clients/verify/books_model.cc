#include "clients/verify/books_model.h"

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "clients/verify/refusal.h"
#include "storage/base/bytes.h"
#include "storage/base/status_macros.h"

namespace ch8::verify {
namespace {

using chapter8::books::v1::AccountOpened;
using chapter8::books::v1::Posting;
using chapter8::books::v1::TransferRow;

constexpr uint64_t kSumLimit = uint64_t{1} << 63;
constexpr size_t kIdSize = 16;

std::string RowId(uint64_t high, uint64_t low) { return absl::StrCat(KeyU64(high), KeyU64(low)); }

bool IsId(const std::string& id) {
  return id.size() == kIdSize && id != std::string(kIdSize, '\0');
}

}  // namespace

absl::Status BooksModel::Refuse(absl::string_view what) const {
  return RefuseEntry(origin_, index_, what);
}

const BooksModel::Hold* BooksModel::FindHold(const std::string& id) const {
  const auto found = holds_.find(id);
  return found == holds_.end() ? nullptr : &found->second;
}

absl::Status BooksModel::Take(const LogEntry& entry) {
  index_ = entry.index;
  if (entry.kind == LogEntry::Kind::kRow) return PostRow(entry.row);
  for (const AccountOpened& opened : entry.entry.accounts()) RETURN_IF_ERROR(Open(opened));
  for (const Posting& posting : entry.entry.postings()) RETURN_IF_ERROR(Post(posting));
  return absl::OkStatus();
}

absl::Status BooksModel::Open(const AccountOpened& opened) {
  const uint32_t last = accounts_.empty() ? 0 : accounts_.rbegin()->first;
  const bool in_turn =
      opened.account() == last + 1 || (coverage_ == Coverage::kSample && opened.account() > last);
  if (!in_turn) {
    return Refuse(absl::StrCat("opens account ", opened.account(), " out of turn"));
  }
  if (opened.unit().empty()) return Refuse("opens an account without a unit");
  if (opened.floor() != AccountOpened::NONE && opened.floor() != AccountOpened::CREDIT_BALANCE) {
    return Refuse("opens an account without a floor");
  }
  accounts_.emplace(opened.account(),
                    Account{.unit = opened.unit(),
                            .may_be_negative = opened.floor() == AccountOpened::NONE,
                            .bulk = opened.bulk()});
  return absl::OkStatus();
}

absl::Status BooksModel::Post(const Posting& posting) {
  const bool opens = posting.hold() > 0;
  const bool ends = posting.release() > 0;
  if (opens && (ends || posting.amount() > 0)) return Refuse("a posting holds and moves at once");
  if (!opens && !ends && posting.amount() == 0) return Refuse("a posting moves nothing");
  if ((opens || ends) != !posting.hold_id().empty()) {
    return Refuse("a hold without an id, or an id without a hold");
  }
  Hold hold{.by = Hold::By::kPosting,
            .debit = posting.debit_account(),
            .credit = posting.credit_account(),
            .amount = opens ? posting.hold() : posting.release()};
  if (opens) RETURN_IF_ERROR(OpenHold(posting.hold_id(), hold));
  if (ends) RETURN_IF_ERROR(EndHold(posting.hold_id(), hold, posting.amount()));
  return Apply({.debit = posting.debit_account(),
                .credit = posting.credit_account(),
                .amount = posting.amount(),
                .hold = posting.hold(),
                .release = posting.release()});
}

absl::Status BooksModel::PostRow(const TransferRow& row) {
  const std::string id = RowId(row.id_high(), row.id_low());
  if (!IsId(id) || holds_.contains(id) || !row_ids_.insert(id).second) {
    return Refuse("a row whose id was used before");
  }
  for (const uint32_t number : {row.debit_account(), row.credit_account()}) {
    const auto account = accounts_.find(number);
    if (account == accounts_.end() || !account->second.bulk) {
      return Refuse(absl::StrCat("a row names account ", number, ", which rows may not"));
    }
  }
  Move move{.debit = row.debit_account(), .credit = row.credit_account()};
  Hold hold{.by = Hold::By::kRow, .debit = move.debit, .credit = move.credit};
  const std::string hold_id = RowId(row.hold_id_high(), row.hold_id_low());
  switch (row.kind()) {
    case TransferRow::POST:
      move.amount = row.amount();
      break;
    case TransferRow::HOLD:
      move.hold = hold.amount = row.amount();
      row_ids_.erase(id);
      RETURN_IF_ERROR(OpenHold(id, hold));
      break;
    case TransferRow::POST_HELD:
    case TransferRow::VOID_HELD: {
      const Hold* known = FindHold(hold_id);
      if (known == nullptr) return Refuse("a row ends a hold that never was");
      if ((row.kind() == TransferRow::VOID_HELD) != (row.amount() == 0)) {
        return Refuse("a row posts nothing, or voids something");
      }
      move.amount = row.amount();
      move.release = hold.amount = known->amount;
      RETURN_IF_ERROR(EndHold(hold_id, hold, row.amount()));
      break;
    }
    default:
      return Refuse("a row of no known kind");
  }
  if (move.amount == 0 && move.hold == 0 && move.release == 0) return Refuse("a row moves nothing");
  return Apply(move);
}

absl::Status BooksModel::OpenHold(const std::string& id, Hold hold) {
  if (!IsId(id) || row_ids_.contains(id) || !holds_.emplace(id, hold).second) {
    return Refuse("opens a hold whose id was used before");
  }
  return absl::OkStatus();
}

absl::Status BooksModel::EndHold(const std::string& id, const Hold& as, uint64_t moved) {
  const auto found = holds_.find(id);
  if (found == holds_.end()) return Refuse("ends a hold that never was");
  Hold& hold = found->second;
  if (hold.ended) return Refuse("ends a hold a second time");
  if (hold.by != as.by || hold.debit != as.debit || hold.credit != as.credit ||
      hold.amount != as.amount) {
    return Refuse("ends another hold than the one it names");
  }
  if (moved > hold.amount) return Refuse("moves more than was held");
  hold.ended = true;
  hold.ended_at = index_;
  hold.moved = moved;
  return absl::OkStatus();
}

absl::Status BooksModel::Apply(const Move& move) {
  const auto debit = accounts_.find(move.debit);
  const auto credit = accounts_.find(move.credit);
  if (debit == accounts_.end() || credit == accounts_.end() || debit == credit) {
    return Refuse("a posting needs two accounts that are open");
  }
  Account& from = debit->second;
  Account& to = credit->second;
  if (from.unit != to.unit) return Refuse("a posting between two units");
  if (from.held < move.release || to.pending < move.release) {
    return Refuse("releases more than is held");
  }
  from.held -= move.release;
  to.pending -= move.release;
  const auto add = [](uint64_t& sum, uint64_t quantity) {
    if (quantity >= kSumLimit || sum >= kSumLimit - quantity) return false;
    sum += quantity;
    return true;
  };
  if (!add(from.debits, move.amount) || !add(to.credits, move.amount) ||
      !add(from.held, move.hold) || !add(to.pending, move.hold)) {
    return Refuse("a sum overflows");
  }
  if (coverage_ == Coverage::kSample) return absl::OkStatus();  // Whence it came is not disclosed.
  if (!from.may_be_negative && from.debits + from.held > from.credits) {
    return Refuse(absl::StrCat("account ", move.debit, " falls below its floor"));
  }
  return absl::OkStatus();
}

absl::Status BooksModel::Finish() const {
  std::map<std::string, std::pair<absl::uint128, absl::uint128>> sums;
  for (const auto& [number, account] : accounts_) {
    sums[account.unit].first += absl::uint128(account.debits);
    sums[account.unit].second += account.credits;
  }
  for (const auto& [unit, sum] : sums) {
    if (sum.first != sum.second) {
      return RefuseLedger(origin_, absl::StrCat("debits and credits of ", unit, " differ"));
    }
  }
  return absl::OkStatus();
}

}  // namespace ch8::verify
