// What a bulk row costs before it is committed: parsing, hashing, deciding. One thread; items are
// rows.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "chapter8/books/v1/transfer_service.pb.h"
#include "services/books/books.h"
#include "services/books/pages.h"
#include "services/books/rows.h"
#include "storage/base/check.h"
#include "storage/base/hash.h"
#include "storage/base/limits.h"

namespace ch8::books {
namespace {

constexpr uint32_t kAccounts = 100'000;
constexpr size_t kRows = kBatchRowsMax;

enum class Mix { kPosts, kHalfHolds };
Mix MixOf(int64_t argument) { return argument == 0 ? Mix::kPosts : Mix::kHalfHolds; }

// Batches of rows between random accounts, every id new; some of them holds and their ends.
class Batches {
 public:
  explicit Batches(Mix mix) : mix_(mix) {}

  std::string Next() {
    v1::PostTransfersRequest request;
    request.set_request_id("00000000-0000-4000-8000-000000000000");
    for (size_t i = 0; i < kRows; ++i) {
      v1::TransferRow* row = request.add_rows();
      row->set_id_high(random_());
      row->set_id_low(random_() | 1);
      row->set_debit_account(1 + static_cast<uint32_t>(random_() % kAccounts));
      row->set_credit_account(1 + row->debit_account() % kAccounts);
      row->set_amount(100 + i % 1000);
      row->set_code(12);
      if (mix_ == Mix::kPosts || i % 4 > 1) continue;
      row->set_kind(i % 4 == 0 ? v1::TransferRow::HOLD : v1::TransferRow::POST_HELD);
      if (i % 4 == 0) continue;
      const v1::TransferRow& hold = request.rows(static_cast<int>(i) - 1);
      row->set_hold_id_high(hold.id_high());
      row->set_hold_id_low(hold.id_low());
      row->set_debit_account(hold.debit_account());
      row->set_credit_account(hold.credit_account());
      row->set_amount(hold.amount());
    }
    return request.SerializeAsString();
  }

 private:
  const Mix mix_;
  std::mt19937_64 random_{1};
};

void CountRows(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kRows));
}

void BM_ParseRows(benchmark::State& state) {
  const std::string request = Batches(MixOf(state.range(0))).Next();
  for (auto _ : state) {
    auto batch = ParseRows(request);
    benchmark::DoNotOptimize(batch);
  }
  CountRows(state);
}
BENCHMARK(BM_ParseRows)->ArgName("holds")->Arg(0)->Arg(1);

void BM_PrepareBatch(benchmark::State& state) {
  const std::string request = Batches(Mix::kPosts).Next();
  const PrepareParts parts{.log_id = Sha256("log"), .request_salt = Sha256("salt")};
  const NoOlderIds none;
  for (auto _ : state) {
    auto batch = PrepareBatch(request, parts, none);
    benchmark::DoNotOptimize(batch);
  }
  CountRows(state);
}
BENCHMARK(BM_PrepareBatch);

kernel::Accounts::Change Opening() {
  kernel::Accounts::Change change;
  for (uint32_t number = 1; number <= kAccounts; ++number) {
    auto& opened = change.accounts.emplace_back();
    opened.set_account(number);
    opened.set_unit("USD");
    opened.set_floor(v1::AccountOpened::NONE);
    opened.set_bulk(true);
  }
  return change;
}

// Deciding and applying, with id runs and, when asked, page copies as in service.
void BM_ApplyBatch(benchmark::State& state) {
  const NoOlderIds none;
  Books books(none);
  PageWriter pages;
  books.Apply(Opening(), 0);
  uint64_t size = 1;
  Batches batches(MixOf(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    const std::string request = batches.Next();
    absl::StatusOr<ParsedBatch> batch = ParseRows(request);
    state.ResumeTiming();
    const auto outcome = ApplyBatch(books, *batch, size);
    Check(outcome.ok() && outcome->applied == kRows, "every row applies");
    size += kRows;
    if (state.range(1) == 1) {
      auto copies = pages.Dump(books, {.written_size = size, .durable_size = size, .budget = 64});
      benchmark::DoNotOptimize(copies);
    }
    if (const auto run = books.ids().TakeRun(size)) books.ids().Drop(*run);
  }
  CountRows(state);
}
BENCHMARK(BM_ApplyBatch)->ArgNames({"holds", "pages"})->Args({0, 0})->Args({0, 1})->Args({1, 1});

}  // namespace
}  // namespace ch8::books

BENCHMARK_MAIN();
