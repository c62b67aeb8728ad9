#include "services/node/history_service.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/history_service.pb.h"
#include "services/kernel/refusal.h"
#include "services/node/toy_node.h"
#include "storage/ledger/mem_ledger.h"
#include "storage/rocks/rocks_ledger.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::node {
namespace {

namespace toy = kernel::toy;
namespace v1 = chapter8::ledger::v1;
using ch8::testing::IsOk;
using ch8::testing::StatusIs;
using ch8::testing::TempDir;
using kernel::ReasonOf;

constexpr uint32_t kLong = 20'000;

// A ledger on disk with four accounts, whose history is in runs of 500 entries.
class HistoryServiceTest : public ::testing::Test {
 protected:
  HistoryServiceTest() {
    std::filesystem::create_directory(state_);
    ledger_ = *RocksLedger::Create(Rocks(), toy::ToyGenesis());
    Start();
    EXPECT_THAT(Call(sequencer(), OpenAccounts(4, "open")).status, IsOk());
  }

  void Start() {
    node_.emplace(ToyNode::Options{.ledger = ledger_.get(),
                                   .state_directory = state_,
                                   .id_window_limit = 400,
                                   .history_run_entries = 500});
  }
  void Restart() {
    node_.reset();
    ledger_.reset();
    ledger_ = *RocksLedger::Open(Rocks());
    Start();
  }
  RocksLedgerOptions Rocks() { return {.path = directory_ / "db", .memtable_bytes = 8u << 20}; }
  Sequencer& sequencer() { return node_->sequencer(); }

