#include "services/books/seal_sums.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "chapter8/books/v1/transfer.pb.h"
#include "storage/merkle/proof.h"
#include "tests/support/status_matchers.h"

namespace ch8::books {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using LogEntry = ::chapter8::ledger::v1::Entry;

constexpr char kTransfer[] = "0123456789abcdef";

// A log of entries that only sums look at. Leaf hashes are those of the payloads.
class Log {
 public:
  void Add(const LogEntry& entry) {
    Tag tag{};
    if (entry.has_step()) tag[0] = 1;  // Else it would be a bulk row.
    entries_.push_back({entry.has_step() ? EntryClass::kTransfer : EntryClass::kDomain, tag,
                        entry.SerializeAsString()});
  }
  void AddRow(const v1::TransferRow& row) {
    entries_.push_back({EntryClass::kTransfer, Tag{}, row.SerializeAsString()});
  }
  static Hash LeafOf(absl::string_view payload) { return Sha256(payload); }
  size_t size() const { return entries_.size(); }

  // Adds those up to `size` that `sums` do not have.
  absl::Status SumUp(size_t size, SealSums& sums) const {
    for (size_t i = sums.size(); i < size; ++i) {
      const auto& [entry_class, tag, payload] = entries_[i];
      const absl::Status added =
          sums.Add({.index = i, .entry_class = entry_class, .tag = tag, .payload = payload},
                   LeafOf(payload));
      if (!added.ok()) return added;
    }
    return absl::OkStatus();
  }
  SealSums Sums() const {
    SealSums sums;
    EXPECT_THAT(SumUp(size(), sums), IsOk());
    return sums;
  }
  // Which entry has this leaf; -1: none.
  int IndexOf(const Hash& leaf) const {
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (LeafOf(entries_[i].payload) == leaf) return static_cast<int>(i);
    }
    return -1;
  }
  // "accounts/1 USD: 3 entries, 0 debits, 100 credits, last 7"
  std::vector<std::string> Table(const SealSums& sums) const {
    std::vector<std::string> table;
    sums.VisitRows([&](const SealRow& row) {
      table.push_back(absl::StrCat(row.scope, " ", row.unit, ": ", row.entries, " entries, ",
                                   absl::Uint128Low64(row.gross_debits), " debits, ",
                                   absl::Uint128Low64(row.gross_credits), " credits, last ",
                                   IndexOf(row.last_leaf_hash)));
    });
    return table;
  }

 private:
  struct Logged {
    EntryClass entry_class = EntryClass::kDomain;
    Tag tag{};
    std::string payload;
  };
  std::vector<Logged> entries_;
};

LogEntry Event(absl::string_view text) {
  LogEntry entry;
  entry.set_domain_event(std::string(text));
  return entry;
}

LogEntry Opens(uint32_t first, uint32_t count, const std::string& unit) {
  LogEntry entry = Event("opens");
  for (uint32_t i = 0; i < count; ++i) {
    auto& opened = *entry.add_accounts();
    opened.set_account(first + i);
    opened.set_unit(unit);
    opened.set_floor(v1::AccountOpened::NONE);
  }
  return entry;
}

v1::Posting& AddPosting(uint32_t debit, uint32_t credit, LogEntry& entry) {
  auto& posting = *entry.add_postings();
  posting.set_debit_account(debit);
  posting.set_credit_account(credit);
  return posting;
}

void AddAddress(const std::string& recipient, uint64_t number, LogEntry& entry) {
  auto& address = *entry.add_addresses();
  address.set_recipient(recipient);
  address.set_number(number);
}

v1::TransferStep& StepOf(LogEntry& entry) {
  entry.clear_domain_event();
  v1::TransferStep& step = *entry.mutable_step();
  step.set_transfer_id(kTransfer);
  step.set_giver_origin("un.example/ch8/finance");
  step.set_receiver_origin("au.example/ch8/finance");
  return step;
}

v1::TransferRow Row(uint64_t id, v1::TransferRow::Kind kind, uint64_t amount) {
  v1::TransferRow row;
  row.set_id_low(id);
  row.set_debit_account(1);
  row.set_credit_account(2);
  row.set_amount(amount);
  row.set_kind(kind);
  if (kind == v1::TransferRow::POST_HELD || kind == v1::TransferRow::VOID_HELD) {
    row.set_hold_id_low(90);
  }
  return row;
}

