#include "services/books/recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

#include "chapter8/ledger/v1/entry.pb.h"
#include "services/books/books_test_model.h"
#include "services/books/rows.h"
#include "services/books/seal_sums.h"
#include "storage/ledger/mem_ledger.h"
#include "tests/support/status_matchers.h"

namespace ch8::books {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;

struct LoggedEntry {
  EntryClass entry_class = EntryClass::kDomain;
  std::string payload;
};

std::string RequestEntry() {
  ::chapter8::ledger::v1::Entry entry;
  entry.mutable_request()->set_time_us(1);
  return entry.SerializeAsString();
}

std::string EntryOf(const kernel::Accounts::Change& change) {
  ::chapter8::ledger::v1::Entry entry;
  entry.set_domain_event("event");
  for (const auto& opened : change.accounts) *entry.add_accounts() = opened;
  for (const auto& posting : change.postings) *entry.add_postings() = posting;
  return entry.SerializeAsString();
}

// Ids that left memory, as a ledger's id runs keep them.
class Runs final : public IdIndex {
 public:
  absl::StatusOr<std::vector<std::optional<uint64_t>>> Find(
      absl::Span<const Id> ids) const override {
    std::vector<std::optional<uint64_t>> found(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      const auto known = runs.find(ids[i].ToBytes());
      if (known != runs.end()) found[i] = 0;
    }
    return found;
  }
  uint64_t through_size() const override { return through; }
  void Ingest(const IndexRun& run) {
    ASSERT_TRUE(run.sorted());
    run.Visit([this](absl::string_view id, absl::string_view index) {
      runs.emplace(id, index);
      return true;
    });
    through = run.through_size();
  }

  std::map<std::string, std::string> runs;
  uint64_t through = 0;
};

enum class Fault { kTorn, kFlippedBit, kMissing, kStale, kAboveEnd, kAny };

// What a disk keeps of pages: all versions of each key, so that a fault can bring an old one back.
class PageDisk {
 public:
  void Write(const std::vector<Page>& pages) {
    for (const Page& page : pages) {
      current_[page.key] = page.value;
      unflushed_.push_back(page);
      if (!page.value.empty()) versions_[page.key].push_back(page.value);
    }
  }
  void Flush() {
    flushed_ = current_;
    unflushed_.clear();
  }
  // A crash keeps what was flushed and the beginning of what was written since.
  void Crash(RandomWork& work) {
    unflushed_.resize(work.Below(unflushed_.size() + 1));
    for (const Page& page : unflushed_) flushed_[page.key] = page.value;
    unflushed_.clear();
    current_ = flushed_;
  }
  // Damages one page in one of the ways a disk may.
  void Damage(RandomWork& work, uint64_t size, Fault fault) {
    if (current_.empty()) return;
    const auto page = std::next(current_.begin(), work.Below(current_.size()));
    std::string& value = page->second;
    if (fault == Fault::kAny) fault = static_cast<Fault>(work.Below(5));
    switch (fault) {
      case Fault::kTorn:
        value.resize(work.Below(value.size() + 1));
        break;
      case Fault::kFlippedBit:
        if (!value.empty()) value[work.Below(value.size())] ^= 0x10;
        break;
      case Fault::kMissing:
        current_.erase(page);
        break;
      case Fault::kStale:
        if (!versions_[page->first].empty()) {
          value = versions_[page->first][work.Below(versions_[page->first].size())];
        }
        break;
      default:
        PutAboveEnd({page->first, value}, size + 1 + work.Below(200));
    }
    flushed_ = current_;
  }
  void Visit(const std::function<void(const Page&)>& visit) const {
    for (const auto& [key, value] : current_) visit({key, value});
  }
  void Forget() { *this = PageDisk(); }

