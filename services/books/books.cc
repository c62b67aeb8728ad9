#include "services/books/books.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "services/kernel/refusal.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace ch8::books {
namespace {

using Floor = v1::AccountOpened;  // Whose enum names the floors.

absl::Status Refused(absl::string_view reason, std::string message,
                     std::vector<std::pair<std::string, std::string>> metadata) {
  return kernel::Refuse({.domain = "books.chapter8",
                         .reason = reason,
                         .message = std::move(message),
                         .metadata = std::move(metadata)});
}

int64_t Available(const Account& account) {
  return static_cast<int64_t>(account.credits_posted - account.debits_posted - account.debits_held);
}

// Changes staged over the books, in order, without touching them.
class Overlay {
 public:
  explicit Overlay(const Books& books)
      : books_(books),
        known_units_(books.state().units.size()),
        next_account_(books.next_account()) {}

  absl::Status Stage(const kernel::Accounts::Change& change) {
    for (const v1::AccountOpened& opened : change.accounts) RETURN_IF_ERROR(Open(opened));
    for (const v1::Posting& posting : change.postings) RETURN_IF_ERROR(Post(posting));
    return absl::OkStatus();
  }

  struct Touched {
    uint32_t number = 0;
    Account account;
  };
  struct TouchedHold {
    Hold hold;
    bool opened = false;  // Here, not in the books.
    bool ended = false;   // Here.
  };

  const std::vector<Touched>& accounts() const { return accounts_; }
  const std::vector<TouchedHold>& holds() const { return holds_; }
  // The unit that a staged account's `unit` stands for, also while the books take new ones in.
  const std::string& unit(uint32_t index) const {
    return index < known_units_ ? books_.state().units[index] : units_[index - known_units_];
  }

 private:
  absl::Status Open(const v1::AccountOpened& opened) {
    if (opened.account() != next_account_) {
      return absl::InvalidArgumentError(
          absl::StrCat("account ", opened.account(), " is not the next one, ", next_account_));
    }
    if (opened.account() > kAccountsMax) {
      return absl::InvalidArgumentError("too many accounts");
    }
    if (opened.unit().empty() || opened.unit().size() > kUnitSizeMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("a unit has 1 to ", kUnitSizeMax, " characters"));
    }
    if (opened.floor() != Floor::NONE && opened.floor() != Floor::CREDIT_BALANCE) {
      return absl::InvalidArgumentError(
          absl::StrCat("account ", opened.account(), " has no known floor"));
    }
    Account account;
    account.unit = Intern(opened.unit());
    account.floor = static_cast<uint8_t>(opened.floor());
    account.bulk = opened.bulk() ? 1 : 0;
    account.opened = 1;
    place_.emplace(next_account_, accounts_.size());
    accounts_.push_back({next_account_, account});
    ++next_account_;
    return absl::OkStatus();
  }

  uint32_t Intern(const std::string& unit) {
    const auto& known = books_.state().units;
    const auto found = std::find(known.begin(), known.end(), unit);
    if (found != known.end()) return static_cast<uint32_t>(found - known.begin());
    const auto here = std::find(units_.begin(), units_.end(), unit);
    const size_t position = static_cast<size_t>(here - units_.begin());
    if (here == units_.end()) units_.push_back(unit);
    return static_cast<uint32_t>(known.size() + position);
  }

  // The staged account, or null when it does not exist. Pointers move with the next call.
  std::optional<size_t> Place(uint32_t number) {
    const auto found = place_.find(number);
    if (found != place_.end()) return found->second;
    if (!books_.state().is_open(number)) return std::nullopt;
    place_.emplace(number, accounts_.size());
    accounts_.push_back({number, books_.state().accounts[number]});
    return accounts_.size() - 1;
  }

