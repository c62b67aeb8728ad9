#include "clients/verify/journal_check.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "clients/verify/refusal.h"
#include "storage/base/bytes.h"

namespace ch8::verify {
namespace {

using chapter8::books::v1::AccountOpened;
using chapter8::books::v1::TransferRow;

constexpr absl::string_view kPlainCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

std::string PlainUnit(const std::string& unit) {
  std::string plain = unit;
  size_t at = 0;
  while ((at = plain.find_first_not_of(kPlainCharacters.data(), at, kPlainCharacters.size())) !=
         std::string::npos) {
    plain[at] = '_';
  }
  return plain;
}

std::string DateOf(int64_t time_us) {
  const absl::CivilDay day = absl::ToCivilDay(absl::FromUnixMicros(time_us), absl::UTCTimeZone());
  return absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day());
}

}  // namespace

absl::Status JournalCheck::Take(const LogEntry& entry) {
  const std::string text = TextOf(entry);
  if (file_.content.compare(at_, text.size(), text) != 0) {
    return RefuseFile(file_.name, absl::StrCat("is not what the log says at entry ", entry.index));
  }
  at_ += text.size();
  return absl::OkStatus();
}

absl::Status JournalCheck::Finish() const {
  if (at_ == file_.content.size()) return absl::OkStatus();
  return RefuseFile(file_.name, "says more than the log");
}

std::string JournalCheck::TextOf(const LogEntry& entry) {
  if (entry.kind == LogEntry::Kind::kRow) return Moving(entry.index, 1, MoveOf(entry.row));
  std::string text = entry.index == 0 ? Top(entry) : "";
  if (entry.entry.has_request()) time_us_ = entry.entry.request().time_us();
  for (const AccountOpened& opened : entry.entry.accounts()) text += Opening(entry.index, opened);
  for (int i = 0; i < entry.entry.postings_size(); ++i) {
    const auto& posting = entry.entry.postings(i);
    text += Moving(entry.index, i + 1,
                   {.debit = posting.debit_account(),
                    .credit = posting.credit_account(),
                    .amount = posting.amount(),
                    .hold = posting.hold(),
                    .release = posting.release(),
                    .hold_id = posting.hold_id()});
  }
  return text;
}

std::string JournalCheck::Top(const LogEntry& entry) const {
  std::string text;
  if (entry.entry.genesis().exercise()) {
    text = "; EXERCISE EXERCISE EXERCISE: not real money, not real decisions\n";
  }
  const bool sample = file_.coverage == Coverage::kSample;
  absl::StrAppendFormat(
      &text, "; %s %s, entries 0 to %d.\n",
      sample ? "A sample: only the disclosed postings of" : "A view of the postings of",
      file_.origin, file_.size - 1);
  text += "; Debits are positive. Amounts are integers in the minor unit.\n";
  return sample ? text + "; Sums are of what is disclosed; they are no balances.\n" : text;
}

std::string JournalCheck::Opening(uint64_t index, const AccountOpened& opened) {
  const std::string unit = PlainUnit(opened.unit());
  units_[opened.account()] = unit;
  std::string text = "\n";
  if (declared_.insert(unit).second) {
    absl::StrAppendFormat(&text, "commodity 1. \"%s minor\"\n", unit);
  }
  const std::string name = absl::StrFormat("account %s:%d", unit, opened.account());
  absl::StrAppendFormat(&text, "%s  ; entry %d, floor %s\n%s:held\n%s:pending\n", name, index,
                        AccountOpened::Floor_Name(opened.floor()), name, name);
  return text;
}

JournalCheck::Move JournalCheck::MoveOf(const TransferRow& row) {
  Move move{.debit = row.debit_account(), .credit = row.credit_account()};
  if (row.kind() == TransferRow::POST) {
    move.amount = row.amount();
  } else if (row.kind() == TransferRow::HOLD) {
    move.hold = row.amount();
    move.hold_id = absl::StrCat(KeyU64(row.id_high()), KeyU64(row.id_low()));
    row_holds_[move.hold_id] = row.amount();
  } else {
    move.amount = row.amount();
    move.hold_id = absl::StrCat(KeyU64(row.hold_id_high()), KeyU64(row.hold_id_low()));
    move.release = row_holds_[move.hold_id];
    row_holds_.erase(move.hold_id);
  }
  return move;
}

std::string JournalCheck::Moving(uint64_t index, int position, const Move& move) const {
  std::string what = "move";
  if (!move.hold_id.empty()) {
    what =
        absl::StrCat(move.hold > 0 ? "hold " : "end hold ", absl::BytesToHexString(move.hold_id));
  }
  std::string text = absl::StrFormat("\n%s (%d.%d) %s\n", DateOf(time_us_), index, position, what);
  const std::string& unit = units_.at(move.debit);
  const auto line = [&](uint32_t account, const char* below, const char* sign, uint64_t quantity) {
    absl::StrAppendFormat(&text, "    %s:%d%s  %s%d \"%s minor\"\n", unit, account, below, sign,
                          quantity, unit);
  };
  if (move.release > 0) {
    line(move.debit, ":held", "-", move.release);
    line(move.credit, ":pending", "", move.release);
  }
  if (move.amount > 0) {
    line(move.debit, "", "", move.amount);
    line(move.credit, "", "-", move.amount);
  }
  if (move.hold > 0) {
    line(move.debit, ":held", "", move.hold);
    line(move.credit, ":pending", "-", move.hold);
  }
  return text;
}

}  // namespace ch8::verify