 private:
  // Stamps a copy of the page above the log's end, in the place of its older copy.
  void PutAboveEnd(const Page& page, uint64_t position) {
    std::optional<PageParts> parts = DecodePage(page);
    if (!parts.has_value()) return;
    Page other{page.key, ""};
    other.key.back() ^= 1;
    other.value = current_[other.key];
    const std::optional<PageParts> there = DecodePage(other);
    if (!there.has_value() || there->position < parts->position) parts->turn ^= 1;
    parts->position = position;
    const Page above = EncodePage(*parts);
    current_[above.key] = above.value;
  }

  std::map<std::string, std::string> current_;
  std::map<std::string, std::string> flushed_;
  std::vector<Page> unflushed_;
  std::map<std::string, std::vector<std::string>> versions_;
};

// One ledger through many lives: random work, page dumps, crashes, damage and recoveries.
class Lives {
 public:
  explicit Lives(uint64_t seed) : work_(seed), books_(std::make_unique<Books>(runs_, options_)) {
    const kernel::Accounts::Change opening = work_.Opening(150);
    model_.Apply(opening);
    LogChange(opening);
    digests_[log_.size()] = books_->StateDigest();
    durable_size_ = log_.size();
    durable_model_ = model_;
  }

  // Commits random work for a while.
  void Live() {
    for (uint64_t commits = 1 + work_.Below(16); commits > 0; --commits) {
      for (uint64_t requests = 1 + work_.Below(3); requests > 0; --requests) Request();
      digests_[log_.size()] = books_->StateDigest();
      if (work_.OneIn(3)) Sync();
      const uint64_t interval = work_.OneIn(3) ? 0 : work_.Below(60);
      disk_.Write(pages_.Dump(*books_, {.written_size = log_.size(),
                                        .durable_size = durable_size_,
                                        .budget = work_.Below(30),
                                        .marker_interval = interval}));
      if (work_.OneIn(5)) disk_.Flush();
      IndexIds();
    }
    if (!work_.OneIn(5)) return;
    Sync();
    disk_.Write(pages_.Dump(*books_, {.written_size = log_.size(),
                                      .durable_size = durable_size_,
                                      .budget = SIZE_MAX,
                                      .marker_interval = 0}));
  }

  // Loses what was not synced, damages up to `damages` pages and recovers.
  void CrashAndRecover(uint64_t damages, Fault fault = Fault::kAny) {
    log_.resize(durable_size_);
    model_ = durable_model_;
    disk_.Crash(work_);
    for (; damages > 0; --damages) disk_.Damage(work_, durable_size_, fault);
    RecoverySource source = Source();
    source.check = [this](const State& state) { return CheckSums(state); };
    absl::StatusOr<Recovered> recovered = Recover(source, runs_, options_);
    ASSERT_THAT(recovered, IsOk());
    ASSERT_EQ(recovered->books->StateDigest(), digests_.at(durable_size_));
    ASSERT_EQ(recovered->books->next_account(), model_.accounts.size() + 1);
    for (const Id& id : model_.used_ids) ASSERT_TRUE(*recovered->books->IdUsed(id));
    ASSERT_FALSE(*recovered->books->IdUsed(work_.FreshId()));
    ++recoveries;
    from_zero += recovered->replayed_from_zero ? 1 : 0;
    from_tail += recovered->pages_complete_to > 0 ? 1 : 0;
    discarded += recovered->pages_discarded;
    replayed_nothing += recovered->pages_complete_to == durable_size_ ? 1 : 0;
    books_ = std::move(recovered->books);
    pages_ = std::move(recovered->pages);
    disk_.Write(recovered->wipe);
    disk_.Flush();
  }

  // An independent replay of the whole log gives the same books.
  void ExpectFullReplayAgrees() {
    RecoverySource source = Source();
    source.read_pages = [](const std::function<void(const Page&)>&) { return absl::OkStatus(); };
    source.ids_through_size = 0;
    const NoOlderIds none;
    const absl::StatusOr<Recovered> replayed = Recover(source, none, Books::Options());
    ASSERT_THAT(replayed, IsOk());
    EXPECT_EQ(replayed->books->StateDigest(), books_->StateDigest());
  }

  void ForgetPages() { disk_.Forget(); }

  int recoveries = 0;
  int from_zero = 0;
  int from_tail = 0;
  int replayed_nothing = 0;
  size_t discarded = 0;

