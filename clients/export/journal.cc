#include "clients/export/journal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "storage/base/bytes.h"
#include "storage/base/status_macros.h"

namespace ch8::audit {
namespace {

using chapter8::books::v1::AccountOpened;
using chapter8::books::v1::Posting;
using chapter8::books::v1::TransferRow;

// A unit as hledger can read it anywhere.
std::string Plain(absl::string_view unit) {
  std::string plain(unit);
  for (char& c : plain) {
    const bool good =
        absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
    if (!good) c = '_';
  }
  return plain;
}

std::string RowId(uint64_t high, uint64_t low) {
  return absl::BytesToHexString(absl::StrCat(KeyU64(high), KeyU64(low)));
}

}  // namespace

std::string Journal::Heading(absl::string_view origin, uint64_t size) {
  return absl::StrCat("; A view of the postings of ", origin, ", entries 0 to ", size - 1,
                      ".\n; Debits are positive. Amounts are integers in the minor unit.\n");
}

std::string Journal::SampleHeading(absl::string_view origin, uint64_t size) {
  return absl::StrCat("; A sample: only the disclosed postings of ", origin, ", entries 0 to ",
                      size - 1,
                      ".\n; Debits are positive. Amounts are integers in the minor unit.\n"
                      "; Sums are of what is disclosed; they are no balances.\n");
}

std::string Journal::ExerciseLine() {
  return "; EXERCISE EXERCISE EXERCISE: not real money, not real decisions\n";
}

absl::StatusOr<std::string> Journal::Take(uint64_t index,
                                          const chapter8::ledger::v1::Entry& entry) {
  if (entry.has_request()) {
    date_ = absl::FormatTime("%Y-%m-%d", absl::FromUnixMicros(entry.request().time_us()),
                             absl::UTCTimeZone());
  }
  std::string text;
  for (const AccountOpened& opened : entry.accounts()) text += Open(index, opened);
  int position = 0;
  for (const Posting& posting : entry.postings()) {
    ASSIGN_OR_RETURN(const std::string added,
                     Post(absl::StrCat(index, ".", ++position),
                          {.debit = posting.debit_account(),
                           .credit = posting.credit_account(),
                           .amount = posting.amount(),
                           .hold = posting.hold(),
                           .release = posting.release(),
                           .hold_id = absl::BytesToHexString(posting.hold_id())}));
    text += added;
  }
  return text;
}

absl::StatusOr<std::string> Journal::TakeRow(uint64_t index, const TransferRow& row) {
  Move move{.debit = row.debit_account(), .credit = row.credit_account()};
  switch (row.kind()) {
    case TransferRow::POST:
      move.amount = row.amount();
      break;
    case TransferRow::HOLD:
      move.hold = row.amount();
      move.hold_id = RowId(row.id_high(), row.id_low());
      row_holds_[move.hold_id] = row.amount();
      break;
    default: {
      move.hold_id = RowId(row.hold_id_high(), row.hold_id_low());
      const auto held = row_holds_.find(move.hold_id);
      if (held == row_holds_.end()) {
        return absl::DataLossError(absl::StrCat("entry ", index, " ends a hold that is not open"));
      }
      move.amount = row.amount();
      move.release = held->second;
      row_holds_.erase(held);
    }
  }
  return Post(absl::StrCat(index, ".1"), move);
}

std::string Journal::Open(uint64_t index, const AccountOpened& opened) {
  const std::string unit = Plain(opened.unit());
  accounts_[opened.account()] = unit;
  std::string text = "\n";
  if (units_.insert(unit).second) absl::StrAppend(&text, "commodity 1. \"", unit, " minor\"\n");
  const std::string account = absl::StrCat("account ", unit, ":", opened.account());
  absl::StrAppend(&text, account, "  ; entry ", index, ", floor ",
                  AccountOpened::Floor_Name(opened.floor()), "\n", account, ":held\n", account,
                  ":pending\n");
  return text;
}

absl::StatusOr<std::string> Journal::Post(const std::string& code, const Move& move) {
  const auto debit = accounts_.find(move.debit);
  const auto credit = accounts_.find(move.credit);
  if (debit == accounts_.end() || credit == accounts_.end()) {
    return absl::DataLossError(absl::StrCat("posting ", code, " names an account never opened"));
  }
  std::string text = absl::StrCat("\n", date_, " (", code, ") ");
  if (move.hold_id.empty()) {
    text += "move\n";
  } else {
    absl::StrAppend(&text, move.hold > 0 ? "hold " : "end hold ", move.hold_id, "\n");
  }
  const auto line = [&](const std::string& unit, uint32_t account, absl::string_view below,
                        absl::string_view sign, uint64_t quantity) {
    absl::StrAppend(&text, "    ", unit, ":", account, below, "  ", sign, quantity, " \"", unit,
                    " minor\"\n");
  };
  if (move.release > 0) {
    line(debit->second, move.debit, ":held", "-", move.release);
    line(credit->second, move.credit, ":pending", "", move.release);
  }
  if (move.amount > 0) {
    line(debit->second, move.debit, "", "", move.amount);
    line(credit->second, move.credit, "", "-", move.amount);
  }
  if (move.hold > 0) {
    line(debit->second, move.debit, ":held", "", move.hold);
    line(credit->second, move.credit, ":pending", "-", move.hold);
  }
  return text;
}

}  // namespace ch8::audit
