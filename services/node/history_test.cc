#include "services/node/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "services/books/books.h"
#include "services/books/books_test_model.h"
#include "services/node/history_reads.h"
#include "storage/ledger/mem_ledger.h"
#include "tests/support/status_matchers.h"

namespace ch8::node {
namespace {

using books::AccountSums;
using books::AddTo;
using books::AppendApplied;
using books::ApplyBatch;
using books::Block;
using books::BlockKey;
using books::Books;
using books::BooksModel;
using books::DecodeBlock;
using books::DecodePostedMax;
using books::EncodeBlock;
using books::Id;
using books::Movement;
using books::NoOlderIds;
using books::ParsedBatch;
using books::PrepareBatch;
using books::RandomWork;
using books::RequestBytes;
using books::TimeKey;

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;

using LoggedEntry = ::chapter8::ledger::v1::Entry;

// The books and their history beside the log that both are of.
class HistoryLives {
 public:
  HistoryLives(uint64_t seed, uint32_t accounts, uint64_t run_entries)
      : work_(seed), run_entries_(run_entries) {
    Open();
    CommitChange(work_.Opening(accounts));
  }

  void Work() {
    if (work_.OneIn(4)) {
      CommitChange(work_.Change(model_));
    } else {
      CommitRows(work_.Rows(model_, kRowsMax));
    }
  }

  void Crash() {
    absl::StatusOr<std::unique_ptr<MemLedger>> copy = ledger_->CrashCopy();
    ASSERT_THAT(copy, IsOk());
    history_.reset();
    ledger_ = *std::move(copy);
    Open();
  }

  void Extend(uint64_t entries) { ASSERT_THAT(history_->Extend(entries), IsOk()); }

  // What every account came to at the end of each commit, by the model.
  void ExpectBalances() {
    for (const auto& [size, accounts] : balances_) {
      for (const auto& [number, account] : accounts) {
        AccountSums sums;
        const auto seen = history_->VisitDown({.account = number, .range = {.end_index = size}},
                                              [&](const Movement&, const AccountSums& after) {
                                                sums = after;
                                                return false;
                                              });
        ASSERT_THAT(seen, IsOk());
        ASSERT_EQ(*seen, ledger_->durable_size());
        ASSERT_EQ(sums, account) << "account " << number << " at " << size;
      }
    }
  }

  // All movements, against those of a second reading of the log.
  void ExpectMovements() {
    const std::map<uint32_t, std::vector<Movement>> want = ReadLog();
    for (const auto& [number, account] : model_.accounts) {
      std::vector<Movement> found;
      AccountSums next;
      bool is_first = true;
      ASSERT_THAT(history_->VisitDown({.account = number},
                                      [&](const Movement& movement, const AccountSums& after) {
                                        if (!is_first) {
                                          EXPECT_EQ(after, next);
                                        }
                                        is_first = false;
                                        next = Before(after, movement);
                                        found.push_back(movement);
                                        return true;
                                      }),
                  IsOk());
      EXPECT_EQ(next, AccountSums()) << "what an account starts with";
      std::reverse(found.begin(), found.end());
      const auto expected = want.find(number);
      ASSERT_EQ(found, expected == want.end() ? std::vector<Movement>() : expected->second)
          << "account " << number;
      EXPECT_EQ(history_->UnitOf(number).value_or("none"), account.unit);
    }
    EXPECT_THAT(history_->UnitOf(static_cast<uint32_t>(model_.accounts.size()) + 1),
                StatusIs(absl::StatusCode::kNotFound));
  }