 private:
  RecoverySource Source() {
    RecoverySource source;
    source.size = durable_size_;
    source.ids_through_size = runs_.through;
    source.read_entries = [this](uint64_t begin, uint64_t end, const Ledger::EntryVisitor& visit) {
      for (uint64_t index = begin; index < end; ++index) {
        Entry entry;
        entry.index = index;
        entry.entry_class = log_[index].entry_class;
        entry.payload = log_[index].payload;
        if (!visit(entry)) break;
      }
      return absl::OkStatus();
    };
    source.read_pages = [this](const std::function<void(const Page&)>& visit) {
      disk_.Visit(visit);
      return absl::OkStatus();
    };
    source.ingest_ids = [this](const IndexRun& run) {
      runs_.Ingest(run);
      return absl::OkStatus();
    };
    return source;
  }

  // What a seal of the log would say agrees with books that random work has made.
  absl::Status CheckSums(const State& state) const {
    SealSums sums;
    for (uint64_t index = 0; index < durable_size_; ++index) {
      const absl::Status added = sums.Add(
          {.index = index, .entry_class = log_[index].entry_class, .payload = log_[index].payload},
          Hash{});
      if (!added.ok()) return added;
    }
    return sums.CheckBooks(state);
  }

  void Sync() {
    durable_size_ = log_.size();
    durable_model_ = model_;
  }

  void IndexIds() {
    const auto run = books_->ids().TakeRun(durable_size_);
    if (run == nullptr) return;
    runs_.Ingest(SortedRun(*run));
    books_->ids().Drop(*run);
  }

  void Request() {
    if (work_.OneIn(3)) {
      const kernel::Accounts::Change change = work_.Change(model_);
      if (model_.Apply(change).empty()) LogChange(change);
      return;
    }
    const std::vector<BooksModel::Row> rows = work_.Rows(model_, 16);
    const auto want = model_.Apply(rows);
    const std::string request = RequestBytes(rows);
    log_.push_back({EntryClass::kDomain, RequestEntry()});
    absl::StatusOr<ParsedBatch> batch = ParseRows(request);
    ASSERT_THAT(batch, IsOk());
    const absl::StatusOr<BatchOutcome> outcome = ApplyBatch(*books_, *batch, log_.size());
    ASSERT_THAT(outcome, IsOk());
    ASSERT_EQ(outcome->results, want);
    for (size_t i = 0; i < rows.size(); ++i) {
      if (outcome->results[i] != v1::PostTransfersResponse::APPLIED) continue;
      log_.push_back({EntryClass::kTransfer, std::string(batch->payload(batch->rows[i]))});
    }
  }

  void LogChange(const kernel::Accounts::Change& change) {
    ASSERT_THAT(books_->Check({change}), IsOk());
    books_->Apply(change, log_.size());
    log_.push_back({EntryClass::kDomain, EntryOf(change)});
  }

  RandomWork work_;
  Runs runs_;
  const Books::Options options_{.id_window_limit = 200};
  std::unique_ptr<Books> books_;
  PageWriter pages_;
  PageDisk disk_;
  BooksModel model_;
  BooksModel durable_model_;
  std::vector<LoggedEntry> log_;
  uint64_t durable_size_ = 0;
  std::map<uint64_t, Hash> digests_;  // Of the books at each commit.
};

TEST(RecoveryPropertyTest, PagesAndTailEqualTheLiveBooks) {
  int recoveries = 0;
  int from_tail = 0;
  int from_zero = 0;
  int replayed_nothing = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    Lives lives(seed);
    for (int life = 0; life < 10; ++life) {
      ASSERT_NO_FATAL_FAILURE(lives.Live());
      ASSERT_NO_FATAL_FAILURE(lives.CrashAndRecover(0));
    }
    ASSERT_NO_FATAL_FAILURE(lives.ExpectFullReplayAgrees());
    recoveries += lives.recoveries;
    from_tail += lives.from_tail;
    from_zero += lives.from_zero;
    replayed_nothing += lives.replayed_nothing;
  }
  EXPECT_EQ(from_zero, 0);  // Undamaged pages always fit the log.
  EXPECT_GT(from_tail, recoveries / 2);
  EXPECT_GT(replayed_nothing, 0);
}

