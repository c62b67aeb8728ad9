#include "services/books/seal_sums.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/books/rows.h"
#include "storage/base/bytes.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/tree.h"

namespace ch8::books {
namespace {

std::string DomainOf(const std::string& origin) { return origin.substr(0, origin.find('/')); }

absl::Status Broken(uint64_t index, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("entry ", index, ": ", what));
}

}  // namespace

absl::Status SealSums::Add(const Entry& entry, const Hash& leaf_hash) {
  if (entry.index != size_) return Broken(size_, "is missing");
  const Adding adding{.index = entry.index, .leaf_hash = leaf_hash};
  ++size_;
  if (IsBulkRow(entry)) {
    return AddRow(entry, adding);
  }
  if (!entry_.ParseFromArray(entry.payload.data(), static_cast<int>(entry.payload.size()))) {
    return Broken(entry.index, "the payload does not parse");
  }
  return AddEntry(entry_, adding);
}

void SealSums::Count(const Adding& adding, Sums& sums) {
  if (sums.counted == adding.index + 1) return;
  sums.counted = adding.index + 1;
  ++sums.entries;
  sums.last = adding.leaf_hash;
}

SealSums::Account* SealSums::Find(uint32_t number) {
  return number == 0 || number > accounts_.size() ? nullptr : &accounts_[number - 1];
}

uint32_t SealSums::InternUnit(absl::string_view unit) {
  for (uint32_t i = 0; i < units_.size(); ++i) {
    if (units_[i] == unit) return i;
  }
  units_.emplace_back(unit);
  return static_cast<uint32_t>(units_.size() - 1);
}

absl::Status SealSums::AddRow(const Entry& entry, const Adding& adding) {
  const absl::StatusOr<Row> row = ParseRow(entry.payload);
  if (!row.ok()) return Broken(adding.index, row.status().message());
  Account* const debit = Find(row->debit_account);
  Account* const credit = Find(row->credit_account);
  if (debit == nullptr || credit == nullptr) {
    return Broken(adding.index, "an account is not open");
  }
  Count(adding, debit->sums);
  Count(adding, credit->sums);
  if (row->kind == v1::TransferRow::HOLD) return absl::OkStatus();
  debit->sums.debits += row->amount;
  credit->sums.credits += row->amount;
  return absl::OkStatus();
}

absl::Status SealSums::AddEntry(const chapter8::ledger::v1::Entry& entry, const Adding& adding) {
  for (const auto& opened : entry.accounts()) {
    if (opened.account() != accounts_.size() + 1) {
      return Broken(adding.index, "an account is opened out of turn");
    }
    accounts_.push_back({.unit = InternUnit(opened.unit()), .sums = {}});
    Count(adding, accounts_.back().sums);
  }
  for (const auto& posting : entry.postings()) RETURN_IF_ERROR(AddPosting(posting, adding));
  for (const auto& address : entry.addresses()) Count(adding, peers_[{address.recipient(), ""}]);
  AddStep(entry, adding);
  return absl::OkStatus();
}

absl::Status SealSums::AddPosting(const v1::Posting& posting, const Adding& adding) {
  Account* const debit = Find(posting.debit_account());
  Account* const credit = Find(posting.credit_account());
  if (debit == nullptr || credit == nullptr) {
    return Broken(adding.index, "an account is not open");
  }
  Count(adding, debit->sums);
  Count(adding, credit->sums);
  debit->sums.debits += posting.amount();
  credit->sums.credits += posting.amount();
  return absl::OkStatus();
}

// Whether a posting is the transfer's own is told by its hold: what else an entry moves is the
// service's business.
void SealSums::AddStep(const chapter8::ledger::v1::Entry& entry, const Adding& adding) {
  const v1::TransferStep& step = entry.step();
  if (!step.has_post() && !step.has_mirror()) return;
  const std::string peer = DomainOf(step.has_post() ? step.receiver_origin() : step.giver_origin());
  for (const auto& posting : entry.postings()) {
    if (posting.amount() == 0 || posting.hold_id() != step.transfer_id()) continue;
    Sums& sums = peers_[{peer, units_[Find(posting.debit_account())->unit]}];
    Count(adding, sums);
    (step.has_post() ? sums.debits : sums.credits) += posting.amount();
  }
}

SealRow SealSums::AccountRow(size_t position) const {
  const Account& account = accounts_[position];
  return {.scope = absl::StrCat(kAccountScope, position + 1),
          .unit = units_[account.unit],
          .entries = account.sums.entries,
          .gross_debits = account.sums.debits,
          .gross_credits = account.sums.credits,
          .last_leaf_hash = account.sums.last};
}