  // All of a span of time lies in its range, and little else does.
  void ExpectTimes() {
    constexpr uint64_t kOthersMax = 2 * (1'024 + kRowsMax + 1);
    for (const auto& [index, begin_us] : times_) {
      const int64_t end_us = begin_us + 1 + static_cast<int64_t>(work_.Below(50));
      const History::Range range = history_->RangeOf(begin_us, end_us);
      const uint64_t first = FirstAt(begin_us);
      const uint64_t end = FirstAt(end_us);
      EXPECT_LE(range.begin_index, first);
      EXPECT_GE(range.end_index, end);
      EXPECT_LT(std::min(range.end_index, history_->seen_size()) - range.begin_index,
                end - first + kOthersMax);
    }
  }

  // A range shows what the whole shows of it.
  void ExpectRanges() {
    for (const auto& [number, account] : model_.accounts) {
      const uint64_t begin = work_.Below(history_->seen_size());
      const uint64_t end = begin + work_.Below(history_->seen_size());
      std::vector<Movement> all;
      std::vector<Movement> part;
      const auto collect = [](std::vector<Movement>& into) {
        return [&into](const Movement& movement, const AccountSums&) {
          into.push_back(movement);
          return true;
        };
      };
      EXPECT_THAT(history_->VisitDown({.account = number}, collect(all)), IsOk());
      EXPECT_THAT(history_->VisitDown(
                      {.account = number, .range = {.begin_index = begin, .end_index = end}},
                      collect(part)),
                  IsOk());
      std::erase_if(all, [&](const Movement& movement) {
        return movement.index < begin || movement.index >= end;
      });
      EXPECT_EQ(part, all) << number << ": " << begin << " to " << end;
    }
  }

  // Pages of a statement, put together, are the whole; no entry's movements are on two.
  size_t ExpectPages(int page_size) {
    size_t parted = 0;
    for (const auto& [number, account] : model_.accounts) {
      std::vector<Movement> all;
      EXPECT_THAT(history_->VisitDown({.account = number},
                                      [&](const Movement& movement, const AccountSums&) {
                                        all.push_back(movement);
                                        return true;
                                      }),
                  IsOk());
      chapter8::ledger::v1::ListMovementsRequest request;
      request.set_account(number);
      request.set_page_size(page_size);
      size_t next = 0;
      do {
        const auto page = ListMovements({*ledger_, *history_}, request);
        EXPECT_THAT(page, IsOk());
        if (!page.ok()) return parted;
        for (const auto& listed : page->movements()) {
          if (next == all.size()) {
            ADD_FAILURE() << "more than all";
            return parted;
          }
          const Movement& movement = all[next++];
          EXPECT_EQ(listed.index(), movement.index);
          EXPECT_EQ(listed.time_us(), movement.time_us);
          EXPECT_EQ(listed.posted(), movement.posted);
          EXPECT_EQ(listed.held(), movement.held);
          EXPECT_EQ(listed.credit(), movement.is_credit);
          EXPECT_EQ(listed.other_account(), movement.other_account);
        }
        if (page->movements_size() > page_size) ++parted;
        request.set_page_token(page->next_page_token());
      } while (!request.page_token().empty());
      EXPECT_EQ(next, all.size());
    }
    return parted;
  }

  // Nothing that is left out posted as much as the least that is asked for.
  size_t ExpectNothingGreatIsSkipped() {
    size_t skipped = 0;
    for (const auto& [number, account] : model_.accounts) {
      uint64_t greatest = 0;
      size_t count = 0;
      const auto all = [&](const Movement& movement, const AccountSums&) {
        greatest = std::max(greatest, movement.posted);
        ++count;
        return true;
      };
      EXPECT_THAT(history_->VisitDown({.account = number}, all), IsOk());
      uint64_t found = 0;
      const auto some = [&](const Movement& movement, const AccountSums&) {
        found = std::max(found, movement.posted);
        --count;
        return true;
      };
      EXPECT_THAT(history_->VisitDown({.account = number}, some,
                                      [&](uint64_t posted_max) { return posted_max < greatest; }),
                  IsOk());
      EXPECT_EQ(found, greatest);
      skipped += count;
    }
    return skipped;
  }

  History& history() { return *history_; }
  MemLedger& ledger() { return *ledger_; }

 private:
  static constexpr size_t kRowsMax = 30;

  uint64_t FirstAt(int64_t time_us) const {
    const auto found = std::find_if(times_.begin(), times_.end(),
                                    [&](const auto& time) { return time.second >= time_us; });
    return found == times_.end() ? history_->seen_size() : found->first;
  }

  static AccountSums Before(AccountSums after, Movement movement) {
    (movement.is_credit ? after.credits_posted : after.debits_posted) -= movement.posted;
    movement.posted = 0;
    movement.held = -movement.held;
    AddTo(after, movement);
    return after;
  }

  void Open() {
    absl::StatusOr<std::unique_ptr<History>> history = History::Open(*ledger_, run_entries_);
    ASSERT_THAT(history, IsOk());
    history_ = *std::move(history);
  }

  std::string Request() {
    time_us_ += static_cast<int64_t>(work_.Below(3));
    times_[ledger_->durable_size()] = time_us_;
    LoggedEntry entry;
    entry.mutable_request()->set_time_us(time_us_);
    return entry.SerializeAsString();
  }

  void CommitChange(const kernel::Accounts::Change& change) {
    if (!model_.Apply(change).empty()) return;
    LoggedEntry entry;
    entry.mutable_accounts()->Assign(change.accounts.begin(), change.accounts.end());
    entry.mutable_postings()->Assign(change.postings.begin(), change.postings.end());
    books_.Apply(change, ledger_->durable_size() + 1);
    const std::string request = Request();
    const std::string payload = entry.SerializeAsString();
    Commit({MakeEntry(ledger_->log_id(), salt_, {.tag = {}, .payload = request}),
            MakeEntry(ledger_->log_id(), salt_, {.tag = {}, .row = 1, .payload = payload})});
  }

  void CommitRows(const std::vector<BooksModel::Row>& rows) {
    const std::string bytes = RequestBytes(rows);
    const std::string request = Request();
    const NoOlderIds no_ids;
    absl::StatusOr<ParsedBatch> batch = PrepareBatch(bytes, {ledger_->log_id(), salt_}, no_ids);
    ASSERT_THAT(batch, IsOk());
    const auto outcome = ApplyBatch(books_, *batch, ledger_->durable_size() + 1);
    ASSERT_THAT(outcome, IsOk());
    ASSERT_EQ(outcome->results, model_.Apply(rows));
    std::vector<NewEntry> entries = {
        MakeEntry(ledger_->log_id(), salt_, {.tag = {}, .payload = request})};
    AppendApplied(*batch, *outcome, entries);
    Commit(std::move(entries));
  }

  void Commit(std::vector<NewEntry> entries) {
    Ledger::CommitRequest request;
    request.requests.push_back({salt_, std::move(entries)});
    ASSERT_THAT(ledger_->Commit(request), IsOk());
    ASSERT_THAT(ledger_->Sync(), IsOk());
    auto& balances = balances_[ledger_->durable_size()];
    for (const auto& [number, account] : model_.accounts) {
      balances[number] = {.debits_posted = static_cast<uint64_t>(account.debits_posted),
                          .credits_posted = static_cast<uint64_t>(account.credits_posted),
                          .debits_held = static_cast<uint64_t>(account.debits_held),
                          .credits_held = static_cast<uint64_t>(account.credits_held)};
    }
  }

  // By protobuf, and with a list of all holds ever.
  std::map<uint32_t, std::vector<Movement>> ReadLog() {
    std::map<uint32_t, std::vector<Movement>> movements;
    std::map<Id, uint64_t> holds;
    int64_t time_us = 0;
    const auto add = [&](uint64_t index, uint32_t account, uint32_t other, bool is_credit,
                         uint64_t posted, int64_t held) {
      movements[account].push_back({index, time_us, posted, held, account, other, is_credit});
    };
    EXPECT_THAT(
        ledger_->ReadEntries(
            0, UINT64_MAX,
            [&](const Entry& stored) {
              BooksModel::Row row;
              LoggedEntry entry;
              const std::string payload(stored.payload);
              if (stored.entry_class != EntryClass::kTransfer) {
                EXPECT_TRUE(entry.ParseFromString(payload));
                if (entry.has_request()) time_us = entry.request().time_us();
                for (const auto& posting : entry.postings()) {
                  const auto held = static_cast<int64_t>(posting.hold()) -
                                    static_cast<int64_t>(posting.release());
                  add(stored.index, posting.debit_account(), posting.credit_account(), false,
                      posting.amount(), held);
                  add(stored.index, posting.credit_account(), posting.debit_account(), true,
                      posting.amount(), held);
                }
                return true;
              }
              EXPECT_TRUE(row.ParseFromString(payload));
              const bool holds_it = row.kind() == BooksModel::Row::HOLD;
              auto held = static_cast<int64_t>(row.amount());
              if (holds_it) {
                holds[{row.id_high(), row.id_low()}] = row.amount();
              } else if (row.hold_id_low() + row.hold_id_high() != 0) {
                held = -static_cast<int64_t>(holds.at({row.hold_id_high(), row.hold_id_low()}));
              } else {
                held = 0;
              }
              const uint64_t posted = holds_it ? 0 : row.amount();
              add(stored.index, row.debit_account(), row.credit_account(), false, posted, held);
              add(stored.index, row.credit_account(), row.debit_account(), true, posted, held);
              return true;
            }),
        IsOk());
    return movements;
  }

  RandomWork work_;
  const uint64_t run_entries_;
  const Hash salt_ = Sha256("salt");
  std::unique_ptr<MemLedger> ledger_ =
      *MemLedger::Create({.origin = "un.example/ch8/finance",
                          .payload = LoggedEntry().SerializeAsString(),
                          .salt = salt_});
  std::unique_ptr<History> history_;
  const NoOlderIds no_ids_;
  Books books_{no_ids_};
  BooksModel model_;
  int64_t time_us_ = 1'700'000'000'000'000;
  std::map<uint64_t, int64_t> times_;  // Of each request.
  std::map<uint64_t, std::map<uint32_t, AccountSums>> balances_;
};

struct Shape {
  uint32_t accounts = 0;
  uint64_t run_entries = 0;
};

TEST(HistoryPropertyTest, EqualsTheBooksAtEveryCommit) {
  uint64_t runs = 0;
  size_t skipped = 0;
  size_t together = 0;  // Pages that are larger, because one entry's movements are on them.
  for (const Shape& shape : {Shape{6, 50}, Shape{6, 900}, Shape{40, 200}, Shape{40, 1u << 19}}) {
    for (uint64_t seed = 0; seed < 4; ++seed) {
      SCOPED_TRACE(
          absl::StrCat(shape.accounts, " accounts, runs of ", shape.run_entries, ", seed ", seed));
      HistoryLives lives(seed, shape.accounts, shape.run_entries);
      for (uint64_t commit = 0; commit < 300; ++commit) {
        ASSERT_NO_FATAL_FAILURE(lives.Work());
        if (commit % 3 == seed % 3) {
          ASSERT_NO_FATAL_FAILURE(lives.Extend(1 + 40 * seed));
        }
        if (commit % 50 == 49) {
          ASSERT_NO_FATAL_FAILURE(lives.Crash());
        }
      }
      ASSERT_NO_FATAL_FAILURE(lives.Extend(UINT64_MAX));
      EXPECT_EQ(lives.history().seen_size(), lives.ledger().durable_size());
      ASSERT_NO_FATAL_FAILURE(lives.ExpectBalances());
      ASSERT_NO_FATAL_FAILURE(lives.ExpectMovements());
      lives.ExpectTimes();
      lives.ExpectRanges();
      together += lives.ExpectPages(1) + lives.ExpectPages(7);
      skipped += lives.ExpectNothingGreatIsSkipped();
      runs += lives.ledger().indexed_size(SearchIndex::kHistory) / shape.run_entries;
    }
  }
  EXPECT_GT(runs, 50u);
  EXPECT_GT(skipped, 100u);
  EXPECT_GT(together, 5u);
}

TEST(HistoryTest, IsMadeAnewFromTheLog) {
  HistoryLives lives(7, 10, 100);
  for (int commit = 0; commit < 60; ++commit) ASSERT_NO_FATAL_FAILURE(lives.Work());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(lives.history().seen_size(), 0u);
    ASSERT_NO_FATAL_FAILURE(lives.Extend(UINT64_MAX));
    EXPECT_GT(lives.ledger().indexed_size(SearchIndex::kHistory), 0u);
    ASSERT_NO_FATAL_FAILURE(lives.ExpectBalances());
    ASSERT_THAT(lives.ledger().ForgetIndex(SearchIndex::kHistory), IsOk());
    ASSERT_NO_FATAL_FAILURE(lives.Crash());
  }
}

TEST(HistoryTest, AnIndexOfAnotherFormatIsNotRead) {
  HistoryLives lives(7, 10, 100);
  for (int commit = 0; commit < 60; ++commit) ASSERT_NO_FATAL_FAILURE(lives.Work());
  ASSERT_NO_FATAL_FAILURE(lives.Extend(UINT64_MAX));
  const uint64_t size = lives.ledger().indexed_size(SearchIndex::kHistory);
  const std::string other = books::EncodeNumber(books::kHistoryFormat + 1);
  ASSERT_THAT(lives.ledger().IngestRun(SearchIndex::kHistory,
                                       IndexRun(size, {{books::FormatKey(), other}})),
              IsOk());
  EXPECT_THAT(History::Open(lives.ledger()), StatusIs(absl::StatusCode::kDataLoss));
}

TEST(HistoryTest, WhatCannotBeReadIsSaidFromThenOn) {
  const std::unique_ptr<MemLedger> ledger = *MemLedger::Create(
      {.origin = "un.example/ch8/finance", .payload = "", .salt = Sha256("salt")});
  Ledger::CommitRequest broken;
  broken.requests.push_back(
      {Sha256("salt"),
       {MakeEntry(ledger->log_id(), Sha256("salt"), {.tag = {}, .payload = "not an entry"})}});
  ASSERT_THAT(ledger->Commit(broken), IsOk());
  ASSERT_THAT(ledger->Sync(), IsOk());
  const auto history = History::Open(*ledger);
  ASSERT_THAT(history, IsOk());
  EXPECT_THAT((*history)->failure(), IsOk());
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT((*history)->Extend(UINT64_MAX), StatusIs(absl::StatusCode::kDataLoss));
    EXPECT_THAT((*history)->failure(), StatusIs(absl::StatusCode::kDataLoss));
    EXPECT_EQ((*history)->seen_size(), 0u);
  }
}

TEST(HistoryFormatTest, ABlockComesBack) {
  const std::vector<Movement> movements = {
      {.index = 5, .time_us = 9, .posted = 3, .account = 7, .other_account = 8},
      {.index = 5, .time_us = 9, .held = -4, .account = 7, .other_account = 1, .is_credit = true},
      {.index = UINT64_MAX >> 1,
       .time_us = 1'700'000'000'000'000,
       .posted = (uint64_t{1} << 63) - 1,
       .held = INT64_MIN,
       .account = 7,
       .other_account = UINT32_MAX}};
  const AccountSums before{1, 2, 3, uint64_t{1} << 62};
  const std::string key = BlockKey(7, 5);
  const std::string value = EncodeBlock(before, movements);
  const absl::StatusOr<Block> block = DecodeBlock(key, value);
  ASSERT_THAT(block, IsOk());
  EXPECT_EQ(block->before, before);
  EXPECT_EQ(block->posted_max, (uint64_t{1} << 63) - 1);
  EXPECT_EQ(block->movements, movements);
  EXPECT_LT(value.size(), 80u);
  const auto data_loss = StatusIs(absl::StatusCode::kDataLoss);
  EXPECT_THAT(DecodeBlock(key, value.substr(0, value.size() - 1)), data_loss);
  EXPECT_THAT(DecodeBlock(key, value.substr(0, 8)), data_loss);
  EXPECT_THAT(DecodeBlock(TimeKey(5), value), data_loss);
  EXPECT_THAT(DecodePostedMax(""), data_loss);
}

}  // namespace
}  // namespace ch8::node