  absl::Status Post(const v1::Posting& posting) {
    RETURN_IF_ERROR(CheckForm(posting));
    const auto debit = Place(posting.debit_account());
    const auto credit = Place(posting.credit_account());
    if (!debit.has_value() || !credit.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "account ", debit.has_value() ? posting.credit_account() : posting.debit_account(),
          " does not exist"));
    }
    if (posting.hold() > 0) RETURN_IF_ERROR(OpenHold(posting));
    if (posting.release() > 0) RETURN_IF_ERROR(EndHold(posting));
    return MoveBetween(*debit, *credit, posting);
  }

  static absl::Status CheckForm(const v1::Posting& posting) {
    if (posting.debit_account() == posting.credit_account()) {
      return absl::InvalidArgumentError("a posting needs two accounts");
    }
    if (posting.amount() == 0 && posting.hold() == 0 && posting.release() == 0) {
      return absl::InvalidArgumentError("a posting that moves nothing");
    }
    if (posting.hold() > 0 && (posting.release() > 0 || posting.amount() > 0)) {
      return absl::InvalidArgumentError("a posting that opens a hold does nothing else");
    }
    const bool holds = posting.hold() > 0 || posting.release() > 0;
    if (holds != !posting.hold_id().empty()) {
      return absl::InvalidArgumentError("a hold id goes with a hold or a release");
    }
    const auto id = Id::FromBytes(posting.hold_id());
    if (holds && (!id.has_value() || id->is_zero())) {
      return absl::InvalidArgumentError("a hold id has 16 bytes, not all zero");
    }
    return absl::OkStatus();
  }

  absl::Status OpenHold(const v1::Posting& posting) {
    const Id id = *Id::FromBytes(posting.hold_id());
    ASSIGN_OR_RETURN(const bool used, books_.IdUsed(id));
    if (used || hold_place_.contains(id)) {
      return absl::InvalidArgumentError("the hold id was used before");
    }
    Hold hold;
    hold.id = id;
    hold.amount = posting.hold();
    hold.debit_account = posting.debit_account();
    hold.credit_account = posting.credit_account();
    hold_place_.emplace(id, holds_.size());
    holds_.push_back({.hold = hold, .opened = true});
    return absl::OkStatus();
  }

  absl::Status EndHold(const v1::Posting& posting) {
    const Id id = *Id::FromBytes(posting.hold_id());
    if (!hold_place_.contains(id)) RETURN_IF_ERROR(FetchHold(id));
    TouchedHold& touched = holds_[hold_place_.at(id)];
    if (touched.hold.ended) return Refused("HOLD_ENDED", "the hold has ended", {});
    if (touched.hold.debit_account != posting.debit_account() ||
        touched.hold.credit_account != posting.credit_account()) {
      return absl::InvalidArgumentError("the hold is between other accounts");
    }
    if (touched.hold.amount != posting.release() || posting.amount() > posting.release()) {
      return absl::InvalidArgumentError(
          "a hold is released whole, and no more than its amount is moved");
    }
    touched.hold.ended = true;
    touched.ended = true;
    return absl::OkStatus();
  }

  absl::Status FetchHold(const Id& id) {
    const Holds& holds = books_.state().holds;
    const uint32_t slot = holds.Find(id);
    if (slot == Holds::kNoSlot) {
      ASSIGN_OR_RETURN(const bool used, books_.IdUsed(id));
      if (used) return Refused("HOLD_ENDED", "the hold has ended", {});
      return Refused("UNKNOWN_HOLD", "there is no such hold", {});
    }
    if (!holds.at(slot).ended && holds.at(slot).origin != HoldOrigin::kPosting) {
      return Refused("UNKNOWN_HOLD", "the hold is a bulk row's", {});
    }
    hold_place_.emplace(id, holds_.size());
    holds_.push_back({.hold = holds.at(slot)});
    return absl::OkStatus();
  }

  absl::Status MoveBetween(size_t debit, size_t credit, const v1::Posting& posting) {
    const Account& before = accounts_[debit].account;
    switch (Move(accounts_[debit].account, accounts_[credit].account,
                 {posting.amount(), posting.hold(), posting.release()})) {
      case MoveResult::kMoved:
        return absl::OkStatus();
      case MoveResult::kUnitMismatch:
        return absl::InvalidArgumentError(absl::StrCat("account ", posting.debit_account(),
                                                       " is in ", unit(before.unit),
                                                       ", the other is not"));
      case MoveResult::kOverflow:
        return absl::InvalidArgumentError(absl::StrCat("a sum of account ", posting.debit_account(),
                                                       " or ", posting.credit_account(),
                                                       " overflows"));
      case MoveResult::kNotHeld:
        return absl::InvalidArgumentError("more is released than held");
      case MoveResult::kInsufficient:
        break;
    }
    const uint64_t wanted = posting.amount() + posting.hold();
    const std::string account = absl::StrCat(posting.debit_account());
    const std::string available = absl::StrCat(Available(before));
    return Refused(
        "INSUFFICIENT",
        absl::StrCat("account ", account, " has ", available, " available, wanted ", wanted),
        {{"account", account}, {"available", available}, {"wanted", absl::StrCat(wanted)}});
  }

  const Books& books_;
  const size_t known_units_;
  uint32_t next_account_;
  std::vector<std::string> units_;
  std::vector<Touched> accounts_;
  absl::flat_hash_map<uint32_t, size_t> place_;
  std::vector<TouchedHold> holds_;
  absl::flat_hash_map<Id, size_t> hold_place_;
};

}  // namespace

