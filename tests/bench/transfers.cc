#include "tests/bench/transfers.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "chapter8/ledger/v1/history_service.pb.h"
#include "services/books/internal_accounts.h"
#include "services/books/recovery.h"
#include "services/books/rows.h"
#include "services/node/history.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/entry.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/tree.h"
#include "tests/bench/batch_maker.h"
#include "tests/bench/measure.h"

namespace ch8::bench {
namespace {

using chapter8::books::v1::PostTransfersResponse;

constexpr size_t kSendersMax = 2;
constexpr char kListMovements[] = "/chapter8.ledger.v1.HistoryService/ListMovements";
constexpr uint32_t kSeenWaitMs = 20'000;

// The request for an account's newest movements.
std::string MovementsOf(const Target& target, uint32_t account, uint32_t wait_ms) {
  chapter8::ledger::v1::ListMovementsRequest request;
  request.set_origin(target.origin());
  request.set_account(account);
  request.set_page_size(20);
  request.set_wait_ms(wait_ms);
  return request.SerializeAsString();
}

// Waits until the history has seen the account.
absl::Status AwaitHistory(Target& target, uint32_t account) {
  std::promise<absl::Status> answered;
  target.Call(
      kListMovements, MovementsOf(target, account, kSeenWaitMs),
      [&](const absl::StatusOr<std::string>& reply) { answered.set_value(reply.status()); });
  return answered.get_future().get();
}

// Callers that each send their next request when the last is answered. Requests are made on threads
// of the load's own, as clients' are, not on those that bring the answers.
class Load {
 public:
  Load(Target& target, const TransfersOptions& options, uint32_t first_account)
      : target_(target), options_(options), first_account_(first_account) {
    for (uint32_t i = 0; i < options.callers; ++i) Add(Kind::kBatch);
    for (uint32_t i = 0; i < options.beside; ++i) Add(Kind::kSingle);
    for (uint32_t i = 0; i < options.queries; ++i) Add(Kind::kQuery);
  }

  absl::Status Run(TransfersResult& result) {
    start_ = absl::Now();
    end_ = start_ + options_.duration;
    running_ = callers_.size();
    for (const auto& caller : callers_) ready_.push_back(caller.get());
    std::vector<std::thread> senders;
    const size_t threads = std::min<size_t>(callers_.size(), kSendersMax);
    while (senders.size() < threads) senders.emplace_back([this] { SendReady(); });
    for (std::thread& sender : senders) sender.join();
    RETURN_IF_ERROR(failure_);
    result.elapsed = last_answer_ - start_;
    result.progress = std::move(progress_);
    for (const auto& caller : callers_) {
      result.acknowledged += caller->acknowledged;
      result.amount += caller->latencies.size() * caller->maker.amount();
    }
    result.batches = RequestsOf(Kind::kBatch);
    result.beside = RequestsOf(Kind::kSingle);
    result.queries = RequestsOf(Kind::kQuery);
    return absl::OkStatus();
  }

 private:
  enum class Kind { kBatch, kSingle, kQuery };
  struct Caller {
    Caller(Kind its_kind, const BatchMaker::Options& options)
        : kind(its_kind), maker(options), rows(options.rows) {}
    const Kind kind;
    BatchMaker maker;
    const uint32_t rows;   // Of a request; 0 of a query.
    uint64_t queries = 0;  // Made so far.
    absl::Time sent;
    uint64_t acknowledged = 0;
    std::vector<absl::Duration> latencies;
  };

  void Add(Kind kind) {
    const uint32_t rows = kind == Kind::kBatch ? options_.batch : kind == Kind::kSingle ? 1 : 0;
    callers_.push_back(
        std::make_unique<Caller>(kind, BatchMaker::Options{.caller = callers_.size(),
                                                           .rows = rows,
                                                           .first_account = first_account_,
                                                           .accounts = options_.accounts,
                                                           .skew = options_.skew,
                                                           .two_phase = options_.two_phase}));
  }

  TransfersResult::Requests RequestsOf(Kind kind) const {
    std::vector<absl::Duration> latencies;
    for (const auto& caller : callers_) {
      if (caller->kind != kind) continue;
      latencies.insert(latencies.end(), caller->latencies.begin(), caller->latencies.end());
    }
    return {.count = latencies.size(),
            .p50 = Quantile(latencies, 0.5),
            .p99 = Quantile(latencies, 0.99)};
  }