TEST(RecoveryPropertyTest, NoDamageToPagesChangesTheBooks) {
  size_t discarded = 0;
  int from_tail = 0;
  for (uint64_t seed = 1000; seed < 1060; ++seed) {
    SCOPED_TRACE(seed);
    Lives lives(seed);
    for (uint64_t life = 0; life < 12; ++life) {
      ASSERT_NO_FATAL_FAILURE(lives.Live());
      ASSERT_NO_FATAL_FAILURE(lives.CrashAndRecover(life % 4 == 3 ? 40 : life % 4));
      ASSERT_NO_FATAL_FAILURE(lives.CrashAndRecover(life % 3));
    }
    ASSERT_NO_FATAL_FAILURE(lives.ExpectFullReplayAgrees());
    discarded += lives.discarded;
    from_tail += lives.from_tail;
  }
  EXPECT_GT(discarded, 1000);
  EXPECT_GT(from_tail, 100);
}

TEST(RecoveryPropertyTest, PagesAboveTheLogsEndNeverComeToLife) {
  size_t discarded = 0;
  for (uint64_t seed = 2000; seed < 2100; ++seed) {
    SCOPED_TRACE(seed);
    Lives lives(seed);
    for (uint64_t life = 0; life < 8; ++life) {
      ASSERT_NO_FATAL_FAILURE(lives.Live());
      ASSERT_NO_FATAL_FAILURE(lives.CrashAndRecover(10, Fault::kAboveEnd));
    }
    // One that did would contradict the log.
    EXPECT_EQ(lives.from_zero, 0);
    discarded += lives.discarded;
  }
  EXPECT_GT(discarded, 500);
}

TEST(RecoveryTest, WithoutPagesTheLogIsReplayedFromItsStart) {
  Lives lives(5);
  ASSERT_NO_FATAL_FAILURE(lives.Live());
  lives.ForgetPages();
  ASSERT_NO_FATAL_FAILURE(lives.CrashAndRecover(0));
  EXPECT_EQ(lives.from_tail, 0);
}

TEST(RecoveryTest, ALogThatContradictsItselfIsDataLoss) {
  ::chapter8::ledger::v1::Entry entry;
  auto* posting = entry.add_postings();
  posting->set_debit_account(1);
  posting->set_credit_account(2);
  posting->set_amount(3);
  const std::string payload = entry.SerializeAsString();
  RecoverySource source;
  source.size = 1;
  source.read_entries = [&](uint64_t, uint64_t, const Ledger::EntryVisitor& visit) {
    Entry logged;
    logged.payload = payload;
    visit(logged);
    return absl::OkStatus();
  };
  source.read_pages = [](const std::function<void(const Page&)>&) { return absl::OkStatus(); };
  EXPECT_THAT(Recover(source, NoOlderIds(), {}), StatusIs(absl::StatusCode::kDataLoss));
}

// Books on a whole ledger: prepared batches, commits, syncs, pages and id runs.
class LedgerTest : public ::testing::Test {
 protected:
  void CommitChange(const kernel::Accounts::Change& change) {
    const std::string payload = EntryOf(change);
    if (!model_.Apply(change).empty()) return;
    books_.Apply(change, ledger_->durable_size());
    Commit({MakeEntry(ledger_->log_id(), salt_, {.tag = {}, .payload = payload})});
  }

  void CommitRows(const std::vector<BooksModel::Row>& rows) {
    const std::string request = RequestBytes(rows);
    const std::string opening = RequestEntry();
    absl::StatusOr<ParsedBatch> batch = PrepareBatch(request, {ledger_->log_id(), salt_}, ids_);
    ASSERT_THAT(batch, IsOk());
    const auto outcome = ApplyBatch(books_, *batch, ledger_->durable_size() + 1);
    ASSERT_THAT(outcome, IsOk());
    ASSERT_EQ(outcome->results, model_.Apply(rows));
    std::vector<NewEntry> entries = {
        MakeEntry(ledger_->log_id(), salt_, {.tag = {}, .payload = opening})};
    AppendApplied(*batch, *outcome, entries);
    Commit(std::move(entries));
  }