Books::Books(const IdIndex& older_ids, Options options)
    : older_ids_(older_ids), ids_(options.id_window_limit) {}

Books::Books(const IdIndex& older_ids, State state, IdWindow ids)
    : older_ids_(older_ids), state_(std::move(state)), ids_(std::move(ids)) {}

absl::StatusOr<kernel::Balance> Books::Find(uint32_t account) const {
  if (!state_.is_open(account)) {
    return absl::NotFoundError(absl::StrCat("account ", account, " does not exist"));
  }
  const Account& found = state_.accounts[account];
  return kernel::Balance{.unit = state_.units[found.unit],
                         .floor = static_cast<v1::AccountOpened::Floor>(found.floor),
                         .debits_posted = found.debits_posted,
                         .credits_posted = found.credits_posted,
                         .debits_held = found.debits_held,
                         .credits_held = found.credits_held};
}

absl::StatusOr<bool> Books::IdUsed(const Id& id) const {
  if (ids_.Find(id).has_value()) return true;
  if (older_ids_.through_size() == 0) return false;
  ASSIGN_OR_RETURN(const auto found, older_ids_.Find(absl::MakeConstSpan(&id, 1)));
  return found.front().has_value();
}

absl::Status Books::Check(const std::vector<Change>& changes) const {
  Overlay overlay(*this);
  for (const Change& change : changes) RETURN_IF_ERROR(overlay.Stage(change));
  return absl::OkStatus();
}

void Books::Apply(const Change& change, uint64_t index) {
  Overlay overlay(*this);
  const absl::Status staged = overlay.Stage(change);
  ch8::Check(staged.ok(), staged.message());
  for (const Overlay::Touched& touched : overlay.accounts()) {
    Account account = touched.account;
    account.unit = state_.InternUnit(std::string(overlay.unit(account.unit)));
    state_.GrowTo(touched.number);
    state_.accounts[touched.number] = account;
    state_.Touch(touched.number, index);
  }
  for (const Overlay::TouchedHold& touched : overlay.holds()) {
    Hold hold = touched.hold;
    if (touched.opened) {
      hold.ended = false;
      state_.holds.Add(hold);
      ch8::Check(ids_.Insert(hold.id, index), "a hold id is used once");
    }
    if (touched.ended) state_.holds.End(state_.holds.Find(hold.id), index);
    state_.TouchHold(hold.id, index);
  }
}

Hash Books::StateDigest() const { return DigestOf(state_); }

Hash DigestOf(const State& state) {
  std::string text;
  for (const Account& account : state.accounts) {
    if (account.opened == 0) continue;
    const std::string& unit = state.units[account.unit];
    AppendU32(text, static_cast<uint32_t>(unit.size()));
    text.append(unit);
    text.push_back(static_cast<char>(account.floor));
    text.push_back(static_cast<char>(account.bulk));
    AppendU64(text, account.debits_posted);
    AppendU64(text, account.credits_posted);
    AppendU64(text, account.debits_held);
    AppendU64(text, account.credits_held);
  }
  std::vector<uint32_t> open;
  for (uint32_t page = 0; page < kHoldPages; ++page) {
    for (uint32_t slot = state.holds.head(page); slot != Holds::kNoSlot;
         slot = state.holds.at(slot).next) {
      if (!state.holds.at(slot).ended) open.push_back(slot);
    }
  }
  std::sort(open.begin(), open.end(), [&state](uint32_t a, uint32_t b) {
    return state.holds.at(a).id < state.holds.at(b).id;
  });
  AppendU64(text, state.accounts.size());
  for (const uint32_t slot : open) {
    const Hold& hold = state.holds.at(slot);
    text.append(hold.id.ToBytes());
    AppendU32(text, hold.debit_account);
    AppendU32(text, hold.credit_account);
    AppendU64(text, hold.amount);
    text.push_back(static_cast<char>(hold.origin));
  }
  return Sha256(text);
}

}  // namespace ch8::books