  void SendReady() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return !ready_.empty() || running_ == 0; });
      if (ready_.empty()) return;
      Caller& caller = *ready_.front();
      ready_.pop_front();
      lock.unlock();
      Send(caller);
      lock.lock();
    }
  }

  void Send(Caller& caller) {
    const auto answered = [this, &caller](const absl::StatusOr<std::string>& reply) {
      Answered(caller, reply);
    };
    const bool is_query = caller.kind == Kind::kQuery;
    // Another account each time.
    const uint64_t account = first_account_ + ++caller.queries * 7'919 % options_.accounts;
    std::string request =
        is_query ? MovementsOf(target_, static_cast<uint32_t>(account), 0) : caller.maker.Next();
    caller.sent = absl::Now();
    if (is_query) return target_.Call(kListMovements, std::move(request), answered);
    target_.PostTransfers(std::move(request), answered);
  }

  void Answered(Caller& caller, const absl::StatusOr<std::string>& reply) {
    const absl::Time now = absl::Now();
    const absl::Status status = Count(reply, caller);
    if (status.ok()) caller.latencies.push_back(now - caller.sent);
    std::lock_guard<std::mutex> lock(mutex_);
    if (status.ok() && caller.rows > 0) {
      acknowledged_ += caller.rows;
      progress_.emplace_back(now - start_, acknowledged_);
    }
    if (status.ok() && now < end_ && acknowledged_ < options_.rows) {
      ready_.push_back(&caller);
      return changed_.notify_one();
    }
    failure_.Update(status);
    last_answer_ = std::max(last_answer_, now);
    --running_;
    changed_.notify_all();
  }

  static absl::Status Count(const absl::StatusOr<std::string>& reply, Caller& caller) {
    RETURN_IF_ERROR(reply.status());
    if (caller.kind == Kind::kQuery) return absl::OkStatus();
    PostTransfersResponse response;
    if (!response.ParseFromString(*reply)) return absl::DataLossError("an answer does not parse");
    if (response.applied() != caller.rows) {
      return absl::DataLossError(
          absl::StrCat("only ", response.applied(), " of ", caller.rows, " rows were applied"));
    }
    caller.acknowledged += response.applied();
    return absl::OkStatus();
  }

  Target& target_;
  const TransfersOptions options_;
  const uint32_t first_account_;
  std::vector<std::unique_ptr<Caller>> callers_;
  absl::Time start_;
  absl::Time end_;

  std::mutex mutex_;  // Guards what follows.
  std::condition_variable changed_;
  std::deque<Caller*> ready_;
  size_t running_ = 0;
  uint64_t acknowledged_ = 0;
  std::vector<std::pair<absl::Duration, uint64_t>> progress_;
  absl::Time last_answer_ = absl::InfinitePast();
  absl::Status failure_;
};

absl::Status Differs(absl::string_view what, uint64_t found, uint64_t wanted) {
  return absl::DataLossError(absl::StrCat(what, ": ", found, " found, ", wanted, " acknowledged"));
}

// Reads the log from its first entry on, and believes nothing that was computed before.
absl::Status CheckLog(const Ledger& ledger, TransfersResult& result) {
  ASSIGN_OR_RETURN(const auto note, ledger.NoteAtMost(ledger.durable_size()));
  if (!note.has_value()) return absl::DataLossError("no head was ever signed");
  ASSIGN_OR_RETURN(const Note parsed, ParseNote(*note));
  ASSIGN_OR_RETURN(const Checkpoint head, ParseCheckpoint(parsed.text));

  Frontier tree;
  Hash root_at_head;
  uint64_t amount = 0;
  absl::Status status;
  RETURN_IF_ERROR(ledger.ReadEntries(0, ledger.durable_size(), [&](const Entry& entry) {
    tree.Append(EntryLeafHash(ledger.log_id(), entry));
    if (tree.size() == head.size) root_at_head = tree.Root();
    if (!IsBulkRow(entry)) return true;
    const absl::StatusOr<books::Row> row = books::ParseRow(entry.payload);
    status = row.status();
    if (!status.ok()) return false;
    ++result.read_back;
    if (row->kind != chapter8::books::v1::TransferRow::HOLD) amount += row->amount;
    return true;
  }));
  RETURN_IF_ERROR(status);
  result.entries = tree.size();
  result.root = tree.Root().ToHex();
  if (result.read_back != result.acknowledged) {
    return Differs("rows", result.read_back, result.acknowledged);
  }
  if (amount != result.amount) return Differs("amounts", amount, result.amount);
  ASSIGN_OR_RETURN(const Hash root, ledger.RootAt(ledger.durable_size()));
  if (root != tree.Root()) return absl::DataLossError("the ledger's root is not the entries'");
  if (head.root != root_at_head || head.origin != ledger.origin()) {
    return absl::DataLossError("the signed head's root is not the entries'");
  }
  return absl::OkStatus();
}