  void DumpAndIndex() {
    const uint64_t size = ledger_->durable_size();
    const PageWriter::DumpParts parts{
        .written_size = size, .durable_size = size, .budget = 64, .marker_interval = 20};
    ASSERT_THAT(ledger_->WritePages(pages_.Dump(books_, parts)), IsOk());
    const auto run = books_.ids().TakeRun(size);
    if (run == nullptr) return;
    ASSERT_THAT(ledger_->IngestRun(SearchIndex::kIds, SortedRun(*run)), IsOk());
    books_.ids().Drop(*run);
  }

  void DumpAll() {
    const uint64_t size = ledger_->durable_size();
    const PageWriter::DumpParts parts{
        .written_size = size, .durable_size = size, .budget = SIZE_MAX, .marker_interval = 0};
    ASSERT_THAT(ledger_->WritePages(pages_.Dump(books_, parts)), IsOk());
  }

  const Hash salt_ = Sha256("salt");
  const Books::Options options_{.id_window_limit = 100};
  std::unique_ptr<MemLedger> ledger_ = *MemLedger::Create(
      {.origin = "un.example/ch8/finance", .payload = RequestEntry(), .salt = salt_});
  const LedgerIds ids_{*ledger_};
  Books books_{ids_, options_};
  PageWriter pages_;
  BooksModel model_;

 private:
  void Commit(std::vector<NewEntry> entries) {
    Ledger::CommitRequest request;
    request.requests.push_back({salt_, std::move(entries)});
    ASSERT_THAT(ledger_->Commit(request), IsOk());
    ASSERT_THAT(ledger_->Sync(), IsOk());
  }
};

TEST_F(LedgerTest, BooksComeBackAfterAPowerLoss) {
  RandomWork work(7);
  CommitChange(work.Opening(20));
  for (int commit = 0; commit < 80; ++commit) {
    if (commit % 4 == 0) {
      ASSERT_NO_FATAL_FAILURE(CommitChange(work.Change(model_)));
    } else {
      ASSERT_NO_FATAL_FAILURE(CommitRows(work.Rows(model_, 30)));
    }
    ASSERT_NO_FATAL_FAILURE(DumpAndIndex());
    if (commit == 60) {
      ASSERT_THAT(ledger_->FlushPages(), IsOk());
    }
  }
  ASSERT_GT(ledger_->indexed_size(SearchIndex::kIds), 0);
  const absl::StatusOr<std::unique_ptr<MemLedger>> reopened = ledger_->CrashCopy();
  ASSERT_THAT(reopened, IsOk());
  const LedgerIds reopened_ids(**reopened);
  const absl::StatusOr<Recovered> recovered =
      Recover(RecoverySourceOf(**reopened), reopened_ids, options_);
  ASSERT_THAT(recovered, IsOk());
  EXPECT_GT(recovered->pages_complete_to, 0);
  EXPECT_FALSE(recovered->replayed_from_zero);
  EXPECT_EQ(recovered->books->StateDigest(), books_.StateDigest());
  for (const Id& id : model_.used_ids) ASSERT_TRUE(*recovered->books->IdUsed(id));
}