TEST(SealSumsTest, AccountsCountEntriesAndPostedQuantities) {
  Log log;
  log.Add(Event("genesis"));
  log.Add(Opens(1, 2, "USD"));  // 1
  LogEntry twice = Event("moves twice, and back");
  AddPosting(1, 2, twice).set_amount(70);
  AddPosting(1, 2, twice).set_amount(5);
  AddPosting(2, 1, twice).set_amount(75);
  log.Add(twice);  // 2
  LogEntry hold = Event("holds");
  AddPosting(1, 2, hold).set_hold(40);
  log.Add(hold);  // 3
  LogEntry end = Event("ends the hold");
  auto& ended = AddPosting(1, 2, end);
  ended.set_release(40);
  ended.set_amount(30);
  log.Add(end);                  // 4
  log.Add(Opens(3, 1, "TENT"));  // 5
  log.Add(Event("of nobody"));
  EXPECT_EQ(log.Table(log.Sums()), (std::vector<std::string>{
                                       "accounts/1 USD: 4 entries, 105 debits, 75 credits, last 4",
                                       "accounts/2 USD: 4 entries, 75 debits, 105 credits, last 4",
                                       "accounts/3 TENT: 1 entries, 0 debits, 0 credits, last 5",
                                   }));
}

TEST(SealSumsTest, BulkRowsAreEntriesOfTheirAccounts) {
  Log log;
  log.Add(Opens(1, 2, "USD"));
  log.AddRow(Row(1, v1::TransferRow::POST, 10));
  log.AddRow(Row(90, v1::TransferRow::HOLD, 8));
  log.AddRow(Row(3, v1::TransferRow::POST_HELD, 6));
  log.AddRow(Row(4, v1::TransferRow::VOID_HELD, 0));
  EXPECT_EQ(log.Table(log.Sums()), (std::vector<std::string>{
                                       "accounts/1 USD: 5 entries, 16 debits, 0 credits, last 4",
                                       "accounts/2 USD: 5 entries, 0 debits, 16 credits, last 4",
                                   }));
}

// What is addressed to whom, and what the transfers with them came to: their own postings only.
TEST(SealSumsTest, PeersCountWhatIsAddressedAndWhatWasTransferred) {
  Log log;
  log.Add(Opens(1, 3, "USD"));
  LogEntry told = Event("told to two");
  AddAddress("ecowas.example", 1, told);
  AddAddress("au.example", 1, told);
  log.Add(told);  // 1
  LogEntry post;
  StepOf(post).mutable_post()->set_quantity(60);
  auto& posted = AddPosting(1, 2, post);
  posted.set_release(100);
  posted.set_amount(60);
  posted.set_hold_id(kTransfer);
  AddPosting(3, 1, post).set_amount(7);  // The service's own.
  AddAddress("au.example", 2, post);
  log.Add(post);  // 2
  LogEntry mirror;
  StepOf(mirror).set_giver_origin("ecowas.example/ch8/finance");
  mirror.mutable_step()->mutable_mirror()->set_quantity(9);
  auto& mirrored = AddPosting(3, 1, mirror);
  mirrored.set_release(9);
  mirrored.set_amount(9);
  mirrored.set_hold_id(kTransfer);
  AddAddress("ecowas.example", 2, mirror);
  log.Add(mirror);  // 3
  LogEntry mirrored_void = mirror;
  mirrored_void.mutable_postings(0)->set_amount(0);
  mirrored_void.mutable_addresses(0)->set_number(3);
  log.Add(mirrored_void);  // 4
  EXPECT_EQ(log.Table(log.Sums()),
            (std::vector<std::string>{
                "accounts/1 USD: 4 entries, 60 debits, 16 credits, last 4",
                "accounts/2 USD: 2 entries, 0 debits, 60 credits, last 2",
                "accounts/3 USD: 4 entries, 16 debits, 0 credits, last 4",
                "peers/au.example : 2 entries, 0 debits, 0 credits, last 2",
                "peers/au.example USD: 1 entries, 60 debits, 0 credits, last 2",
                "peers/ecowas.example : 3 entries, 0 debits, 0 credits, last 4",
                "peers/ecowas.example USD: 1 entries, 0 debits, 9 credits, last 3",
            }));

  const SealSums sums = log.Sums();
  const auto peer = sums.RowsOf("peers/au.example");
  ASSERT_EQ(peer.size(), 2U);
  EXPECT_EQ(peer[1].index, 4U);
  EXPECT_EQ(peer[1].row.unit, "USD");
  ASSERT_EQ(sums.RowsOf("accounts/3").size(), 1U);
  EXPECT_EQ(sums.RowsOf("accounts/3")[0].index, 2U);
  for (const char* none : {"accounts/0", "accounts/4", "accounts/01", "accounts/", "accounts/-1",
                           "peers/", "peers/au", "funds/1", ""}) {
    EXPECT_TRUE(sums.RowsOf(none).empty()) << none;
  }
}