void SealSums::VisitRows(const std::function<void(const SealRow& row)>& visit) const {
  for (size_t i = 0; i < accounts_.size(); ++i) visit(AccountRow(i));
  for (const auto& [key, sums] : peers_) {
    visit({.scope = absl::StrCat(kPeerScope, key.first),
           .unit = key.second,
           .entries = sums.entries,
           .gross_debits = sums.debits,
           .gross_credits = sums.credits,
           .last_leaf_hash = sums.last});
  }
}

std::vector<SealSums::PlacedRow> SealSums::RowsOf(absl::string_view scope) const {
  std::vector<PlacedRow> rows;
  absl::string_view name = scope;
  uint32_t number = 0;
  if (absl::ConsumePrefix(&name, kAccountScope)) {
    const bool is_one = absl::SimpleAtoi(name, &number) && absl::StrCat(number) == name;
    if (is_one && number >= 1 && number <= accounts_.size()) {
      rows.push_back({.index = number - 1, .row = AccountRow(number - 1)});
    }
    return rows;
  }
  if (!absl::ConsumePrefix(&name, kPeerScope)) return rows;
  const std::string peer(name);
  uint64_t index = accounts_.size();
  for (const auto& [key, sums] : peers_) {
    if (key.first == peer) {
      rows.push_back({.index = index,
                      .row = {.scope = std::string(scope),
                              .unit = key.second,
                              .entries = sums.entries,
                              .gross_debits = sums.debits,
                              .gross_credits = sums.credits,
                              .last_leaf_hash = sums.last}});
    }
    ++index;
  }
  return rows;
}

absl::Status SealSums::CheckBooks(const State& state) const {
  if (state.accounts.size() != accounts_.size() + 1) {
    return absl::DataLossError(absl::StrCat("the books have ", state.accounts.size() - 1,
                                            " accounts, and the seal ", accounts_.size()));
  }
  for (size_t i = 0; i < accounts_.size(); ++i) {
    const ch8::books::Account& account = state.accounts[i + 1];
    if (account.debits_posted != accounts_[i].sums.debits ||
        account.credits_posted != accounts_[i].sums.credits ||
        state.units[account.unit] != units_[accounts_[i].unit]) {
      return absl::DataLossError(
          absl::StrCat("account ", i + 1, ": the books have not posted what the seal says"));
    }
  }
  return absl::OkStatus();
}

std::string SealSums::Encode() const {
  std::string bytes;
  VisitRows([&](const SealRow& row) {
    const std::string encoded = EncodeSealRow(row, Hash{});
    AppendU32(bytes, static_cast<uint32_t>(encoded.size()));
    bytes += encoded;
  });
  return bytes;
}

absl::StatusOr<SealSums> SealSums::Decode(uint64_t size, absl::string_view bytes) {
  SealSums decoded;
  decoded.size_ = size;
  ByteReader reader(bytes);
  while (reader.ok() && !reader.done()) {
    const uint32_t length = reader.ReadU32();
    ASSIGN_OR_RETURN(const DecodedSealRow read, DecodeSealRow(reader.ReadBytes(length)));
    const SealRow& row = read.row;
    const Sums sums{.entries = row.entries,
                    .debits = row.gross_debits,
                    .credits = row.gross_credits,
                    .last = row.last_leaf_hash};
    absl::string_view peer = row.scope;
    if (absl::ConsumePrefix(&peer, kPeerScope)) {
      decoded.peers_.emplace(std::pair(std::string(peer), row.unit), sums);
    } else {
      decoded.accounts_.push_back({.unit = decoded.InternUnit(row.unit), .sums = sums});
    }
  }
  if (!reader.done()) return absl::InvalidArgumentError("the rows of a seal break off");
  return decoded;
}

SealTree::SealTree(const SealSums& sums, const Hash& secret) : levels_(1) {
  Frontier frontier;
  sums.VisitRows([&](const SealRow& row) {
    const Hash hash = SealRowHash(row, SealRowSalt(secret, frontier.size()));
    levels_[0].push_back(hash);
    frontier.Append(hash, [&](int level, uint64_t, const Hash& node) {
      if (levels_.size() <= static_cast<size_t>(level)) levels_.emplace_back();
      levels_[static_cast<size_t>(level)].push_back(node);
    });
  });
  size_ = frontier.size();
  root_ = frontier.Root();
}

chapter8::ledger::v1::Seal SealTree::SealOf(const SealSums& sums) const {
  chapter8::ledger::v1::Seal seal;
  seal.set_size(sums.size());
  seal.set_root(std::string(root_.view()));
  seal.set_rows(size_);
  return seal;
}

absl::StatusOr<Hash> SealTree::ReadNode(int level, uint64_t index) const {
  const auto at = static_cast<size_t>(level);
  if (at >= levels_.size() || index >= levels_[at].size()) {
    return absl::OutOfRangeError("no such node of a seal's rows");
  }
  return levels_[at][index];
}

}  // namespace ch8::books
