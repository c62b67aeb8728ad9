#include "clients/verify/seal_check.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "clients/verify/json_file.h"
#include "clients/verify/refusal.h"
#include "clients/verify/request_check.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/proof.h"
#include "storage/merkle/text_fields.h"
#include "storage/merkle/tree.h"

namespace ch8::verify {
namespace {

using chapter8::books::v1::TransferRow;
using chapter8::ledger::v1::Entry;
using chapter8::ledger::v1::ProvenRow;
using chapter8::ledger::v1::Seal;
using chapter8::ledger::v1::SealRows;

constexpr char kFolder[] = "seals";
constexpr size_t kShownMax = 2;

// Counts the entry itself once in each scope that it touches.
SealSum& Touch(const LogEntry& entry, SealScope scope, std::map<SealScope, SealSum>& shares) {
  SealSum& share = shares[std::move(scope)];
  share.entries = 1;
  share.last = entry.leaf_hash;
  return share;
}

void Add(const SealSum& more, SealSum& sum) {
  sum.entries += more.entries;
  sum.debits += more.debits;
  sum.credits += more.credits;
  sum.last = more.last;
}

SealRow RowOf(const SealScope& scope, const SealSum& sum) {
  return {.scope = NameOf(scope),
          .unit = scope.unit,
          .entries = sum.entries,
          .gross_debits = sum.debits,
          .gross_credits = sum.credits,
          .last_leaf_hash = sum.last};
}

absl::StatusOr<SealScope> ScopeOf(const SealRow& row) {
  SealScope scope{.unit = row.unit};
  absl::string_view name = row.scope;
  if (absl::ConsumePrefix(&name, kPeerScope)) {
    scope.peer = std::string(name);
  } else if (!absl::ConsumePrefix(&name, kAccountScope) ||
             !absl::SimpleAtoi(name, &scope.account)) {
    return absl::InvalidArgumentError("a row of no known scope");
  }
  if (NameOf(scope) == row.scope) return scope;
  return absl::InvalidArgumentError("a row whose scope is not written as it should be");
}

// A seal has an account's row at the place that its number says, so that there is one of each.
absl::Status CheckPlace(const SealRow& row, uint64_t index) {
  ASSIGN_OR_RETURN(const SealScope scope, ScopeOf(row));
  if (scope.account == SealScope::kNoAccount) return absl::OkStatus();
  if (scope.account >= 1 && index == scope.account - 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a row of ", row.scope, " in another place than that account's"));
}

SealSum SumOf(const SealRow& row) {
  return {.entries = row.entries,
          .debits = row.gross_debits,
          .credits = row.gross_credits,
          .last = row.last_leaf_hash};
}

}  // namespace

std::string NameOf(const SealScope& scope) {
  if (scope.account != SealScope::kNoAccount) return absl::StrCat(kAccountScope, scope.account);
  return absl::StrCat(kPeerScope, scope.peer);
}

std::string Decimal(absl::uint128 sum) {
  std::ostringstream text;
  text << sum;
  return text.str();
}

std::map<SealScope, SealSum> SharesOf(const LogEntry& entry, const BooksModel& books) {
  std::map<SealScope, SealSum> shares;
  const auto account = [&](uint32_t number) -> SealSum& {
    return Touch(entry, {.account = number, .unit = books.UnitOf(number)}, shares);
  };
  if (entry.kind == LogEntry::Kind::kRow) {
    const absl::uint128 moved = entry.row.kind() == TransferRow::HOLD ? 0 : entry.row.amount();
    account(entry.row.debit_account()).debits += moved;
    account(entry.row.credit_account()).credits += moved;
    return shares;
  }
  for (const auto& opened : entry.entry.accounts()) account(opened.account());
  for (const auto& posting : entry.entry.postings()) {
    account(posting.debit_account()).debits += posting.amount();
    account(posting.credit_account()).credits += posting.amount();
  }
  for (const auto& address : entry.entry.addresses()) {
    Touch(entry, {.peer = address.recipient()}, shares);
  }
  const auto& step = entry.entry.step();
  if (!step.has_post() && !step.has_mirror()) return shares;
  const std::string peer = DomainOf(step.has_post() ? step.receiver_origin() : step.giver_origin());
  for (const auto& posting : entry.entry.postings()) {
    if (posting.amount() == 0 || posting.hold_id() != step.transfer_id()) continue;
    SealSum& share =
        Touch(entry, {.peer = peer, .unit = books.UnitOf(posting.debit_account())}, shares);
    (step.has_post() ? share.debits : share.credits) += posting.amount();
  }
  return shares;
}

absl::StatusOr<SealRow> OpenRow(const ProvenRow& proven, const Seal& seal) {
  SealRow row{.scope = proven.row().scope(),
              .unit = proven.row().unit(),
              .entries = proven.row().entries()};
  if (row.scope.size() > UINT16_MAX || row.unit.size() > UINT16_MAX) {
    return absl::InvalidArgumentError("a row of no known scope");
  }
  if (!absl::SimpleAtoi(proven.row().gross_debits(), &row.gross_debits) ||
      !absl::SimpleAtoi(proven.row().gross_credits(), &row.gross_credits) ||
      Decimal(row.gross_debits) != proven.row().gross_debits() ||
      Decimal(row.gross_credits) != proven.row().gross_credits()) {
    return absl::InvalidArgumentError("a row's sums are no numbers");
  }
  RETURN_IF_ERROR(CheckPlace(row, proven.index()));
  ASSIGN_OR_RETURN(row.last_leaf_hash, Hash::FromBytes(proven.row().last_leaf_hash()));
  ASSIGN_OR_RETURN(const Hash salt, Hash::FromBytes(proven.salt()));
  ASSIGN_OR_RETURN(const Hash root, Hash::FromBytes(seal.root()));
  std::vector<Hash> hashes;
  for (const std::string& bytes : proven.hashes()) {
    ASSIGN_OR_RETURN(hashes.emplace_back(), Hash::FromBytes(bytes));
  }
  RETURN_IF_ERROR(
      VerifyInclusion(SealRowHash(row, salt), proven.index(), seal.rows(), hashes, root));
  return row;
}

// By the files of their secrets. What is no seal, or covers itself, is refused where it stands, or
// as a file that does not belong.
absl::Status SealCheck::LookForSeals() {
  for (const std::string& flat : log_.files().In(log_.Name(kFolder))) {
    const absl::StatusOr<uint64_t> index = ParseDecimal(flat);
    if (!index.ok() || *index >= log_.size()) continue;
    ASSIGN_OR_RETURN(const LogFiles::Read read, log_.At(*index));
    Entry entry;
    const bool is_seal = read.leaf.entry_class == EntryClass::kSeal && read.bundled.has_value() &&
                         entry.ParseFromString(read.bundled->payload) && entry.has_seal() &&
                         entry.seal().size() < *index;
    if (is_seal) anew_.emplace(entry.seal().size(), Anew{.index = *index, .root = {}});
  }
  return absl::OkStatus();
}

absl::Status SealCheck::Take(const LogEntry& entry, const BooksModel& books) {
  const std::map<SealScope, SealSum> shares = SharesOf(entry, books);
  const bool whole = log_.coverage() == Coverage::kComplete;
  if (whole) {
    if (entry.index == 0) RETURN_IF_ERROR(LookForSeals());
    const auto ends_here = anew_.find(entry.index);
    if (ends_here != anew_.end()) RETURN_IF_ERROR(MakeAnew(ends_here->second));
    for (const auto& [scope, share] : shares) Add(share, sums_[scope]);
  } else {
    for (const auto& [scope, share] : shares) shares_[scope].push_back({entry.index, share});
  }
  if (entry.kind != LogEntry::Kind::kEntry || !entry.entry.has_seal()) return absl::OkStatus();
  const Seal& seal = entry.entry.seal();
  // Its request is the entry before it.
  if (seal.size() <= sealed_size_ || seal.size() >= entry.index) {
    return RefuseEntry(log_.origin(), entry.index, "a seal of other entries than those before it");
  }
  sealed_size_ = seal.size();
  if (whole) return CompareAnew(entry.index, seal);
  seals_[entry.index] = seal;
  return absl::OkStatus();
}

absl::Status SealCheck::MakeAnew(Anew& anew) {
  const std::string name = log_.Name(absl::StrCat(kFolder, "/", anew.index));
  ASSIGN_OR_RETURN(const SealRows file, ReadRows(name));
  const absl::StatusOr<Hash> secret = Hash::FromBytes(file.secret());
  if (file.index() != anew.index || !file.rows().empty() || !secret.ok()) {
    return RefuseFile(name, "is not the secret of that seal");
  }
  Frontier tree;
  for (const auto& [scope, sum] : sums_) {
    tree.Append(SealRowHash(RowOf(scope, sum), SealRowSalt(*secret, tree.size())));
  }
  anew.rows = tree.size();
  anew.root = tree.Root();
  return absl::OkStatus();
}

absl::Status SealCheck::CompareAnew(uint64_t index, const Seal& seal) {
  const auto anew = anew_.find(seal.size());
  if (anew == anew_.end() || anew->second.index != index) {
    return RefuseFile(log_.Name(absl::StrCat(kFolder, "/", index)), "is missing");
  }
  if (anew->second.rows != seal.rows() || anew->second.root.view() != seal.root()) {
    return RefuseEntry(log_.origin(), index, "a seal that is not the sum of the entries before it");
  }
  anew_.erase(anew);
  ++made_anew_;
  return absl::OkStatus();
}

absl::StatusOr<SealRows> SealCheck::ReadRows(const std::string& name) {
  ASSIGN_OR_RETURN(const std::string text, log_.files().Read(name));
  SealRows rows;
  const absl::Status parsed = ParseJsonFile(text, rows);
  if (!parsed.ok()) return RefuseFile(name, absl::StrCat("a seal's rows: ", parsed.message()));
  return rows;
}

absl::StatusOr<std::vector<SealCheck::Shown>> SealCheck::ReadShown() {
  std::vector<Shown> all;
  for (const std::string& flat : log_.files().In(log_.Name(kFolder))) {
    const std::string name = log_.Name(absl::StrCat(kFolder, "/", flat));
    ASSIGN_OR_RETURN(const SealRows file, ReadRows(name));
    const auto seal = seals_.find(file.index());
    if (absl::StrCat(file.index()) != flat || seal == seals_.end() ||
        (!file.secret().empty() && !file.rows().empty())) {
      return RefuseFile(name, "is not of a seal that is disclosed");
    }
    // A secret tells nothing where not all entries are there.
    if (!file.secret().empty()) continue;
    Shown& shown =
        all.emplace_back(Shown{.index = file.index(), .size = seal->second.size(), .rows = {}});
    for (const ProvenRow& proven : file.rows()) {
      const absl::StatusOr<SealRow> row = OpenRow(proven, seal->second);
      if (!row.ok()) return RefuseFile(name, row.status().message());
      const absl::StatusOr<SealScope> scope = ScopeOf(*row);
      if (!scope.ok()) return RefuseFile(name, scope.status().message());
      if (!shown.rows.emplace(*scope, SumOf(*row)).second) {
        return RefuseFile(name, absl::StrCat("has two rows of ", NameOf(*scope)));
      }
    }
  }
  if (all.size() > kShownMax) {
    return RefuseFile(log_.Name(kFolder), "has rows of more than two seals");
  }
  std::sort(all.begin(), all.end(), [](const Shown& a, const Shown& b) { return a.size < b.size; });
  return all;
}

absl::StatusOr<ScopeFindings> SealCheck::Compare(const SealScope& scope, const Shown& upper,
                                                 const Shown* lower) const {
  const SealSum& above = upper.rows.at(scope);
  SealSum below;
  ScopeFindings found{.scope = NameOf(scope),
                      .unit = scope.unit,
                      .to = upper.size,
                      // A seal's request is the entry before it.
                      .goes_on = log_.size() > upper.index + 1 || upper.index > upper.size + 1,
                      .later_seals = later_seals_};
  if (lower != nullptr && lower->rows.contains(scope)) {
    below = lower->rows.at(scope);
    found.from = lower->size;
  }
  if (above.entries < below.entries || above.debits < below.debits ||
      above.credits < below.credits) {
    return RefuseEntry(log_.origin(), upper.index, "sums up less than the seal before it");
  }
  found.entries = above.entries - below.entries;
  const absl::uint128 debits = above.debits - below.debits;
  const absl::uint128 credits = above.credits - below.credits;
  SealSum disclosed{.last = below.last};
  if (const auto shares = shares_.find(scope); shares != shares_.end()) {
    for (const Share& share : shares->second) {
      const bool within = share.index >= found.from && share.index < found.to;
      if (within) Add(share.sum, disclosed);
      found.outside += within ? 0 : 1;
    }
  }
  found.disclosed = disclosed.entries;
  const bool all = disclosed.entries == found.entries;
  if (disclosed.entries > found.entries || disclosed.debits > debits ||
      disclosed.credits > credits ||
      (all && (disclosed.debits != debits || disclosed.credits != credits ||
               disclosed.last != above.last))) {
    return RefuseEntry(
        log_.origin(), upper.index,
        absl::StrCat("sums up other entries of ", found.scope, " than those disclosed"));
  }
  found.coverage = all ? Coverage::kComplete : Coverage::kSample;
  return found;
}

// By their leaves, which are there of all entries.
absl::Status SealCheck::CountLaterSeals(uint64_t index) {
  for (uint64_t later = index + 1; later < log_.size(); ++later) {
    ASSIGN_OR_RETURN(const LogFiles::Read read, log_.At(later));
    later_seals_ += read.leaf.entry_class == EntryClass::kSeal ? 1 : 0;
  }
  return absl::OkStatus();
}

absl::Status SealCheck::Finish() {
  if (log_.coverage() == Coverage::kComplete) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<Shown> shown, ReadShown());
  const Shown* const upper = shown.empty() ? nullptr : &shown.back();
  const Shown* const lower = shown.size() < 2 ? nullptr : &shown.front();
  std::map<SealScope, ScopeFindings> found;
  for (const auto& [scope, shares] : shares_) {
    found[scope] = {.scope = NameOf(scope), .unit = scope.unit, .outside = shares.size()};
  }
  if (upper != nullptr) {
    RETURN_IF_ERROR(CountLaterSeals(upper->index));
    for (const auto& [scope, sum] : upper->rows) {
      ASSIGN_OR_RETURN(found[scope], Compare(scope, *upper, lower));
    }
  }
  if (lower != nullptr) {
    for (const auto& [scope, sum] : lower->rows) {
      if (upper->rows.contains(scope)) continue;
      return RefuseEntry(log_.origin(), lower->index,
                         absl::StrCat("has a row of ", NameOf(scope),
                                      ", which the seal after it is not shown to have"));
    }
  }
  for (auto& [scope, findings] : found) scopes_.push_back(std::move(findings));
  return absl::OkStatus();
}

}  // namespace ch8::verify