// Kept and read back at any entry, they go on to the same rows, and the same tree.
TEST(SealSumsTest, KeptSumsGoOnAsIfTheyHadNeverBeenAway) {
  Log log;
  log.Add(Opens(1, 5, "USD"));
  for (uint32_t i = 0; i < 40; ++i) {
    LogEntry entry = Event(absl::StrCat("event ", i));
    AddPosting(1 + i % 5, 1 + (i + 1 + i % 3) % 5, entry).set_amount(i + 1);
    if (i % 4 == 0) AddAddress("au.example", i / 4 + 1, entry);
    log.Add(entry);
  }
  const Hash secret = Sha256("secret");
  const SealTree whole(log.Sums(), secret);
  for (size_t size = 0; size <= log.size(); ++size) {
    SealSums before;
    ASSERT_THAT(log.SumUp(size, before), IsOk());
    absl::StatusOr<SealSums> after = SealSums::Decode(size, before.Encode());
    ASSERT_THAT(after, IsOk());
    EXPECT_EQ(log.Table(*after), log.Table(before));
    ASSERT_THAT(log.SumUp(log.size(), *after), IsOk());
    EXPECT_EQ(SealTree(*after, secret).root(), whole.root());
  }
  const std::string bytes = log.Sums().Encode();
  EXPECT_THAT(SealSums::Decode(1, bytes.substr(0, bytes.size() - 1)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(SealTreeTest, EveryRowIsProvenUnderTheRoot) {
  Log log;
  for (uint32_t accounts = 1; accounts <= 9; ++accounts) {
    log.Add(Opens(accounts, 1, "USD"));
    const SealSums sums = log.Sums();
    const Hash secret = Sha256("secret");
    const SealTree tree(sums, secret);
    ASSERT_EQ(tree.size(), accounts);
    EXPECT_EQ(tree.SealOf(sums).rows(), accounts);
    EXPECT_EQ(tree.SealOf(sums).size(), log.size());
    uint64_t index = 0;
    sums.VisitRows([&](const SealRow& row) {
      const Hash hash = SealRowHash(row, SealRowSalt(secret, index));
      const auto proof = InclusionProof(index, tree.size(), tree);
      ASSERT_THAT(proof, IsOk());
      EXPECT_THAT(VerifyInclusion(hash, index, tree.size(), *proof, tree.root()), IsOk());
      ++index;
    });
    EXPECT_NE(SealTree(sums, Sha256("another")).root(), tree.root());
  }
}

TEST(SealSumsTest, WhatDoesNotFitIsNamed) {
  Log log;
  log.Add(Opens(1, 2, "USD"));
  LogEntry beyond = Event("beyond");
  AddPosting(1, 3, beyond).set_amount(1);
  log.Add(beyond);
  SealSums sums;
  EXPECT_THAT(log.SumUp(2, sums),
              StatusIs(absl::StatusCode::kDataLoss, "entry 1: an account is not open"));
  SealSums hole;
  EXPECT_THAT(hole.Add({.index = 1, .payload = ""}, Hash{}),
              StatusIs(absl::StatusCode::kDataLoss, "entry 0: is missing"));
}

}  // namespace
}  // namespace ch8::books
