#include "services/books/books_test_model.h"

#include <iterator>
#include <optional>

namespace ch8::books {
namespace {

constexpr __int128 kLimit = static_cast<__int128>(1) << 63;

}  // namespace

std::string BooksModel::Apply(const kernel::Accounts::Change& change) {
  const BooksModel before = *this;
  for (const AccountOpened& opened : change.accounts) {
    const std::string refused = Open(opened);
    if (refused.empty()) continue;
    *this = before;
    return refused;
  }
  for (const Posting& posting : change.postings) {
    const std::string refused = Post(posting);
    if (refused.empty()) continue;
    *this = before;
    return refused;
  }
  return "";
}

std::string BooksModel::Open(const AccountOpened& opened) {
  if (opened.account() != accounts.size() + 1 || opened.unit().empty()) return "INVALID";
  if (opened.floor() != AccountOpened::NONE && opened.floor() != AccountOpened::CREDIT_BALANCE) {
    return "INVALID";
  }
  Account& account = accounts[opened.account()];
  account.unit = opened.unit();
  account.floor = opened.floor() == AccountOpened::CREDIT_BALANCE;
  account.bulk = opened.bulk();
  return "";
}

std::string BooksModel::Post(const Posting& posting) {
  const bool opens = posting.hold() > 0;
  const bool ends = posting.release() > 0;
  const auto id = Id::FromBytes(posting.hold_id());
  if (posting.debit_account() == posting.credit_account()) return "INVALID";
  if (!opens && !ends && posting.amount() == 0) return "INVALID";
  if (opens && (ends || posting.amount() > 0)) return "INVALID";
  if ((opens || ends) ? !id.has_value() || *id == Id() : !posting.hold_id().empty()) {
    return "INVALID";
  }
  if (!accounts.contains(posting.debit_account())) return "INVALID";
  if (!accounts.contains(posting.credit_account())) return "INVALID";
  if (opens && used_ids.contains(*id)) return "INVALID";
  if (ends) {
    if (!used_ids.contains(*id)) return "UNKNOWN_HOLD";
    const auto hold = open_holds.find(*id);
    if (hold == open_holds.end()) return "HOLD_ENDED";
    if (hold->second.row) return "UNKNOWN_HOLD";
    if (hold->second.debit != posting.debit_account() ||
        hold->second.credit != posting.credit_account() ||
        hold->second.amount != posting.release() || posting.amount() > posting.release()) {
      return "INVALID";
    }
  }
  const std::string refused = Move(posting.debit_account(), posting.credit_account(),
                                   posting.amount(), posting.hold(), posting.release());
  if (!refused.empty()) return refused;
  if (opens) {
    open_holds[*id] = {posting.debit_account(), posting.credit_account(), posting.hold(), false};
    used_ids.insert(*id);
  }
  if (ends) open_holds.erase(*id);
  return "";
}

std::string BooksModel::Move(uint32_t debit, uint32_t credit, Wide amount, Wide hold,
                             Wide release) {
  Account from = accounts.at(debit);
  Account to = accounts.at(credit);
  if (from.unit != to.unit) return "INVALID";
  from.debits_posted += amount;
  from.debits_held += hold - release;
  to.credits_posted += amount;
  to.credits_held += hold - release;
  if (from.debits_posted + from.debits_held >= kLimit) return "INVALID";
  if (to.credits_posted + to.credits_held >= kLimit) return "INVALID";
  if (from.floor && from.debits_posted + from.debits_held > from.credits_posted) {
    return "INSUFFICIENT";
  }
  accounts[debit] = from;
  accounts[credit] = to;
  return "";
}

std::vector<BooksModel::Response::Result> BooksModel::Apply(const std::vector<Row>& rows) {
  std::vector<Response::Result> results;
  size_t first = 0;
  while (first < rows.size()) {
    size_t last = first;
    while (rows[last].linked()) ++last;
    std::optional<BooksModel> before;
    if (last > first) before = *this;
    std::vector<Response::Result> chain(last - first + 1, Response::APPLIED);
    for (size_t i = first; i <= last; ++i) {
      const Response::Result result = Apply(rows[i]);
      if (result == Response::APPLIED) continue;
      if (before.has_value()) *this = *before;
      chain.assign(chain.size(), Response::LINKED_FAILED);
      chain[i - first] = result;
      break;
    }
    results.insert(results.end(), chain.begin(), chain.end());
    first = last + 1;
  }
  return results;
}

BooksModel::Response::Result BooksModel::Apply(const Row& row) {
  const Id id{row.id_high(), row.id_low()};
  const Id hold_id{row.hold_id_high(), row.hold_id_low()};
  if (used_ids.contains(id)) return Response::ID_EXISTS;
  const auto debit = accounts.find(row.debit_account());
  const auto credit = accounts.find(row.credit_account());
  if (debit == accounts.end() || credit == accounts.end() || debit == credit ||
      !debit->second.bulk || !credit->second.bulk) {
    return Response::BAD_ACCOUNT;
  }
  if (debit->second.unit != credit->second.unit) return Response::UNIT_MISMATCH;
  const bool ends = row.kind() == Row::POST_HELD || row.kind() == Row::VOID_HELD;
  Wide release = 0;
  if (ends) {
    const auto hold = open_holds.find(hold_id);
    if (hold == open_holds.end() || !hold->second.row ||
        hold->second.debit != row.debit_account() || hold->second.credit != row.credit_account() ||
        row.amount() > hold->second.amount) {
      return Response::BAD_HOLD;
    }
    release = hold->second.amount;
  }
  if ((row.kind() == Row::VOID_HELD) != (row.amount() == 0)) return Response::BAD_AMOUNT;
  const bool holds = row.kind() == Row::HOLD;
  const std::string refused = Move(row.debit_account(), row.credit_account(),
                                   holds ? 0 : row.amount(), holds ? row.amount() : 0, release);
  if (refused == "INSUFFICIENT") return Response::INSUFFICIENT;
  if (!refused.empty()) return Response::BAD_AMOUNT;
  used_ids.insert(id);
  if (holds) open_holds[id] = {row.debit_account(), row.credit_account(), row.amount(), true};
  if (ends) open_holds.erase(hold_id);
  return Response::APPLIED;
}

uint64_t RandomWork::Amount() {
  switch (Below(40)) {
    case 0:
      return 0;
    case 1:
      return (uint64_t{1} << 63) - Below(3);
    case 2:
      return (uint64_t{1} << 62) + Below(1000);
    case 3:
      return UINT64_MAX - Below(2);
    default:
      return 1 + Below(1000);
  }
}

uint32_t RandomWork::AnyAccount(const BooksModel& model) {
  return static_cast<uint32_t>(OneIn(40) ? Below(model.accounts.size() + 3)
                                         : 1 + Below(model.accounts.size()));
}

Id RandomWork::AnyOpenHold(const BooksModel& model) {
  if (model.open_holds.empty() || OneIn(30)) return FreshId();
  if (OneIn(15)) return AnyUsedId(model);
  auto hold = model.open_holds.lower_bound({random_(), 0});
  return hold == model.open_holds.end() ? model.open_holds.begin()->first : hold->first;
}

Id RandomWork::AnyUsedId(const BooksModel& model) {
  const auto used = model.used_ids.lower_bound({random_(), 0});
  return used == model.used_ids.end() ? FreshId() : *used;
}

kernel::Accounts::Change RandomWork::Change(const BooksModel& model) {
  kernel::Accounts::Change change;
  const uint64_t openings = OneIn(4) ? Below(20) : 0;
  for (uint64_t i = 0; i < openings; ++i) {
    auto& opened = change.accounts.emplace_back();
    opened.set_account(static_cast<uint32_t>(model.accounts.size() + 1 + i + (OneIn(99) ? 1 : 0)));
    opened.set_unit(OneIn(5) ? "tent" : "USD");
    opened.set_floor(OneIn(99)  ? BooksModel::AccountOpened::FLOOR_UNSPECIFIED
                     : OneIn(2) ? BooksModel::AccountOpened::NONE
                                : BooksModel::AccountOpened::CREDIT_BALANCE);
    opened.set_bulk(!OneIn(4));
  }
  for (uint64_t i = Below(4); i > 0; --i) {
    auto& posting = change.postings.emplace_back();
    posting.set_debit_account(AnyAccount(model));
    posting.set_credit_account(AnyAccount(model));
    switch (Below(3)) {
      case 0:
        posting.set_amount(Amount());
        break;
      case 1:
        posting.set_hold(Amount());
        posting.set_hold_id((OneIn(20) ? AnyUsedId(model) : FreshId()).ToBytes());
        break;
      default: {
        const Id id = AnyOpenHold(model);
        posting.set_hold_id(id.ToBytes());
        posting.set_release(1 + Below(100));
        const auto hold = model.open_holds.find(id);
        if (hold == model.open_holds.end() || OneIn(15)) break;
        posting.set_debit_account(hold->second.debit);
        posting.set_credit_account(hold->second.credit);
        posting.set_release(hold->second.amount);
        posting.set_amount(OneIn(2) ? 0 : Below(hold->second.amount + (OneIn(9) ? 2 : 1)));
      }
    }
    if (OneIn(60)) posting.set_hold_id("short");
    if (OneIn(60)) posting.set_amount(Amount());
  }
  return change;
}

std::vector<BooksModel::Row> RandomWork::Rows(const BooksModel& model, size_t count_max) {
  std::vector<BooksModel::Row> rows(1 + Below(count_max));
  Id last_hold;
  for (BooksModel::Row& row : rows) {
    const Id id = OneIn(25) ? AnyUsedId(model) : FreshId();
    row.set_id_high(id.high);
    row.set_id_low(id.low);
    row.set_kind(static_cast<BooksModel::Row::Kind>(Below(4)));
    row.set_debit_account(AnyAccount(model));
    row.set_credit_account(AnyAccount(model));
    row.set_amount(Amount());
    row.set_linked(OneIn(5));
    row.set_code(static_cast<uint32_t>(Below(3)));
    if (row.kind() == BooksModel::Row::HOLD) last_hold = id;
    if (row.kind() != BooksModel::Row::POST_HELD && row.kind() != BooksModel::Row::VOID_HELD) {
      continue;
    }
    const Id hold_id = OneIn(4) && last_hold != Id() ? last_hold : AnyOpenHold(model);
    row.set_hold_id_high(hold_id.high);
    row.set_hold_id_low(hold_id.low);
    const auto hold = model.open_holds.find(hold_id);
    if (hold != model.open_holds.end() && !OneIn(15)) {
      row.set_debit_account(hold->second.debit);
      row.set_credit_account(hold->second.credit);
      row.set_amount(Below(hold->second.amount + (OneIn(9) ? 3 : 1)));
    }
    if (row.kind() == BooksModel::Row::VOID_HELD && !OneIn(20)) row.set_amount(0);
  }
  rows.back().set_linked(false);
  return rows;
}

kernel::Accounts::Change RandomWork::Opening(uint32_t count) {
  kernel::Accounts::Change change;
  for (uint32_t number = 1; number <= count; ++number) {
    auto& opened = change.accounts.emplace_back();
    opened.set_account(number);
    opened.set_unit(number % 7 == 0 ? "tent" : "USD");
    opened.set_floor(number % 2 == 0 ? BooksModel::AccountOpened::CREDIT_BALANCE
                                     : BooksModel::AccountOpened::NONE);
    opened.set_bulk(number % 9 != 0);
  }
  return change;
}

std::string RequestBytes(const std::vector<BooksModel::Row>& rows) {
  ::chapter8::books::v1::PostTransfersRequest request;
  for (const BooksModel::Row& row : rows) *request.add_rows() = row;
  request.set_request_id("00000000-0000-4000-8000-000000000000");
  return request.SerializeAsString();
}

}  // namespace ch8::books