absl::Status CheckBooks(const books::Books& books, const TransfersOptions& options,
                        const TransfersResult& result) {
  uint64_t debits = 0;
  uint64_t credits = 0;
  for (uint32_t i = 0; i < options.accounts; ++i) {
    ASSIGN_OR_RETURN(const kernel::Balance balance, books.Find(result.first_account + i));
    debits += balance.debits_posted;
    credits += balance.credits_posted;
  }
  if (debits != result.amount) return Differs("debits", debits, result.amount);
  if (credits != result.amount) return Differs("credits", credits, result.amount);
  return absl::OkStatus();
}

// Of some accounts, each by its newest movement.
absl::Status CheckHistory(Ledger& ledger, const books::Books& books,
                          const TransfersOptions& options, const TransfersResult& result) {
  constexpr uint32_t kAccountsChecked = 10'000;
  // Runs of their own, also of a short load.
  const uint64_t run_entries = std::min(node::History::kRunEntries, 1 + ledger.durable_size() / 4);
  ASSIGN_OR_RETURN(const auto history, node::History::Open(ledger, run_entries));
  RETURN_IF_ERROR(history->Extend(UINT64_MAX));
  const uint32_t step = 1 + (options.accounts - 1) / kAccountsChecked;
  for (uint32_t i = 0; i < options.accounts; i += step) {
    const uint32_t account = result.first_account + i;
    books::AccountSums sums;
    const auto newest = [&sums](const books::Movement&, const books::AccountSums& after) {
      sums = after;
      return false;
    };
    RETURN_IF_ERROR(history->VisitDown({.account = account}, newest).status());
    ASSIGN_OR_RETURN(const kernel::Balance balance, books.Find(account));
    if (sums.debits_posted != balance.debits_posted) {
      return Differs("debits in the history", sums.debits_posted, balance.debits_posted);
    }
    if (sums.credits_posted != balance.credits_posted) {
      return Differs("credits in the history", sums.credits_posted, balance.credits_posted);
    }
  }
  return absl::OkStatus();
}

// In as many calls as it takes; returns the first one's number.
absl::StatusOr<uint32_t> OpenAccounts(Target& target, uint32_t count) {
  std::optional<uint32_t> first;
  for (uint32_t opened = 0; opened < count;) {
    const uint32_t more = std::min(count - opened, books::kOpenAccountsMax);
    ASSIGN_OR_RETURN(const uint32_t number, target.OpenAccounts(more));
    if (number != first.value_or(number) + opened) {
      return absl::FailedPreconditionError("somebody else opens accounts");
    }
    if (!first.has_value()) first = number;
    opened += more;
  }
  return *first;
}

}  // namespace

absl::StatusOr<TransfersResult> Post(Target& target, const TransfersOptions& options) {
  TransfersResult result;
  ASSIGN_OR_RETURN(result.first_account, OpenAccounts(target, options.accounts));
  if (options.queries > 0) {
    RETURN_IF_ERROR(AwaitHistory(target, result.first_account + options.accounts - 1));
  }
  Load load(target, options, result.first_account);
  RETURN_IF_ERROR(load.Run(result));
  return result;
}

absl::Status CheckPosted(Ledger& ledger, const TransfersOptions& options, TransfersResult& result) {
  RETURN_IF_ERROR(CheckLog(ledger, result));
  const books::LedgerIds ids(ledger);
  ASSIGN_OR_RETURN(const auto recovered, books::Recover(books::RecoverySourceOf(ledger), ids, {}));
  RETURN_IF_ERROR(CheckBooks(*recovered.books, options, result));
  return CheckHistory(ledger, *recovered.books, options, result);
}

absl::StatusOr<TransfersResult> RunTransfers(Target& target, const TransfersOptions& options) {
  ASSIGN_OR_RETURN(TransfersResult result, Post(target, options));
  RETURN_IF_ERROR(target.Stop());
  ASSIGN_OR_RETURN(const std::unique_ptr<Ledger> ledger, target.Reopen());
  RETURN_IF_ERROR(CheckPosted(*ledger, options, result));
  return result;
}

}  // namespace ch8::bench