// Pages that balance, break no floor and are wrong all the same: only sums of the log tell.
TEST_F(LedgerTest, PagesThatContradictTheSumsAreDropped) {
  RandomWork work(11);
  CommitChange(work.Opening(20));
  for (int commit = 0; commit < 40; ++commit) {
    ASSERT_NO_FATAL_FAILURE(CommitChange(work.Change(model_)));
  }
  const Hash right = books_.StateDigest();
  State& state = books_.state();
  const auto differs = [&](uint32_t debit, uint32_t credit) {
    return state.accounts[debit].floor == v1::AccountOpened::NONE &&
           state.accounts[debit].unit == state.accounts[credit].unit && debit != credit;
  };
  uint32_t debit = 1;
  uint32_t credit = 1;
  while (!differs(debit, credit)) {
    if (++credit < state.accounts.size()) continue;
    credit = 1;
    ASSERT_LT(++debit, state.accounts.size());
  }
  ++state.accounts[debit].debits_posted;
  ++state.accounts[credit].credits_posted;
  state.Touch(debit, ledger_->durable_size() - 1);
  state.Touch(credit, ledger_->durable_size() - 1);
  const Hash wrong = books_.StateDigest();
  ASSERT_NO_FATAL_FAILURE(DumpAll());

  RecoverySource source = RecoverySourceOf(*ledger_);
  source.ingest_ids = nullptr;
  const absl::StatusOr<Recovered> believed = Recover(source, ids_, options_);
  ASSERT_THAT(believed, IsOk());
  EXPECT_EQ(believed->books->StateDigest(), wrong);

  SealSums sums;
  ASSERT_THAT(ledger_->ReadEntries(0, source.size,
                                   [&](const Entry& entry) {
                                     EXPECT_THAT(sums.Add(entry, Hash{}), IsOk());
                                     return true;
                                   }),
              IsOk());
  source.check = [&](const State& found) { return sums.CheckBooks(found); };
  const absl::StatusOr<Recovered> recovered = Recover(source, ids_, options_);
  ASSERT_THAT(recovered, IsOk());
  EXPECT_TRUE(recovered->replayed_from_zero);
  EXPECT_EQ(recovered->books->StateDigest(), right);

  source.check = [](const State&) { return absl::DataLossError("not these"); };
  EXPECT_THAT(Recover(source, ids_, options_), StatusIs(absl::StatusCode::kDataLoss));
}

// A row that ends a hold does not repeat its amount. When the hold's page has forgotten it and the
// account's newest page is lost, the amount stands in the log only.
TEST_F(LedgerTest, AForgottenHoldIsFoundInTheLog) {
  const auto row = [](const Id& id, uint32_t account, v1::TransferRow::Kind kind) {
    v1::TransferRow made;
    made.set_id_high(id.high);
    made.set_id_low(id.low);
    made.set_debit_account(account);
    made.set_credit_account(account + 2);
    made.set_amount(5);
    made.set_kind(kind);
    return made;
  };
  const Id hold{1, 1};
  Id neighbour{1, 2};  // In the same page of holds.
  while (HoldPage(neighbour) != HoldPage(hold)) ++neighbour.low;
  v1::TransferRow end = row({9, 9}, 1, v1::TransferRow::POST_HELD);
  end.set_hold_id_high(hold.high);
  end.set_hold_id_low(hold.low);
  CommitChange(RandomWork(1).Opening(100));
  CommitRows({row(hold, 1, v1::TransferRow::HOLD)});
  DumpAll();
  CommitRows({end});
  DumpAll();
  CommitRows({row(neighbour, 65, v1::TransferRow::HOLD)});  // On another page of accounts.
  DumpAll();
  ASSERT_EQ(books_.state().holds.ended_count(), 0);
  const std::string newest = EncodePage({.kind = PageKind::kAccounts, .turn = 1, .body = ""}).key;
  ASSERT_THAT(ledger_->WritePages({{newest, "torn"}}), IsOk());
  const absl::StatusOr<Recovered> recovered = Recover(RecoverySourceOf(*ledger_), ids_, options_);
  ASSERT_THAT(recovered, IsOk());
  EXPECT_TRUE(recovered->replayed_from_zero);
  EXPECT_EQ(recovered->books->StateDigest(), books_.StateDigest());
  // No page of before is believed again.
  ASSERT_THAT(ledger_->WritePages(recovered->wipe), IsOk());
  EXPECT_EQ(Recover(RecoverySourceOf(*ledger_), ids_, options_)->pages_used, 0);
}

}  // namespace
}  // namespace ch8::books