  void Post(uint64_t number, uint32_t rows = 100) {
    EXPECT_THAT(
        Call(sequencer(), PostTransfers({.number = number, .rows = rows, .accounts = 4})).status,
        IsOk());
  }
  // A row by itself.
  void PostOne(uint64_t id, uint64_t amount, chapter8::books::v1::TransferRow row = {}) {
    chapter8::books::v1::PostTransfersRequest request;
    row.set_id_high(id);
    row.set_id_low(7);
    row.set_debit_account(1);
    row.set_credit_account(2);
    row.set_amount(amount);
    row.set_code(static_cast<uint32_t>(id));
    *request.add_rows() = row;
    request.set_request_id(absl::StrCat("one-", id));
    EXPECT_THAT(Call(sequencer(), toy::UnsignedCommand("bob", toy::kPostTransfers, request)).status,
                IsOk());
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Ask(absl::string_view rpc, Request request,
                               absl::string_view officer = "bob") {
    request.set_origin(ledger_->origin());
    const kernel::Outcome outcome =
        Call(sequencer(),
             toy::UnsignedCommand(officer, absl::StrCat("/chapter8.ledger.v1.HistoryService/", rpc),
                                  request));
    if (!outcome.status.ok()) return outcome.status;
    Response response;
    EXPECT_TRUE(response.ParseFromString(outcome.reply));
    return response;
  }
  v1::ListMovementsRequest Movements(uint32_t account) {
    v1::ListMovementsRequest request;
    request.set_account(account);
    request.set_min_size(ledger_->durable_size());
    request.set_wait_ms(kLong);
    return request;
  }
  absl::StatusOr<v1::ListMovementsResponse> List(const v1::ListMovementsRequest& request) {
    return Ask<v1::ListMovementsResponse>("ListMovements", request);
  }
  absl::StatusOr<v1::BalanceAt> BalanceAt(uint32_t account, uint64_t size, uint32_t wait_ms) {
    v1::GetBalanceAtRequest request;
    request.set_account(account);
    request.set_size(size);
    request.set_wait_ms(wait_ms);
    return Ask<v1::BalanceAt>("GetBalanceAt", request);
  }
  absl::StatusOr<v1::FoundTransfer> Find(const books::Id& id) {
    v1::FindTransferRequest request;
    request.set_id(id.ToBytes());
    return Ask<v1::FoundTransfer>("FindTransfer", request);
  }

  const TempDir directory_;
  const std::string state_ = directory_ / "state";
  std::unique_ptr<Ledger> ledger_;
  std::optional<ToyNode> node_;
};

TEST_F(HistoryServiceTest, AStatementIsWholeAcrossPagesRunsAndRestarts) {
  for (uint64_t number = 0; number < 12; ++number) Post(number);
  for (int round = 0; round < 2; ++round) {
    v1::ListMovementsRequest request = Movements(1);
    request.set_page_size(70);
    std::set<uint64_t> indexes;
    uint64_t last = UINT64_MAX;
    int64_t balance = 0;
    int pages = 0;
    do {
      const auto page = List(request);
      ASSERT_THAT(page, IsOk());
      EXPECT_EQ(page->unit(), "USD");
      EXPECT_EQ(page->seen_size(), ledger_->durable_size());
      for (const v1::Movement& movement : page->movements()) {
        EXPECT_LT(movement.index(), last);
        last = movement.index();
        indexes.insert(last);
        EXPECT_EQ(movement.posted(), 1u);
        EXPECT_EQ(movement.other_account(), movement.credit() ? 4u : 2u);
        EXPECT_EQ(movement.id().size(), 16u);
        EXPECT_GT(movement.time_us(), 0);
        balance += movement.credit() ? 1 : -1;
      }
      request.set_page_token(page->next_page_token());
      ++pages;
    } while (!request.page_token().empty());
    EXPECT_EQ(indexes.size(), 600u);  // Of 1,200 rows every second names account 1.
    EXPECT_EQ(balance, 0);
    EXPECT_EQ(pages, 9);
    EXPECT_GE(ledger_->indexed_size(SearchIndex::kHistory), 1'000u);
    Restart();
  }
}

TEST_F(HistoryServiceTest, ABalanceIsAsOfAnySize) {
  std::vector<uint64_t> sizes;
  for (uint64_t number = 0; number < 8; ++number) {
    Post(number);
    sizes.push_back(ledger_->durable_size());
  }
  for (uint64_t i = 0; i < sizes.size(); ++i) {
    const auto balance = BalanceAt(1, sizes[i], kLong);
    ASSERT_THAT(balance, IsOk());
    EXPECT_EQ(balance->sums().debits_posted(), 25 * (i + 1));
    EXPECT_EQ(balance->sums().credits_posted(), 25 * (i + 1));
    EXPECT_EQ(balance->size(), sizes[i]);
  }
  const auto now = BalanceAt(1, 0, 0);
  ASSERT_THAT(now, IsOk());
  EXPECT_EQ(now->size(), now->seen_size());
  const auto early = BalanceAt(1, 1, 0);
  ASSERT_THAT(early, IsOk());
  EXPECT_EQ(early->sums().debits_posted(), 0u);
  const auto late = BalanceAt(1, ledger_->durable_size() + 1, kLong);
  EXPECT_THAT(late, StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_EQ(ReasonOf(late.status()), "NO_SUCH_SIZE");
  const auto none = BalanceAt(5, 0, 0);
  EXPECT_THAT(none, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(ReasonOf(none.status()), "NO_SUCH_ACCOUNT");
}

TEST_F(HistoryServiceTest, TheGreatestMovementsComeFirstAndHeldOnesNot) {
  const std::vector<uint64_t> amounts = {5, 90, 7, 90, 1, 300, 12};
  for (uint64_t i = 0; i < amounts.size(); ++i) {
    PostOne(1000 + i, amounts[i]);
    Post(i);
  }
  chapter8::books::v1::TransferRow hold;
  hold.set_kind(chapter8::books::v1::TransferRow::HOLD);
  PostOne(2000, 5'000, hold);
  v1::ListTopMovementsRequest request;
  request.set_account(1);
  request.set_min_size(ledger_->durable_size());
  request.set_wait_ms(kLong);
  request.set_page_size(4);
  const auto top = Ask<v1::ListTopMovementsResponse>("ListTopMovements", request);
  ASSERT_THAT(top, IsOk());
  std::vector<uint32_t> codes;
  for (const v1::Movement& movement : top->movements()) codes.push_back(movement.code());
  EXPECT_THAT(codes, ::testing::ElementsAre(1005, 1003, 1001, 1006));
  EXPECT_EQ(top->seen_size(), ledger_->durable_size());

  const auto held = List(Movements(1));
  ASSERT_THAT(held, IsOk());
  EXPECT_EQ(held->movements(0).held(), 5'000);
  EXPECT_EQ(held->movements(0).posted(), 0u);
  EXPECT_EQ(held->movements(0).after().debits_held(), 5'000u);
  EXPECT_EQ(held->movements(0).code(), 2000u);
}

TEST_F(HistoryServiceTest, ASpanOfTimeIsAllOfItAndNoMore) {
  for (uint64_t number = 0; number < 6; ++number) Post(number);
  v1::ListMovementsRequest request = Movements(1);
  request.set_page_size(1'000);
  const auto all = List(request);
  ASSERT_THAT(all, IsOk());
  std::set<int64_t> times;
  for (const v1::Movement& movement : all->movements()) times.insert(movement.time_us());
  ASSERT_GE(times.size(), 4u);
  const int64_t begin = *std::next(times.begin());
  const int64_t end = *std::prev(times.end());
  request.set_begin_time_us(begin);
  request.set_end_time_us(end);
  const auto some = List(request);
  ASSERT_THAT(some, IsOk());
  int expected = 0;
  for (const v1::Movement& movement : all->movements()) {
    expected += movement.time_us() >= begin && movement.time_us() < end ? 1 : 0;
  }
  EXPECT_EQ(some->movements_size(), expected);
  EXPECT_LT(expected, all->movements_size());
  EXPECT_EQ(some->movements(0).time_us(), *std::prev(times.end(), 2));
}

TEST_F(HistoryServiceTest, ATransferIsFoundInMemoryAndInRuns) {
  for (int round = 0; round < 2; ++round) {
    for (uint64_t number = 0; number < 12; ++number) {
      if (round == 0) Post(number);
      const auto found = Find({number + 1, 42});
      ASSERT_THAT(found, IsOk());
      EXPECT_EQ(found->row().id_high(), number + 1);
      EXPECT_EQ(found->row().id_low(), 42u);
      EXPECT_GT(found->time_us(), 0);
      v1::ListMovementsRequest request = Movements(found->row().debit_account());
      request.set_begin_time_us(found->time_us());
      request.set_end_time_us(found->time_us() + 1);
      request.set_page_size(1'000);
      const auto listed = List(request);
      ASSERT_THAT(listed, IsOk());
      EXPECT_EQ(std::count_if(listed->movements().begin(), listed->movements().end(),
                              [&](const v1::Movement& movement) {
                                return movement.index() == found->index();
                              }),
                1);
    }
    const auto none = Find({99, 42});
    EXPECT_THAT(none, StatusIs(absl::StatusCode::kNotFound));
    EXPECT_EQ(ReasonOf(none.status()), "NO_SUCH_TRANSFER");
    Restart();
  }
  EXPECT_GT(ledger_->indexed_size(SearchIndex::kIds), 0u);
  v1::FindTransferRequest request;
  request.set_id("short");
  const auto bad = Ask<v1::FoundTransfer>("FindTransfer", request);
  EXPECT_EQ(ReasonOf(bad.status()), "BAD_ID");
}

TEST_F(HistoryServiceTest, RefusesWhoMayNotReadAndWhatIsNoPage) {
  const auto denied = StatusIs(absl::StatusCode::kPermissionDenied);
  v1::FindTransferRequest find;
  find.set_id(books::Id{1, 1}.ToBytes());
  for (const char* officer : {"mallory", "ada"}) {
    EXPECT_THAT(Ask<v1::ListMovementsResponse>("ListMovements", Movements(1), officer), denied);
    EXPECT_THAT(Ask<v1::FoundTransfer>("FindTransfer", find, officer), denied);
  }
  v1::ListMovementsRequest request = Movements(1);
  request.set_page_token("bm90LWEtbnVtYmVy");
  EXPECT_EQ(ReasonOf(List(request).status()), "BAD_PAGE_TOKEN");
  request = Movements(1);
  request.set_page_size(-1);
  EXPECT_EQ(ReasonOf(List(request).status()), "BAD_PAGE_SIZE");
}

// As long as nothing is seen, who wants more waits for no longer than it said, and who waits for
// what was there before is answered.
TEST_F(HistoryServiceTest, WhatIsNotSeenYetIsSaidToBeSo) {
  Historian asleep({.ledger = *ledger_, .calls_max = 1, .run_entries = 500});
  ASSERT_THAT(asleep.Open(), IsOk());
  const SystemClock clock;
  Readers readers(1, 1);
  const HistoryService service({.ledger = *ledger_,
                                .historian = &asleep,
                                .readers = readers,
                                .find_new_id = nullptr,
                                .clock = clock});
  v1::GetBalanceAtRequest request;
  request.set_origin(ledger_->origin());
  request.set_account(1);
  request.set_size(2);
  for (const uint32_t wait_ms : {0u, 1u}) {
    request.set_wait_ms(wait_ms);
    Answers answers;
    service.Answer(
        toy::UnsignedCommand("ada", "/chapter8.ledger.v1.HistoryService/GetBalanceAt", request),
        answers.Expect());
    const kernel::Outcome outcome = answers.WaitForAll().front();
    EXPECT_THAT(outcome.status, StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_EQ(ReasonOf(outcome.status), "NOT_SEEN_YET");
  }
  request.set_wait_ms(kLong);
  Answers answers;
  service.Answer(
      toy::UnsignedCommand("ada", "/chapter8.ledger.v1.HistoryService/GetBalanceAt", request),
      answers.Expect());
  asleep.Start();

  EXPECT_THAT(answers.WaitForAll().front().status, IsOk());
}

// A damaged index is made anew at the next start.
TEST_F(HistoryServiceTest, ADamagedIndexIsMadeAnew) {
  for (uint64_t number = 0; number < 8; ++number) Post(number);
  ASSERT_THAT(List(Movements(1)), IsOk());
  const uint64_t size = ledger_->indexed_size(SearchIndex::kHistory);
  ASSERT_GT(size, 0u);
  node_.reset();
  ASSERT_THAT(ledger_->IngestRun(SearchIndex::kHistory, IndexRun(size, {{"v", "?"}})), IsOk());
  Restart();
  EXPECT_LT(ledger_->indexed_size(SearchIndex::kHistory), size + 1);
  const auto balance = BalanceAt(1, ledger_->durable_size(), kLong);
  ASSERT_THAT(balance, IsOk());
  EXPECT_EQ(balance->sums().debits_posted(), 200u);
}

// Whoever waits when a node stops is told, and nothing runs afterwards.
TEST_F(HistoryServiceTest, AStopAnswersThoseWhoWait) {
  Post(0);
  v1::GetBalanceAtRequest request;
  request.set_origin(ledger_->origin());
  request.set_account(1);
  request.set_wait_ms(kLong);
  Answers answers;
  for (uint64_t i = 0; i < 20; ++i) {
    request.set_size(ledger_->durable_size());
    sequencer().Submit(
        toy::UnsignedCommand("ada", "/chapter8.ledger.v1.HistoryService/GetBalanceAt", request),
        answers.Expect());
    sequencer().Submit(PostTransfers({.number = 1 + i, .rows = 10, .accounts = 4}),
                       answers.Expect());
  }
  node_->Stop();
  EXPECT_EQ(answers.WaitForAll().size(), 40u);
}

// Readers and writers at once: what a reader sees is whole, and never goes back.
TEST_F(HistoryServiceTest, AnswersWhileOthersPost) {
  std::atomic<bool> ended{false};
  std::jthread writer([&] {
    for (uint64_t number = 0; number < 60; ++number) Post(number);
    ended = true;
  });
  uint64_t seen = 0;
  uint64_t answers = 0;
  while (!ended.load()) {
    v1::ListMovementsRequest request;
    request.set_account(1);
    request.set_page_size(1'000);
    const auto page = List(request);
    if (ReasonOf(page.status()) == "NOT_SEEN_YET") continue;  // The accounts.
    ASSERT_THAT(page, IsOk());
    EXPECT_GE(page->seen_size(), seen);
    seen = page->seen_size();
    uint64_t next = seen;
    for (const v1::Movement& movement : page->movements()) {
      EXPECT_LT(movement.index(), next);
      next = movement.index();
    }
    if (page->movements_size() > 0) {
      const v1::AccountSums& after = page->movements(0).after();
      EXPECT_EQ(after.debits_posted() + after.credits_posted(),
                static_cast<uint64_t>(page->movements_size()) +
                    (page->next_page_token().empty()
                         ? 0
                         : after.debits_posted() + after.credits_posted() - 1'000));
    }
    ++answers;
  }
  writer.join();
  EXPECT_GT(answers, 0u);
  EXPECT_EQ(List(Movements(1))->seen_size(), ledger_->durable_size());
}

}  // namespace
}  // namespace ch8::node
