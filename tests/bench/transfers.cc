#include "tests/bench/transfers.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/books/v1/transfer_service.pb.h"
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

// Callers that each send their next request when the last is answered. Requests are made on threads
// of the load's own, as clients' are, not on those that bring the answers.
class Load {
 public:
  Load(Target& target, const TransfersOptions& options, uint32_t first_account)
      : target_(target), options_(options) {
    while (callers_.size() < options.callers + options.beside) {
      const bool beside = callers_.size() >= options.callers;
      callers_.push_back(
          std::make_unique<Caller>(BatchMaker::Options{.caller = callers_.size(),
                                                       .rows = beside ? 1 : options.batch,
                                                       .first_account = first_account,
                                                       .accounts = options.accounts,
                                                       .skew = options.skew},
                                   beside));
    }
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
    std::vector<absl::Duration> latencies;
    std::vector<absl::Duration> beside;
    for (const auto& caller : callers_) {
      result.acknowledged += caller->acknowledged;
      result.amount += caller->latencies.size() * caller->maker.amount();
      std::vector<absl::Duration>& of_kind = caller->beside ? beside : latencies;
      of_kind.insert(of_kind.end(), caller->latencies.begin(), caller->latencies.end());
    }
    result.requests = latencies.size();
    result.p50 = Quantile(latencies, 0.5);
    result.p99 = Quantile(latencies, 0.99);
    result.beside_requests = beside.size();
    result.beside_p50 = Quantile(beside, 0.5);
    result.beside_p99 = Quantile(beside, 0.99);
    return absl::OkStatus();
  }

 private:
  struct Caller {
    Caller(const BatchMaker::Options& options, bool is_beside)
        : maker(options), rows(options.rows), beside(is_beside) {}
    BatchMaker maker;
    const uint32_t rows;  // Of a request.
    const bool beside;
    absl::Time sent;
    uint64_t acknowledged = 0;
    std::vector<absl::Duration> latencies;
  };

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
    std::string request = caller.maker.Next();
    caller.sent = absl::Now();
    target_.PostTransfers(
        std::move(request),
        [this, &caller](const absl::StatusOr<std::string>& reply) { Answered(caller, reply); });
  }

  void Answered(Caller& caller, const absl::StatusOr<std::string>& reply) {
    const absl::Time now = absl::Now();
    const absl::Status status = Count(reply, caller);
    if (status.ok()) caller.latencies.push_back(now - caller.sent);
    std::lock_guard<std::mutex> lock(mutex_);
    if (status.ok()) {
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
    if (entry.entry_class != EntryClass::kTransfer || entry.tag != Tag{}) return true;
    const absl::StatusOr<books::Row> row = books::ParseRow(entry.payload);
    status = row.status();
    if (!status.ok()) return false;
    ++result.read_back;
    amount += row->amount;
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
  ASSIGN_OR_RETURN(const auto history, node::History::Open(ledger));
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
